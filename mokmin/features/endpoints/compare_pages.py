"""Answers of several models beside each other: /models/compare, for those who look after answers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.errors import Conflict, InvalidInput, RateLimited
from mokmin.base.web.kit import PageKit
from mokmin.features.endpoints import present
from mokmin.features.endpoints.model import TIE
from mokmin.features.endpoints.service import LEAST, MOST, ComparisonService
from mokmin.governance.access.model import Permission
from mokmin.governance.people.web import Needs, principal_of


def router(kit: PageKit, service: ComparisonService) -> APIRouter:
    """Routes below /models/compare."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.CURATE))])

    def page(request: Request, status: int = 200, **more: Any) -> HTMLResponse:
        principal = principal_of(request)
        return kit.page(
            request,
            "endpoints/compare.html",
            status=status,
            title="모델 견주기",
            nav="compare",
            choices=service.choices(principal),
            tally=present.tally(service.tally(principal)),
            least=LEAST,
            most=MOST,
            **({"question": "", "chosen": [], "error": ""} | more),
        )

    @routes.get("/models/compare")
    def begin(request: Request) -> HTMLResponse:
        return page(request)

    @routes.post("/models/compare")
    def ask(
        request: Request,
        question: Annotated[str, Form()] = "",
        models: Annotated[list[str] | None, Form()] = None,
    ) -> Response:
        try:
            made = service.begin(principal_of(request), question, models or [])
        except (InvalidInput, RateLimited) as error:
            return page(
                request, error.status, question=question, chosen=models or [], error=error.message
            )
        return RedirectResponse(f"/models/compare/{made}", status_code=303)

    def result(
        request: Request, comparison_id: int, status: int = 200, error: str = ""
    ) -> HTMLResponse:
        found = service.get(principal_of(request), comparison_id)
        return kit.page(
            request,
            "endpoints/compared.html",
            status=status,
            title="모델 견주기",
            nav="compare",
            comparison=present.comparison(found),
            tie=TIE,
            error=error,
        )

    @routes.get("/models/compare/{comparison_id:int}")
    def show(request: Request, comparison_id: int) -> HTMLResponse:
        return result(request, comparison_id)

    @routes.get("/models/compare/{comparison_id:int}/state")
    def state(request: Request, comparison_id: int) -> HTMLResponse:
        found = present.comparison(service.get(principal_of(request), comparison_id))
        answer = HTMLResponse(kit.fragment("endpoints/slots.html", comparison=found))
        if not found["running"]:
            answer.headers["HX-Refresh"] = "true"
        return answer

    @routes.post("/models/compare/{comparison_id:int}/vote")
    def vote(request: Request, comparison_id: int, place: Annotated[int, Form()] = -2) -> Response:
        try:
            service.vote(principal_of(request), comparison_id, place)
        except (InvalidInput, Conflict) as error:
            return result(request, comparison_id, error.status, error.message)
        return RedirectResponse(f"/models/compare/{comparison_id}", status_code=303)

    return routes
