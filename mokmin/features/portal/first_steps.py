"""Three first steps for newcomers on the home page: they read the notice, ask, and have something written.

What is done is read off what the person has, so nothing has to be ticked. Who knows the way around (several
conversations) or put the steps away does not see them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.web import Cookies, Needs, principal_of

COOKIE = "mokmin_first_steps"
YEAR = 365 * 86_400
SETTLED = 5
"""With so many conversations a person is no newcomer."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a person has done so far. ``read``: the notice of safe use."""

    read: bool
    conversations: int
    drafts: int
    documents: int


def steps(
    request: Request, who: Principal, done: Progress, questions: Sequence[str]
) -> list[dict[str, Any]]:
    """The steps in their order; none for those who need them no more."""
    put_away = request.cookies.get(COOKIE, "").split("-")
    finished = done.read and done.conversations > 0 and done.drafts > 0
    if not who.may(Permission.ASK) or finished or done.conversations >= SETTLED:
        return []
    if str(who.user_id) in put_away:
        return []
    ask: dict[str, Any] = {"key": "ask", "done": done.conversations > 0, "question": ""}
    if done.documents and questions:
        ask["question"] = questions[0]
    return [
        {"key": "read", "done": done.read},
        ask,
        {"key": "write", "done": done.drafts > 0},
    ]


def router(cookies: Cookies) -> APIRouter:
    """POST /first-steps/hide: put the steps away in this browser, for a year."""
    routes = APIRouter(dependencies=[Depends(Needs(bearer=False))])

    @routes.post("/first-steps/hide")
    def hide(request: Request) -> Response:
        known = [k for k in request.cookies.get(COOKIE, "").split("-") if k.isdigit()][-19:]
        kept = "-".join(dict.fromkeys([*known, str(principal_of(request).user_id)]))
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(
            COOKIE, kept, max_age=YEAR, httponly=True, samesite="lax", secure=cookies.secure
        )
        return answer

    return routes


Reader = Callable[[Principal], Progress]
