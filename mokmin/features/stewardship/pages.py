"""Curated answers on the steward's desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.errors import InvalidInput, MokminError
from mokmin.base.web.kit import PageKit
from mokmin.features.stewardship import present
from mokmin.features.stewardship.present import AnswerForm
from mokmin.features.stewardship.service import USUAL_DAYS, CuratedDesk
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.web import Needs, principal_of
from mokmin.knowledge.answering.curated_model import CuratedDraft
from mokmin.knowledge.answering.reviews import ReviewService
from mokmin.knowledge.documents.service import parse_date

BASE = "/stewardship/answers"
SAVED = {
    "saved": "저장했습니다. 지금부터 이 답이 먼저 나갑니다.",
    "withdrawn": "거두었습니다. 이제 쓰이지 않습니다.",
    "restored": "되살렸습니다.",
}


@dataclass(frozen=True, slots=True)
class AnswerDesk:
    """What the pages need. ``mask``: a text of a document as it may be shown, by its grade; ``asked``: the
    question of a gap, masked, as this steward may see it."""

    curated: CuratedDesk
    reviews: ReviewService
    mask: Callable[[str, str], str]
    asked: Callable[[Principal, int], str]


def router(kit: PageKit, desk: AnswerDesk) -> APIRouter:
    """All routes below /stewardship/answers."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.CURATE))])
    _listing(routes, kit, desk)
    _writing(routes, kit, desk)
    return routes


def _listing(routes: APIRouter, kit: PageKit, desk: AnswerDesk) -> None:
    service = desk.curated

    @routes.get("/stewardship")
    def door() -> RedirectResponse:
        return RedirectResponse(BASE, status_code=303)

    @routes.get(BASE)
    def index(request: Request, question: str = "", done: str = "", undo: int = 0) -> HTMLResponse:
        principal = principal_of(request)
        found, today = service.listing(principal), service.today()
        tried, try_error = None, ""
        if question.strip():
            try:
                match = service.try_out(principal, question)
                tried = {"line": present.curated_line(match.curated, today)} if match else {}
            except InvalidInput as error:
                try_error = error.message
        flash = None
        if done in SAVED:
            back = f"{BASE}/{undo}/restore" if done == "withdrawn" and undo else None
            flash = {"text": SAVED[done], "undo": back}
        return kit.page(
            request,
            "stewardship/answers.html",
            nav="stewardship",
            title="지식 돌보기",
            tabs=present.TABS,
            tab="answers",
            groups=[
                ("due", "다시 볼 답", [present.curated_line(c, today) for c in found.due]),
                ("used", "쓰이는 답", [present.curated_line(c, today) for c in found.used]),
                ("off", "거둔 답", [present.curated_line(c, today) for c in found.withdrawn]),
            ],
            any_home=bool(service.homes.choices(principal)),
            question=question,
            tried=tried,
            try_error=try_error,
            flash=flash,
        )

    @routes.post(BASE + "/{curated_id}/withdraw")
    def withdraw(request: Request, curated_id: int) -> RedirectResponse:
        service.withdraw(principal_of(request), curated_id)
        return RedirectResponse(f"{BASE}?done=withdrawn&undo={curated_id}", status_code=303)

    @routes.post(BASE + "/{curated_id}/restore")
    def restore(request: Request, curated_id: int) -> RedirectResponse:
        service.restore(principal_of(request), curated_id)
        return RedirectResponse(f"{BASE}?done=restored", status_code=303)


async def _sent(request: Request) -> tuple[AnswerForm, str]:
    """The form, and whether to find passages or to save."""
    sent = await request.form()

    def one(name: str) -> str:
        value = sent.get(name, "")
        return value if isinstance(value, str) else ""

    passages = present.numbers([v for v in sent.getlist("passage") if isinstance(v, str)])
    edition = present.numbers([one("edition")])
    form = AnswerForm(
        question=one("question"),
        ways=one("ways"),
        answer=one("answer"),
        department=one("department"),
        valid_until=one("valid_until"),
        passages=tuple(dict.fromkeys(passages)),
        find=one("find"),
        edition=edition[0] if edition else 0,
    )
    return form, one("action")


def _draft(form: AnswerForm) -> CuratedDraft:
    home = present.numbers([form.department])
    return CuratedDraft(
        question=form.question,
        answer=form.answer,
        department_id=home[0] if home else None,
        valid_until=parse_date(form.valid_until),
        ways=tuple(line for line in form.ways.splitlines() if line.strip()),
        passages=form.passages,
    )


def _writing(routes: APIRouter, kit: PageKit, desk: AnswerDesk) -> None:
    service = desk.curated

    def page(
        request: Request,
        form: AnswerForm,
        *,
        status: int = 200,
        error: str = "",
        search: bool = False,
    ) -> HTMLResponse:
        principal = principal_of(request)
        chosen = service.passages(principal, form.passages)
        held = {hit.passage_id for hit in chosen}
        found = []
        if search and (form.find.strip() or form.question.strip()):
            try:
                hits = service.find(principal, form.find.strip() or form.question)
                found = [h for h in hits if h.passage_id not in held]
            except InvalidInput as wrong:
                error = error or wrong.message
        lost = present.lost_sources(service.get(principal, form.id)) if form.id else []
        homes = service.homes.choices(principal)
        return kit.page(
            request,
            "stewardship/answer.html",
            status=status,
            nav="stewardship",
            title="확인한 답 고치기" if form.id else "확인한 답 쓰기",
            form=form,
            chosen=[present.passage(hit, desk.mask) for hit in chosen],
            found=[present.passage(hit, desk.mask) for hit in found],
            searched=search,
            lost=lost,
            homes=[(str(key), name) for key, name in homes],
            error=error,
        )

    def begin(principal: Principal) -> AnswerForm:
        homes = service.homes.choices(principal)
        return AnswerForm(
            department=str(homes[0][0]) if homes else "",
            valid_until=(service.today() + timedelta(days=USUAL_DAYS)).isoformat(),
        )

    @routes.get(BASE + "/new")
    def new(request: Request, review: int = 0, gap: int = 0) -> HTMLResponse:
        principal = principal_of(request)
        form = begin(principal)
        if review:
            form = _from_review(desk, principal, form, review)
        elif gap:
            form = replace(form, question=desk.asked(principal, gap))
        return page(request, form, search=bool(form.question) and not form.passages)

    @routes.post(BASE + "/new")
    def add(request: Request, sent: Annotated[Any, Depends(_sent)]) -> Response:
        form, action = sent
        if action == "find":
            return page(request, form, search=True)
        try:
            service.add(principal_of(request), _draft(form))
        except MokminError as error:
            return page(request, form, status=error.status, error=error.message)
        return RedirectResponse(f"{BASE}?done=saved", status_code=303)

    @routes.get(BASE + "/{curated_id}")
    def show(request: Request, curated_id: int) -> HTMLResponse:
        found = service.get(principal_of(request), curated_id)
        return page(request, present.form_of(found))

    @routes.post(BASE + "/{curated_id}")
    def change(request: Request, curated_id: int, sent: Annotated[Any, Depends(_sent)]) -> Response:
        form, action = replace(sent[0], id=curated_id), sent[1]
        service.get(principal_of(request), curated_id)
        if action == "find":
            return page(request, form, search=True)
        try:
            service.change(principal_of(request), curated_id, _draft(form), edition=form.edition)
        except MokminError as error:
            return page(request, form, status=error.status, error=error.message)
        return RedirectResponse(f"{BASE}?done=saved", status_code=303)


def _from_review(
    desk: AnswerDesk, principal: Principal, form: AnswerForm, review_id: int
) -> AnswerForm:
    """A reported answer taken over: what the steward put right, else what the answer said."""
    review = desk.reviews.get(principal, review_id)
    good = [s for n, s in enumerate(review.answer["sentences"]) if review.marks.get(n) != "wrong"]
    text = review.correction or "\n".join(str(s["text"]) for s in good)
    used = {n for s in good for n in s.get("citations", ())}
    cited = [int(c["passage_id"]) for c in review.answer["citations"] if c["n"] in used]
    seen = desk.curated.passages(principal, tuple(dict.fromkeys(cited)))
    return replace(
        form,
        question=review.question,
        answer=text,
        passages=tuple(hit.passage_id for hit in seen),
    )
