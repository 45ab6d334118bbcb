"""The administrator's page: models, index, jobs, system check."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin import __version__
from mokmin.base.db import Database, utcnow
from mokmin.base.jobs import JobQueue
from mokmin.base.korean.ports import Analyser
from mokmin.base.llm.ports import ChatModel, Embedder, Reranker
from mokmin.base.web.kit import PageKit, local
from mokmin.features.console.checks import OUTDATED, Check, run_checks
from mokmin.features.console.overview import SPANS, Console
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.store import users
from mokmin.governance.people.web import Needs, principal_of
from mokmin.governance.usage.metering import today
from mokmin.governance.usage.quality import Outcome, QualityReader
from mokmin.knowledge.documents.model import State
from mokmin.knowledge.documents.service import DocumentService
from mokmin.knowledge.documents.store import documents as documents_table
from mokmin.knowledge.documents.store import versions
from mokmin.knowledge.search.ports import PassageIndex

MANY_UNINDEXED = 20_000


def router(
    kit: PageKit,
    db: Database,
    index: Callable[[], PassageIndex],
    embedder: Callable[[], Embedder],
    analyser: Callable[[], Analyser],
    models: Sequence[ChatModel],
    queue: JobQueue,
    documents: DocumentService,
    audit: AuditLog,
    home: Path,
    reranker: Reranker | None = None,
    plugins: Callable[[], Mapping[str, str]] = dict,
    *,
    board: Console,
    quality: QualityReader,
    places: Callable[[], Mapping[int, str]],
) -> APIRouter:
    """Routes below /admin; each requires the permission to administer."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ADMINISTER))])
    started = f"{local(utcnow()):%Y. %-m. %-d. %H:%M}"
    # What models said when they were last asked, by name: a hanging one never keeps the page waiting.
    said: dict[str, str] = {}

    @routes.get("/admin")
    def overview(request: Request, span: int = 30, department: str = "") -> HTMLResponse:
        principal = _admin(request)
        names = places()
        span = span if span in SPANS else 30
        chosen = int(department) if department.isdigit() and int(department) in names else None
        checks = run_checks(db, index(), embedder, analyser, (), queue, home, None, plugins())
        checks += [
            Check(f"모델 {name}", not problem, problem or "지난 점검에서 응답했습니다.")
            for name, problem in said.items()
        ]
        counts = queue.counts()
        return kit.page(
            request,
            "console/index.html",
            nav="admin",
            title="관리",
            version=__version__,
            started=started,
            checks=checks,
            tiles=_tiles(db, audit, quality.days(principal, today(), today())),
            board=board.page(principal, today(), span, chosen, names),
            span=span,
            spans=SPANS,
            department=chosen,
            places=sorted(names.items(), key=lambda one: one[1]),
            index=_index(index()),
            embedder={
                "name": embedder().name,
                "dimensions": embedder().dimensions,
                "state": "ok",
                "note": "이 기기의 CPU에서 돕니다",
            },
            endpoints=[_endpoint(model, said.get(model.name)) for model in models],
            unread=_unread(db),
            jobs={key: counts.get(key, 0) for key in ("queued", "running", "failed", "done")},
        )

    @routes.post("/admin/index/optimize")
    def optimise(request: Request) -> Response:
        principal = _admin(request)
        index().optimise()
        audit.record(principal, "index.optimise", "index")
        return RedirectResponse("/admin", status_code=303)

    @routes.post("/admin/jobs/retry-failed")
    def retry_failed(request: Request) -> Response:
        principal = _admin(request)
        with db.read() as connection:
            failed = sa.select(versions.c.id).where(versions.c.state == State.FAILED)
            ids = list(connection.execute(failed).scalars())
        for version_id in ids:
            documents.retry_any(principal, version_id)
        audit.record(principal, "job.retry", f"documents:{len(ids)}")
        return RedirectResponse("/admin", status_code=303)

    @routes.post("/admin/check")
    def check(request: Request) -> Response:
        _admin(request)
        said.clear()
        said.update({model.name: model.probe() for model in models})
        if reranker is not None:
            said[reranker.name] = reranker.probe()
        return RedirectResponse("/admin", status_code=303)

    return routes


def _admin(request: Request) -> Principal:
    principal = principal_of(request)
    require(principal, Permission.ADMINISTER)
    return principal


def _unread(db: Database) -> int:
    """Documents that could not be read."""
    failed = sa.select(sa.func.count()).select_from(versions)
    with db.read() as connection:
        return int(connection.execute(failed.where(versions.c.state == State.FAILED)).scalar_one())


def _tiles(db: Database, audit: AuditLog, answered: Mapping[date, Outcome]) -> list[dict[str, str]]:
    counted = {
        "문서": (
            sa.select(sa.func.count())
            .select_from(documents_table)
            .where(documents_table.c.deleted_at.is_(None)),
            "건",
        ),
        "사용자": (sa.select(sa.func.count()).select_from(users), "명"),
    }
    with db.read() as connection:
        tiles = [
            {"label": label, "value": f"{connection.execute(query).scalar_one():,}", "unit": unit}
            for label, (query, unit) in counted.items()
        ]
    answers = sum(outcome.answers for outcome in answered.values())
    tiles.append({"label": "오늘 답변", "value": f"{answers:,}", "unit": "건"})
    return [*tiles, {"label": "감사 기록", "value": f"{audit.count():,}", "unit": "건"}]


def _index(index: PassageIndex) -> dict[str, Any]:
    health = index.health()
    state, note = "ok", ""
    if health.unindexed > MANY_UNINDEXED:
        state, note = "warn", "정리 전 글이 많으면 찾기가 느려집니다."
    if health.outdated:
        state, note = "bad", OUTDATED
    return {
        "passages": health.passages,
        "unindexed": health.unindexed,
        "bytes": health.bytes,
        "generation": health.generation,
        "built": _moment(health.built_at),
        "optimised": _moment(health.optimised_at),
        "state": state,
        "note": note,
    }


def _moment(at: datetime | None) -> str:
    return f"{local(at):%Y. %-m. %-d. %H:%M}" if at is not None else ""


def _endpoint(model: ChatModel, problem: str | None) -> dict[str, Any]:
    """``problem``: what it said when it was last asked, None when it was not asked yet."""
    return {
        "name": model.name,
        "url_host": "운영자가 정한 주소",
        "model": f"{model.grade}등급까지",
        "state": "bad" if problem else "off" if problem is None else "ok",
        "note": "아직 점검하지 않았습니다" if problem is None else problem,
        "seconds": None,
    }
