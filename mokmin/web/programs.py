"""What programs call: health, search, questions."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError

from mokmin import __version__, migrations
from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.base.formats.ai_label import AiLabel, headers
from mokmin.governance.access.model import Permission
from mokmin.governance.people.web import Needs, anyone, principal_of
from mokmin.governance.privacy.redaction import Purpose
from mokmin.knowledge.answering.citing import locator_dict
from mokmin.web.openapi import describe


class Ask(BaseModel):
    """A question of a program."""

    question: str
    model: str | None = None


class Find(BaseModel):
    """A search of a program."""

    query: str
    top: int = Field(default=10, ge=1, le=100)


def add_programs(web: FastAPI, app: App) -> None:
    """Add the routes for programs."""
    mask = app.redactor.graded_masker(Purpose.DISPLAY)

    @web.get("/healthz", dependencies=[Depends(anyone)], tags=["operation"])
    def alive() -> dict[str, str]:
        return {"status": "ok", "version": __version__}

    @web.get("/readyz", dependencies=[Depends(anyone)], tags=["operation"])
    def ready() -> JSONResponse:
        checks = {"database": True, "schema": True, "index": True}
        try:
            current, newest = migrations.state(app.db)
            checks["schema"] = current == newest
        except DBAPIError:
            checks["database"] = checks["schema"] = False
        try:
            app.index.health()
        except (OSError, RuntimeError, ValueError):
            checks["index"] = False
        good = all(checks.values())
        return JSONResponse({"ready": good, "checks": checks}, status_code=200 if good else 503)

    @web.post("/api/v1/search", dependencies=[Depends(Needs(Permission.ASK))], tags=["knowledge"])
    def find(request: Request, body: Find) -> dict[str, Any]:
        who = principal_of(request)
        app.gate.check("search", who)
        result = app.search.search(who, body.query, top=body.top)
        app.audit.record(who, "search", f"hits:{len(result.hits)}")
        hits = [
            {
                "rank": h.rank,
                "score": h.score,
                "passage_id": h.passage_id,
                "document_id": h.document_id,
                "title": h.title,
                "text": mask(h.text, h.grade),
                "locator": locator_dict(h.locator),
                "grade": h.grade,
                "department": h.department,
                "date": h.dated_on,
                "freshness": h.freshness.value,
            }
            for h in result.hits
        ]
        return {"query": result.query, "seconds": result.trace.seconds, "hits": hits}

    @web.post("/api/v1/ask", dependencies=[Depends(Needs(Permission.ASK))], tags=["knowledge"])
    def ask(request: Request, response: Response, body: Ask) -> dict[str, Any]:
        response.headers.update(headers(AiLabel(utcnow())))
        answer = app.answers.answer(principal_of(request), body.question, model=body.model)
        return asdict(answer)

    @web.get("/api/openapi.json", dependencies=[Depends(anyone)], include_in_schema=False)
    def schema() -> JSONResponse:
        return JSONResponse(describe(web))

    @web.get("/favicon.ico", dependencies=[Depends(anyone)], include_in_schema=False)
    def icon() -> Response:
        return RedirectResponse("/static/logo.svg")
