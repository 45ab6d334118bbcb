"""Watched folders on the steward's desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from mokmin.base.errors import InvalidInput, MokminError, Unavailable
from mokmin.base.files.sources import Scan
from mokmin.base.web.kit import PageKit, ago, size
from mokmin.features.stewardship import present
from mokmin.features.stewardship.reaching import LOCAL, S3, SITE, WEBDAV, FolderDraft
from mokmin.features.stewardship.watch_store import Folder
from mokmin.features.stewardship.watching import WatchDesk
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.web import Needs, principal_of

BASE = "/stewardship/folders"
NIGHT, NIGHT_HOUR = "night", 2
EVERY = [
    ("15", "15분마다"),
    ("60", "한 시간마다"),
    ("180", "세 시간마다"),
    ("360", "여섯 시간마다"),
    ("1440", "하루마다"),
    (NIGHT, "밤마다(새벽 2시)"),
]
TYPES = {LOCAL: "서버 폴더", WEBDAV: "WebDAV", S3: "S3 저장소", SITE: "웹 사이트"}
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
    "login": "계정을 바꾸었습니다. ‘연결 확인’을 눌러 보세요.",
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


@dataclass(frozen=True, slots=True)
class Sent:
    """The form as it was sent."""

    path: Annotated[str, Form()] = ""
    collection: Annotated[str, Form()] = ""
    audience: Annotated[str, Form()] = "department"
    kind: Annotated[str, Form()] = "문서"
    grade: Annotated[str, Form()] = "O"
    every: Annotated[str, Form()] = "60"
    type: Annotated[str, Form()] = LOCAL
    bucket: Annotated[str, Form()] = ""
    login: Annotated[str, Form()] = ""
    secret: Annotated[str, Form()] = ""
    region: Annotated[str, Form()] = ""

    def draft(self) -> FolderDraft:
        """What was meant."""
        chosen, minutes = present.numbers([self.collection]), present.numbers([self.every])
        at_night = self.every == NIGHT
        return FolderDraft(
            self.path,
            chosen[0] if chosen else 0,
            self.audience,
            self.kind,
            self.grade,
            1_440 if at_night else (minutes[0] if minutes else 0),
            self.type,
            self.bucket,
            self.login,
            self.secret,
            self.region,
            NIGHT_HOUR if at_night else None,
        )


def _listing(
    routes: APIRouter,
    kit: PageKit,
    desk: WatchDesk,
    collections: Callable[[Principal], list[tuple[int, str]]],
) -> None:
    def page(request: Request, form: Sent, *, status: int = 200, **more: Any) -> HTMLResponse:
        principal = principal_of(request)
        done = more.pop("done", "")
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
            machines=desk.machines(),
            collections=[(str(key), name) for key, name in collections(principal)],
            # Never the secret.
            form=replace(form, secret=""),
            types=list(TYPES.items()),
            every=EVERY,
            grades=GRADES,
            readers=READERS,
            error=more.get("error", ""),
            found=more.get("found"),
            flash={"text": SAVED[done], "undo": None} if done in SAVED else None,
        )

    @routes.get(BASE)
    def index(request: Request, done: str = "", type: str = "") -> HTMLResponse:
        usual = LOCAL if desk.roots(principal_of(request)) or not desk.machines() else WEBDAV
        form = Sent(type=type if type in TYPES else usual, every=NIGHT if type == SITE else "60")
        return page(request, form, done=done)

    @routes.post(BASE)
    def add(request: Request, form: Annotated[Sent, Depends()]) -> Response:
        try:
            made = desk.add(principal_of(request), form.draft())
        except MokminError as error:
            return page(request, form, status=error.status, error=error.message)
        return RedirectResponse(f"{BASE}/{made}", status_code=303)

    @routes.post(BASE + "/check")
    def check(request: Request, form: Annotated[Sent, Depends()]) -> Response:
        found = _checked(lambda: desk.check(principal_of(request), form.draft()))
        if request.headers.get("x-partial"):
            return JSONResponse(found)
        return page(request, form, found=found)


def _checked(check: Callable[[], str]) -> dict[str, Any]:
    """What a check found, or exactly what is wrong."""
    try:
        return {"ok": True, "text": check()}
    except (InvalidInput, Unavailable) as error:
        return {"ok": False, "text": error.message}


def _one(routes: APIRouter, kit: PageKit, desk: WatchDesk) -> None:
    def page(request: Request, folder_id: int, **more: Any) -> HTMLResponse:
        principal = principal_of(request)
        folder = desk.get(principal, folder_id)
        seen, error = None, ""
        looked = folder.state != "active" if folder.type == LOCAL else folder.state == "preview"
        if looked and not more:
            try:
                seen = _preview(desk.preview(principal, folder_id))
            except (InvalidInput, Unavailable) as wrong:
                error = wrong.message
        problems, marked = desk.problems(principal, folder_id), desk.marked(principal, folder_id)
        return kit.page(
            request,
            "stewardship/folder.html",
            nav="stewardship",
            title="지켜보는 폴더",
            f=_row(folder),
            seen=seen,
            error=error,
            found=more.get("found"),
            problems=problems[:SHOWN],
            problem_count=len(problems),
            marked=marked[:SHOWN],
            marked_count=len(marked),
        )

    @routes.get(BASE + "/{folder_id:int}")
    def show(request: Request, folder_id: int) -> HTMLResponse:
        return page(request, folder_id)

    @routes.post(BASE + "/{folder_id:int}/check")
    def check(request: Request, folder_id: int) -> HTMLResponse:
        found = _checked(lambda: desk.check_again(principal_of(request), folder_id))
        return page(request, folder_id, found=found)

    @routes.post(BASE + "/{folder_id:int}/login")
    def login(
        request: Request,
        folder_id: int,
        login: Annotated[str, Form()] = "",
        secret: Annotated[str, Form()] = "",
    ) -> RedirectResponse:
        desk.change_login(principal_of(request), folder_id, login, secret)
        return RedirectResponse(f"{BASE}?done=login", status_code=303)

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
        "path": folder.path if folder.type == LOCAL else unquote(folder.path),
        "collection": folder.collection,
        "collection_id": folder.collection_id,
        "state": folder.state,
        "state_name": name,
        "state_kind": kind,
        "problem": folder.problem,
        "every": _every(folder),
        "type": folder.type,
        "type_name": TYPES[folder.type],
        "remote": folder.type != LOCAL,
        "login": folder.login,
        "down": ago(folder.down_since) if folder.down_since else "",
        "running": folder.state == "active" and folder.started_at is not None,
        "readers": dict(READERS)[folder.audience],
        "grade": folder.grade,
        "kind": folder.kind,
        "synced": ago(folder.synced_at) if folder.synced_at else "",
        "summary": folder.summary,
    }


def _every(folder: Folder) -> str:
    if folder.at_hour is not None:
        return dict(EVERY)[NIGHT] if folder.at_hour == NIGHT_HOUR else f"날마다 {folder.at_hour}시"
    return dict(EVERY).get(str(folder.every_minutes), f"{folder.every_minutes}분마다")


def _preview(found: Scan) -> dict[str, Any]:
    return {
        "count": len(found.files),
        "bytes": size(total) if (total := sum(max(0, f.bytes) for f in found.files)) else "",
        "files": [(f.path, size(f.bytes) if f.bytes > 0 else "") for f in found.files[:SHOWN]],
        "skipped": found.skipped[:SHOWN],
        "left_out": len(found.skipped),
        "cut": found.cut,
    }
