"""Files attached to a conversation: send, watch, open, take off, put into the library."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, File, Form, Header, Request, UploadFile
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response

from mokmin.features.assistant import present
from mokmin.features.assistant.chat import Chat
from mokmin.governance.access.model import Permission
from mokmin.governance.people.web import Needs, principal_of


def router(chat: Chat) -> APIRouter:
    """All routes below /chat/attachments and /chat/{cid}/attachments."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ASK))])
    attaching = chat.attaching

    @routes.post("/chat/attachments")
    def attach(
        request: Request,
        file: Annotated[UploadFile, File()],
        conversation_id: Annotated[int | None, Form()] = None,
        grade: Annotated[str, Form()] = "S",
        accept: Annotated[str, Header()] = "",
    ) -> Response:
        cid, document_id = attaching.attach(
            principal_of(request), conversation_id, file.filename or "", file.file, grade=grade
        )
        if "json" in accept:
            return JSONResponse({"conversation_id": cid, "document_id": document_id})
        return RedirectResponse(f"/chat/{cid}", status_code=303)

    @routes.get("/chat/{cid}/attachments")
    def attached(request: Request, cid: int) -> HTMLResponse:
        principal = principal_of(request)
        talk = chat.conversations.get(principal, cid)
        return chat.kit.page(
            request,
            "assistant/attachments.html",
            cid=cid,
            attachments=[present.attachment(a) for a in attaching.of(principal, cid)],
            held_grade=chat.conversations.grade(principal, cid, talk.leaf_id),
        )

    @routes.get("/chat/{cid}/attachments/{document_id}/file")
    def original(request: Request, cid: int, document_id: int) -> FileResponse:
        path, document = attaching.original(principal_of(request), cid, document_id)
        name = quote(document.filename)
        return FileResponse(
            path,
            media_type="application/octet-stream",
            headers={
                "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
                "Cache-Control": "no-store",
            },
        )

    @routes.post("/chat/{cid}/attachments/{document_id}/remove")
    def remove(request: Request, cid: int, document_id: int) -> Response:
        attaching.remove(principal_of(request), cid, document_id)
        return RedirectResponse(f"/chat/{cid}", status_code=303)

    @routes.post("/chat/{cid}/attachments/{document_id}/retry")
    def retry(request: Request, cid: int, document_id: int) -> Response:
        attaching.retry(principal_of(request), cid, document_id)
        return RedirectResponse(f"/chat/{cid}", status_code=303)

    @routes.post("/chat/{cid}/attachments/{document_id}/adopt")
    def adopt(
        request: Request,
        cid: int,
        document_id: int,
        audience: Annotated[str, Form()] = "",
        grade: Annotated[str, Form()] = "",
    ) -> Response:
        attaching.adopt(principal_of(request), cid, document_id, audience=audience, grade=grade)
        return RedirectResponse(f"/chat/{cid}", status_code=303)

    return routes
