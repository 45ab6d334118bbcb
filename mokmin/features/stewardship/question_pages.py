"""Questions without an answer on the steward's desk."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from mokmin.base.web.kit import PageKit, ago
from mokmin.features.stewardship import present
from mokmin.features.stewardship.questions import Group, QuestionDesk
from mokmin.governance.access.model import Permission
from mokmin.governance.people.web import Needs, principal_of

BASE = "/stewardship/questions"
MOST_MARKED = 400


def router(kit: PageKit, desk: QuestionDesk) -> APIRouter:
    """All routes below /stewardship/questions."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.CURATE))])

    @routes.get(BASE)
    def index(request: Request, aside: str = "", done: int = 0, back: int = 0) -> HTMLResponse:
        principal = principal_of(request)
        groups = desk.groups(principal, aside=aside == "1")
        flash = None
        if done:
            flash = {
                "text": f"질문 {done}건을 넘겼습니다. ‘넘긴 질문’에서 되살릴 수 있습니다.",
                "undo": None,
            }
        elif back:
            flash = {"text": f"질문 {back}건을 되살렸습니다.", "undo": None}
        return kit.page(
            request,
            "stewardship/questions.html",
            nav="stewardship",
            title="지식 돌보기",
            tabs=present.TABS,
            tab="questions",
            aside=aside == "1",
            rows=[_row(group) for group in groups],
            others=desk.others(principal),
            own=bool(principal.department_id),
            flash=flash,
        )

    @routes.post(BASE)
    def mark(
        request: Request,
        turn: Annotated[list[str] | None, Form()] = None,
        action: Annotated[str, Form()] = "",
    ) -> RedirectResponse:
        turns, aside = present.numbers(turn or []), action != "reopen"
        done = desk.set_aside(principal_of(request), turns[:MOST_MARKED], aside=aside)
        where = f"{BASE}?done={done}" if aside else f"{BASE}?aside=1&back={done}"
        return RedirectResponse(where, status_code=303)

    return routes


def _row(group: Group) -> dict[str, Any]:
    return {
        "text": group.text,
        "texts": group.texts,
        "count": group.count,
        "refused": len(group.turns),
        "reported": len(group.reviews),
        "departments": [f"{name} {n}" for name, n in group.departments.most_common(4)],
        "when": ago(group.latest),
        "turns": group.turns,
        "reviews": group.reviews,
    }
