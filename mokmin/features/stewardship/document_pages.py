"""Documents to look at on the steward's desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from mokmin.base.web.kit import PageKit, ago, day
from mokmin.features.stewardship import present
from mokmin.features.stewardship.documents import Compared, DocumentDesk
from mokmin.features.stewardship.watch_store import Folder
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.web import Needs, principal_of
from mokmin.knowledge.answering.clauses import Clause

BASE = "/stewardship/documents"


def router(
    kit: PageKit,
    desk: DocumentDesk,
    mask: Callable[[str, str], str],
    troubled: Callable[[Principal], list[tuple[Folder, int]]],
) -> APIRouter:
    """All routes below /stewardship/documents. ``mask``: a text as it may be shown, by its grade;
    ``troubled``: watched folders where something is wrong, with the number of files not taken in."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.CURATE))])

    @routes.get(BASE)
    def index(request: Request, compare: str = "", retried: str = "") -> HTMLResponse:
        principal = principal_of(request)
        compared = desk.compare(principal) if compare == "1" else None
        flash = {"text": "다시 읽기 시작했습니다.", "undo": None} if retried else None
        return kit.page(
            request,
            "stewardship/documents.html",
            nav="stewardship",
            title="지식 돌보기",
            tabs=present.TABS,
            tab="documents",
            leaned=[
                {
                    "id": item.document.id,
                    "title": item.document.title,
                    "department": item.document.department,
                    "date": day(item.document.effective_on or item.document.dated_on),
                    "answers": item.answers,
                    "reasons": item.reasons,
                }
                for item in desk.leaned(principal)
            ],
            failed=[
                {
                    "id": d.id,
                    "version_id": d.version_id,
                    "title": d.title,
                    "filename": d.filename,
                    "reason": d.reason,
                    "when": ago(d.created_at),
                }
                for d in desk.failed(principal)
            ],
            folders=[
                {
                    "id": folder.id,
                    "path": unquote(folder.path),
                    "problem": folder.problem,
                    "down": ago(folder.down_since) if folder.down_since else "",
                    "count": count,
                }
                for folder, count in troubled(principal)
            ],
            compared=_compared(compared, mask) if compared is not None else None,
            flash=flash,
        )

    @routes.post(BASE + "/{version_id}/retry")
    def retry(request: Request, version_id: int) -> RedirectResponse:
        desk.retry(principal_of(request), version_id)
        return RedirectResponse(f"{BASE}?retried=1", status_code=303)

    return routes


def _compared(found: Compared, mask: Callable[[str, str], str]) -> dict[str, Any]:
    def said(clause: Clause) -> dict[str, Any]:
        hit = clause.hit
        return {
            "title": hit.title,
            "text": mask(clause.text, hit.grade),
            "date": day(hit.effective_on or hit.dated_on),
            "url": f"/library/{hit.document_id}?passage={hit.passage_id}",
        }

    return {
        "documents": found.documents,
        "complete": found.complete,
        "twins": [
            {
                "share": round(100 * pair.share),
                "pair": [
                    {"id": d.id, "title": d.title, "date": day(d.effective_on or d.dated_on)}
                    for d in (pair.first, pair.second)
                ],
            }
            for pair in found.twins
        ],
        "disagreements": [[said(d.first), said(d.second)] for d in found.disagreements],
    }
