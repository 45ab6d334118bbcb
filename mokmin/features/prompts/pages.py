"""Pages of prompts and guardrails: /admin/prompts, for administrators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.errors import Conflict, InvalidInput, MokminError, Unavailable
from mokmin.base.web.kit import PageKit
from mokmin.features.prompts import present
from mokmin.features.prompts.service import PromptTrials
from mokmin.governance.access.model import Permission
from mokmin.governance.people.web import Needs, principal_of
from mokmin.governance.prompts.service import PromptDesk

SAID = {
    "saved": "새 판으로 저장했습니다. 아직 쓰지 않습니다. 시험해 보고 ‘쓰기 시작’을 누르세요.",
    "used": "바꾸었습니다. 몇 초 안에 모든 곳에서 다음 질문부터 쓰입니다.",
}
SHOWN_QUESTIONS = 60


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages need. ``questions``: development questions to try an edit with."""

    kit: PageKit
    prompts: PromptDesk
    trials: PromptTrials
    questions: Sequence[str]

    def one(
        self,
        request: Request,
        key: str,
        status: int = 200,
        *,
        number: int | None = None,
        **more: Any,
    ) -> HTMLResponse:
        """The page of an entry; ``number``: the version in the editor."""
        principal = principal_of(request)
        state = self.prompts.state(principal, key)
        found = self.prompts.versions(principal, key)
        row = present.row(state)
        text = state.in_use.text
        if number is not None:
            text = self.prompts.version(principal, key, number).text
        release = []
        if state.shipped_before:
            release = present.lines(state.shipped_before, state.entry.shipped)
        known: dict[str, Any] = {
            "p": row,
            "form": {"text": text, "reason": "", "begun_at": state.newest},
            "versions": [present.version(v, state.in_use.number) for v in found],
            "uses": [present.use(u) for u in self.prompts.uses(principal, key)],
            "release": release,
            "models": [(name, name) for name in self.trials.models(principal)],
            "questions": [(q, q) for q in self.questions[:SHOWN_QUESTIONS]],
            "may_policies": principal.may(Permission.PROTECT_PRIVACY),
            "trial": None,
            "asked": {"question": "", "own": "", "model": ""},
            "errors": [],
            "beside": "",
            "flash": None,
        }
        return self.kit.page(
            request,
            "prompts/one.html",
            status=status,
            title=state.entry.name,
            nav="admin",
            **(known | more),
        )


def router(desk: Desk) -> APIRouter:
    """Routes below /admin/prompts."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ADMINISTER))])
    prompts = desk.prompts

    @routes.get("/admin/prompts")
    def index(request: Request) -> HTMLResponse:
        principal = principal_of(request)
        rows = [present.row(state) for state in prompts.all(principal)]
        return desk.kit.page(
            request,
            "prompts/index.html",
            title="지시문과 안전선",
            nav="admin",
            prompts=[r for r in rows if r["is_prompt"]],
            guards=[r for r in rows if not r["is_prompt"]],
            may_policies=principal.may(Permission.PROTECT_PRIVACY),
            models=desk.trials.models(principal),
        )

    @routes.get("/admin/prompts/{room}/{name}")
    def one(
        request: Request, room: str, name: str, version: str = "", done: str = "", beside: str = ""
    ) -> HTMLResponse:
        return desk.one(
            request,
            f"{room}/{name}",
            number=_number(version),
            beside=", ".join(f"{int(b)}판" for b in beside.split(",") if b.isdecimal())[:200],
            flash={"text": SAID[done], "undo": None} if done in SAID else None,
        )

    @routes.get("/admin/prompts/{room}/{name}/compare")
    def compare(request: Request, room: str, name: str, a: str = "", b: str = "") -> HTMLResponse:
        principal, key = principal_of(request), f"{room}/{name}"
        state = prompts.state(principal, key)
        first = prompts.version(principal, key, _number(a) or 0)
        given = _number(b)
        second = prompts.version(principal, key, state.newest if given is None else given)
        found = prompts.versions(principal, key)
        return desk.kit.page(
            request,
            "prompts/compare.html",
            title="판 견주기",
            nav="admin",
            p=present.row(state),
            a=first.number,
            b=second.number,
            choices=[(v.number, present.name(v.number)) for v in found],
            lines=present.lines(first.text, second.text),
            same=first.text == second.text,
        )

    _add_changes(routes, desk)
    return routes


def _add_changes(routes: APIRouter, desk: Desk) -> None:
    @routes.post("/admin/prompts/{room}/{name}")
    def save(
        request: Request,
        room: str,
        name: str,
        text: Annotated[str, Form()] = "",
        reason: Annotated[str, Form()] = "",
        begun_at: Annotated[str, Form()] = "",
    ) -> Response:
        key, begun = f"{room}/{name}", _number(begun_at) or 0
        try:
            saved = desk.prompts.save(principal_of(request), key, text, reason, begun_at=begun)
        except InvalidInput as error:
            form = {"text": text, "reason": reason, "begun_at": begun}
            return desk.one(
                request, key, error.status, form=form, errors=present.errors(error.message)
            )
        more = {"beside": ",".join(str(n) for n in saved.beside[:20])} if saved.beside else {}
        return _back(key, {"version": str(saved.number), "done": "saved"} | more)

    @routes.post("/admin/prompts/{room}/{name}/use")
    def use(
        request: Request,
        room: str,
        name: str,
        number: Annotated[str, Form()] = "",
        reason: Annotated[str, Form()] = "",
        seen: Annotated[str, Form()] = "",
    ) -> Response:
        key, chosen = f"{room}/{name}", _number(number)
        try:
            if chosen is None:
                raise InvalidInput("쓸 판을 골라 주세요.")
            desk.prompts.publish(
                principal_of(request), key, chosen, reason, seen=_number(seen) or 0
            )
        except (InvalidInput, Conflict) as error:
            return desk.one(request, key, error.status, errors=present.errors(error.message))
        return _back(key, {"done": "used"})

    @routes.post("/admin/prompts/{room}/{name}/try")
    def attempt(
        request: Request,
        room: str,
        name: str,
        text: Annotated[str, Form()] = "",
        reason: Annotated[str, Form()] = "",
        begun_at: Annotated[str, Form()] = "",
        question: Annotated[str, Form()] = "",
        own: Annotated[str, Form()] = "",
        model: Annotated[str, Form()] = "",
    ) -> Response:
        key = f"{room}/{name}"
        kept: dict[str, Any] = {
            "form": {"text": text, "reason": reason, "begun_at": _number(begun_at) or 0},
            "asked": {"question": question, "own": own, "model": model},
        }
        try:
            found = desk.trials.run(principal_of(request), key, text, own or question, model)
        except (InvalidInput, Unavailable) as error:
            wrong: MokminError = error
            return desk.one(
                request, key, wrong.status, errors=present.errors(wrong.message), **kept
            )
        return desk.one(request, key, trial=present.trial(found), **kept)


def _number(sent: str) -> int | None:
    return int(sent) if sent.isdecimal() and len(sent) <= 9 else None


def _back(key: str, query: dict[str, str]) -> Response:
    return RedirectResponse(f"/admin/prompts/{key}?{urlencode(query)}", status_code=303)
