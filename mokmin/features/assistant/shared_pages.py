"""Pages of shared conversations: share, read, end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.errors import NotFound
from mokmin.base.formats.writing_docx import docx_bytes
from mokmin.base.formats.writing_markdown import markdown
from mokmin.base.formats.writing_model import OutputDocument
from mokmin.base.web.kit import PageKit, ago
from mokmin.features.assistant import export, present
from mokmin.features.assistant.service import AssistantService
from mokmin.features.assistant.sharing import Shared, SharingService, as_seen, documents_of
from mokmin.governance.people.web import guarded, principal_of

EXPORTS: dict[str, tuple[str, Callable[[OutputDocument], bytes]]] = {
    "md": ("text/markdown; charset=utf-8", lambda made: markdown(made).encode()),
    "docx": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        docx_bytes,
    ),
}


def router(
    kit: PageKit,
    assistant: AssistantService,
    sharing: SharingService,
    department_names: Callable[[], list[str]],
) -> APIRouter:
    """All routes below /shared and /chat/{cid}/share."""
    routes = APIRouter(dependencies=[Depends(guarded)])

    @routes.get("/chat/{cid}/share")
    def form(request: Request, cid: int) -> HTMLResponse:
        principal = principal_of(request)
        conversation = assistant.get(principal, cid)
        return kit.page(
            request,
            "assistant/share.html",
            nav="chat",
            title="대화 공유",
            cid=cid,
            conversation_id=cid,
            name=conversation.title,
            questions=[turn.question for turn in assistant.turns(principal, cid) if turn.answer],
            given=[
                {"id": s.id, "to": s.to, "turns": s.turns, "when": ago(s.shared_at)}
                for s in sharing.given(principal, cid)
            ],
            colleagues=sharing.colleagues(principal),
            departments=department_names(),
        )

    @routes.get("/chat/{cid}/export.{form}")
    def export_file(request: Request, cid: int, form: str) -> Response:
        principal = principal_of(request)
        if form not in EXPORTS:
            raise NotFound("이 형식으로는 내려받을 수 없습니다. md나 docx를 골라 주세요.")
        conversation = assistant.get(principal, cid)
        answered = [(t.question, t.answer) for t in assistant.turns(principal, cid) if t.answer]
        grades = sharing.seen(
            principal, {d for _, answer in answered for d in documents_of(answer)}
        )
        turns = [(question, as_seen(answer, grades)[0]) for question, answer in answered]
        made = export.document_of(conversation.title, turns, grades)
        sharing.exported(principal, cid, form)
        media, write = EXPORTS[form]
        name = quote(f"{conversation.title[:60]}.{form}", safe="")
        return Response(
            write(made),
            media_type=media,
            headers={
                "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
                "X-AI-Generated": "true",
            },
        )

    @routes.post("/chat/{cid}/share")
    def share(
        request: Request,
        cid: int,
        to: Annotated[str, Form()] = "",
        department: Annotated[str, Form()] = "",
    ) -> Response:
        sharing.share(principal_of(request), cid, to=to, department=department)
        return RedirectResponse(f"/chat/{cid}/share", status_code=303)

    @routes.post("/shared/{share_id}/refresh")
    def refresh(request: Request, share_id: int) -> Response:
        cid = sharing.refresh(principal_of(request), share_id)
        return RedirectResponse(f"/chat/{cid}/share", status_code=303)

    @routes.post("/shared/{share_id}/end")
    def end(request: Request, share_id: int) -> Response:
        cid = sharing.end(principal_of(request), share_id)
        return RedirectResponse(f"/chat/{cid}/share", status_code=303)

    @routes.get("/shared")
    def with_me(request: Request) -> HTMLResponse:
        found = sharing.with_me(principal_of(request))
        return kit.page(
            request,
            "assistant/shared_list.html",
            nav="chat",
            title="나와 공유된 대화",
            shared=[
                {"id": s.id, "title": s.title, "owner": s.owner, "when": ago(s.shared_at)}
                for s in found
            ],
        )

    @routes.get("/shared/{share_id}")
    def read(request: Request, share_id: int) -> HTMLResponse:
        shared = sharing.open(principal_of(request), share_id)
        return kit.page(
            request, "assistant/shared.html", nav="chat", title=shared.title, s=_page(shared)
        )

    return routes


def _page(shared: Shared) -> dict[str, Any]:
    return {
        "owner": shared.owner,
        "when": ago(shared.shared_at),
        "grade": shared.grade,
        "turns": [
            {
                "question": turn.question,
                "mode": turn.answer["mode"],
                "refused": turn.answer["refused"],
                "reason": turn.answer["reason"],
                "lead": turn.answer["lead"],
                "notices": turn.answer["notices"],
                "sentences": turn.answer["sentences"],
                "citations": [present.citation(c) for c in turn.answer["citations"]],
                "nearest": turn.answer["nearest"],
                "withheld": turn.withheld,
            }
            for turn in shared.turns
        ],
    }
