"""How often answers lean on a document: counted by month, without question or asker."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import date

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from mokmin.base.db import Database, metadata
from mokmin.governance.access.rules import today

LOCK_KEY = 4242
log = logging.getLogger(__name__)
document_citations = sa.Table(
    "document_citations",
    metadata,
    sa.Column("document_id", sa.Integer, primary_key=True, autoincrement=False),
    # The first day of the month.
    sa.Column("month", sa.Date, primary_key=True),
    sa.Column("answers", sa.Integer, nullable=False),
)


class Leaning:
    """Counts the answers that cite a document."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def count(self, documents: Collection[int]) -> None:
        """One more answer for each. An answer is worth more than its count: it never fails for it."""
        try:
            self._count(documents)
        except DBAPIError as error:
            log.warning("answer not counted", extra={"error": type(error).__name__})

    def _count(self, documents: Collection[int]) -> None:
        c, month = document_citations.c, today().replace(day=1)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            for key in sorted(documents):
                done = connection.execute(
                    document_citations.update()
                    .where(c.document_id == key, c.month == month)
                    .values(answers=c.answers + 1)
                )
                if not done.rowcount:
                    connection.execute(
                        document_citations.insert().values(document_id=key, month=month, answers=1)
                    )

    def since(self, month: date, documents: Collection[int]) -> dict[int, int]:
        """Answers by document from a month on."""
        c = document_citations.c
        query = (
            sa.select(c.document_id, sa.func.sum(c.answers))
            .where(c.month >= month, c.document_id.in_(list(documents)))
            .group_by(c.document_id)
        )
        with self._db.read() as connection:
            return {row[0]: int(row[1]) for row in connection.execute(query)}
