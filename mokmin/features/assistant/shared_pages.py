"""Pages of shared conversations: share, read, end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.db import utcnow
from mokmin.base.errors import NotFound
from mokmin.base.formats.ai_label import AiLabel, headers
from mokmin.base.formats.writing_docx import docx_bytes
from mokmin.base.formats.writing_hwpx import hwpx_bytes
from mokmin.base.formats.writing_markdown import markdown
from mokmin.base.formats.writing_model import OutputDocument
from mokmin.base.formats.writing_pages import pages_of
from mokmin.base.web.kit import PageKit, ago
from mokmin.features.assistant import export, present
from mokmin.features.assistant.chat import item_of
from mokmin.features.assistant.conversations import ConversationService
from mokmin.features.assistant.shared_reading import Shared, SharedReading
from mokmin.features.assistant.sharing import SharingService
from mokmin.governance.access.model import Permission, highest
from mokmin.governance.people.web import Needs, principal_of
from mokmin.governance.transparency.takeover import Takeovers
from mokmin.knowledge.answering.masking import GradedMask, masked_json, unmasked

EXPORTS: dict[str, tuple[str, Callable[[OutputDocument], bytes]]] = {
    "md": ("text/markdown; charset=utf-8", lambda made: markdown(made).encode()),
    "docx": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        docx_bytes,
    ),
    "hwpx": ("application/hwp+zip", lambda made: hwpx_bytes(pages_of(made))),
}


def router(
    kit: PageKit,
    talks: ConversationService,
    sharing: SharingService,
    reading: SharedReading,
    department_names: Callable[[], list[str]],
    takeovers: Takeovers,
    mask: GradedMask = unmasked,
) -> APIRouter:
    """All routes below /shared and /chat/{cid}/share."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ASK))])

    @routes.get("/chat/{cid}/share")
    def form(request: Request, cid: int) -> HTMLResponse:
        principal = principal_of(request)
        conversation = talks.stored.get(principal, cid)
        return kit.page(
            request,
            "assistant/share.html",
            nav="chat",
            title="대화 공유",
            cid=cid,
            conversation_id=cid,
            name=conversation.title,
            questions=[s.turn.question for s in talks.path(principal, cid) if s.turn.answer],
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
        conversation = talks.stored.get(principal, cid)
        steps = talks.path(principal, cid)
        turns = [(s.turn.question, s.turn.answer) for s in steps if s.turn.answer]
        grades = talks.grades(principal, cid, [answer for _, answer in turns])
        # Under the strictest grade of what is taken along, whichever part it stands in.
        grade = highest(list(grades.values()))
        hidden = [(mask(q, grade), masked_json(dict(a), grade, mask)) for q, a in turns]
        made = export.document_of(mask(conversation.title, grade), hidden, grades)
        said = [s.turn for s in steps if s.turn.answer]
        made_at = max((turn.created_at for turn in said), default=utcnow())
        written = [t for t in said if t.answer and not t.answer.get("refused")]
        label = takeovers.label([item_of(turn) for turn in written], made_at)
        made = replace(made, label=label)
        sharing.exported(principal, cid, form)
        media, write = EXPORTS[form]
        name = quote(f"{conversation.title[:60]}.{form}", safe="")
        return Response(
            write(made),
            media_type=media,
            headers={
                "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
                "Cache-Control": "no-store",
                **headers(label),
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
        found = reading.with_me(principal_of(request))
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
        shared = reading.open(principal_of(request), share_id)
        page = kit.page(
            request, "assistant/shared.html", nav="chat", title=shared.title, s=_page(shared)
        )
        page.headers.update(headers(AiLabel(shared.shared_at)))
        return page

    return routes


def _page(shared: Shared) -> dict[str, Any]:
    return {
        "owner": shared.owner,
        "when": ago(shared.shared_at),
        "grade": shared.grade,
        "ai_notice": present.AI_NOTICE,
        "turns": [
            {
                "question": turn.question,
                "mode": turn.answer["mode"],
                "blocks": present.blocks(number, turn.answer),
                "citations": [present.citation(c) for c in turn.answer["citations"]],
                "withheld": turn.withheld,
            }
            for number, turn in enumerate(shared.turns, 1)
        ],
    }
