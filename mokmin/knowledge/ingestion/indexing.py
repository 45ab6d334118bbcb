"""The index out of the database: one document refreshed, or everything rebuilt without stopping.

A change in the database commits first; ``refresh`` then makes the index agree, and looks again
afterwards, so that of several that run at once the last one leaves what the database says.
A rebuild reads the library in batches while it changes. Every change leaves its time in
``documents.changed_at``: what changed since the start is refreshed before the switch and again
after it, when no writer can reach the old index any more without a refresh of its own to come.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Row

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import Unavailable
from mokmin.governance.access.rules import document_groups, not_over, today
from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.documents.store import documents, passages
from mokmin.knowledge.documents.structure import restore_structure
from mokmin.knowledge.search.embedding import embedding_models, unpacked, vector_column
from mokmin.knowledge.search.ports import (
    BUILT_IN,
    IndexAttributes,
    IndexEntry,
    OtherModel,
    PassageIndex,
)

Progress = Callable[[int, int], None]
NO_PROGRESS: Progress = lambda _done, _all: None  # noqa: E731
BATCH = 2_000
STRUCTURED = 50
"""Documents whose structure is written in one transaction."""
# A change may commit this much after its time was taken, on a host whose clock differs.
MARGIN = timedelta(minutes=2)
ROUNDS = 10
_ROW: tuple[ColumnElement[Any], ...] = (
    passages.c.id,
    passages.c.document_id,
    passages.c.version_id,
    passages.c.tokens,
)
_OF_DOCUMENT: tuple[ColumnElement[Any], ...] = (
    documents.c.grade,
    documents.c.department,
    documents.c.kind,
    documents.c.dated_on,
    documents.c.effective_on,
    documents.c.freshness,
    documents.c.superseded_by_id,
)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild made: number of passages, seconds it took, number of the new generation."""

    passages: int
    seconds: float
    generation: int


def attributes_of(row: Row[Any], groups: Iterable[int]) -> IndexAttributes:
    """What the index filters a document by, from its row. A document that is not yet in force,
    nobody knows from when, is effective at the end of time."""
    effective = row.effective_on
    if effective is None and row.freshness == Freshness.NOT_YET:
        effective = date.max
    return IndexAttributes(
        groups=tuple(sorted(groups)),
        grade=row.grade,
        department=row.department,
        kind=row.kind,
        dated_on=row.dated_on,
        effective_on=effective,
        superseded=row.freshness == Freshness.SUPERSEDED or row.superseded_by_id is not None,
    )


def attributes_in(connection: Connection, document_id: int) -> IndexAttributes:
    """What the index filters a document by, today. The document must exist."""
    row = connection.execute(sa.select(*_OF_DOCUMENT).where(documents.c.id == document_id)).one()
    return attributes_of(row, _groups(connection, [document_id]).get(document_id, ()))


def has_passages(db: Database) -> bool:
    """Whether the library holds anything to index."""
    with db.read() as connection:
        return connection.execute(sa.select(passages.c.id).limit(1)).first() is not None


class Indexing:
    """Makes the index agree with the database."""

    def __init__(self, db: Database, index: PassageIndex) -> None:
        self._db = db
        self._index = index

    def refresh(self, document_id: int) -> None:
        """Make the index hold exactly what the database says of a document: nothing when it is
        deleted, else its current version's passages with today's attributes. Raises Unavailable
        when it changes all the time."""
        self._refresh(self._index, document_id)

    def _refresh(self, index: PassageIndex, document_id: int) -> None:
        for _ in range(ROUNDS):
            model = index.model
            with self._db.read() as connection:
                before = self._state(connection, document_id)
                entries = self._entries(connection, document_id, before, model)
            try:
                index.replace_document(document_id, entries, model)
            except OtherModel:
                continue
            with self._db.read() as connection:
                if self._state(connection, document_id) == before:
                    return
        raise Unavailable("문서가 계속 바뀌고 있어 색인을 맞추지 못했습니다. 곧 다시 시도합니다.")

    def add_version(self, document_id: int, version_id: int) -> None:
        """Add the passages of a version that is not current yet, with vectors of the index's model."""
        for _ in range(ROUNDS):
            model = self._index.model
            with self._db.read() as connection:
                state = (version_id, attributes_in(connection, document_id))
                entries = self._entries(connection, document_id, state, model)
            try:
                return self._index.add(entries, model)
            except OtherModel:
                continue
        raise Unavailable("색인이 계속 바뀌고 있어 글을 넣지 못했습니다. 곧 다시 시도합니다.")

    @staticmethod
    def _state(connection: Connection, document_id: int) -> tuple[int, IndexAttributes] | None:
        """(current version, attributes); None when nothing of the document is to be found."""
        current = connection.execute(
            sa.select(documents.c.current_version_id).where(
                documents.c.id == document_id, documents.c.deleted_at.is_(None)
            )
        ).scalar()
        return None if current is None else (current, attributes_in(connection, document_id))

    @staticmethod
    def _entries(
        connection: Connection,
        document_id: int,
        state: tuple[int, IndexAttributes] | None,
        model: int,
    ) -> list[IndexEntry]:
        if state is None:
            return []
        query: sa.Select[Any] = (
            sa.select(*_ROW, vector_column(model))
            .where(passages.c.version_id == state[0], passages.c.document_id == document_id)
            .order_by(passages.c.id)
        )
        return _to_entries(connection.execute(query).all(), {document_id: state[1]})

    def rebuild(self, progress: Progress = NO_PROGRESS) -> Rebuilt:
        """Build the index anew from the database alone, beside the one in use, and switch to it. Units
        and citations of versions that an earlier release read are brought up to date first.
        Raises Conflict while another rebuild runs; whatever ends it early changes nothing. The index is
        for the model that the library is searched with."""
        begin = time.perf_counter()
        with self._db.read() as connection:
            model, dimensions = model_in_use(connection)
        self._restore_structure()
        since, _ = self.build(model, dimensions, progress)
        self.put_in_use(since)
        health = self._index.health()
        seconds = round(time.perf_counter() - begin, 2)
        return Rebuilt(health.passages, seconds, health.generation)

    def build(
        self, model: int, dimensions: int | None, progress: Progress = NO_PROGRESS
    ) -> tuple[datetime, PassageIndex]:
        """A whole index beside the one in use, for vectors of a model; since when changes must be applied
        again once it is in use. Raises Conflict."""
        since = utcnow() - MARGIN
        built = self._index.begin_rebuild(model, dimensions)
        self._fill(built, progress)
        built.optimise()
        self._reapply(built, since)
        return since, built

    def put_in_use(self, since: datetime, *, keep: bool = False) -> None:
        """Switch to what ``build`` made. ``keep``: the index that is replaced stays."""
        self._index.switch(keep=keep)
        self._reapply(self._index, since)

    def go_back(self, since: datetime) -> None:
        """Switch to the index that was kept, brought up to date from ``since``. Raises Conflict."""
        kept = self._index.kept()
        if kept is not None:
            self._reapply(kept, since - MARGIN)
        begun = utcnow() - MARGIN
        self._index.switch_back()
        self._reapply(self._index, begun)

    def _restore_structure(self) -> None:
        with self._db.read() as connection:
            ids = list(connection.execute(sa.select(documents.c.id)).scalars())
        for begin in range(0, len(ids), STRUCTURED):
            with self._db.write() as connection:
                restore_structure(connection, ids[begin : begin + STRUCTURED])

    def _fill(self, built: PassageIndex, progress: Progress) -> None:
        everything = self._count()
        done = last = 0
        while True:
            with self._db.read() as connection:
                query: sa.Select[Any] = (
                    sa.select(*_ROW, *_OF_DOCUMENT, vector_column(built.model))
                    .join(documents, documents.c.id == passages.c.document_id)
                    .where(passages.c.id > last, *CURRENT)
                    .order_by(passages.c.id)
                    .limit(BATCH)
                )
                rows = connection.execute(query).all()
                groups = _groups(connection, {row.document_id for row in rows})
            if not rows:
                return
            attributes = {
                row.document_id: attributes_of(row, groups.get(row.document_id, ())) for row in rows
            }
            built.add(_to_entries(rows, attributes), built.model)
            done, last = done + len(rows), rows[-1].id
            progress(min(done, everything), everything)

    def _count(self) -> int:
        query = (
            sa.select(sa.func.count(passages.c.id))
            .join(documents, documents.c.id == passages.c.document_id)
            .where(*CURRENT)
        )
        with self._db.read() as connection:
            return int(connection.execute(query).scalar_one())

    def _reapply(self, index: PassageIndex, since: datetime) -> None:
        query = sa.select(documents.c.id).where(documents.c.changed_at >= since)
        with self._db.read() as connection:
            changed = list(connection.execute(query.order_by(documents.c.id)).scalars())
        for document_id in changed:
            self._refresh(index, document_id)


CURRENT = (
    documents.c.current_version_id == passages.c.version_id,
    documents.c.deleted_at.is_(None),
)
"""Of passages joined with documents: those that are to be found."""
IN_USE = ("current", "leaving")
"""States of the model that the library is searched with; with no row in one of them, the built-in one."""


def model_in_use(connection: Connection) -> tuple[int, int | None]:
    """The model that the library is searched with, and its dimensions (None: the built-in one's)."""
    query = sa.select(embedding_models.c.id, embedding_models.c.dimensions).where(
        embedding_models.c.state.in_(IN_USE)
    )
    row = connection.execute(query).first()
    return (row.id, row.dimensions) if row is not None else (BUILT_IN, None)


def _groups(connection: Connection, document_ids: Iterable[int]) -> dict[int, list[int]]:
    """Groups whose grants hold today or will hold later: more than may read, never fewer."""
    found: dict[int, list[int]] = {}
    query = sa.select(document_groups).where(
        document_groups.c.document_id.in_(list(document_ids)), not_over(today())
    )
    for link in connection.execute(query):
        found.setdefault(link.document_id, []).append(link.group_id)
    return found


def _to_entries(
    rows: Iterable[Row[Any]], attributes: dict[int, IndexAttributes]
) -> list[IndexEntry]:
    return [
        IndexEntry(
            passage_id=row.id,
            document_id=row.document_id,
            version_id=row.version_id,
            morphemes=row.tokens,
            vector=unpacked(row.vector),
            attributes=attributes[row.document_id],
        )
        for row in rows
    ]
