"""What a version is made of, for search: its provisions, and the provisions that its units cite."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import metadata
from mokmin.knowledge.documents.model import PassageDraft
from mokmin.knowledge.documents.passages import in_units
from mokmin.knowledge.documents.references import (
    Reference,
    base_law,
    own_references,
    parent_law,
    provision,
    references,
)
from mokmin.knowledge.documents.store import documents, locator_of, passages, unit_id

_OPENING = 12
_MOST = 12
OWN = 100
"""``place`` of the first article of the same law that a unit cites by number alone; after those with
a law's name."""


def _links(name: str, *more: sa.Column[Any]) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("document_id", sa.Integer, sa.ForeignKey("documents.id"), nullable=False),
        sa.Column(
            "version_id", sa.Integer, sa.ForeignKey("versions.id"), nullable=False, index=True
        ),
        sa.Column("unit_id", sa.BigInteger, nullable=False, index=True),
        sa.Column("law", sa.String(400), nullable=False),
        sa.Column("article", sa.String(20), nullable=False),
        *more,
        sa.Index(f"ix_{name}_law_article", "law", "article"),
    )


provisions = _links("provisions")
"""Units that are an article of a law, a decree, an ordinance or a guideline."""

citations = _links("citations", sa.Column("place", sa.Integer, nullable=False))
"""Provisions that a unit cites; ``place`` counts from 0 in the order of the text, and from
``OWN`` for those of the same law."""


def structure_of(
    document_id: int, version_id: int, title: str, drafts: Sequence[PassageDraft]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of ``provisions`` and of ``citations`` for a version."""
    texts: dict[int, list[str]] = {}
    articles: dict[int, str] = {}
    for draft in drafts:
        texts.setdefault(draft.unit, []).append(draft.text)
        articles.setdefault(draft.unit, draft.locator.article)
    opening = "\n".join(draft.text for draft in drafts[:_OPENING])
    own: list[dict[str, Any]] = []
    cited: list[dict[str, Any]] = []
    for unit, parts in texts.items():
        here = {
            "document_id": document_id,
            "version_id": version_id,
            "unit_id": unit_id(version_id, unit),
        }
        this = provision(title, articles[unit])
        if this is not None and len(this.article) <= 20:
            own.append({**here, "law": this.law[:400], "article": this.article})
        law = parent_law(this.law if this else title) or base_law(opening)
        text = "\n".join(parts)
        within = own_references(text, this) if this is not None else ()
        for begin, found in ((0, references(text, law)), (OWN, within)):
            cited += [
                {**here, "law": r.law[:400], "article": r.article, "place": begin + place}
                for place, r in enumerate(_short(found))
            ]
    return own, cited


def _short(found: Iterable[Reference]) -> list[Reference]:
    return [r for r in found if len(r.article) <= 20][:_MOST]


def replace_structure(
    connection: Connection,
    document_id: int,
    version_id: int,
    title: str,
    drafts: Sequence[PassageDraft],
) -> None:
    """Write the provisions and citations of a version anew."""
    for table, rows in zip(
        (provisions, citations), structure_of(document_id, version_id, title, drafts), strict=True
    ):
        connection.execute(table.delete().where(table.c.version_id == version_id))
        if rows:
            connection.execute(table.insert(), rows)


def restore_structure(connection: Connection, document_ids: Sequence[int]) -> None:
    """Units, provisions and citations of the current versions anew from their stored passages, for
    versions that were read by an earlier release; nothing is read or embedded again."""
    query = (
        sa.select(*(c for c in passages.c if c.name not in ("tokens", "vector")), documents.c.title)
        .join(documents, documents.c.current_version_id == passages.c.version_id)
        .where(documents.c.id.in_(document_ids))
        .order_by(passages.c.version_id, passages.c.seq)
    )
    for version, group in groupby(connection.execute(query).all(), lambda row: row.version_id):
        rows = list(group)
        drafts = in_units([_draft(row) for row in rows])
        moved = [
            {"key": row.id, "unit": unit_id(version, draft.unit)}
            for row, draft in zip(rows, drafts, strict=True)
            if row.unit_id != unit_id(version, draft.unit)
        ]
        if moved:
            connection.execute(_MOVE, moved)
        replace_structure(connection, rows[0].document_id, version, rows[0].title, drafts)


_MOVE = (
    passages.update()
    .where(passages.c.id == sa.bindparam("key"))
    .values(unit_id=sa.bindparam("unit"))
)


def _draft(row: Any) -> PassageDraft:
    return PassageDraft(
        header=row.header,
        text=row.text,
        start=row.start,
        end=row.end,
        blocks=(row.first_block, row.last_block),
        locator=locator_of(row.locator),
    )
