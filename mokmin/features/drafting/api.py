"""Drafts for other systems, below /api/v1/drafts: kinds, composing, reading, facts, files."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from mokmin.features.drafting.files import file_response
from mokmin.features.drafting.model import Draft, Json
from mokmin.features.drafting.reviewing import ReviewService
from mokmin.features.drafting.service import DraftingService
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.web import Needs, principal_of
from mokmin.knowledge.official.kinds import KINDS, kind_of
from mokmin.knowledge.official.kinds.model import Kind
from mokmin.knowledge.official.serial import to_json

_EXAMPLE = {
    "kind": "letter",
    "grade": "O",
    "facts": {
        "수신": "각 부서장",
        "제목": "물품 재물조사 알림",
        "내용": ["기간: 2026. 12. 1.(화) ~ 12. 11.(금)", "대상: 모든 물품"],
    },
}


class NewDraft(BaseModel):
    """A draft to compose."""

    kind: str = Field(max_length=100)
    facts: dict[str, Any]
    grade: str = "O"


class NewFacts(BaseModel):
    """Facts that take the place of a draft's facts; ``revision`` is the one that the caller has read."""

    facts: dict[str, Any]
    revision: int


def api_router(drafts: DraftingService, review: ReviewService) -> APIRouter:
    """All routes."""
    routes = APIRouter(
        prefix="/api/v1/drafts", dependencies=[Depends(Needs(Permission.ASK))], tags=["drafts"]
    )

    def shown(principal: Principal, draft: Draft) -> Json:
        return _shown(draft, review, principal)

    @routes.get("/kinds")
    def kinds() -> list[Json]:
        return all_kinds()

    @routes.post("", status_code=201)
    def begin(
        request: Request,
        body: Annotated[NewDraft, Body(openapi_examples={"대외 기안문": {"value": _EXAMPLE}})],
    ) -> JSONResponse:
        principal = principal_of(request)
        made = begun(drafts, review, principal, body.kind, body.facts, body.grade)
        where = {"Location": f"/api/v1/drafts/{made['id']}"}
        return JSONResponse(made, status_code=201, headers=where)

    @routes.get("/{draft_id}")
    def read(request: Request, draft_id: int) -> Json:
        principal = principal_of(request)
        return shown(principal, drafts.get(principal, draft_id))

    @routes.put("/{draft_id}/facts")
    def put_facts(request: Request, draft_id: int, body: NewFacts) -> Json:
        principal = principal_of(request)
        return shown(
            principal, drafts.replace_facts(principal, draft_id, body.facts, body.revision)
        )

    @routes.get("/{draft_id}/file")
    def file(request: Request, draft_id: int, format: str = "hwpx") -> Response:
        return file_response(drafts, principal_of(request), draft_id, format)

    return routes


def all_kinds() -> list[Json]:
    """Every kind of official document with the facts that it asks for."""
    return [_kind(kind) for kind in KINDS]


def begun(
    drafts: DraftingService,
    review: ReviewService,
    principal: Principal,
    kind: str,
    facts: Json,
    grade: str,
) -> Json:
    """Begin a draft and return it with its open questions and findings. Raises NotFound, InvalidInput."""
    draft_id = drafts.begin(principal, kind_of(kind).key, facts, grade=grade)
    return _shown(drafts.get(principal, draft_id), review, principal)


def _kind(kind: Kind) -> Json:
    return {
        "key": kind.key,
        "name": kind.name,
        "purpose": kind.purpose,
        "aliases": list(kind.aliases),
        "fields": [
            {
                "key": f.key,
                "question": f.question,
                "type": f.entry,
                "required": f.required,
                "choices": list(f.choices),
                "aliases": list(f.aliases),
            }
            for f in kind.fields
        ],
    }


def _shown(draft: Draft, review: ReviewService, principal: Principal) -> Json:
    kind = kind_of(draft.kind)
    needed = {f.key for f in kind.required}
    return {
        "id": draft.id,
        "kind": draft.kind,
        "title": draft.title,
        "grade": draft.grade,
        "state": draft.state,
        "revision": draft.revision,
        "facts": draft.facts,
        "document": to_json(draft.document),
        "questions": [
            {"key": key, "text": kind.question(key), "required": key in needed}
            for key in draft.document.blanks
        ],
        "checks": [
            {
                "rule": f.rule,
                "severity": f.severity,
                "message": f.message,
                "place": {"part": f.place.part, "key": f.place.key, "index": f.place.index},
                "fix": f.fix,
            }
            for f in review.findings(principal, draft)
        ],
    }
