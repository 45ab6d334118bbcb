"""Pages of the search: results, proposals while typing, saved searches."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Form, Header, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from mokmin.base.errors import Conflict, InvalidInput
from mokmin.base.web.kit import PageKit
from mokmin.features.library import search_present as present
from mokmin.features.library.model import GRADES, Wanted, wanted
from mokmin.features.library.service import LibrarySearch
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.web import Needs, principal_of
from mokmin.knowledge.documents.service import DocumentService

RECENT_SHOWN = 8
FLASHES = {
    "saved": "검색을 저장했습니다.",
    "renamed": "이름을 바꿨습니다.",
    "restored": "지운 검색을 되돌렸습니다.",
    "forgotten": "최근 검색을 지웠습니다.",
}


def router(  # noqa: C901 - a list of routes
    kit: PageKit, service: LibrarySearch, documents: DocumentService
) -> APIRouter:
    """All routes below /search."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ASK))])

    @routes.get("/search")
    def search(
        request: Request,
        page: int = 1,
        saved: int | None = None,
        done: str = "",
        deleted: int | None = None,
        hx_request: Annotated[str, Header()] = "",
    ) -> HTMLResponse:
        who = principal_of(request)
        asked, wrong = wanted(request.query_params.multi_items())
        if hx_request and asked.text and not wrong:
            found = service.find(who, asked)
            shown = present.page_of(found, service.marker, page, alone=True)
            return kit.page(request, "library/search_groups.html", query=asked.query(), **shown)
        flash: dict[str, Any] | None = {"text": FLASHES[done]} if done in FLASHES else None
        if deleted is not None:
            undo = {"url": f"/search/saved/{deleted}/restore", "fields": {}}
            flash = {"text": "저장한 검색을 지웠습니다.", "undo": undo}
        return _page(request, asked, wrong, page=page, saved_id=saved, flash=flash)

    @routes.get("/search/suggest")
    def suggest(request: Request, q: str = "") -> JSONResponse:
        found = service.propose(principal_of(request), q)
        items = [{"kind": p.kind, "text": p.text, "detail": p.detail, "url": p.url} for p in found]
        return JSONResponse({"items": items}, headers={"Cache-Control": "no-store"})

    @routes.post("/search/recent/forget")
    def forget(request: Request) -> Response:
        service.forget_recent(principal_of(request))
        return RedirectResponse("/search?done=forgotten", status_code=303)

    @routes.post("/search/saved")
    def save(
        request: Request,
        name: Annotated[str, Form()] = "",
        address: Annotated[str, Form()] = "",
    ) -> Response:
        asked, _ = wanted(parse_qsl(address))
        try:
            made = service.save(principal_of(request), name or asked.text[:40], asked)
        except (InvalidInput, Conflict) as error:
            return _page(request, asked, error.message, status=error.status, save_name=name)
        return RedirectResponse(f"/search?{asked.query()}&saved={made}&done=saved", status_code=303)

    @routes.get("/search/saved/{saved_id}")
    def run(request: Request, saved_id: int) -> Response:
        saved = service.saved_one(principal_of(request), saved_id)
        return RedirectResponse(f"/search?{saved.wanted.query()}&saved={saved.id}", status_code=303)

    @routes.get("/search/saved/{saved_id}/news")
    def news(request: Request, saved_id: int) -> HTMLResponse:
        count = service.news(principal_of(request), saved_id)
        return kit.page(request, "library/search_news.html", count=count)

    @routes.post("/search/saved/{saved_id}/rename")
    def rename(request: Request, saved_id: int, name: Annotated[str, Form()] = "") -> Response:
        try:
            service.rename(principal_of(request), saved_id, name)
        except (InvalidInput, Conflict) as error:
            return _page(request, Wanted(), error.message, status=error.status)
        return RedirectResponse("/search?done=renamed", status_code=303)

    @routes.post("/search/saved/{saved_id}/delete")
    def delete(request: Request, saved_id: int) -> Response:
        service.delete(principal_of(request), saved_id)
        return RedirectResponse(f"/search?deleted={saved_id}", status_code=303)

    @routes.post("/search/saved/{saved_id}/restore")
    def restore(request: Request, saved_id: int) -> Response:
        service.restore(principal_of(request), saved_id)
        return RedirectResponse("/search?done=restored", status_code=303)

    def _page(
        request: Request,
        asked: Wanted,
        wrong: str,
        *,
        status: int = 200,
        page: int = 1,
        saved_id: int | None = None,
        flash: dict[str, Any] | None = None,
        save_name: str = "",
    ) -> HTMLResponse:
        who = principal_of(request)
        results: dict[str, Any] | None = None
        if asked.text and (not wrong or status == Conflict.status):
            try:
                found = service.find(who, asked, saved_id)
                results = present.page_of(found, service.marker, page, alone=False)
            except InvalidInput as error:
                wrong = error.message
        if wrong and status == 200:
            status = InvalidInput.status
        today = date.today()
        saved = [present.saved_line(s, today) for s in service.saved(who)]
        return kit.page(
            request,
            "library/search.html",
            status=status,
            nav="library",
            title="문서 찾기",
            flash=flash,
            wrong=wrong,
            wanted=asked,
            query=asked.query(),
            chips=present.chips(asked, today),
            unfiltered=present.unfiltered(asked),
            as_of_today=present.as_of_today(asked),
            respelled=present.respelled(asked, results["suggestion"])
            if results and results["suggestion"]
            else "",
            choices=_choices(who, asked),
            today=today.isoformat(),
            results=results,
            saved=saved,
            latest=_recent(who, today) if not asked.text else [],
            save_name=save_name,
            opened=next((s for s in saved if s["id"] == saved_id), None) if asked.text else None,
        )

    def _recent(who: Principal, today: date) -> list[dict[str, Any]]:
        return [present.recent_line(w, today) for w in service.recent(who, RECENT_SHOWN)]

    def _choices(who: Principal, asked: Wanted) -> dict[str, list[tuple[str, str]]]:
        """What can be chosen: what the person can see, and what the address names; what is chosen
        and the person's own department first."""
        seen = documents.departments(who)
        mine = [who.department] if who.department in seen else []
        departments = dict.fromkeys((*asked.departments, *mine, *seen))
        kinds = dict.fromkeys((*asked.kinds, *documents.kinds(who)))
        return {
            "department": [(name, name) for name in departments],
            "kind": [(name, name) for name in kinds],
            "grade": list(GRADES.items()),
            "collection": [(str(key), name) for key, name in service.collections(who)],
        }

    return routes
