"""Home, my jobs, preferences, help."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.web.kit import PageKit, ago
from mokmin.features.portal.first_steps import Reader, steps
from mokmin.features.portal.topics import topic_of, topics_for
from mokmin.governance.access.model import ROLE_NAMES, Permission, Principal
from mokmin.governance.people.web import (
    Needs,
    principal_of,
)
from mokmin.knowledge.documents.model import Document, State
from mokmin.knowledge.documents.service import DocumentService, LibraryQuery

Recent = Callable[[Principal], list[Mapping[str, Any]]]
Starters = Callable[[Principal], list[Mapping[str, str]]]
STEPS = {
    State.QUEUED: "차례를 기다리는 중",
    State.READING: "글자를 읽는 중",
    State.INDEXING: "찾을 수 있게 정리하는 중",
}
FORMATS = "HWP, HWPX, PDF, DOCX, XLSX, PPTX, HTML, MD, TXT, CSV, ZIP"


def routers(
    kit: PageKit,
    documents: DocumentService,
    starters: Starters,
    recent: Recent,
    progress: Reader,
) -> list[APIRouter]:
    """Routes of signed-in people."""
    routes = APIRouter(dependencies=[Depends(Needs())])
    own_files = APIRouter(dependencies=[Depends(Needs(Permission.UPLOAD))])

    @routes.get("/")
    def home(request: Request) -> HTMLResponse:
        principal = principal_of(request)
        latest = documents.page(principal, LibraryQuery(state=State.READY)).documents[:5]
        open_jobs = [d for d in documents.mine(principal) if d.state is not State.READY][:4]
        role = ROLE_NAMES.get(principal.role, "")
        begin = starters(principal)
        return kit.page(
            request,
            "portal/home.html",
            nav="home",
            title="홈",
            greeting=f"{principal.name} {role}님, 안녕하세요"
            if principal.name != role
            else f"{role}님, 안녕하세요",
            starters=begin,
            first_steps=steps(
                request, principal, progress(principal), [s["question"] for s in begin]
            ),
            document_count=documents.count(principal),
            conversations=recent(principal)[:5],
            documents=[
                {
                    "id": d.id,
                    "title": d.title,
                    "format": d.format,
                    "department": d.department,
                    "grade": d.grade,
                    "freshness": d.freshness.value,
                    "when": ago(d.created_at),
                }
                for d in latest
            ],
            jobs=[
                {
                    "id": d.version_id,
                    "filename": d.filename,
                    "state": d.state.value,
                    "progress": d.progress,
                }
                for d in open_jobs
            ],
            may_upload=principal.may(Permission.UPLOAD),
        )

    @routes.get("/jobs")
    def jobs(request: Request) -> HTMLResponse:
        found = documents.mine(principal_of(request))
        return kit.page(
            request,
            "portal/jobs.html",
            nav="jobs",
            title="내 작업",
            **_jobs(found),
            summary={
                "ready": sum(d.state is State.READY for d in found),
                "failed": sum(d.state is State.FAILED for d in found),
                "active": sum(d.state in STEPS for d in found),
            },
        )

    @routes.get("/jobs/table")
    def jobs_table(request: Request) -> HTMLResponse:
        return kit.page(
            request, "portal/jobs_table.html", **_jobs(documents.mine(principal_of(request)))
        )

    @own_files.post("/jobs/{version_id}/retry")
    def retry(request: Request, version_id: int) -> Response:
        documents.retry(principal_of(request), version_id)
        return RedirectResponse("/jobs", status_code=303)

    @routes.get("/preferences")
    def preferences(request: Request) -> HTMLResponse:
        return kit.page(request, "portal/preferences.html", nav="", title="내 설정")

    @routes.get("/help")
    def help_page(request: Request) -> HTMLResponse:
        return kit.page(
            request,
            "portal/help.html",
            nav="",
            title="도움말",
            contact="",
            formats=FORMATS,
            topics=topics_for(principal_of(request)),
        )

    @routes.get("/help/{key}")
    def topic(request: Request, key: str) -> Response:
        found = topic_of(principal_of(request), key)
        if found is None:
            return RedirectResponse("/help", status_code=303)
        others = [t for t in topics_for(principal_of(request)) if t is not found]
        return kit.page(
            request,
            "portal/topic.html",
            nav="",
            title=f"{found.name} 도움말",
            topic=found,
            others=others,
        )

    @routes.get("/accessibility")
    def accessibility(request: Request) -> HTMLResponse:
        return kit.page(
            request, "portal/accessibility.html", nav="", title="접근성 안내", contact=""
        )

    return [routes, own_files]


def _jobs(found: list[Document]) -> dict[str, Any]:
    return {
        "jobs": [
            {
                "id": d.version_id,
                "document_id": d.id if d.state is State.READY else None,
                "filename": d.filename,
                "format": d.format,
                "state": d.state.value,
                "progress": d.progress,
                "step": STEPS.get(d.state, ""),
                "reason": d.reason,
                "next_step": "",
                "when": ago(d.created_at),
                "may_retry": d.state is State.FAILED,
            }
            for d in found
        ],
        "active": any(d.state in STEPS for d in found),
    }
