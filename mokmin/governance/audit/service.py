"""The append-only log. Each entry holds the hash of the one before, so a change breaks the chain.

Entries name who did what to which object; they never hold the text of questions, answers or
documents, and no personal data beyond the actor's account. What may be recorded is listed in
``actions.py``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, utcnow
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.chain import Detail, detail_text, digest
from mokmin.governance.audit.segments import archived_through, segments_of
from mokmin.governance.audit.store import audit_log, audit_segments
from mokmin.governance.audit.verification import Verification, verify

__all__ = ["LOCK_KEY", "AuditLog", "Detail", "Verification", "audit_log"]
LOCK_KEY = 4213


@dataclass(frozen=True, slots=True)
class Recorded:
    """What somebody did, as the log tells it to who counts."""

    who: Principal
    action: str
    subject: str
    detail: Detail


@dataclass(slots=True)
class _Waiting:
    """An entry that its thread waits for."""

    actor: str
    action: str
    subject: str
    detail: Detail
    who: Principal | None = None
    done: bool = False
    error: BaseException | None = field(default=None)


class AuditLog:
    """Append and verify. ``folder`` holds closed months and anchors (``home/audit``)."""

    def __init__(self, db: Database, folder: Path | None = None) -> None:
        self._db = db
        self.folder = folder
        self._turn = threading.Lock()
        self._queue_lock = threading.Lock()
        self._queue: list[_Waiting] = []
        # Told of what was recorded, without the actor: figures for operators.
        self.listeners: list[Callable[[str, str, Detail], None]] = []
        # Counts in the same transaction: what is counted is on the log, and the reverse.
        self.meter: Callable[[Connection, Sequence[Recorded]], None] | None = None

    def record(
        self,
        principal: Principal,
        action: str,
        subject: str,
        **detail: str | int | float | bool | None,
    ) -> None:
        """Append one entry in a transaction of its own; it is on disk when this returns.

        Threads that come while another one writes are written together by the next: a commit waits
        for the disk, and one commit serves them all.
        """
        self._record(_Waiting(principal.login, action, subject, detail, principal))

    def record_as(self, actor: str, action: str, subject: str, detail: Detail) -> None:
        """``record`` where there is no principal, such as a failed sign-in."""
        self._record(_Waiting(actor, action, subject, detail))

    def _record(self, waiting: _Waiting) -> None:
        with self._queue_lock:
            self._queue.append(waiting)
        with self._turn:
            if not waiting.done:
                self._write_group()
        if waiting.error is not None:
            raise waiting.error
        for listener in self.listeners:
            listener(waiting.action, waiting.subject, waiting.detail)

    def append(
        self,
        connection: Connection,
        actor: str | Principal,
        action: str,
        subject: str,
        detail: Detail,
    ) -> None:
        """Append one entry within the caller's transaction; best as its last statement, because
        other writers of the log wait until it ends. What counts as use names its principal."""
        if isinstance(actor, Principal):
            waiting = _Waiting(actor.login, action, subject, detail, actor)
        else:
            waiting = _Waiting(actor, action, subject, detail)
        self._append(connection, [waiting])

    def verify(self, anchors: Path | None = None) -> Verification:
        """Recompute the whole chain, closed months included, and compare it with the anchors here
        and with those of another folder (a copy kept elsewhere)."""
        return verify(self._db, self.folder, anchors)

    def head(self, connection: Connection) -> tuple[int, str]:
        """Number and hash of the last entry; (0, "") when there is none."""
        last = connection.execute(
            sa.select(audit_log.c.seq, audit_log.c.hash).order_by(audit_log.c.seq.desc()).limit(1)
        ).first()
        if last is not None:
            return last.seq, last.hash
        last = connection.execute(
            sa.select(audit_segments.c.last_seq, audit_segments.c.last_hash)
            .order_by(audit_segments.c.last_seq.desc())
            .limit(1)
        ).first()
        return (last.last_seq, last.last_hash) if last is not None else (0, "")

    def count(self) -> int:
        """How many entries there are, in the table and in files."""
        with self._db.read() as connection:
            kept = sum(s.entries for s in segments_of(connection) if s.removed_at is None)
            live = sa.select(sa.func.count()).where(audit_log.c.seq > archived_through(connection))
            return kept + int(connection.execute(live).scalar_one())

    def _write_group(self) -> None:
        """Write everything that waits, in one transaction. Nobody is told it is written before it
        is; all are told when it could not be."""
        with self._queue_lock:
            group, self._queue = self._queue, []
        try:
            with self._db.write() as connection:
                self._append(connection, group)
        except BaseException as error:
            for waiting in group:
                waiting.error = error
            raise
        finally:
            for waiting in group:
                waiting.done = True

    def _append(self, connection: Connection, group: list[_Waiting]) -> None:
        self._db.lock(connection, LOCK_KEY)
        seq, previous = self.head(connection)
        rows = []
        for waiting in group:
            seq += 1
            at = utcnow().isoformat(timespec="microseconds")
            fields = (waiting.actor, waiting.action, waiting.subject, detail_text(waiting.detail))
            previous = digest(previous, seq, at, *fields)
            rows.append(
                dict(
                    zip(
                        ("seq", "at", "actor", "action", "subject", "detail", "hash"),
                        (seq, at, *fields, previous),
                        strict=True,
                    )
                )
            )
        connection.execute(audit_log.insert(), rows)
        if self.meter is not None:
            told = [
                Recorded(w.who, w.action, w.subject, w.detail) for w in group if w.who is not None
            ]
            self.meter(connection, told)
