"""The tree of departments, one department, and free groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from mokmin.base.errors import MokminError
from mokmin.base.web.kit import PageKit
from mokmin.features.organisation import present
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.accounts import AccountService, Filters
from mokmin.governance.people.groups import GroupService
from mokmin.governance.people.organisation import OrganisationService
from mokmin.governance.people.web import Needs, principal_of

ROOT = "/admin/organisation"
Text = Annotated[str, Form()]


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages need."""

    organisation: OrganisationService
    accounts: AccountService
    groups: GroupService


def router(kit: PageKit, desk: Desk) -> APIRouter:
    """Routes of departments and groups; each requires the permission to manage people."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.MANAGE_PEOPLE))])
    _tree(routes, kit, desk)
    _one(routes, kit, desk)
    _groups(routes, kit, desk)
    _group(routes, kit, desk)
    return routes


def _tree(routes: APIRouter, kit: PageKit, desk: Desk) -> None:
    def page(request: Request, status: int = 200, **more: Any) -> HTMLResponse:
        principal = principal_of(request)
        tree = desk.organisation.tree(principal)
        return kit.page(
            request,
            "organisation/tree.html",
            status=status,
            nav="organisation",
            title="조직·계정",
            tree=tree,
            ended=desk.organisation.tree(principal, ended=True),
            plans=desk.organisation.plans(principal),
            choices=present.choices(tree),
            flash=present.flash(request),
            **({"form": {}, "error": ""} | more),
        )

    @routes.get(ROOT)
    def overview(request: Request) -> HTMLResponse:
        return page(request)

    @routes.post(f"{ROOT}/departments")
    def create(
        request: Request,
        name: Text = "",
        parent: Text = "",
        code: Text = "",
        phone: Text = "",
        begin: Text = "",
    ) -> Response:
        try:
            desk.organisation.create(
                principal_of(request),
                name,
                parent_id=present.number(parent),
                code=code,
                phone=phone,
                from_on=present.day(begin),
            )
        except MokminError as error:
            form = {"name": name, "parent": parent, "code": code, "phone": phone, "begin": begin}
            return page(request, error.status, form=form, error=error.message)
        return present.back(ROOT, "made")

    @routes.post(f"{ROOT}/changes/{{change_id}}/cancel")
    def cancel(request: Request, change_id: int) -> Response:
        department_id = desk.organisation.cancel(principal_of(request), change_id)
        return present.back(f"{ROOT}/departments/{department_id}", "cancelled")


def _one(routes: APIRouter, kit: PageKit, desk: Desk) -> None:
    def page(
        request: Request,
        principal: Principal,
        department_id: int,
        status: int = 200,
        error: str = "",
    ) -> HTMLResponse:
        department = desk.organisation.department(principal, department_id)
        tree = desk.organisation.tree(principal)
        people = desk.accounts.find(principal, Filters(department_id=department_id))
        names = {d.id: d.name for d in tree}
        return kit.page(
            request,
            "organisation/department.html",
            status=status,
            nav="organisation",
            title=department.name,
            department=department,
            parent=names.get(department.parent_id or 0, ""),
            living=department_id in names,
            others=[(i, name) for i, name in present.choices(tree) if i != department_id],
            people=people,
            history=desk.organisation.history(principal, department_id),
            today=desk.organisation.today().isoformat(),
            flash=present.flash(request),
            error=error,
        )

    @routes.get(f"{ROOT}/departments/{{department_id}}")
    def department(request: Request, department_id: int) -> HTMLResponse:
        return page(request, principal_of(request), department_id)

    @routes.post(f"{ROOT}/departments/{{department_id}}")
    def change(
        request: Request,
        department_id: int,
        action: Text = "",
        on: Text = "",
        name: Text = "",
        other: Text = "",
        code: Text = "",
        phone: Text = "",
    ) -> Response:
        principal = principal_of(request)
        service, here = desk.organisation, f"{ROOT}/departments/{department_id}"
        try:
            if action == "update":
                service.update(principal, department_id, code=code, phone=phone)
                return present.back(here, "saved")
            chosen = present.number(other)
            begin = present.day(on)
            service.change(
                principal,
                department_id,
                action,
                begin,
                name=name,
                parent_id=chosen if action == "move" else None,
                successor_id=chosen if action == "merge" else None,
            )
        except MokminError as error:
            return page(request, principal, department_id, error.status, error.message)
        later = begin is not None and begin > service.today()
        return present.back(here, "planned" if later else "saved")


def _groups(routes: APIRouter, kit: PageKit, desk: Desk) -> None:
    def page(request: Request, status: int = 200, **more: Any) -> HTMLResponse:
        return kit.page(
            request,
            "organisation/groups.html",
            status=status,
            nav="organisation",
            title="그룹",
            groups=desk.groups.all(principal_of(request)),
            today=desk.organisation.today(),
            flash=present.flash(request),
            **({"form": {}, "error": ""} | more),
        )

    @routes.get(f"{ROOT}/groups")
    def overview(request: Request) -> HTMLResponse:
        return page(request)

    @routes.post(f"{ROOT}/groups")
    def create(request: Request, name: Text = "", begin: Text = "", end: Text = "") -> Response:
        try:
            made = desk.groups.save(
                principal_of(request),
                name,
                from_on=present.day(begin),
                until_on=present.day(end),
            )
        except MokminError as error:
            form = {"name": name, "begin": begin, "end": end}
            return page(request, error.status, form=form, error=error.message)
        return present.back(f"{ROOT}/groups/{made}", "made")


def _group(routes: APIRouter, kit: PageKit, desk: Desk) -> None:
    def page(
        request: Request, principal: Principal, group_id: int, status: int = 200, error: str = ""
    ) -> HTMLResponse:
        members = desk.groups.members(principal, group_id)
        group = next(g for g in desk.groups.all(principal) if g.id == group_id)
        return kit.page(
            request,
            "organisation/group.html",
            status=status,
            nav="organisation",
            title=group.name,
            group=group,
            members=members,
            today=desk.organisation.today(),
            flash=present.flash(request),
            error=error,
        )

    @routes.get(f"{ROOT}/groups/{{group_id}}")
    def group(request: Request, group_id: int) -> HTMLResponse:
        return page(request, principal_of(request), group_id)

    @routes.post(f"{ROOT}/groups/{{group_id}}")
    def change(
        request: Request,
        group_id: int,
        action: Text = "",
        name: Text = "",
        begin: Text = "",
        end: Text = "",
        logins: Text = "",
        member: Text = "",
    ) -> Response:
        principal = principal_of(request)
        try:
            if action == "add":
                logins_ = logins.replace(",", " ").split()
                desk.groups.set_members(principal, group_id, add=logins_)
            elif action == "remove":
                desk.groups.set_members(principal, group_id, remove=[present.needed(member)])
            else:
                desk.groups.save(
                    principal,
                    name,
                    group_id=group_id,
                    from_on=present.day(begin),
                    until_on=present.day(end),
                )
        except MokminError as error:
            return page(request, principal, group_id, error.status, error.message)
        return present.back(f"{ROOT}/groups/{group_id}", "saved")
