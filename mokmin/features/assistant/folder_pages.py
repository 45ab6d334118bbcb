"""Forms of folders and pins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from mokmin.features.assistant.chat import Chat
from mokmin.governance.access.model import Permission
from mokmin.governance.people.web import Needs, principal_of

HISTORY = "/chat/history"


def router(chat: Chat) -> APIRouter:
    """Folders below /chat/folders; where a conversation stands below /chat/{cid}."""
    folders = chat.folders
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ASK))])

    @routes.post("/chat/folders")
    def make(request: Request, name: Annotated[str, Form()] = "") -> Response:
        made = folders.make(principal_of(request), name)
        return RedirectResponse(f"{HISTORY}?folder={made}", status_code=303)

    @routes.post("/chat/folders/{folder_id}/rename")
    def rename(request: Request, folder_id: int, name: Annotated[str, Form()] = "") -> Response:
        folders.rename(principal_of(request), folder_id, name)
        return RedirectResponse(f"{HISTORY}?folder={folder_id}", status_code=303)

    @routes.post("/chat/folders/{folder_id}/delete")
    def delete(request: Request, folder_id: int) -> Response:
        folders.delete(principal_of(request), folder_id)
        return RedirectResponse(HISTORY, status_code=303)

    @routes.post("/chat/{cid}/move")
    def move(request: Request, cid: int, folder: Annotated[str, Form()] = "") -> Response:
        target = int(folder) if folder.isascii() and folder.isdigit() else None
        folders.move(principal_of(request), cid, target)
        return RedirectResponse(f"{HISTORY}#h{cid}-name", status_code=303)

    @routes.post("/chat/{cid}/pin")
    def pin(request: Request, cid: int, value: Annotated[str, Form()] = "") -> Response:
        folders.pin(principal_of(request), cid, pinned=value == "1")
        return RedirectResponse(f"{HISTORY}#h{cid}-name", status_code=303)

    return routes
