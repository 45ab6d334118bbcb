"""Tables of curated answers, and their rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy import Connection, Row

from mokmin.base.db import metadata
from mokmin.governance.access.model import Principal
from mokmin.governance.access.rules import visible
from mokmin.governance.people.store import departments
from mokmin.knowledge.answering.citing import place
from mokmin.knowledge.answering.curated_model import Curated, Source
from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.documents.store import documents, pack_vector
from mokmin.knowledge.search.model import Hit

curated_answers = sa.Table(
    "curated_answers",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column(
        "department_id", sa.Integer, sa.ForeignKey("departments.id"), nullable=False, index=True
    ),
    sa.Column("valid_until", sa.Date, nullable=False),
    sa.Column("confirmed_login", sa.String(80), nullable=False),
    sa.Column("confirmed_by", sa.String(80), nullable=False),
    sa.Column("confirmed_at", sa.DateTime, nullable=False),
    sa.Column("withdrawn_at", sa.DateTime),
    sa.Column("created_at", sa.DateTime, nullable=False),
    # Counts up with every change, so that nobody writes over what somebody else wrote.
    sa.Column("edition", sa.Integer, nullable=False, server_default="1"),
)
# The question (position 0) and the other ways to ask it.
curated_wordings = sa.Table(
    "curated_wordings",
    metadata,
    sa.Column("curated_id", sa.Integer, sa.ForeignKey("curated_answers.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("key", sa.String(64), nullable=False, index=True),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("vector", sa.LargeBinary, nullable=False),
)
# Not named as the library names its keys: the row of a source that was disposed of must stay, it is
# what keeps the answer from being shown.
curated_sources = sa.Table(
    "curated_sources",
    metadata,
    sa.Column("curated_id", sa.Integer, sa.ForeignKey("curated_answers.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("source_passage", sa.Integer, nullable=False),
    sa.Column("source_document", sa.Integer, nullable=False, index=True),
    sa.Column("source_version", sa.Integer, nullable=False),
)
Wording = tuple[str, str, str, NDArray[np.float32]]


def selected() -> sa.Select[Any]:
    """Curated answers with the name of their department."""
    return sa.select(curated_answers, departments.c.name.label("department")).join(
        departments, departments.c.id == curated_answers.c.department_id
    )


def living(on: date) -> sa.ColumnElement[bool]:
    """Neither withdrawn nor past their last day."""
    return sa.and_(curated_answers.c.withdrawn_at.is_(None), curated_answers.c.valid_until >= on)


def ways_of(connection: Connection, ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Other ways to ask, in their order."""
    w = curated_wordings.c
    query = (
        sa.select(w.curated_id, w.text)
        .where(w.curated_id.in_(list(ids)), w.position > 0)
        .order_by(w.curated_id, w.position)
    )
    found: dict[int, tuple[str, ...]] = {}
    for key, text in connection.execute(query):
        found[key] = (*found.get(key, ()), text)
    return found


def sources_of(connection: Connection, ids: Collection[int]) -> dict[int, tuple[Source, ...]]:
    """Cited passages by number alone, in their order."""
    s = curated_sources.c
    query = sa.select(curated_sources).where(s.curated_id.in_(list(ids)))
    found: dict[int, tuple[Source, ...]] = {}
    for row in connection.execute(query.order_by(s.curated_id, s.position)):
        source = Source(row.source_passage, row.source_document, row.source_version)
        found[row.curated_id] = (*found.get(row.curated_id, ()), source)
    return found


def to_curated(row: Row[Any], ways: tuple[str, ...], sources: tuple[Source, ...]) -> Curated:
    """A row of ``selected`` as a curated answer."""
    return Curated(
        id=row.id,
        question=row.question,
        ways=ways,
        answer=row.answer,
        department_id=row.department_id,
        department=row.department,
        valid_until=row.valid_until,
        confirmed_login=row.confirmed_login,
        confirmed_by=row.confirmed_by,
        confirmed_at=row.confirmed_at,
        withdrawn_at=row.withdrawn_at,
        edition=row.edition,
        sources=sources,
    )


def load(connection: Connection, query: sa.Select[Any]) -> list[Curated]:
    """The curated answers of a query on ``selected``, with wordings and the numbers of sources."""
    rows = connection.execute(query).all()
    ids = [row.id for row in rows]
    ways, sources = ways_of(connection, ids), sources_of(connection, ids)
    return [to_curated(row, ways.get(row.id, ()), sources.get(row.id, ())) for row in rows]


@dataclass(frozen=True, slots=True)
class Place:
    """What of a cited document is known: whether it was taken out, and whether the person was let in."""

    title: str
    deleted: bool
    open: bool


def source_places(
    connection: Connection, principal: Principal, ids: Collection[int]
) -> dict[int, Place]:
    """Cited documents that are still in the database, also those that were taken out."""
    c = documents.c
    rows = connection.execute(sa.select(c.id, c.title, c.deleted_at).where(c.id.in_(list(ids))))
    known = rows.all()
    seen = sa.select(c.id).where(c.id.in_(list(ids)), visible(principal, c.id))
    opened = set(connection.execute(seen).scalars())
    return {row.id: Place(row.title, row.deleted_at is not None, row.id in opened) for row in known}


def seen_source(source: Source, hit: Hit | None, document: Place | None) -> Source:
    """A source as it is now; without title and text where the person may not see it."""
    if hit is not None:
        return replace(
            source,
            state="superseded" if hit.freshness is Freshness.SUPERSEDED else "ok",
            title=hit.title,
            place=place(hit.locator, hit.title),
            text=hit.text,
            grade=hit.grade,
        )
    if document is None:
        return replace(source, state="gone")
    if not document.open:
        return replace(source, state="hidden")
    return replace(source, state="gone" if document.deleted else "changed", title=document.title)


def replace_parts(
    connection: Connection, curated_id: int, wordings: Sequence[Wording], sources: Sequence[Source]
) -> None:
    """Write an answer's wordings, (text, key, words, vector) each, and its sources anew."""
    for table in (curated_wordings, curated_sources):
        connection.execute(table.delete().where(table.c.curated_id == curated_id))
    connection.execute(
        curated_wordings.insert(),
        [
            {
                "curated_id": curated_id,
                "position": position,
                "text": text,
                "key": key,
                "words": words,
                "vector": pack_vector(vector),
            }
            for position, (text, key, words, vector) in enumerate(wordings)
        ],
    )
    connection.execute(
        curated_sources.insert(),
        [
            {
                "curated_id": curated_id,
                "position": position,
                "source_passage": source.passage_id,
                "source_document": source.document_id,
                "source_version": source.version_id,
            }
            for position, source in enumerate(sources)
        ],
    )
