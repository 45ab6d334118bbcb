"""Entries of departments: their table, and the vocabulary of searches that follows it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.base.db import Database, metadata
from mokmin.base.korean.ports import Analyser
from mokmin.governance.people.store import departments
from mokmin.knowledge.documents.store import passages
from mokmin.knowledge.search.vocabulary import SHIPPED, Synonym, Vocabulary, parse_synonyms

CHECK_SECONDS = 2.0
CITY = "시 전체"
SAMPLE = 2_000

dictionary_entries = sa.Table(
    "dictionary_entries",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    # Empty for the whole city.
    sa.Column("department_id", sa.Integer, sa.ForeignKey("departments.id")),
    sa.Column("everyday", sa.String(80), nullable=False),
    # Official words, joined by ", ".
    sa.Column("official", sa.String(400), nullable=False),
    sa.Column("note", sa.String(200), nullable=False, server_default=""),
    sa.Column("author", sa.String(80), nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("updated_at", sa.DateTime, nullable=False),
    sa.Column("deleted_at", sa.DateTime),
    sa.Index("ix_dictionary_entries_department_id", "department_id"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a department, or of the city (``department_id`` None)."""

    id: int
    department_id: int | None
    department: str
    everyday: str
    official: tuple[str, ...]
    note: str
    author: str
    updated_at: datetime


class LiveVocabulary:
    """The dictionary as searches use it: read anew when another process, or this one, changed it.

    It asks the database at most every ``CHECK_SECONDS``, for a count and a moment.
    """

    def __init__(
        self,
        db: Database,
        analyser: Callable[[], Analyser],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db = db
        self._analyser = analyser
        self._clock = clock
        self._lock = threading.Lock()
        self._shipped: Vocabulary | None = None
        self._current: Vocabulary | None = None
        self._stamp: tuple[int, datetime | None] | None = None
        self._checked = 0.0

    def __call__(self) -> Vocabulary:
        """The vocabulary as of now."""
        current = self._current
        if current is not None and self._clock() - self._checked < CHECK_SECONDS:
            return current
        with self._lock:
            return self._renewed()

    def expire(self) -> None:
        """Ask the database at the next use."""
        self._checked = -CHECK_SECONDS

    def _renewed(self) -> Vocabulary:
        self._checked = self._clock()
        stamp = self._read_stamp()
        if self._current is None or stamp != self._stamp:
            if self._shipped is None:
                self._shipped = Vocabulary(self._analyser(), shipped())
            with self._db.read() as connection:
                entries = [to_entry(row) for row in connection.execute(living())]
            self._current = self._shipped.extended(
                Synonym(e.everyday, e.official, e.note, e.department) for e in entries
            )
            self._stamp = stamp
        return self._current

    def _read_stamp(self) -> tuple[int, datetime | None]:
        count_of = sa.func.count().filter(dictionary_entries.c.deleted_at.is_(None))
        query = sa.select(count_of, sa.func.max(dictionary_entries.c.updated_at))
        with self._db.read() as connection:
            count, latest = connection.execute(query).one()
        return count, latest


def shipped() -> list[Synonym]:
    """The entries that come with the product."""
    return parse_synonyms(SHIPPED.read_text(encoding="utf-8"))


def entries_of(*, removed: bool) -> sa.Select[Any]:
    """Entries that apply, or those that were taken out, with the names of their departments."""
    gone = dictionary_entries.c.deleted_at
    return (
        sa.select(dictionary_entries, departments.c.name.label("department"))
        .outerjoin(departments, departments.c.id == dictionary_entries.c.department_id)
        .where(gone.is_not(None) if removed else gone.is_(None))
    )


def living() -> sa.Select[Any]:
    """Entries that apply."""
    return entries_of(removed=False)


def to_entry(row: Row[Any]) -> Entry:
    """A row of ``living`` as an Entry."""
    return Entry(
        id=row.id,
        department_id=row.department_id,
        department=row.department or CITY,
        everyday=row.everyday,
        official=tuple(row.official.split(", ")),
        note=row.note,
        author=row.author,
        updated_at=row.updated_at,
    )


def sample_of_passages(connection: Connection) -> list[frozenset[str]]:
    """The morphemes of some 2,000 passages, evenly over the library, whoever may read them: only
    how common a word is may be taken from it."""
    last = connection.execute(sa.select(sa.func.max(passages.c.id))).scalar() or 0
    keys = range(1, last + 1, last // SAMPLE + 1)
    rows = connection.execute(sa.select(passages.c.tokens).where(passages.c.id.in_(keys)))
    return [frozenset(tokens.split()) for tokens in rows.scalars()]


def of_department(department_id: int | None) -> sa.ColumnElement[bool]:
    """The entries of a department, or of the city."""
    column = dictionary_entries.c.department_id
    return column.is_(None) if department_id is None else column == department_id
