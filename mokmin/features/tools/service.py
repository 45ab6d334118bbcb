"""Runs of the tools: begun in a thread, kept for their owner, opened only while all their documents
are still visible to the owner."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import asdict, replace
from datetime import date, timedelta

import sqlalchemy as sa

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import Conflict, InvalidInput, MokminError, NotFound, RateLimited
from mokmin.base.llm.ports import ChatModel
from mokmin.base.llm.prompts import SHIPPED, Prompts
from mokmin.features.tools.making import Making, checked, make
from mokmin.features.tools.model import (
    KIND_NAMES,
    MOST_DOCUMENTS,
    Citations,
    Json,
    Kind,
    Pick,
    Run,
    Source,
)
from mokmin.features.tools.reading import check_size, read, sources_of
from mokmin.features.tools.store import to_run, tool_runs
from mokmin.features.tools.writer import ToolWriter
from mokmin.governance.access.model import Permission, Principal, highest
from mokmin.governance.access.rules import require, visible
from mokmin.governance.audit.model_calls import RecordedModel
from mokmin.governance.audit.service import AuditLog
from mokmin.knowledge.answering.asking import tokens
from mokmin.knowledge.answering.masking import GradedMask, masked_json, unmasked
from mokmin.knowledge.answering.verification import Verifier
from mokmin.knowledge.documents.store import documents, versions

log = logging.getLogger(__name__)
WORKERS, MOST_AT_ONCE = 2, 3
LOST = timedelta(minutes=5)
HEARTBEAT_SECONDS = 1.0
INTERRUPTED = (
    "만드는 도중에 서비스가 다시 시작되어 멈추었습니다. 문서는 그대로 있습니다. 다시 실행해 주세요."
)
BROKEN = (
    "결과를 만들지 못했습니다. 문서는 그대로 있습니다. 다시 실행해도 같으면 관리자에게 알려 주세요."
)


class ToolService:
    """The five tools over what the principal may read."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        verifier: Callable[[], Verifier],
        departments: Callable[[], Sequence[str]],
        models: Sequence[ChatModel] = (),
        *,
        redact: Callable[[str], str] | None = None,
        check: Callable[[Principal], None] = lambda _who: None,
        model_is_on: Callable[[str, Principal], bool] = lambda _name, _who: True,
        models_stopped: Callable[[Principal], str] = lambda _who: "",
        mask: GradedMask = unmasked,
        mask_export: GradedMask = unmasked,
        prompts: Prompts = SHIPPED,
    ) -> None:
        self._mask, self._mask_export = mask, mask_export
        self._db = db
        self._audit = audit
        self._departments = departments
        self._writer = ToolWriter(models, verifier, redact, prompts)
        self._check = check
        self._model_is_on, self._models_stopped = model_is_on, models_stopped
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="tools")
        self._under_way: dict[int, Future[None]] = {}
        self._lock = threading.Lock()

    # --- begin ----------------------------------------------------------------------------
    def start(self, principal: Principal, kind: Kind, picks: Sequence[Pick], given: Json) -> int:
        """Begin a run and return its id. Recorded on the audit log. Raises InvalidInput, NotFound,
        NotAllowed, RateLimited."""
        require(principal, Permission.ASK)
        self._check(principal)
        chosen = list(dict.fromkeys(picks))
        _check_count(kind, chosen)
        options = checked(kind, given)
        with self._db.read() as connection:
            sources = sources_of(connection, principal, chosen)
        grade = highest([s.grade for s in sources])
        now = utcnow()
        with self._db.write() as connection:
            busy = sa.select(sa.func.count()).where(
                tool_runs.c.user_id == principal.user_id,
                tool_runs.c.state == "running",
                tool_runs.c.updated_at > now - LOST,
            )
            if connection.execute(busy).scalar_one() >= MOST_AT_ONCE:
                raise RateLimited(
                    f"한 사람이 한꺼번에 {MOST_AT_ONCE}건까지 만들 수 있습니다. "
                    "앞의 것이 끝난 뒤 다시 해 주세요."
                )
            run_id = new_id(
                connection,
                tool_runs.insert().values(
                    user_id=principal.user_id,
                    kind=kind,
                    title=_title(kind, sources)[:400],
                    inputs=json.dumps([[p.document_id, p.number] for p in chosen]),
                    options=json.dumps(options, ensure_ascii=False),
                    state="running",
                    step="차례를 기다리고 있습니다",
                    grade=grade,
                    created_at=now,
                    updated_at=now,
                ),
            )
            detail = _detail(kind, sources, grade)
            self._audit.append(connection, principal, "tool.run", f"tool_run:{run_id}", detail)
        with self._lock:
            self._under_way[run_id] = self._pool.submit(
                self._work, run_id, principal, kind, chosen, options
            )
        return run_id

    def wait(self, run_id: int, seconds: float) -> None:
        """Wait for a run of this process for a short while."""
        with self._lock:
            future = self._under_way.get(run_id)
        if future is not None:
            wait([future], timeout=seconds)

    def close(self) -> None:
        """Take up no more runs; those that wait are given up and say so."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _work(
        self, run_id: int, principal: Principal, kind: Kind, picks: Sequence[Pick], options: Json
    ) -> None:
        begin = time.perf_counter()
        try:
            made, grade = self._make(run_id, principal, kind, picks, options)
            result: Json = masked_json(made, grade, self._mask)
            values = {
                "state": "done",
                "progress": 100,
                "grade": grade,
                "result": json.dumps(
                    result | {"seconds": round(time.perf_counter() - begin, 2)}, ensure_ascii=False
                ),
            }
        except MokminError as error:
            values = {"state": "failed", "error": error.message}
        except Exception:  # the end of a thread: the run must say that it failed
            log.exception("tool run failed", extra={"run": run_id, "kind": kind})
            values = {"state": "failed", "error": BROKEN}
        finally:
            with self._lock:
                self._under_way.pop(run_id, None)
        self._save(run_id, values)

    def _make(
        self, run_id: int, principal: Principal, kind: Kind, picks: Sequence[Pick], options: Json
    ) -> tuple[Json, str]:
        told = [0.0]

        def progress(percent: int, step: str) -> None:
            now = time.monotonic()
            if now - told[0] >= HEARTBEAT_SECONDS:
                told[0] = now
                self._save(run_id, {"progress": percent, "step": step})

        progress(5, "문서를 읽고 있습니다")
        with self._db.read() as connection:
            sources = sources_of(connection, principal, picks)
            readings = [read(connection, source) for source in sources]
        check_size(readings)
        notices: list[str] = []
        grade = highest([s.grade for s in sources])
        chain = [
            RecordedModel(m, self._audit, principal, purpose="tool", grade=grade, count=tokens)
            for m in self._writer.cleared(grade, notices)
            if self._model_is_on(m.name, principal)
        ]
        if chain and (stopped := self._models_stopped(principal)):
            notices.append(stopped)
            chain = []
        citations = Citations(sources)
        making = Making(
            options,
            readings,
            citations,
            frozenset(self._departments()),
            self._writer,
            chain,
            notices,
            progress,
        )
        result = make(kind, making)
        return result | {
            "citations": citations.found,
            "sources": [_source(s) for s in sources],
            "notices": notices,
        }, grade

    def _save(self, run_id: int, values: Json) -> None:
        with self._db.write() as connection:
            connection.execute(
                tool_runs.update()
                .where(tool_runs.c.id == run_id, tool_runs.c.state == "running")
                .values(updated_at=utcnow(), **values)
            )

    # --- kept runs ------------------------------------------------------------------------
    def recent(self, principal: Principal, limit: int = 20) -> list[Run]:
        """Own runs, newest first, without those whose documents are no longer all visible."""
        query = (
            sa.select(tool_runs)
            .where(tool_runs.c.user_id == principal.user_id, tool_runs.c.deleted_at.is_(None))
            .order_by(tool_runs.c.id.desc())
            .limit(limit * 2)
        )
        with self._db.read() as connection:
            runs = [self._current(to_run(row)) for row in connection.execute(query)]
            seen = self._visible(connection, principal, [p for r in runs for p in r.picks])
        return [r for r in runs if all(p.document_id in seen for p in r.picks)][:limit]

    def open(self, principal: Principal, run_id: int) -> Run:
        """An own run. Raises NotFound, also when a document of it is no longer visible."""
        query = sa.select(tool_runs).where(
            tool_runs.c.id == run_id,
            tool_runs.c.user_id == principal.user_id,
            tool_runs.c.deleted_at.is_(None),
        )
        with self._db.read() as connection:
            row = connection.execute(query).first()
            if row is None:
                raise NotFound("그런 결과가 없습니다. 지웠거나 다른 사람의 것입니다.")
            run = self._current(to_run(row))
            seen = self._visible(connection, principal, run.picks)
        if not all(p.document_id in seen for p in run.picks):
            raise NotFound(
                "이 결과의 바탕이 된 문서 가운데 지금은 볼 수 없는 것이 있어 열 수 없습니다. "
                "볼 수 있는 문서로 다시 실행해 주세요."
            )
        return run

    def fit_to_leave(self, run: Run) -> Run:
        """A result as it may leave the system."""
        return replace(run, result=masked_json(run.result, run.grade, self._mask_export))

    def taken_out(self, principal: Principal, run: Run, how: str) -> None:
        """Put on the record that a result left the system (a file). Raises Conflict before its end."""
        if run.result is None:
            raise Conflict("아직 만드는 중입니다. 끝난 뒤 받아 주세요.")
        self._audit.record(
            principal, "tool.export", f"tool_run:{run.id}", format=how, grade=run.grade
        )

    def delete(self, principal: Principal, run_id: int, *, undo: bool = False) -> None:
        """Hide an own run, or show it again. Raises NotFound."""
        with self._db.write() as connection:
            done = connection.execute(
                tool_runs.update()
                .where(tool_runs.c.id == run_id, tool_runs.c.user_id == principal.user_id)
                .values(deleted_at=None if undo else utcnow())
            )
        if done.rowcount != 1:
            raise NotFound("그런 결과가 없습니다. 지웠거나 다른 사람의 것입니다.")

    def picked(self, principal: Principal, picks: Sequence[Pick]) -> list[Source]:
        """The documents of a choice that are ready and visible; the others are left out."""
        found: list[Source] = []
        with self._db.read() as connection:
            for pick in dict.fromkeys(picks):
                try:
                    found += sources_of(connection, principal, [pick])
                except MokminError:
                    continue
        return found

    def counterparts(self, principal: Principal, source: Source) -> list[tuple[Pick, str]]:
        """What a document is naturally compared with: its other versions, what it superseded, what
        superseded it; each with its name."""
        own = sa.select(versions.c.number, versions.c.filename).where(
            versions.c.document_id == source.document_id,
            versions.c.id != source.version_id,
            versions.c.state == "ready",
        )
        mine = sa.select(documents.c.superseded_by_id).where(documents.c.id == source.document_id)
        near = sa.select(documents.c.id, documents.c.title).where(
            visible(principal, documents.c.id),
            documents.c.deleted_at.is_(None),
            sa.or_(
                documents.c.superseded_by_id == source.document_id,
                documents.c.id == mine.scalar_subquery(),
            ),
        )
        with self._db.read() as connection:
            found = [
                (Pick(row.id), row.title)
                for row in connection.execute(near.order_by(documents.c.id))
            ]
            for row in connection.execute(own.order_by(versions.c.number.desc()).limit(8)):
                name = f"{source.title} ({row.number}판)"
                found.append((Pick(source.document_id, row.number), name))
        return found

    @staticmethod
    def _visible(
        connection: sa.Connection, principal: Principal, picks: Sequence[Pick]
    ) -> set[int]:
        wanted = {p.document_id for p in picks}
        query = sa.select(documents.c.id).where(
            visible(principal, documents.c.id),
            documents.c.deleted_at.is_(None),
            documents.c.id.in_(wanted),
        )
        return set(connection.execute(query).scalars())

    def _current(self, run: Run) -> Run:
        """A run whose process is gone has failed."""
        with self._lock:
            here = run.id in self._under_way
        if run.state != "running" or here or run.updated_at > utcnow() - LOST:
            return run
        return Run(**{**_fields(run), "state": "failed", "error": INTERRUPTED})


def _fields(run: Run) -> Json:
    return {name: getattr(run, name) for name in Run.__dataclass_fields__}


def _detail(
    kind: Kind, sources: Sequence[Source], grade: str
) -> dict[str, str | int | float | bool | None]:
    return {"kind": kind.value, "documents": len(sources), "grade": grade}


def _check_count(kind: Kind, picks: Sequence[Pick]) -> None:
    most = MOST_DOCUMENTS[kind]
    if kind is Kind.COMPARE and len(picks) != 2:
        raise InvalidInput("견줄 문서(또는 판) 두 개를 골라 주세요.")
    if not picks:
        raise InvalidInput("문서를 하나 이상 골라 주세요.")
    if len(picks) > most:
        raise InvalidInput(
            f"{KIND_NAMES[kind]}은(는) 한 번에 문서 {most}개까지입니다. 나누어 해 주세요."
        )


def _title(kind: Kind, sources: Sequence[Source]) -> str:
    first = sources[0].title
    if kind is Kind.COMPARE:
        old, new = sources
        same = old.document_id == new.document_id
        return f"{first} {old.number}판 ↔ {new.number}판" if same else f"{first} ↔ {new.title}"
    return first if len(sources) == 1 else f"{first} 외 {len(sources) - 1}건"


def _source(source: Source) -> Json:
    return asdict(source) | {
        "dated_on": _iso(source.dated_on),
        "effective_on": _iso(source.effective_on),
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
