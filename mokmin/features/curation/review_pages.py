"""The queue of reported answers, and the page on which a steward grades one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.errors import Conflict, InvalidInput
from mokmin.base.web.kit import PageKit
from mokmin.features.curation import review_present as present
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.web import Needs, principal_of
from mokmin.knowledge.answering.review_model import (
    MARKS,
    REASONS,
    VERDICTS,
    Filters,
    Grading,
    Review,
    question_line,
    shares,
)
from mokmin.knowledge.answering.reviews import ReviewService
from mokmin.knowledge.evaluation.comparing import latest

STATES = (("open", "기다림"), ("done", "마침"), ("all", "모두"))


@dataclass(frozen=True, slots=True)
class Reviewing:
    """What the pages need. ``home``: the folder that holds kept comparisons."""

    reviews: ReviewService
    audit: AuditLog
    home: Path


def router(kit: PageKit, reviewing: Reviewing) -> APIRouter:
    """All routes below /review; each requires the right to curate."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.CURATE))])
    _queue(routes, kit, reviewing)
    _one(routes, kit, reviewing)
    return routes


def _curator(request: Request) -> Principal:
    principal = principal_of(request)
    require(principal, Permission.CURATE)
    return principal


def _queue(routes: APIRouter, kit: PageKit, reviewing: Reviewing) -> None:
    service = reviewing.reviews

    @routes.get("/review")
    def queue(request: Request, graded: str = "") -> HTMLResponse:
        principal = _curator(request)
        sent = request.query_params
        form = {name: sent.get(name, "") for name in ("state", "reason", "department", "value")}
        form["state"] = form["state"] if form["state"] in dict(STATES) else "open"
        page = sent.get("page", "")
        filters = Filters(
            state="" if form["state"] == "all" else form["state"],
            reason=form["reason"],
            department=form["department"],
            value={"up": 1, "down": -1}.get(form["value"]),
            page=int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
        )
        found = service.queue(principal, filters)
        done = service.graded(principal)
        flash = {"text": "판정을 저장했습니다.", "undo": None} if graded else None
        return kit.page(
            request,
            "curation/reviews.html",
            nav="review",
            title="답변 검토",
            form=form,
            query=urlencode({key: value for key, value in form.items() if value}),
            states=STATES,
            reasons=list(REASONS.items()),
            departments=service.departments(principal),
            rows=[present.row(review) for review in found.reviews],
            total=found.total,
            page=found.page,
            pages=found.pages,
            months=[present.share(item) for item in shares(done, "month")],
            causes=[present.share(item) for item in shares(done, "reason")],
            usable=sum(question_line(review) is not None for review in done),
            comparison=present.comparison(latest(reviewing.home)),
            flash=flash,
        )

    @routes.get("/review/export.jsonl")
    def export(request: Request) -> Response:
        principal = _curator(request)
        lines = [question_line(review) for review in service.graded(principal)]
        kept = [json.dumps(line, ensure_ascii=False) + "\n" for line in lines if line is not None]
        reviewing.audit.record(principal, "review.export", f"reviews:{len(kept)}")
        return Response(
            "".join(kept),
            media_type="application/x-ndjson; charset=utf-8",
            headers={
                "Content-Disposition": 'attachment; filename="review-questions.jsonl"',
                "Cache-Control": "no-store",
            },
        )


async def _sent(request: Request) -> dict[str, Any]:
    """The fields of the grading form; ``cited`` may come several times."""
    sent = await request.form()
    fields: dict[str, Any] = {key: v for key, v in sent.items() if isinstance(v, str)}
    return fields | {"cited": [v for v in sent.getlist("cited") if isinstance(v, str)]}


def _one(routes: APIRouter, kit: PageKit, reviewing: Reviewing) -> None:
    service = reviewing.reviews

    def page(
        request: Request,
        principal: Principal,
        review: Review,
        status: int = 200,
        **more: Any,
    ) -> HTMLResponse:
        return kit.page(
            request,
            "curation/review.html",
            status=status,
            nav="review",
            title="답변 검토",
            r=present.review(review),
            verdicts=list(VERDICTS.items()),
            marks=list(MARKS.items()),
            next=service.next(principal, review.id),
            **({"form": present.form(review), "error": ""} | more),
        )

    @routes.get("/review/{review_id}")
    def show(request: Request, review_id: int) -> HTMLResponse:
        principal = _curator(request)
        return page(request, principal, service.get(principal, review_id))

    @routes.post("/review/{review_id}")
    def grade(
        request: Request, review_id: int, sent: Annotated[dict[str, Any], Depends(_sent)]
    ) -> Response:
        principal = _curator(request)
        try:
            service.grade(
                principal, review_id, _grading(sent), edition=_number(sent.get("edition", "0"))
            )
        except (InvalidInput, Conflict) as error:
            review = service.get(principal, review_id)
            form = present.sent(sent, review)
            return page(request, principal, review, error.status, form=form, error=error.message)
        after = service.next(principal, review_id)
        where = f"/review/{after}" if after is not None else "/review?graded=1"
        return RedirectResponse(where, status_code=303)

    @routes.post("/review/{review_id}/reopen")
    def reopen(request: Request, review_id: int) -> Response:
        service.reopen(_curator(request), review_id)
        return RedirectResponse(f"/review/{review_id}", status_code=303)


def _grading(sent: dict[str, Any]) -> Grading:
    """What the form says. Raises InvalidInput."""
    marks = {
        _number(key.removeprefix("mark-")): value
        for key, value in sent.items()
        if key.startswith("mark-") and value
    }
    numbers = [*sent["cited"], *str(sent.get("gold", "")).replace(",", " ").split()]
    return Grading(
        verdict=str(sent.get("verdict", "")),
        marks=marks,
        correction=str(sent.get("correction", "")),
        note=str(sent.get("note", "")),
        gold=[_number(text) for text in numbers],
    )


def _number(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    raise InvalidInput("문서 번호는 숫자로, 쉼표로 나누어 적어 주세요. 저장하지 않았습니다.")
