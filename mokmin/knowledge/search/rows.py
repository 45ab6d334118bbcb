"""Passages out of the database, under rights, and the hits that are made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from mokmin.governance.access.model import Principal
from mokmin.governance.access.rules import visible
from mokmin.knowledge.documents.store import documents, locator_of, passages, versions
from mokmin.knowledge.search.candidates import freshness_of
from mokmin.knowledge.search.embedding import vector_column
from mokmin.knowledge.search.model import Hit, Similarity
from mokmin.knowledge.search.ports import BUILT_IN, Scores

Rows = dict[int, sa.Row[Any]]
# How much more is asked of the index each time that it gave what the searcher may not read.
FURTHER = 8
# Passages checked with one statement: SQLite takes 32,766 parameters.
AT_ONCE = 10_000
_SUCCESSORS = documents.alias("successors")
_PLAIN = [column for column in passages.c if column.name != "vector"]
_STATEMENT = (
    sa.select(
        *_PLAIN,
        documents.c.title,
        documents.c.grade,
        documents.c.department,
        documents.c.kind,
        documents.c.dated_on,
        documents.c.effective_on,
        documents.c.freshness,
        documents.c.superseded_by_id,
        sa.func.coalesce(_SUCCESSORS.c.effective_on, _SUCCESSORS.c.dated_on).label("replaced_on"),
        versions.c.format,
    )
    .join(documents, documents.c.id == passages.c.document_id)
    .join(versions, versions.c.id == passages.c.version_id)
    .outerjoin(_SUCCESSORS, _SUCCESSORS.c.id == documents.c.superseded_by_id)
    .where(
        documents.c.deleted_at.is_(None),
        documents.c.current_version_id == passages.c.version_id,
    )
)


def checked(
    connection: Connection,
    principal: Principal,
    column: ColumnElement[int],
    keys: Iterable[int],
    model: int = BUILT_IN,
) -> Rows:
    """Rows of the passages with these keys that are current and visible now, by id, with their vectors in
    a model; the index is never trusted. ``replaced_on`` is the day from which another document holds in
    place of theirs."""
    statement = _STATEMENT.add_columns(vector_column(model))
    wanted = sorted(set(keys))
    rows: Rows = {}
    for begin in range(0, len(wanted), AT_ONCE):
        query = statement.where(
            column.in_(wanted[begin : begin + AT_ONCE]), visible(principal, documents.c.id)
        )
        rows |= {row.id: row for row in connection.execute(query)}
    return rows


def filled(
    found: Scores,
    rows: Rows,
    count: int,
    check: Callable[[Iterable[int]], Rows],
    again: Callable[[int], Scores],
) -> Scores:
    """The best ``count`` that the searcher may read, as if the index had known the rights of this moment:
    where it gave others in their place it is asked ``again`` for more, until there are enough or it has
    no more. ``rows`` holds what was checked of ``found``, and gains what is checked further."""
    limit = count
    allowed = {key: score for key, score in found.items() if key in rows}
    while len(allowed) < count and len(found) >= limit:
        limit *= FURTHER
        more = again(limit)
        rows |= check(more.keys() - found.keys())
        found = more
        allowed = {key: score for key, score in found.items() if key in rows}
    return dict(sorted(allowed.items(), key=lambda item: -item[1])[:count])


def hit_of(
    row: sa.Row[Any], today: date, rank: int = 0, score: float = 0.0, dense: float = 0.0
) -> Hit:
    """A row as a hit; without a rank for a passage that was not searched for."""
    return Hit(
        rank=rank,
        score=score,
        dense=dense,
        passage_id=row.id,
        document_id=row.document_id,
        version_id=row.version_id,
        title=row.title,
        header=row.header,
        text=row.text,
        tokens=row.tokens,
        locator=locator_of(row.locator),
        grade=row.grade,
        department=row.department,
        kind=row.kind,
        format=row.format,
        dated_on=row.dated_on,
        effective_on=row.effective_on,
        freshness=freshness_of(row, today),
        blocks=(row.first_block, row.last_block),
        unit=row.unit_id,
        successor_id=row.superseded_by_id,
    )


def similarity(cosines: Sequence[float]) -> Similarity:
    """How the cosines of all candidates lie."""
    if not cosines:
        return Similarity()
    return Similarity(max(cosines), float(np.mean(cosines)), float(np.std(cosines)))
