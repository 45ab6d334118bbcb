"""The append-only log. Each entry holds the hash of the one before, so a change breaks the chain.

Entries name who did what to which object; they never hold the text of questions, answers or
documents, and no personal data beyond the actor's account.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, metadata, utcnow
from mokmin.governance.access.model import Principal

audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("actor", sa.String(80), nullable=False),
    sa.Column("action", sa.String(60), nullable=False),
    sa.Column("subject", sa.String(120), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)
LOCK_KEY = 4213
Detail = Mapping[str, str | int | float | bool | None]


@dataclass(frozen=True, slots=True)
class Verification:
    """Result of checking the chain; ``first_bad`` is the first broken sequence number."""

    entries: int
    ok: bool
    first_bad: int | None


def _digest(
    previous: str, seq: int, at: str, actor: str, action: str, subject: str, detail: str
) -> str:
    body = json.dumps([previous, seq, at, actor, action, subject, detail], ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()


class AuditLog:
    """Append and verify."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def record(
        self,
        principal: Principal,
        action: str,
        subject: str,
        **detail: str | int | float | bool | None,
    ) -> None:
        """Append one entry in a transaction of its own."""
        with self._db.write() as connection:
            self.append(connection, principal.login, action, subject, detail)

    def append(
        self, connection: Connection, actor: str, action: str, subject: str, detail: Detail
    ) -> None:
        """Append one entry within the caller's transaction."""
        self._db.lock(connection, LOCK_KEY)
        last = connection.execute(
            sa.select(audit_log.c.seq, audit_log.c.hash).order_by(audit_log.c.seq.desc()).limit(1)
        ).first()
        seq, previous = (last.seq + 1, last.hash) if last else (1, "")
        at = utcnow().isoformat(timespec="microseconds")
        body = json.dumps(dict(detail), ensure_ascii=False, sort_keys=True)
        connection.execute(
            audit_log.insert().values(
                seq=seq,
                at=at,
                actor=actor,
                action=action,
                subject=subject,
                detail=body,
                hash=_digest(previous, seq, at, actor, action, subject, body),
            )
        )

    def verify(self) -> Verification:
        """Recompute the whole chain."""
        previous, count = "", 0
        with self._db.read() as connection:
            for row in connection.execute(sa.select(audit_log).order_by(audit_log.c.seq)):
                count += 1
                good = _digest(
                    previous, row.seq, row.at, row.actor, row.action, row.subject, row.detail
                )
                if row.seq != count or row.hash != good:
                    return Verification(count, False, row.seq)
                previous = row.hash
        return Verification(count, True, None)
