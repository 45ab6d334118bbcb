"""Pages of drafting: the list, beginning a draft, the editor and its saving, files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from mokmin.base.errors import InvalidInput, MokminError
from mokmin.base.formats.model import ParsedDocument
from mokmin.base.web.kit import PageKit
from mokmin.features.drafting import present
from mokmin.features.drafting.comments import CommentService
from mokmin.features.drafting.files import file_response
from mokmin.features.drafting.model import STATES, Draft, Json
from mokmin.features.drafting.opining import OpinionService
from mokmin.features.drafting.reviewing import ReviewService
from mokmin.features.drafting.service import DraftingService
from mokmin.features.drafting.suggesting import SuggestionService
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.web import Needs, principal_of
from mokmin.knowledge.documents.service import DocumentService, LibraryQuery
from mokmin.knowledge.official.conversion import converted
from mokmin.knowledge.official.extraction import facts_of
from mokmin.knowledge.official.kinds import KINDS, kind_of
from mokmin.knowledge.official.kinds.examples import examples

Read = Callable[[bytes, str], ParsedDocument]
MOST_UPLOAD = 50 * 2**20
MOST_EXAMPLES = 2


@dataclass(frozen=True, slots=True)
class Drafting:
    """What the pages need. ``read`` takes the bytes and the name of a file apart."""

    drafts: DraftingService
    review: ReviewService
    suggestions: SuggestionService
    comments: CommentService
    documents: DocumentService
    read: Read
    opinions: OpinionService


def router(kit: PageKit, drafting: Drafting) -> APIRouter:
    """All routes below /drafts."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ASK))])
    _listing(routes, kit, drafting)
    _beginning(routes, kit, drafting)
    _writing(routes, kit, drafting)
    _keeping(routes, drafting)
    return routes


# --- the list -----------------------------------------------------------------------------------
def _listing(routes: APIRouter, kit: PageKit, drafting: Drafting) -> None:
    @routes.get("/drafts")
    def index(request: Request) -> HTMLResponse:
        principal = principal_of(request)
        found = present.lines(drafting.drafts.mine(principal))
        return kit.page(
            request,
            "drafting/index.html",
            nav="drafts",
            title="문서 작성",
            groups=present.kinds(),
            turns=[line for line in found if line["turn"]],
            drafts=[line for line in found if not line["turn"]],
        )


# --- beginning ----------------------------------------------------------------------------------
def _beginning(routes: APIRouter, kit: PageKit, drafting: Drafting) -> None:
    def form_page(
        request: Request,
        kind_key: str,
        facts: Json,
        *,
        grade: str = "O",
        q: str = "",
        picked: list[int] | None = None,
        example: str = "",
        error: str = "",
        status: int = 200,
    ) -> HTMLResponse:
        principal = principal_of(request)
        kind = kind_of(kind_key)
        found: list[Json] = []
        if q:
            page = drafting.documents.page(principal, LibraryQuery(text=q))
            found = [
                {"id": d.id, "title": d.title, "department": d.department, "grade": d.grade}
                for d in page.documents[:8]
            ]
        return kit.page(
            request,
            "drafting/new.html",
            status=status,
            nav="drafts",
            title=kind.name,
            kind={
                "key": kind.key,
                "name": kind.name,
                "purpose": kind.purpose,
                "sources": kind.sources,
            },
            kinds=[(k.key, k.name) for k in KINDS],
            groups=present.form(kind, facts),
            grade_of=grade,
            q=q,
            found=found,
            picked=picked or [],
            filled=len(facts),
            examples=[e.name for e in examples(kind.key)][:MOST_EXAMPLES],
            example=example,
            error=error,
        )

    @routes.get("/drafts/new")
    def new(
        request: Request,
        kind: str = "letter",
        document: int | None = None,
        q: str = "",
        example: int | None = None,
    ) -> HTMLResponse:
        principal = principal_of(request)
        facts: Json = {}
        grade = "O"
        shown = examples(kind_of(kind).key)[:MOST_EXAMPLES]
        if example is not None and 1 <= example <= len(shown):
            chosen = shown[example - 1]
            return form_page(request, kind, chosen.facts, example=chosen.name)
        if document is not None:
            facts, grade = drafting.drafts.facts_from(principal, kind, [document])
        picked = [document] if document is not None else []
        return form_page(request, kind, facts, grade=grade, q=q[:200], picked=picked)

    @routes.post("/drafts/new/file")
    async def from_file(
        request: Request,
        file: Annotated[UploadFile, File()],
        kind: Annotated[str, Form()] = "letter",
    ) -> HTMLResponse:
        name = file.filename or "파일"
        content = await file.read(MOST_UPLOAD + 1)
        try:
            if len(content) > MOST_UPLOAD:
                raise InvalidInput(f"파일은 {MOST_UPLOAD // 2**20}MB까지 읽습니다.")
            parsed = await run_in_threadpool(drafting.read, content, name)
        except MokminError as error:
            return form_page(request, kind, {}, error=error.message, status=error.status)
        facts = converted(facts_of(parsed.title, parsed.blocks, source=name), "", kind_of(kind).key)
        return form_page(request, kind, facts)

    @routes.post("/drafts")
    async def begin(request: Request) -> Response:
        principal = principal_of(request)
        sent = await request.form()
        values = {k[2:]: v for k, v in sent.items() if k.startswith("f:") and isinstance(v, str)}
        sources = {k[2:]: v for k, v in sent.items() if k.startswith("s:") and isinstance(v, str)}
        kind = kind_of(str(sent.get("kind", "")))
        grade = str(sent.get("grade", "O"))
        facts = present.given(kind, values, sources)
        try:
            draft_id = await run_in_threadpool(
                lambda: drafting.drafts.begin(principal, kind.key, facts, grade=grade)
            )
        except MokminError as error:
            return form_page(
                request, kind.key, facts, grade=grade, error=error.message, status=error.status
            )
        return RedirectResponse(f"/drafts/{draft_id}", 303)


# --- the editor ---------------------------------------------------------------------------------
def _writing(routes: APIRouter, kit: PageKit, drafting: Drafting) -> None:
    def state(principal: Principal, draft: Draft) -> Json:
        return present.editor(draft, drafting.review.findings(principal, draft))

    @routes.get("/drafts/{draft_id}")
    def open_draft(request: Request, draft_id: int) -> HTMLResponse:
        principal = principal_of(request)
        draft = drafting.drafts.get(principal, draft_id)
        writable = drafting.drafts.writable(principal, draft)
        lock = drafting.drafts.lock(principal, draft_id) if writable else None
        kind = kind_of(draft.kind)
        return kit.page(
            request,
            "drafting/editor.html",
            nav="drafts",
            title=draft.title,
            draft=draft,
            kind=kind,
            state_name=STATES[draft.state],
            others=[(k.key, k.name) for k in KINDS if k.key != draft.kind],
            writable=writable,
            locked_by="" if lock is None or lock.mine else lock.name,
            editor=state(principal, draft),
            paper=present.preview(draft.document),
            comments=present.comments(drafting.comments.all(principal, draft_id), draft.document),
            places=present.places(draft.document),
            my_turn=writable and draft.state == "review",
            versions=present.versions(drafting.drafts.versions(principal, draft_id)),
        )

    @routes.get("/drafts/{draft_id}/state")
    def now(request: Request, draft_id: int) -> JSONResponse:
        principal = principal_of(request)
        return JSONResponse(state(principal, drafting.drafts.get(principal, draft_id)))

    @routes.put("/drafts/{draft_id}")
    def save(
        request: Request, draft_id: int, sent: Annotated[dict[str, Any], Body()]
    ) -> JSONResponse:
        principal = principal_of(request)
        revision = sent.get("revision")
        if not isinstance(revision, int) or not isinstance(sent.get("document"), dict):
            raise InvalidInput("저장할 글의 짜임이 맞지 않습니다.")
        draft = drafting.drafts.save(principal, draft_id, sent["document"], revision)
        return JSONResponse(state(principal, draft))

    @routes.post("/drafts/{draft_id}/fix")
    def fix(
        request: Request, draft_id: int, sent: Annotated[dict[str, Any], Body()]
    ) -> JSONResponse:
        principal = principal_of(request)
        draft = drafting.review.fix(principal, draft_id, sent)
        return JSONResponse(state(principal, draft))

    @routes.post("/drafts/{draft_id}/suggest")
    def suggest(
        request: Request, draft_id: int, sent: Annotated[dict[str, Any], Body()]
    ) -> JSONResponse:
        principal = principal_of(request)
        action, at = sent.get("action"), sent.get("at")
        if action == "prose":
            draft, notices = drafting.suggestions.prose(principal, draft_id)
        elif isinstance(action, str) and isinstance(at, int):
            draft, notices = drafting.suggestions.suggest(principal, draft_id, at, action)
        else:
            raise InvalidInput("무엇을 다듬을지 알 수 없습니다.")
        return JSONResponse(state(principal, draft) | {"notices": notices})

    @routes.post("/drafts/{draft_id}/suggestions/{key}")
    def answer(
        request: Request, draft_id: int, key: str, accept: Annotated[bool, Form()] = False
    ) -> JSONResponse:
        principal = principal_of(request)
        draft = drafting.suggestions.answer(principal, draft_id, key, accept=accept)
        return JSONResponse(state(principal, draft))

    @routes.post("/drafts/{draft_id}/opinions")
    def opinions(request: Request, draft_id: int) -> JSONResponse:
        found, model, notices = drafting.opinions.opinions(principal_of(request), draft_id)
        told = [{"at": o.at, "aspect": o.aspect, "quote": o.quote, "text": o.text} for o in found]
        return JSONResponse({"opinions": told, "model": model, "notices": notices})

    @routes.post("/drafts/{draft_id}/lock")
    def lock(
        request: Request, draft_id: int, take: Annotated[bool, Form()] = False
    ) -> JSONResponse:
        got = drafting.drafts.lock(principal_of(request), draft_id, take=take)
        return JSONResponse({"mine": got.mine, "name": got.name})


# --- versions, files, other kinds -----------------------------------------------------------------
def _keeping(routes: APIRouter, drafting: Drafting) -> None:
    @routes.get("/drafts/{draft_id}/file")
    def download(request: Request, draft_id: int, format: str = "hwpx") -> Response:
        return file_response(drafting.drafts, principal_of(request), draft_id, format)

    @routes.post("/drafts/{draft_id}/convert")
    def convert(request: Request, draft_id: int, kind: Annotated[str, Form()]) -> RedirectResponse:
        made = drafting.drafts.convert(principal_of(request), draft_id, kind_of(kind).key)
        return RedirectResponse(f"/drafts/{made}", 303)

    @routes.post("/drafts/{draft_id}/versions")
    def keep(
        request: Request, draft_id: int, note: Annotated[str, Form()] = ""
    ) -> RedirectResponse:
        drafting.drafts.keep(principal_of(request), draft_id, note)
        return RedirectResponse(f"/drafts/{draft_id}", 303)

    @routes.post("/drafts/{draft_id}/versions/{number}/restore")
    def restore(request: Request, draft_id: int, number: int) -> RedirectResponse:
        drafting.drafts.restore(principal_of(request), draft_id, number)
        return RedirectResponse(f"/drafts/{draft_id}", 303)

    @routes.post("/drafts/{draft_id}/delete")
    def delete(request: Request, draft_id: int) -> RedirectResponse:
        drafting.drafts.delete(principal_of(request), draft_id)
        return RedirectResponse("/drafts", 303)

    @routes.post("/drafts/{draft_id}/undelete")
    def undelete(request: Request, draft_id: int) -> RedirectResponse:
        drafting.drafts.undelete(principal_of(request), draft_id)
        return RedirectResponse(f"/drafts/{draft_id}", 303)
