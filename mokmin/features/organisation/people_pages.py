"""Accounts, and departments and people from CSV files."""

from __future__ import annotations

import csv
import io
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, Response

from mokmin.base.errors import InvalidInput, MokminError
from mokmin.base.web.kit import PageKit
from mokmin.features.organisation import present
from mokmin.features.organisation.pages import ROOT, Desk, Text
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.accounts import Filters, FirstPassword, yesterday
from mokmin.governance.people.csv_table import MOST_BYTES, safe_cell, text_of
from mokmin.governance.people.importing import COLUMNS, DEPARTMENTS, PEOPLE, ImportService
from mokmin.governance.people.web import Needs, principal_of

MOST_SHOWN = 200
"""Lines of a preview that are listed; all of them count."""


def router(kit: PageKit, desk: Desk, imports: ImportService) -> APIRouter:
    """Routes of accounts; each requires the permission to manage people."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.MANAGE_PEOPLE))])
    _list(routes, kit, desk)
    _one(routes, kit, desk)
    _import(routes, kit, imports)
    return routes


def _list(routes: APIRouter, kit: PageKit, desk: Desk) -> None:
    def page(request: Request, status: int = 200, **more: Any) -> HTMLResponse:
        principal = principal_of(request)
        asked = request.query_params
        filters = Filters(
            asked.get("q", "")[:100],
            present.number(asked.get("department", "")),
            asked.get("role", "")[:20],
            asked.get("state", "")[:8],
            present.number(asked.get("page", "")) or 1,
        )
        chosen = {
            "q": filters.text,
            "department": filters.department_id or "",
            "role": filters.role,
            "state": filters.state,
        }
        tree = desk.organisation.tree(principal)
        return kit.page(
            request,
            "organisation/people.html",
            status=status,
            nav="organisation",
            title="계정",
            found=desk.accounts.find(principal, filters),
            waiting=len(desk.accounts.without_password(principal)),
            chosen=chosen,
            query=urlencode({k: v for k, v in chosen.items() if v}),
            departments=present.choices(tree),
            roles=present.ROLES,
            flash=present.flash(request),
            **({"form": {}, "error": ""} | more),
        )

    @routes.get(f"{ROOT}/people")
    def overview(request: Request) -> HTMLResponse:
        return page(request)

    @routes.post(f"{ROOT}/people")
    def create(
        request: Request,
        login: Text = "",
        name: Text = "",
        role: Text = "official",
        department: Text = "",
        post: Text = "",
    ) -> Response:
        form = {"login": login, "name": name, "role": role, "department": department, "post": post}
        try:
            _, made = desk.accounts.create(
                principal_of(request),
                login=login,
                name=name,
                role=role,
                department_id=present.number(department),
                title=post,
            )
        except MokminError as error:
            return page(request, error.status, form=form, error=error.message)
        return passwords_page(request, kit, [made])

    @routes.post(f"{ROOT}/people/passwords")
    def passwords(request: Request) -> Response:
        principal = principal_of(request)
        waiting = desk.accounts.without_password(principal)
        if not waiting:
            return present.back(f"{ROOT}/people", "saved")
        return passwords_page(request, kit, desk.accounts.issue_passwords(principal, waiting))


def passwords_page(request: Request, kit: PageKit, made: list[FirstPassword]) -> HTMLResponse:
    """First passwords, shown this once, also as a file."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["아이디", "이름", "첫 비밀번호"])
    writer.writerows([safe_cell(p.login), safe_cell(p.name), p.password] for p in made)
    return kit.page(
        request,
        "organisation/passwords.html",
        nav="organisation",
        title="첫 비밀번호",
        made=made,
        file="data:text/csv;charset=utf-8," + quote("\ufeff" + out.getvalue()),
    )


def _one(routes: APIRouter, kit: PageKit, desk: Desk) -> None:
    def page(
        request: Request, principal: Principal, user_id: int, status: int = 200, error: str = ""
    ) -> HTMLResponse:
        account = desk.accounts.get(principal, user_id)
        day = desk.accounts.today()
        return kit.page(
            request,
            "organisation/person.html",
            status=status,
            nav="organisation",
            title=account.name,
            account=account,
            mine=user_id == principal.user_id,
            posts=[{"post": p, "now": p.in_force(day)} for p in account.posts],
            today=day,
            departments=present.choices(desk.organisation.tree(principal)),
            roles=present.ROLES,
            kinds=present.KINDS,
            flash=present.flash(request),
            error=error,
        )

    @routes.get(f"{ROOT}/people/{{user_id}}")
    def person(request: Request, user_id: int) -> HTMLResponse:
        return page(request, principal_of(request), user_id)

    @routes.post(f"{ROOT}/people/{{user_id}}")
    def change(
        request: Request,
        user_id: int,
        action: Text = "",
        name: Text = "",
        role: Text = "",
    ) -> Response:
        principal, accounts = principal_of(request), desk.accounts
        try:
            if action == "password":
                made = accounts.issue_passwords(principal, [user_id])
                return passwords_page(request, kit, made)
            if action == "disable":
                accounts.disable(principal, user_id)
            elif action == "enable":
                accounts.enable(principal, user_id)
            else:
                accounts.change(principal, user_id, name=name, role=role)
        except MokminError as error:
            return page(request, principal, user_id, error.status, error.message)
        said = {"disable": "disabled", "enable": "enabled"}.get(action, "saved")
        return present.back(f"{ROOT}/people/{user_id}", said)

    @routes.post(f"{ROOT}/people/{{user_id}}/posts")
    def posts(
        request: Request,
        user_id: int,
        kind: Text = "",
        department: Text = "",
        post: Text = "",
        begin: Text = "",
        end: Text = "",
        ended: Text = "",
    ) -> Response:
        principal, accounts = principal_of(request), desk.accounts
        here = f"{ROOT}/people/{user_id}"
        try:
            if ended:
                last = present.day(end) or yesterday(accounts.today())
                accounts.end_post(principal, user_id, present.needed(ended), last)
                return present.back(here, "ended")
            accounts.give_post(
                principal,
                user_id,
                present.needed(department),
                kind,
                title=post,
                from_on=present.day(begin),
                until_on=present.day(end),
            )
        except MokminError as error:
            return page(request, principal, user_id, error.status, error.message)
        return present.back(here, "saved")


def _import(routes: APIRouter, kit: PageKit, imports: ImportService) -> None:
    def page(request: Request, status: int = 200, **more: Any) -> HTMLResponse:
        empty = {"kind": PEOPLE, "plan": None, "text": "", "error": ""}
        return kit.page(
            request,
            "organisation/import.html",
            status=status,
            nav="organisation",
            title="CSV로 가져오기",
            columns={
                kind: [names[0] for names in columns.values()] for kind, columns in COLUMNS.items()
            },
            most=MOST_SHOWN,
            **(empty | more),
        )

    @routes.get(f"{ROOT}/import")
    def overview(request: Request, kind: str = PEOPLE) -> HTMLResponse:
        return page(request, kind=kind if kind in (PEOPLE, DEPARTMENTS) else PEOPLE)

    @routes.post(f"{ROOT}/import")
    def preview(
        request: Request, file: Annotated[UploadFile, File()], kind: Text = PEOPLE
    ) -> HTMLResponse:
        try:
            text = text_of(file.file.read(MOST_BYTES + 1))
            plan = imports.preview(principal_of(request), kind, text)
        except InvalidInput as error:
            return page(request, error.status, kind=kind, error=error.message)
        return page(request, kind=kind, plan=plan, text=text)

    @routes.post(f"{ROOT}/import/apply")
    def apply(
        request: Request,
        kind: Text = PEOPLE,
        text: Annotated[str, Form(max_length=MOST_BYTES)] = "",
        fingerprint: Text = "",
    ) -> Response:
        principal = principal_of(request)
        # A form turns every line end into CR LF; the file may have had others.
        text = text.replace("\r\n", "\n")
        try:
            imports.apply(principal, kind, text, fingerprint)
        except MokminError as error:
            return page(request, error.status, kind=kind, error=error.message)
        return present.back(ROOT if kind == DEPARTMENTS else f"{ROOT}/people", "imported")
