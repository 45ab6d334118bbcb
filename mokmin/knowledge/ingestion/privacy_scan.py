"""Personal information in documents that came before the rules of today were in force.

A version and its mark are written in one transaction: a scan that is killed goes on where it was, and
two at once do the same work without harm.
"""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from mokmin.base.db import Database
from mokmin.governance.privacy.findings import Intake
from mokmin.governance.privacy.store import scans
from mokmin.knowledge.documents.passages import block_text
from mokmin.knowledge.documents.store import blocks_of, documents

AT_ONCE = 50
TURN_SECONDS = 10.0


class PrivacyScan:
    """Looks through the current versions that no one looked through under the rules in force."""

    def __init__(self, db: Database, intake: Intake) -> None:
        self._db = db
        self._intake = intake

    def turn(self) -> int:
        """A worker's chore: some seconds of it; how many documents were looked through."""
        return self.run(TURN_SECONDS)

    def run(self, seconds: float | None = None) -> int:
        """Go on for some seconds, or to the end."""
        until = None if seconds is None else time.monotonic() + seconds
        done, after = 0, 0
        while todo := self._todo(after):
            for document_id, version_id, kind in todo:
                if until is not None and time.monotonic() > until:
                    return done
                self.look_through(document_id, version_id, kind)
                done, after = done + 1, version_id
        return done

    def look_through(self, document_id: int, version_id: int, kind: str) -> None:
        """Look through one version, whether or not it was done before."""
        with self._db.read() as connection:
            blocks = blocks_of(connection, version_id)
        scan = self._intake.find([block_text(block) for block in blocks], kind)
        try:
            with self._db.write() as connection:
                Intake.store(connection, document_id, version_id, scan)
        except IntegrityError:
            return  # another worker stored the same at the same moment

    def waiting(self) -> int:
        """How many documents are still to be looked through."""
        query = self._open(0).with_only_columns(sa.func.count())
        with self._db.read() as connection:
            return int(connection.execute(query).scalar_one())

    def _open(self, after: int) -> sa.Select[Any]:
        return (
            sa.select(documents.c.id, documents.c.current_version_id, documents.c.kind)
            .outerjoin(scans, scans.c.version_id == documents.c.current_version_id)
            .where(
                documents.c.current_version_id.is_not(None),
                documents.c.current_version_id > after,
                documents.c.deleted_at.is_(None),
                sa.or_(scans.c.rules.is_(None), scans.c.rules < self._intake.number),
            )
        )

    def _todo(self, after: int) -> list[tuple[int, int, str]]:
        query = self._open(after).order_by(documents.c.current_version_id).limit(AT_ONCE)
        with self._db.read() as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(query)]
