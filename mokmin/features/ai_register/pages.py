"""Pages of the register (/ai-register), and the notice before the first use (/ai-notice)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.db import utcnow
from mokmin.base.errors import Conflict, InvalidInput, MokminError, NotFound
from mokmin.base.web.kit import PageKit
from mokmin.features.ai_register import export
from mokmin.governance.access.model import Permission
from mokmin.governance.people.web import Needs, local_path, principal_of
from mokmin.governance.transparency.first_use import POINTS, FirstUse
from mokmin.governance.transparency.model import AREAS, GRADES, IMPACTS, STATUSES, AiUse
from mokmin.governance.transparency.register import LIMITS, AiRegister

Text = Annotated[str, Form()]
FILES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json; charset=utf-8",
}
EMPTY = AiUse("", "", "", "", "", ("O",), False, "none", "", "", "", "planned")


def routers(kit: PageKit, register: AiRegister, first_use: FirstUse) -> list[APIRouter]:
    """Writing before reading: ``new`` is no number of an entry."""
    return [_writing(kit, register), _reading(kit, register), _notice(kit, first_use)]


def _form_page(
    kit: PageKit,
    request: Request,
    use: AiUse,
    *,
    key: int | None = None,
    revision: int = 0,
    source: str = "",
    error: MokminError | None = None,
) -> HTMLResponse:
    return kit.page(
        request,
        "ai_register/form.html",
        status=error.status if error else 200,
        nav="ai-register",
        title="대장 고치기" if key else "대장에 올리기",
        use=asdict(use),
        key=key,
        revision=revision,
        source=source,
        error=error.message if error else "",
        limits=LIMITS,
        statuses=STATUSES,
        impacts=IMPACTS,
        areas=AREAS,
        grades=GRADES,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidInput("날짜를 달력에서 골라 주세요. 저장하지 않았습니다.") from error


async def _sent(request: Request) -> AiUse:
    """The form as an entry. Raises InvalidInput for what is no date."""
    form = await request.form()
    texts = {key: str(form.get(key, "")).strip() for key in (*LIMITS, "impact", "area", "status")}
    return AiUse(
        **texts,
        grades=tuple(g for g in GRADES if g in form.getlist("grades")),
        personal_data=form.get("personal_data") == "yes",
        started_on=_day(str(form.get("started_on", ""))),
        review_on=_day(str(form.get("review_on", ""))),
    )


Sent = Annotated[AiUse, Depends(_sent)]


def _writing(kit: PageKit, register: AiRegister) -> APIRouter:
    routes = APIRouter(dependencies=[Depends(Needs(Permission.REGISTER_AI))])

    @routes.get("/ai-register/new")
    def new(request: Request, source: str = "") -> HTMLResponse:
        proposal = register.proposals().get(source)
        return _form_page(kit, request, proposal or EMPTY, source=source if proposal else "")

    @routes.post("/ai-register/new")
    def add(request: Request, use: Sent, source: Text = "") -> Response:
        try:
            key = register.add(principal_of(request), use, source or None)
        except (InvalidInput, Conflict) as error:
            return _form_page(kit, request, use, source=source, error=error)
        return RedirectResponse(f"/ai-register/{key}", status_code=303)

    @routes.get("/ai-register/{use_id}/edit")
    def edit(request: Request, use_id: int) -> HTMLResponse:
        entry = register.get(use_id)
        return _form_page(kit, request, entry.use, key=entry.id, revision=entry.revision)

    @routes.post("/ai-register/{use_id}/edit")
    def save(
        request: Request, use_id: int, use: Sent, revision: Annotated[int, Form()] = 0
    ) -> Response:
        try:
            register.change(principal_of(request), use_id, revision, use)
        except (InvalidInput, Conflict) as error:
            return _form_page(kit, request, use, key=use_id, revision=revision, error=error)
        return RedirectResponse(f"/ai-register/{use_id}", status_code=303)

    @routes.get("/ai-register/export.{form}")
    def file(request: Request, form: str) -> Response:
        if form not in FILES:
            raise NotFound("그런 형식으로는 받을 수 없습니다. CSV, XLSX, JSON 가운데 골라 주세요.")
        entries = register.published(principal_of(request), form)
        if form == "csv":
            content = export.csv_bytes(entries)
        elif form == "xlsx":
            content = export.xlsx_bytes(entries)
        else:
            content = export.json_bytes(entries, utcnow())
        name = quote(f"인공지능 대장.{form}", safe="")
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "Cache-Control": "no-store",
        }
        return Response(content, media_type=FILES[form], headers=headers)

    return routes


def _reading(kit: PageKit, register: AiRegister) -> APIRouter:
    routes = APIRouter(dependencies=[Depends(Needs())])
    names: dict[str, Any] = {
        "statuses": STATUSES,
        "impacts": IMPACTS,
        "areas": AREAS,
        "grades": GRADES,
    }

    @routes.get("/ai-register")
    def index(request: Request) -> HTMLResponse:
        keeps = principal_of(request).may(Permission.REGISTER_AI)
        return kit.page(
            request,
            "ai_register/index.html",
            nav="ai-register",
            title="인공지능 대장",
            entries=register.all(),
            proposals=register.proposals() if keeps else {},
            keeps=keeps,
            today=date.today(),
            **names,
        )

    @routes.get("/ai-register/{use_id}")
    def one(request: Request, use_id: int) -> HTMLResponse:
        entry = register.get(use_id)
        return kit.page(
            request,
            "ai_register/entry.html",
            nav="ai-register",
            title=entry.use.name,
            entry=entry,
            row=export.row_of(entry),
            history=register.history(use_id),
            keeps=principal_of(request).may(Permission.REGISTER_AI),
            **names,
        )

    return routes


def _notice(kit: PageKit, first_use: FirstUse) -> APIRouter:
    routes = APIRouter(dependencies=[Depends(Needs(bearer=False))])

    @routes.get("/ai-notice")
    def read(request: Request, next: str = "/chat") -> HTMLResponse:
        return kit.page(
            request,
            "ai_register/notice.html",
            next=local_path(next),
            nav="",
            title="AI 사용 안내",
            points=POINTS,
            due=first_use.due(principal_of(request)),
        )

    @routes.post("/ai-notice")
    def acknowledge(request: Request, next: Text = "/chat") -> Response:
        first_use.acknowledge(principal_of(request))
        if request.headers.get("hx-request"):
            return Response("", media_type="text/html")
        return RedirectResponse(local_path(next), status_code=303)

    return routes
