"""Tables of the library feature: searches that a person keeps, and the latest ones."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import sqlalchemy as sa
from sqlalchemy import Row

from mokmin.base.db import metadata
from mokmin.features.library.model import SavedSearch, Wanted, wanted

saved_searches = sa.Table(
    "saved_searches",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("seen", sa.Text, nullable=False, server_default="[]"),
    sa.Column("ran_at", sa.DateTime),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("deleted_at", sa.DateTime),
)
recent_searches = sa.Table(
    "recent_searches",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("ran_at", sa.DateTime, nullable=False),
)


def to_wanted(address: str) -> Wanted:
    """A stored address as a search."""
    return wanted(parse_qsl(address))[0]


def to_saved(row: Row[Any]) -> SavedSearch:
    """A row as a SavedSearch."""
    return SavedSearch(
        row.id,
        row.name,
        to_wanted(row.address),
        frozenset(json.loads(row.seen)),
        row.ran_at,
        row.created_at,
    )
