"""An assistant in other pages: the steward's page, the script and the frame."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.errors import InvalidInput, MokminError, NotFound
from mokmin.base.web.kit import STATIC
from mokmin.base.web.middleware import framed_by
from mokmin.features.work_assistants.desk import Desk
from mokmin.features.work_assistants.embedding import MOST_ORIGINS, Embed, EmbedService
from mokmin.governance.access.model import Permission
from mokmin.governance.people.web import Needs, anyone, principal_of, session_of

DONE = {
    "allowed": "저장했습니다. 아래 한 줄을 넣을 화면에 붙여 주세요.",
    "stopped": "그만두었습니다. 넣어 둔 화면에서 더는 열리지 않습니다.",
}


def routers(desk: Desk, embedding: EmbedService, site: str) -> list[APIRouter]:
    """The steward's page below the assistant, and what other pages load. ``site``: the public address of this
    system, empty where none is set."""
    kept = APIRouter(prefix="/assistants", dependencies=[Depends(Needs(Permission.ASK))])
    shown = APIRouter(prefix="/embed", dependencies=[Depends(anyone)])

    address = f"{site.rstrip('/')}/" if site else ""
    page_of = partial(_page, desk, embedding, address)

    @kept.get("/{assistant_id:int}/embed")
    def page(request: Request, assistant_id: int, done: str = "") -> HTMLResponse:
        found = embedding.of(principal_of(request), assistant_id)
        origins = "\n".join(found.origins) if found else ""
        return page_of(request, assistant_id, found, origins, done=done)

    @kept.post("/{assistant_id:int}/embed")
    def allow(
        request: Request, assistant_id: int, origins: Annotated[str, Form()] = ""
    ) -> Response:
        who = principal_of(request)
        try:
            embedding.allow(who, assistant_id, origins.splitlines()[: MOST_ORIGINS + 1])
        except InvalidInput as error:
            found = embedding.of(who, assistant_id)
            return page_of(request, assistant_id, found, origins, error=error.message)
        return RedirectResponse(f"/assistants/{assistant_id}/embed?done=allowed", status_code=303)

    @kept.post("/{assistant_id:int}/embed/stop")
    def stop(request: Request, assistant_id: int) -> Response:
        embedding.stop(principal_of(request), assistant_id)
        return RedirectResponse(f"/assistants/{assistant_id}/embed?done=stopped", status_code=303)

    @shown.get("/assistant.js")
    def script() -> Response:
        return Response(
            (STATIC / "js" / "embed.js").read_bytes(),
            media_type="text/javascript",
            headers={"Cross-Origin-Resource-Policy": "cross-origin"},
        )

    @shown.get("/{key}")
    def frame(request: Request, key: str) -> HTMLResponse:
        embed = embedding.find(key)
        answer = _frame(desk, request, embed)
        answer.headers["Content-Security-Policy"] = framed_by(embed.origins)
        return answer

    return [kept, shown]


def _page(
    desk: Desk,
    embedding: EmbedService,
    site: str,
    request: Request,
    assistant_id: int,
    found: Embed | None,
    origins: str,
    *,
    error: str = "",
    done: str = "",
) -> HTMLResponse:
    one, _ = embedding.get(principal_of(request), assistant_id)
    return desk.kit.page(
        request,
        "work_assistants/embed.html",
        status=400 if error else 200,
        nav="assistants",
        title="다른 화면에 넣기",
        bot={"id": one.id, "name": one.content.name, "live": one.live is not None},
        tag=f'<script src="{site or request.base_url}embed/assistant.js" data-assistant="{found.key}" '
        f'data-name="{_plain(one.content.name)}" defer></script>'
        if found
        else "",
        origins=origins,
        most=MOST_ORIGINS,
        error=error,
        flash={"text": DONE[done], "undo": None} if done in DONE else None,
    )


def _plain(text: str) -> str:
    return "".join(c for c in text if c not in "\"<>&'")


def _frame(desk: Desk, request: Request, embed: Embed) -> HTMLResponse:
    """What the frame shows: the question box to whom may ask; else one sentence and where to go."""
    session = session_of(request)
    told, one = "", None
    if session is None:
        told = "로그인하면 물을 수 있습니다. 새 창에서 로그인한 뒤 이 화면을 다시 열어 주세요."
    else:
        try:
            one, draft = desk.using.open(session.principal, embed.assistant_id)
            if draft or one.paused:
                told, one = "이 업무봇은 지금 쉬고 있습니다.", None
        except NotFound:
            told = "이 업무봇은 나에게 열려 있지 않습니다. 필요하면 담당 부서에 물어 주세요."
        except MokminError as error:
            told = error.message
    return desk.kit.page(
        request,
        "work_assistants/frame.html",
        title=one.content.name if one else "업무봇",
        bare=session is None,
        bot={"id": one.id, "name": one.content.name, "purpose": one.content.purpose}
        if one
        else None,
        starters=one.content.starters[:3] if one else [],
        told=told,
        signed_in=session is not None,
    )
