"""Where a run over a watched folder stands, and how it ended."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Row

from mokmin.base.db import Database, utcnow
from mokmin.base.files.sources import Known, SourceDown
from mokmin.base.jobs import JobQueue
from mokmin.features.stewardship.watch_store import JOB, Folder, watched_files, watched_folders
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.service import AuditLog

# How often a run tells how far it is.
TOLD_SECONDS = 2.0
RETRY_MINUTES = 60


class Enough(Exception):
    """The run goes on later."""


class Stopped(Exception):
    """Somebody paused or ended it meanwhile."""


@dataclass(slots=True)
class Run:
    """What one run knows and counts."""

    folder: Folder
    department: str
    principal: Principal
    known: dict[str, Row[Any]]
    started: datetime
    asked: int = 0
    seen: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(
        default_factory=lambda: {"added": 0, "changed": 0, "removed": 0, "failed": 0, "files": 0}
    )
    begun: float = field(default_factory=time.monotonic)
    told: float = field(default_factory=time.monotonic)

    @property
    def moved(self) -> bool:
        """Whether a run that stops now has brought the round on."""
        return bool(self.counts["added"] + self.counts["changed"] + self.asked)

    def is_fresh(self, row: Row[Any] | None) -> bool:
        """Whether a file was asked for in this round already."""
        return row is not None and row.seen_at is not None and row.seen_at >= self.started

    def as_known(self) -> Known:
        """What the place need not tell again."""
        rows = [row for row in self.known.values() if row.removed_at is None]
        return Known(
            {row.path: row.mark for row in rows if row.mark and not row.problem},
            frozenset(row.path for row in rows if self.is_fresh(row)),
        )


class RunState:
    """What is written of runs."""

    def __init__(self, db: Database, audit: AuditLog) -> None:
        self._db = db
        self._audit = audit

    def tell(self, run: Run) -> None:
        """How far the run is. Raises Stopped when it is not wanted any more."""
        kept = {"confirmed": 1} if run.folder.summary.get("confirmed") else {}
        with self._db.write() as connection:
            told = connection.execute(
                watched_folders.update()
                .where(watched_folders.c.id == run.folder.id, watched_folders.c.state == "active")
                .values(summary=json.dumps(run.counts | kept))
            )
        if not told.rowcount:
            raise Stopped

    def saw(self, run: Run, key: str) -> None:
        """A file was asked for in this round."""
        c = watched_files.c
        run.asked += 1
        with self._db.write() as connection:
            connection.execute(
                watched_files.update()
                .where(c.folder_id == run.folder.id, c.path_key == key)
                .values(seen_at=utcnow())
            )

    def note(self, folder_id: int, problem: str) -> None:
        with self._db.write() as connection:
            connection.execute(
                watched_folders.update()
                .where(watched_folders.c.id == folder_id)
                .values(problem=problem)
            )

    def stop(self, folder_id: int, state: str | None, problem: str) -> None:
        """``state`` None: as somebody set it meanwhile."""
        values = {"state": state, "problem": problem, "next_at": None} if state else {}
        with self._db.write() as connection:
            connection.execute(
                watched_folders.update()
                .where(watched_folders.c.id == folder_id)
                .values(started_at=None, **values)
            )

    def down(self, folder: Folder, error: SourceDown) -> None:
        """Leave everything as it was, tell since when, and try again: soon, but not where it was refused."""
        now = utcnow()
        usual = folder.next_run(now)
        soon = now + timedelta(minutes=RETRY_MINUTES)
        c = watched_folders.c
        with self._db.write() as connection:
            connection.execute(
                watched_folders.update()
                .where(c.id == folder.id, c.state == "active")
                .values(
                    problem=error.message,
                    down_since=sa.func.coalesce(c.down_since, now),
                    next_at=usual if error.code == "source-refused" else min(usual, soon),
                )
            )
            connection.execute(
                watched_folders.update().where(c.id == folder.id).values(started_at=None)
            )

    def hold(self, folder_id: int, count: int) -> None:
        self.stop(
            folder_id,
            "held",
            f"파일 {count:,}개가 한꺼번에 사라져 멈췄습니다. 문서는 지우지 않았습니다. 공유 폴더가 이어져 "
            "있는지 확인하고, 정말 지운 것이 맞으면 ‘사라진 것도 맞추기’를 눌러 주세요.",
        )

    def finish(self, run: Run, *, again: bool = False) -> None:
        """The figures of a run. ``again``: it goes on at once, after the other jobs."""
        folder, counts, c = run.folder, run.counts, watched_folders.c
        now = utcnow()
        values: dict[str, Any] = {"problem": "", "down_since": None}
        if not again:
            values |= {"synced_at": now, "next_at": folder.next_run(now), "started_at": None}
            values |= {"summary": json.dumps(counts)}
        with self._db.write() as connection:
            done = connection.execute(
                watched_folders.update()
                .where(c.id == folder.id, c.state == "active")
                .values(**values)
            )
            if again and done.rowcount:
                JobQueue.enqueue(connection, JOB, folder.id)
            if counts["added"] or counts["changed"] or counts["removed"]:
                self._audit.append(
                    connection, run.principal.login, "folder.sync", f"folder:{folder.id}", counts
                )
