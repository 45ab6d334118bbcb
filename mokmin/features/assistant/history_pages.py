"""One's own conversations as a list: find, rename, delete, bring back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.web.kit import ago
from mokmin.features.assistant.chat import Chat
from mokmin.governance.access.model import Permission
from mokmin.governance.people.web import Needs, principal_of


def router(chat: Chat) -> APIRouter:
    """/chat/history and what is done from there."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ASK))])
    kit, talks, folders = chat.kit, chat.conversations, chat.folders

    @routes.get("/chat/history")
    def history(
        request: Request, q: str = "", deleted: int | None = None, folder: int | None = None
    ) -> HTMLResponse:
        flash = None
        if deleted is not None:
            flash = {
                "text": "대화를 지웠습니다.",
                "undo": {"url": f"/chat/{deleted}/restore", "fields": {}},
            }
        return kit.page(
            request,
            "assistant/history.html",
            nav="chat",
            title="업무 대화",
            flash=flash,
            **_history(request, q, folder),
        )

    @routes.get("/chat/history/list")
    def history_list(request: Request, q: str = "", folder: int | None = None) -> HTMLResponse:
        return kit.page(request, "assistant/history_list.html", **_history(request, q, folder))

    @routes.post("/chat/{cid}/rename")
    def rename(request: Request, cid: int, title: Annotated[str, Form()] = "") -> Response:
        talks.rename(principal_of(request), cid, title)
        return RedirectResponse("/chat/history", status_code=303)

    @routes.post("/chat/{cid}/delete")
    def delete(request: Request, cid: int) -> Response:
        talks.delete(principal_of(request), cid)
        return RedirectResponse(f"/chat/history?deleted={cid}", status_code=303)

    @routes.post("/chat/{cid}/restore")
    def restore(request: Request, cid: int) -> Response:
        talks.restore(principal_of(request), cid)
        return RedirectResponse("/chat/history", status_code=303)

    def _history(request: Request, q: str, folder: int | None) -> dict[str, Any]:
        principal = principal_of(request)
        found = talks.recent(principal, text=q, limit=500 if folder else 100)
        names = {f.id: f for f in folders.all(principal)}
        folder = folder if folder in names else None
        return {
            "q": q,
            "page": 1,
            "pages": 1,
            "conversations": [
                {
                    "id": p.conversation.id,
                    "title": p.conversation.title,
                    "when": ago(p.conversation.updated_at),
                    "snippet": p.snippet,
                    "pinned": p.pinned,
                    "folder": names.get(p.folder_id) if p.folder_id else None,
                }
                for p in folders.arrange(found, folder_id=folder, text=q)
            ],
            "folders": list(names.values()),
            "folder": names.get(folder) if folder else None,
        }

    return routes
