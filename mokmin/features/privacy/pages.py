"""Pages of the privacy officer, and the page behind the mask."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from mokmin.base.errors import InvalidInput
from mokmin.base.web.kit import PageKit
from mokmin.features.privacy import present
from mokmin.features.privacy.model import REASONS, REVEAL_SECONDS, STATES, Wanted
from mokmin.features.privacy.service import PrivacyService
from mokmin.governance.access.model import Permission
from mokmin.governance.people.web import Needs, principal_of
from mokmin.governance.privacy.findings import FindingState
from mokmin.governance.privacy.model import TYPES
from mokmin.governance.privacy.policies import FAMILIES, GRADES, PURPOSES, PolicyService
from mokmin.governance.privacy.redaction import Action, Purpose
from mokmin.knowledge.documents.service import DocumentService

FLASHES = {
    "none": "고른 것이 없어 바꾼 것도 없습니다.",
    "excluded": "예외로 기억했습니다. 다른 문서에는 잠시 뒤 적용됩니다.",
    "undone": "예외를 거두었습니다. 문서를 차례로 다시 살펴봅니다.",
    "phones": "시 공식 번호를 저장했습니다. 문서를 차례로 다시 살펴봅니다.",
    "policy": "저장했습니다. 바뀐 칸은 감사 기록에 남습니다.",
    "same": "바뀐 칸이 없습니다.",
}


def routers(
    kit: PageKit, privacy: PrivacyService, policies: PolicyService, documents: DocumentService
) -> list[APIRouter]:
    """Routes below /privacy."""
    desk = APIRouter(dependencies=[Depends(Needs(Permission.PROTECT_PRIVACY))])
    behind = APIRouter(dependencies=[Depends(Needs(Permission.REVEAL, bearer=False))])
    _desk(desk, kit, privacy)
    _rules(desk, kit, privacy, policies, documents)
    _behind(behind, kit, privacy, documents)
    return [desk, behind]


def _wanted(
    state: str = "open", type: str = "", department: str = "", document: int = 0, page: int = 1
) -> Wanted:
    if state not in STATES:
        state = ""
    number = document if 0 < document < 2**31 else 0
    return Wanted(state, type if type in TYPES else "", department[:80], number, page)


def _flash(done: str, undo: dict[str, Any] | None = None) -> dict[str, Any] | None:
    if done.isascii() and done.isdigit() and len(done) < 5:
        return {"text": f"{int(done):,}건을 바꾸었습니다.", "undo": undo}
    return {"text": FLASHES[done], "undo": undo} if done in FLASHES else None


def _desk(routes: APIRouter, kit: PageKit, privacy: PrivacyService) -> None:
    @routes.get("/privacy")
    def index(
        request: Request, wanted: Annotated[Wanted, Depends(_wanted)], done: str = ""
    ) -> HTMLResponse:
        principal = principal_of(request)
        found = privacy.desk(principal, wanted)
        numbers = privacy.counts(principal)
        given = {k: v for k, v in asdict(wanted).items() if v and k not in ("page", "document_id")}
        given["state"] = wanted.state or "all"
        if wanted.document_id:
            given["document"] = wanted.document_id
        return kit.page(
            request,
            "privacy/index.html",
            nav="privacy",
            title="개인정보 점검",
            part="desk",
            form=wanted,
            query=urlencode(given),
            filtered=wanted != Wanted(page=wanted.page),
            findings=[present.finding(f) for f in found.findings],
            total=found.total,
            page=wanted.page,
            pages=found.pages,
            waiting=privacy.waiting(),
            open_all=sum(c.count for c in numbers if c.state == "open"),
            states=[("all", "모두"), *STATES.items()],
            types=list(TYPES.items()),
            departments=sorted({c.department for c in numbers if c.department}),
            flash=_flash(done),
        )

    @routes.post("/privacy/decide")
    def decide(
        request: Request,
        state: Annotated[str, Form()] = "",
        ids: Annotated[list[int] | None, Form()] = None,
        back: Annotated[str, Form()] = "",
    ) -> Response:
        if state not in STATES:
            raise InvalidInput("무엇으로 정할지 골라 주세요. 바꾼 것은 없습니다.")
        done = privacy.decide(principal_of(request), ids or [], FindingState(state))
        return _back(back, str(done) if done else "none")

    @routes.post("/privacy/findings/{finding_id}/exclude")
    def exclude(
        request: Request,
        finding_id: int,
        everywhere: Annotated[bool, Form()] = False,
        back: Annotated[str, Form()] = "",
    ) -> Response:
        privacy.exclude(principal_of(request), finding_id, everywhere=everywhere)
        return _back(back, "excluded")

    @routes.get("/privacy/counts")
    def counts(request: Request) -> HTMLResponse:
        found = privacy.counts(principal_of(request))
        return kit.page(
            request,
            "privacy/counts.html",
            nav="privacy",
            title="부서별 개인정보",
            part="counts",
            departments=present.summary(found),
        )

    @routes.get("/privacy/counts.csv")
    def counts_csv(request: Request) -> Response:
        return Response(
            present.counts_csv(privacy.export(principal_of(request))),
            media_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": 'attachment; filename="personal-information.csv"',
                "Cache-Control": "no-store",
            },
        )


def _back(query: str, done: str) -> Response:
    kept = query[:400] if query.isprintable() and "#" not in query else ""
    return RedirectResponse(f"/privacy?{kept}{'&' if kept else ''}done={done}", status_code=303)


def _rules(
    routes: APIRouter,
    kit: PageKit,
    privacy: PrivacyService,
    policies: PolicyService,
    documents: DocumentService,
) -> None:
    @routes.get("/privacy/policies")
    def table(request: Request, purpose: str = "display", done: str = "") -> HTMLResponse:
        chosen = _purpose(purpose)
        return kit.page(
            request,
            "privacy/policies.html",
            nav="privacy",
            title="개인정보 정책",
            part="policies",
            purpose=chosen.value,
            what=PURPOSES[chosen],
            purposes=[(p.value, name) for p, (name, _) in PURPOSES.items()],
            rows=present.cells(policies.table(principal_of(request), chosen)),
            grades=list(present.GRADE_NAMES.values()),
            actions=present.actions(),
            flash=_flash(done),
        )

    @routes.post("/privacy/policies/{purpose}")
    async def change(request: Request, purpose: str) -> Response:
        form = await request.form()
        wanted: dict[tuple[str, str], Action] = {}
        for family in FAMILIES:
            for grade in GRADES:
                given = form.get(f"{family}-{grade}")
                if given is None:
                    continue
                if given not in tuple(Action):
                    raise InvalidInput("칸마다 그대로, 가림, 막음 가운데 골라 주세요.")
                wanted[family, grade] = Action(str(given))
        chosen = _purpose(purpose)
        done = policies.change(principal_of(request), chosen, wanted)
        said = "policy" if done else "same"
        return RedirectResponse(
            f"/privacy/policies?purpose={chosen.value}&done={said}", status_code=303
        )

    @routes.get("/privacy/exclusions")
    def exclusions(request: Request, done: str = "") -> HTMLResponse:
        principal = principal_of(request)
        return kit.page(
            request,
            "privacy/exclusions.html",
            nav="privacy",
            title="예외와 공식 번호",
            part="exclusions",
            exclusions=[present.exclusion(e, {}) for e in privacy.exclusions(principal)],
            phones=policies.phones(principal),
            types=list(TYPES.items()),
            kinds=[(k, k) for k in documents.kinds(principal)],
            flash=_flash(done),
        )

    @routes.post("/privacy/exclusions")
    def add(
        request: Request,
        type: Annotated[str, Form()] = "",
        pattern: Annotated[str, Form()] = "",
        document_kind: Annotated[str, Form()] = "",
    ) -> Response:
        privacy.exclude_pattern(principal_of(request), type, pattern, document_kind)
        return RedirectResponse("/privacy/exclusions?done=excluded", status_code=303)

    @routes.post("/privacy/exclusions/{exclusion_id}/undo")
    def undo(request: Request, exclusion_id: int) -> Response:
        privacy.undo_exclusion(principal_of(request), exclusion_id)
        return RedirectResponse("/privacy/exclusions?done=undone", status_code=303)

    @routes.post("/privacy/phones")
    def phones(request: Request, phones: Annotated[str, Form()] = "") -> Response:
        policies.set_phones(principal_of(request), phones)
        return RedirectResponse("/privacy/exclusions?done=phones", status_code=303)


def _purpose(text: str) -> Purpose:
    if text not in [p.value for p in PURPOSES]:
        raise InvalidInput("그런 용도는 없습니다. 바꾼 것은 없습니다.")
    return Purpose(text)


def _behind(
    routes: APIRouter, kit: PageKit, privacy: PrivacyService, documents: DocumentService
) -> None:
    @routes.get("/privacy/documents/{document_id}/reveal")
    def ask(request: Request, document_id: int) -> HTMLResponse:
        document = documents.get(principal_of(request), document_id)
        return kit.page(
            request,
            "privacy/reveal.html",
            nav="library",
            title="가린 내용 보기",
            doc={"id": document.id, "title": document.title},
            reasons=list(REASONS.items()),
            minutes=REVEAL_SECONDS // 60,
            revealed=None,
        )

    @routes.post("/privacy/documents/{document_id}/reveal")
    def reveal(
        request: Request,
        document_id: int,
        reason: Annotated[str, Form()] = "",
        what: Annotated[str, Form()] = "text",
    ) -> Response:
        principal = principal_of(request)
        if what == "file":
            path, name = privacy.reveal_file(principal, document_id, reason)
            disposition = f"attachment; filename*=UTF-8''{quote(name)}"
            return FileResponse(
                path,
                media_type="application/octet-stream",
                headers={"Content-Disposition": disposition, "Cache-Control": "no-store"},
            )
        found = privacy.reveal(principal, document_id, reason)
        page = kit.page(
            request,
            "privacy/reveal.html",
            nav="library",
            title="가린 내용 보기",
            doc={"id": document_id, "title": found.title},
            reasons=[],
            minutes=REVEAL_SECONDS // 60,
            revealed=[{"text": t, "type": TYPES.get(k, k)} for t, k in found.pieces],
        )
        # Gone from the screen by itself; the page is in no cache and has no address of its own.
        page.headers["Refresh"] = f"{REVEAL_SECONDS}; url=/library/{document_id}"
        return page
