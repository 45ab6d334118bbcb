"""Watched folders on the steward's desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.errors import InvalidInput, MokminError
from mokmin.base.web.kit import PageKit, ago, size
from mokmin.features.stewardship import present
from mokmin.features.stewardship.scanning import Scan
from mokmin.features.stewardship.watch_store import Folder
from mokmin.features.stewardship.watching import FolderDraft, WatchDesk
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.web import Needs, principal_of

BASE = "/stewardship/folders"
EVERY = [("15", "15분마다"), ("60", "한 시간마다"), ("360", "여섯 시간마다"), ("1440", "하루마다")]
GRADES = [("O", "공개"), ("S", "민감"), ("C", "기밀")]
READERS = [("department", "모음을 돌보는 부서"), ("staff", "전 직원")]
STATES = {
    "preview": ("미리 보는 중", "info"),
    "active": ("맞추는 중", "ok"),
    "paused": ("멈춤", "warn"),
    "held": ("확인 필요", "bad"),
}
SAVED = {
    "started": "맞추기 시작했습니다. 새 문서는 잠시 뒤 문서고에 보입니다.",
    "paused": "멈추었습니다. 올린 문서는 그대로입니다.",
    "removed": "더는 지켜보지 않습니다. 올린 문서는 그대로입니다.",
}
SHOWN = 50


def router(
    kit: PageKit,
    desk: WatchDesk,
    collections: Callable[[Principal], list[tuple[int, str]]],
) -> APIRouter:
    """All routes below /stewardship/folders. ``collections``: those that the person looks after."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.CURATE))])
    _listing(routes, kit, desk, collections)
    _one(routes, kit, desk)
    return routes


def _listing(
    routes: APIRouter,
    kit: PageKit,
    desk: WatchDesk,
    collections: Callable[[Principal], list[tuple[int, str]]],
) -> None:
    def page(
        request: Request,
        form: dict[str, str],
        *,
        status: int = 200,
        error: str = "",
        done: str = "",
    ) -> HTMLResponse:
        principal = principal_of(request)
        return kit.page(
            request,
            "stewardship/folders.html",
            status=status,
            nav="stewardship",
            title="지식 돌보기",
            tabs=present.TABS,
            tab="folders",
            rows=[_row(folder) for folder in desk.listing(principal)],
            roots=desk.roots(principal),
            collections=[(str(key), name) for key, name in collections(principal)],
            form=form,
            every=EVERY,
            grades=GRADES,
            readers=READERS,
            error=error,
            flash={"text": SAVED[done], "undo": None} if done in SAVED else None,
        )

    @routes.get(BASE)
    def index(request: Request, done: str = "") -> HTMLResponse:
        return page(request, {"every": "60", "kind": "문서", "grade": "O"}, done=done)

    @routes.post(BASE)
    def add(
        request: Request,
        path: Annotated[str, Form()] = "",
        collection: Annotated[str, Form()] = "",
        audience: Annotated[str, Form()] = "",
        kind: Annotated[str, Form()] = "",
        grade: Annotated[str, Form()] = "",
        every: Annotated[str, Form()] = "",
    ) -> Response:
        chosen, minutes = present.numbers([collection]), present.numbers([every])
        form = {"path": path, "collection": collection, "audience": audience, "kind": kind}
        form |= {"grade": grade, "every": every}
        draft = FolderDraft(
            path,
            chosen[0] if chosen else 0,
            audience,
            kind,
            grade,
            minutes[0] if minutes else 0,
        )
        try:
            made = desk.add(principal_of(request), draft)
        except MokminError as error:
            return page(request, form, status=error.status, error=error.message)
        return RedirectResponse(f"{BASE}/{made}", status_code=303)


def _one(routes: APIRouter, kit: PageKit, desk: WatchDesk) -> None:
    @routes.get(BASE + "/{folder_id:int}")
    def show(request: Request, folder_id: int) -> HTMLResponse:
        principal = principal_of(request)
        folder = desk.get(principal, folder_id)
        seen, error = None, ""
        if folder.state != "active":
            try:
                seen = _preview(desk.preview(principal, folder_id))
            except InvalidInput as wrong:
                error = wrong.message
        return kit.page(
            request,
            "stewardship/folder.html",
            nav="stewardship",
            title="지켜보는 폴더",
            f=_row(folder),
            seen=seen,
            error=error,
            problems=desk.problems(principal, folder_id)[:SHOWN],
        )

    @routes.post(BASE + "/{folder_id:int}")
    def act(
        request: Request, folder_id: int, action: Annotated[str, Form()] = ""
    ) -> RedirectResponse:
        principal = principal_of(request)
        if action in ("start", "confirm"):
            desk.start(principal, folder_id, confirmed=action == "confirm")
            done = "started"
        elif action == "pause":
            desk.pause(principal, folder_id)
            done = "paused"
        elif action == "remove":
            desk.remove(principal, folder_id)
            done = "removed"
        else:
            raise InvalidInput("그런 작업은 없습니다. 아무것도 바꾸지 않았습니다.")
        return RedirectResponse(f"{BASE}?done={done}", status_code=303)


def _row(folder: Folder) -> dict[str, Any]:
    name, kind = STATES[folder.state]
    return {
        "id": folder.id,
        "path": folder.path,
        "collection": folder.collection,
        "collection_id": folder.collection_id,
        "state": folder.state,
        "state_name": name,
        "state_kind": kind,
        "problem": folder.problem,
        "every": dict(EVERY).get(str(folder.every_minutes), f"{folder.every_minutes}분마다"),
        "readers": dict(READERS)[folder.audience],
        "grade": folder.grade,
        "kind": folder.kind,
        "synced": ago(folder.synced_at) if folder.synced_at else "",
        "summary": folder.summary,
    }


def _preview(found: Scan) -> dict[str, Any]:
    return {
        "count": len(found.files),
        "bytes": size(sum(file.bytes for file in found.files)),
        "files": [(file.path, size(file.bytes)) for file in found.files[:SHOWN]],
        "skipped": found.skipped[:SHOWN],
        "left_out": len(found.skipped),
        "cut": found.cut,
    }
