"""What a version is made of, for search: its provisions, and the provisions that its units cite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import metadata
from mokmin.knowledge.documents.model import PassageDraft
from mokmin.knowledge.documents.references import base_law, parent_law, provision, references
from mokmin.knowledge.documents.store import unit_id

_OPENING = 12
_MOST = 12


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
"""Provisions that a unit cites; ``place`` counts from 0 in the order of the text."""


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
        found = [r for r in references("\n".join(parts), law) if len(r.article) <= 20]
        cited += [
            {**here, "law": r.law[:400], "article": r.article, "place": place}
            for place, r in enumerate(found[:_MOST])
        ]
    return own, cited


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
