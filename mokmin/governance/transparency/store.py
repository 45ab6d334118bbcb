"""Tables of notices, taken-over texts and the AI register. None holds contents of an answer."""

from __future__ import annotations

import sqlalchemy as sa

from mokmin.base.db import metadata

ai_notices = sa.Table(
    "ai_notices",
    metadata,
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("acknowledged_at", sa.DateTime, nullable=False),
)
# ``hash``: SHA-256 of the text that was taken over; another text is not taken over.
ai_takeovers = sa.Table(
    "ai_takeovers",
    metadata,
    sa.Column("kind", sa.String(12), primary_key=True),
    sa.Column("item_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("login", sa.String(80), nullable=False),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("taken_at", sa.DateTime, nullable=False),
    sa.Column("exported_at", sa.DateTime),
)
# ``source``: key of the feature of this system that it describes, NULL for any other system.
ai_uses = sa.Table(
    "ai_uses",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("source", sa.String(80), unique=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("changed_by", sa.String(80), nullable=False),
    sa.Column("changed_at", sa.DateTime, nullable=False),
)
# Every former state of an entry.
ai_use_changes = sa.Table(
    "ai_use_changes",
    metadata,
    sa.Column("use_id", sa.Integer, sa.ForeignKey("ai_uses.id"), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("changed_by", sa.String(80), nullable=False),
    sa.Column("changed_at", sa.DateTime, nullable=False),
)
