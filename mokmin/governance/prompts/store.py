"""Versions of prompts and guardrails, and what was put into use when. Both only grow."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import metadata

prompt_versions = sa.Table(
    "prompt_versions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(80), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    # SHA-256 of the text: what was changed behind the program's back is not used.
    sa.Column("digest", sa.String(64), nullable=False),
    # The shipped text on which it was made: another one later means a new release.
    sa.Column("shipped", sa.Text, nullable=False),
    sa.Column("reason", sa.String(400), nullable=False),
    sa.Column("made_by", sa.String(80), nullable=False),
    sa.Column("made_at", sa.DateTime, nullable=False),
    sa.UniqueConstraint("key", "number"),
)
prompt_uses = sa.Table(
    "prompt_uses",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(80), nullable=False, index=True),
    # 0 is the shipped text.
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("reason", sa.String(400), nullable=False),
    sa.Column("used_by", sa.String(80), nullable=False),
    sa.Column("used_at", sa.DateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class LastUse:
    """The last change of what is in use of a key."""

    id: int
    number: int


def last_uses(connection: Connection) -> dict[str, LastUse]:
    """The last change of each key that was ever changed."""
    u = prompt_uses.c
    last = sa.select(sa.func.max(u.id)).group_by(u.key)
    query = sa.select(u.key, u.id, u.number).where(u.id.in_(last))
    return {key: LastUse(id_, number) for key, id_, number in connection.execute(query)}


def newest(connection: Connection, key: str) -> int:
    """The highest number of a version; 0 when there is none."""
    c = prompt_versions.c
    found = connection.scalar(sa.select(sa.func.max(c.number)).where(c.key == key))
    return int(found or 0)
