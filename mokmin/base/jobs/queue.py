"""A small durable queue: enqueue inside the caller's transaction, lease with a heartbeat, retry.

A job whose worker dies is taken up again when its lease has run out; handlers are therefore
idempotent. See docs/adr/0003-jobs.md for why this is ours and not a library's.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from mokmin.base.db import Database, metadata, new_id, utcnow

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 3

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("subject_id", sa.Integer, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("run_after", sa.DateTime, nullable=False),
    sa.Column("lease_until", sa.DateTime),
    sa.Column("worker", sa.String(80)),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("finished_at", sa.DateTime),
    sa.Index("ix_jobs_state_run_after", "state", "run_after"),
)


@dataclass(frozen=True, slots=True)
class Job:
    """A leased job: ``subject_id`` names the row that it works on."""

    id: int
    kind: str
    subject_id: int
    attempts: int


def _held(job: Job) -> ColumnElement[bool]:
    """Still leased as this attempt: a worker that lost its lease changes nothing any more."""
    return sa.and_(jobs.c.id == job.id, jobs.c.attempts == job.attempts, jobs.c.state == "running")


def worker_name() -> str:
    """The name of this process as a worker: its machine and its process id."""
    return f"{socket.gethostname()}-{os.getpid()}"


def _is_gone(worker: str) -> bool:
    """Whether a worker was a process of this machine that has ended."""
    host, _, number = worker.rpartition("-")
    if host != socket.gethostname() or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


class JobQueue:
    """Enqueue, lease, extend, finish."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @staticmethod
    def enqueue(
        connection: Connection, kind: str, subject_id: int, after: timedelta = timedelta(0)
    ) -> int:
        """Add a job within the caller's transaction, due ``after`` a while, and return its id."""
        now = utcnow()
        return new_id(
            connection,
            jobs.insert().values(
                kind=kind,
                subject_id=subject_id,
                state="queued",
                attempts=0,
                run_after=now + after,
                created_at=now,
            ),
        )

    def lease(self, worker: str, *, now: datetime | None = None, first: str = "") -> Job | None:
        """Take the oldest job that is due, or whose worker was lost; None when there is none.
        Jobs of the kind ``first`` come before all others."""
        now = now or utcnow()
        due = sa.or_(
            sa.and_(jobs.c.state == "queued", jobs.c.run_after <= now),
            sa.and_(jobs.c.state == "running", jobs.c.lease_until < now),
        )
        pick = sa.select(jobs).where(due).order_by(jobs.c.kind != first, jobs.c.id).limit(1)
        with self._db.write() as connection:
            row = connection.execute(pick.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            connection.execute(
                jobs.update()
                .where(jobs.c.id == row.id)
                .values(
                    state="running",
                    attempts=row.attempts + 1,
                    worker=worker,
                    lease_until=now + LEASE,
                )
            )
        return Job(row.id, row.kind, row.subject_id, row.attempts + 1)

    def claim(self, kind: str, subject_id: int, worker: str) -> Job | None:
        """Take the job of this subject now, due or not, or a new one where it has none, for a caller
        that does it itself. None while a living worker is at it."""
        now = utcnow()
        of_subject = sa.and_(jobs.c.kind == kind, jobs.c.subject_id == subject_id)
        unfinished = jobs.c.state.in_(("queued", "running"))
        pick = sa.select(jobs).where(of_subject, unfinished).order_by(jobs.c.id).limit(1)
        with self._db.write() as connection:
            row = connection.execute(pick.with_for_update()).first()
            if row is None:
                job = Job(self.enqueue(connection, kind, subject_id), kind, subject_id, 1)
            elif row.state == "running" and row.lease_until >= now and not _is_gone(row.worker):
                return None
            else:
                job = Job(row.id, kind, subject_id, row.attempts + 1)
            connection.execute(
                jobs.update()
                .where(jobs.c.id == job.id)
                .values(
                    state="running",
                    attempts=job.attempts,
                    worker=worker,
                    lease_until=now + LEASE,
                )
            )
        return job

    def extend(self, job: Job, worker: str) -> bool:
        """Renew the lease; False when another worker has taken the job over."""
        with self._db.write() as connection:
            done = connection.execute(
                jobs.update()
                .where(jobs.c.id == job.id, jobs.c.worker == worker, jobs.c.state == "running")
                .values(lease_until=utcnow() + LEASE)
            )
        return done.rowcount == 1

    def finish(self, job: Job, *, error: str = "") -> None:
        """Close a job for good, with an error when it failed."""
        state = "failed" if error else "done"
        with self._db.write() as connection:
            connection.execute(
                jobs.update()
                .where(_held(job))
                .values(state=state, error=error, finished_at=utcnow(), lease_until=None)
            )

    def retry_later(self, job: Job, *, error: str) -> bool:
        """Put a failed job back with a growing delay; False when its attempts are used up."""
        if job.attempts >= MAX_ATTEMPTS:
            self.finish(job, error=error)
            return False
        with self._db.write() as connection:
            connection.execute(
                jobs.update()
                .where(_held(job))
                .values(
                    state="queued",
                    error=error,
                    lease_until=None,
                    run_after=utcnow() + timedelta(seconds=5 * 2**job.attempts),
                )
            )
        return True

    def release(self, worker: str) -> None:
        """Give back what this worker holds (an orderly shutdown)."""
        with self._db.write() as connection:
            connection.execute(
                jobs.update()
                .where(jobs.c.worker == worker, jobs.c.state == "running")
                .values(state="queued", lease_until=None)
            )

    def recover(self) -> int:
        """Put back the running jobs whose worker is known to be lost: it was a process of this
        machine that is gone, or its lease has run out. Those of living workers stay theirs."""
        running = sa.select(jobs.c.id, jobs.c.worker, jobs.c.attempts, jobs.c.lease_until)
        now, lost = utcnow(), 0
        with self._db.write() as connection:
            for row in connection.execute(running.where(jobs.c.state == "running")).all():
                expired = row.lease_until is None or row.lease_until < now
                if not expired and not _is_gone(row.worker or ""):
                    continue
                done = connection.execute(
                    jobs.update()
                    .where(_held(Job(row.id, "", 0, row.attempts)))
                    .values(state="queued", lease_until=None)
                )
                lost += int(done.rowcount)
        return lost

    def waiting(self) -> int:
        """How many jobs are due or running on a lost lease."""
        now = utcnow()
        due = sa.or_(
            sa.and_(jobs.c.state == "queued", jobs.c.run_after <= now),
            sa.and_(jobs.c.state == "running", jobs.c.lease_until < now),
        )
        with self._db.read() as connection:
            return int(connection.execute(sa.select(sa.func.count()).where(due)).scalar_one())

    def counts(self) -> dict[str, int]:
        """Number of jobs by state."""
        query = sa.select(jobs.c.state, sa.func.count()).group_by(jobs.c.state)
        with self._db.read() as connection:
            rows: list[Any] = list(connection.execute(query))
        return {row[0]: row[1] for row in rows}
