"""Pages of know-how at /know-how, and the list for programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from mokmin.base.errors import InvalidInput
from mokmin.base.web.kit import PageKit
from mokmin.features.know_how.model import CATEGORIES, Board, Entry
from mokmin.features.know_how.service import ORDERS, KnowHowService, Text
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.web import Needs, principal_of

_SAID = {
    "added": "나누었습니다.",
    "changed": "고쳤습니다.",
    "hidden": "가렸습니다. 쓴 사람에게 까닭이 보입니다.",
    "shown": "다시 보이게 했습니다.",
    "reported": "알렸습니다. 담당자가 살펴봅니다.",
    "restored": "되살렸습니다.",
}


@dataclass(frozen=True, slots=True)
class Sharing:
    """What the pages need. ``board``: the week as a person sees it."""

    service: KnowHowService
    board: Callable[[Principal], Board]


def router(kit: PageKit, sharing: Sharing) -> APIRouter:
    """All routes below /know-how."""
    routes = APIRouter(prefix="/know-how", dependencies=[Depends(Needs(Permission.ASK))])
    _listing(routes, kit, sharing)
    _writing(routes, kit, sharing.service)
    _reading(routes, kit, sharing.service)
    _using(routes, sharing.service)
    return routes


def api_router(service: KnowHowService) -> APIRouter:
    """Reading for programs."""
    routes = APIRouter(
        prefix="/api/v1/know-how",
        dependencies=[Depends(Needs(Permission.ASK))],
        tags=["know-how"],
    )

    @routes.get("")
    def find(request: Request, q: str = "", category: str = "") -> list[dict[str, Any]]:
        found = service.find(principal_of(request), q[:200], category)
        return [_plain(entry) for entry in found]

    @routes.get("/{entry_id}")
    def read(request: Request, entry_id: int) -> dict[str, Any]:
        return _plain(service.get(principal_of(request), entry_id))

    return routes


def _plain(entry: Entry) -> dict[str, Any]:
    return asdict(entry) | {"variables": list(entry.variables)}


# --- the list -----------------------------------------------------------------------------------
def _listing(routes: APIRouter, kit: PageKit, sharing: Sharing) -> None:
    service = sharing.service

    @routes.get("")
    def index(
        request: Request,
        q: str = "",
        category: str = "",
        order: str = "use",
        removed: int | None = None,
    ) -> HTMLResponse:
        principal = principal_of(request)
        week: Board = sharing.board(principal)
        flash: dict[str, Any] | None = None
        if removed is not None:
            undo = {"url": f"/know-how/{removed}/restore", "fields": {}}
            flash = {"text": "노하우를 지웠습니다.", "undo": undo}
        keeps = principal.may(Permission.CURATE)
        return kit.page(
            request,
            "know_how/index.html",
            nav="know-how",
            title="노하우",
            entries=service.find(principal, q[:200], category, order),
            q=q[:200],
            category=category,
            order=order,
            categories=list(CATEGORIES.items()),
            orders=list(ORDERS.items()),
            board=week,
            reports=service.reported(principal) if keeps else [],
            flash=flash,
        )


# --- writing ------------------------------------------------------------------------------------
def _writing(routes: APIRouter, kit: PageKit, service: KnowHowService) -> None:
    def form(
        request: Request,
        principal: Principal,
        text: Text,
        *,
        entry_id: int | None = None,
        error: str = "",
        status: int = 200,
    ) -> HTMLResponse:
        return kit.page(
            request,
            "know_how/form.html",
            status=status,
            nav="know-how",
            title="노하우 고치기" if entry_id else "노하우 나누기",
            text=text,
            entry_id=entry_id,
            categories=list(CATEGORIES.items()),
            choices=service.choices(principal),
            error=error,
        )

    @routes.get("/new")
    def new(request: Request, body: str = "") -> HTMLResponse:
        principal = principal_of(request)
        own = (principal.department,) if principal.department else ()
        return form(request, principal, Text("", "", body[:4_000], "", "draft", own))

    @routes.post("")
    def add(request: Request, sent: Annotated[Text, Depends(_sent)]) -> Response:
        principal = principal_of(request)
        try:
            entry_id = service.add(principal, sent)
        except InvalidInput as error:
            return form(request, principal, sent, error=error.message, status=error.status)
        return RedirectResponse(f"/know-how/{entry_id}?done=added", 303)

    @routes.get("/{entry_id}/edit")
    def edit(request: Request, entry_id: int) -> HTMLResponse:
        principal = principal_of(request)
        found = service.get(principal, entry_id)
        if not found.mine:
            raise InvalidInput("쓴 사람만 고칠 수 있습니다.")
        readers = tuple(service.readers(principal, entry_id))
        text = Text(found.title, found.about, found.body, found.example, found.category, readers)
        return form(request, principal, text, entry_id=entry_id)

    @routes.post("/{entry_id}/edit")
    def change(request: Request, entry_id: int, sent: Annotated[Text, Depends(_sent)]) -> Response:
        principal = principal_of(request)
        try:
            service.edit(principal, entry_id, sent)
        except InvalidInput as error:
            return form(
                request,
                principal,
                sent,
                entry_id=entry_id,
                error=error.message,
                status=error.status,
            )
        return RedirectResponse(f"/know-how/{entry_id}?done=changed", 303)

    @routes.post("/{entry_id}/delete")
    def delete(request: Request, entry_id: int) -> Response:
        service.remove(principal_of(request), entry_id)
        return RedirectResponse(f"/know-how?removed={entry_id}", 303)

    @routes.post("/{entry_id}/restore")
    def restore(request: Request, entry_id: int) -> Response:
        service.remove(principal_of(request), entry_id, back=True)
        return RedirectResponse(f"/know-how/{entry_id}?done=restored", 303)


def _sent(
    title: Annotated[str, Form()] = "",
    about: Annotated[str, Form()] = "",
    body: Annotated[str, Form()] = "",
    example: Annotated[str, Form()] = "",
    category: Annotated[str, Form()] = "",
    readers: Annotated[list[str], Form()] = [],  # noqa: B006
) -> Text:
    names = [n.strip() for line in readers for n in line.split(",")]
    return Text(title, about, body, example, category, tuple(n for n in names if n))


# --- reading ------------------------------------------------------------------------------------
def _reading(routes: APIRouter, kit: PageKit, service: KnowHowService) -> None:
    @routes.get("/{entry_id}")
    def read(request: Request, entry_id: int, done: str = "") -> HTMLResponse:
        principal = principal_of(request)
        entry = service.get(principal, entry_id, look=True)
        return kit.page(
            request,
            "know_how/entry.html",
            nav="know-how",
            title=entry.title,
            entry=entry,
            category=CATEGORIES.get(entry.category, ""),
            readers=service.readers(principal, entry_id),
            comments=service.said(principal, entry_id),
            former=service.former(principal, entry_id),
            flash={"text": _SAID[done], "undo": None} if done in _SAID else None,
        )


# --- using --------------------------------------------------------------------------------------
def _using(routes: APIRouter, service: KnowHowService) -> None:
    def back(entry_id: int, done: str = "", part: str = "") -> RedirectResponse:
        query = f"?{urlencode({'done': done})}" if done else ""
        return RedirectResponse(f"/know-how/{entry_id}{query}{part}", 303)

    @routes.post("/{entry_id}/use")
    async def use(request: Request, entry_id: int) -> Response:
        sent = await request.form()
        values = {k[2:]: v for k, v in sent.items() if k.startswith("v:") and isinstance(v, str)}
        who = principal_of(request)
        text = await run_in_threadpool(service.use, who, entry_id, values)
        return RedirectResponse(f"/chat?{urlencode({'q': text})}", 303)

    @routes.post("/{entry_id}/like")
    def like(request: Request, entry_id: int) -> Response:
        service.like(principal_of(request), entry_id)
        return back(entry_id)

    @routes.post("/{entry_id}/comments")
    def comment(request: Request, entry_id: int, text: Annotated[str, Form()] = "") -> Response:
        service.comment(principal_of(request), entry_id, text)
        return back(entry_id, part="#comments")

    @routes.post("/{entry_id}/comments/{comment_id}/delete")
    def uncomment(request: Request, entry_id: int, comment_id: int) -> Response:
        service.uncomment(principal_of(request), entry_id, comment_id)
        return back(entry_id, part="#comments")

    @routes.post("/{entry_id}/report")
    def report(request: Request, entry_id: int, text: Annotated[str, Form()] = "") -> Response:
        service.report(principal_of(request), entry_id, text)
        return back(entry_id, "reported")

    @routes.post("/{entry_id}/hide")
    def hide(request: Request, entry_id: int, reason: Annotated[str, Form()] = "") -> Response:
        service.hide(principal_of(request), entry_id, reason)
        return back(entry_id, "hidden" if reason.strip() else "shown")
