"""Personnel rotations: the list, and one with everything that it would do."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Request, UploadFile
from fastapi.responses import HTMLResponse, Response

from mokmin.base.errors import InvalidInput, MokminError
from mokmin.base.web.kit import PageKit
from mokmin.features.organisation import present
from mokmin.features.organisation.pages import ROOT, Desk, Text
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.csv_table import MOST_BYTES, Problem, text_of
from mokmin.governance.people.rotation import RotationService
from mokmin.governance.people.rotation_file import COLUMNS
from mokmin.governance.people.rotation_model import STATES, Preview
from mokmin.governance.people.web import Needs, principal_of

HERE = f"{ROOT}/rotations"
PAGE = 50
LOOKS = {"draft": "", "planned": "info", "applied": "ok", "stuck": "bad"}


def router(kit: PageKit, desk: Desk, rotations: RotationService) -> APIRouter:
    """Routes of rotations; each requires the permission to manage people."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.MANAGE_PEOPLE))])
    _list(routes, kit, rotations)
    _one(routes, kit, desk, rotations)
    return routes


def _list(routes: APIRouter, kit: PageKit, rotations: RotationService) -> None:
    def page(request: Request, status: int = 200, **more: Any) -> HTMLResponse:
        return kit.page(
            request,
            "organisation/rotations.html",
            status=status,
            nav="organisation",
            title="인사이동",
            rotations=rotations.all(principal_of(request)),
            states=STATES,
            looks=LOOKS,
            flash=present.flash(request),
            **({"form": {}, "error": ""} | more),
        )

    @routes.get(HERE)
    def overview(request: Request) -> HTMLResponse:
        return page(request)

    @routes.post(HERE)
    def create(request: Request, name: Text = "", on: Text = "") -> Response:
        try:
            day = present.day(on)
            if day is None:
                raise InvalidInput("시행일을 골라 주세요.")
            made = rotations.draft(principal_of(request), name, day)
        except MokminError as error:
            form = {"name": name, "on": on}
            return page(request, error.status, form=form, error=error.message)
        return present.back(f"{HERE}/{made}", "made")


def _one(routes: APIRouter, kit: PageKit, desk: Desk, rotations: RotationService) -> None:
    def page(
        request: Request,
        principal: Principal,
        rotation_id: int,
        status: int = 200,
        error: str = "",
        problems: list[Problem] | None = None,
        form: dict[str, str] | None = None,
    ) -> HTMLResponse:
        preview = rotations.preview(principal, rotation_id)
        asked = request.query_params
        shown, number, pages = _part(preview, asked.get("q", ""), asked.get("page", ""))
        return kit.page(
            request,
            "organisation/rotation.html",
            status=status,
            nav="organisation",
            title=preview.rotation.title,
            preview=preview,
            rotation=preview.rotation,
            moves=shown,
            page=number,
            pages=pages,
            q=asked.get("q", "")[:80],
            state=STATES[preview.rotation.state],
            look=LOOKS[preview.rotation.state],
            writing=preview.rotation.state == "draft",
            departments=present.choices(desk.organisation.tree(principal)),
            roles=present.ROLES,
            columns=[names[0] for names in COLUMNS.values()],
            flash=present.flash(request),
            form=form or {},
            error=error,
            problems=problems or [],
        )

    @routes.get(f"{HERE}/{{rotation_id}}")
    def rotation(request: Request, rotation_id: int) -> HTMLResponse:
        return page(request, principal_of(request), rotation_id)

    @routes.post(f"{HERE}/{{rotation_id}}")
    def act(
        request: Request,
        rotation_id: int,
        action: Text = "",
        edition: Text = "",
        member: Text = "",
        on: Text = "",
    ) -> Response:
        principal = principal_of(request)
        try:
            said = _act(rotations, principal, rotation_id, action, edition, member, on)
        except MokminError as error:
            return page(request, principal, rotation_id, error.status, error.message)
        return present.back(HERE if action == "drop" else f"{HERE}/{rotation_id}", said)

    @routes.post(f"{HERE}/{{rotation_id}}/moves")
    def move(
        request: Request,
        rotation_id: int,
        login: Text = "",
        department: Text = "",
        post: Text = "",
        role: Text = "",
        taker: Text = "",
    ) -> Response:
        principal = principal_of(request)
        form = {"login": login, "department": department, "post": post, "role": role}
        try:
            rotations.set_move(
                principal,
                rotation_id,
                login=login,
                department_id=present.needed(department),
                title=post,
                role=role,
                taker=taker,
            )
        except MokminError as error:
            form |= {"taker": taker}
            return page(request, principal, rotation_id, error.status, error.message, form=form)
        return present.back(f"{HERE}/{rotation_id}", "saved")

    @routes.post(f"{HERE}/{{rotation_id}}/file")
    def load(request: Request, rotation_id: int, file: Annotated[UploadFile, File()]) -> Response:
        principal = principal_of(request)
        try:
            text = text_of(file.file.read(MOST_BYTES + 1))
            problems = rotations.load(principal, rotation_id, text)
        except MokminError as error:
            return page(request, principal, rotation_id, error.status, error.message)
        if problems:
            return page(request, principal, rotation_id, 400, problems=problems)
        return present.back(f"{HERE}/{rotation_id}", "loaded")


def _act(
    rotations: RotationService,
    principal: Principal,
    rotation_id: int,
    action: str,
    edition: str,
    member: str,
    on: str,
) -> str:
    """Do what a button asks; what to say afterwards."""
    if action == "plan":
        return rotations.plan(principal, rotation_id, present.needed(edition))
    if action == "reopen":
        rotations.reopen(principal, rotation_id)
        return "cancelled"
    if action == "suggest":
        return "suggested" if rotations.suggest(principal, rotation_id) else "none"
    if action == "drop":
        rotations.drop(principal, rotation_id)
        return "dropped"
    day = present.day(on)
    if action == "redate" and day is not None:
        rotations.redate(principal, rotation_id, day)
    elif action == "remove":
        rotations.remove_move(principal, rotation_id, present.needed(member))
    else:
        raise InvalidInput("무엇을 할지 알 수 없습니다. 단추를 다시 눌러 주세요.")
    return "saved"


def _part(preview: Preview, text: str, page: str) -> tuple[list[Any], int, int]:
    """The moves of one page, those to look at first; and the page with the number of pages."""
    needle = text.strip().lower()
    found = [m for m in preview.moves if needle in f"{m.name} {m.login}".lower()]
    found.sort(key=lambda m: (not m.problems, not (m.holdings and not m.taker)))
    pages = max(1, -(-len(found) // PAGE))
    number = min(max(1, int(page) if page.isascii() and page.isdigit() else 1), pages)
    return found[(number - 1) * PAGE : number * PAGE], number, pages
