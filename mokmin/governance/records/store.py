"""Tables of retention rules, holds and disposal lists. None holds contents of a record."""

from __future__ import annotations

import sqlalchemy as sa

from mokmin.base.db import metadata

# Every change stays; the last of a kind holds.
retention_rules = sa.Table(
    "retention_rules",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False, index=True),
    sa.Column("period", sa.String(8), nullable=False),
    sa.Column("reason", sa.String(300), nullable=False),
    sa.Column("changed_by", sa.String(80), nullable=False),
    sa.Column("changed_at", sa.DateTime, nullable=False),
)
record_holds = sa.Table(
    "record_holds",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("scope", sa.String(12), nullable=False),
    sa.Column("target", sa.String(80), nullable=False),
    sa.Column("from_on", sa.Date),
    sa.Column("until_on", sa.Date),
    sa.Column("reason", sa.String(300), nullable=False),
    sa.Column("made_by", sa.String(80), nullable=False),
    sa.Column("made_at", sa.DateTime, nullable=False),
    sa.Column("lifted_by", sa.String(80), nullable=False, server_default=""),
    sa.Column("lifted_at", sa.DateTime),
)
disposals = sa.Table(
    "disposals",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("state", sa.String(10), nullable=False, index=True),
    sa.Column("reason", sa.String(300), nullable=False),
    sa.Column("made_by", sa.String(80), nullable=False),
    sa.Column("made_at", sa.DateTime, nullable=False),
    sa.Column("decided_by", sa.String(80), nullable=False, server_default=""),
    sa.Column("decided_at", sa.DateTime),
    sa.Column("note", sa.String(300), nullable=False, server_default=""),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("done_at", sa.DateTime),
)
# ``files``: blobs that the record left behind and that are still to be removed, one a line.
disposal_items = sa.Table(
    "disposal_items",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("disposal_id", sa.Integer, sa.ForeignKey("disposals.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("item_id", sa.Integer, nullable=False),
    sa.Column("person", sa.String(80), nullable=False),
    sa.Column("closed_on", sa.Date, nullable=False),
    sa.Column("period", sa.String(8), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("disposed_at", sa.DateTime),
    sa.Column("files", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("disposal_id", "kind", "item_id"),
)
