"""Votes of compared answers. No question and no answer is stored."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import metadata
from mokmin.features.endpoints.model import Tally

model_comparisons = sa.Table(
    "model_comparisons",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.Integer, nullable=False, index=True),
    sa.Column("grade", sa.String(1), nullable=False),
    # Names in the order in which they were shown, as JSON; with the vote, those that wrote.
    sa.Column("models", sa.Text, nullable=False),
    # The chosen model; with ``voted_at`` and empty: none was better.
    sa.Column("winner", sa.String(80), nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("voted_at", sa.DateTime),
)
MOST_COUNTED = 10_000


def tallied(connection: Connection) -> list[Tally]:
    """The votes of the last ten thousand comparisons, the most chosen first."""
    query = (
        sa.select(model_comparisons.c.models, model_comparisons.c.winner)
        .where(model_comparisons.c.voted_at.is_not(None))
        .order_by(model_comparisons.c.id.desc())
        .limit(MOST_COUNTED)
    )
    return _sums(connection.execute(query))


def _sums(rows: Iterable[Any]) -> list[Tally]:
    found: dict[str, list[int]] = {}
    for row in rows:
        for name in json.loads(row.models):
            sums = found.setdefault(name, [0, 0, 0])
            sums[0] += 1
            sums[1] += row.winner == name
            sums[2] += row.winner == ""
    tallies = [Tally(name, *sums) for name, sums in found.items()]
    return sorted(tallies, key=lambda t: (-t.chosen / t.shown, -t.shown, t.model))
