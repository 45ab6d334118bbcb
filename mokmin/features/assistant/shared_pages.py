"""Pages of shared conversations: share, read, end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.web.kit import PageKit, ago
from mokmin.features.assistant import present
from mokmin.features.assistant.service import AssistantService
from mokmin.features.assistant.sharing import Shared, SharingService
from mokmin.governance.people.web import guarded, principal_of


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
