"""Tables of disclosure packs. None holds contents or titles of a record."""

from __future__ import annotations

import sqlalchemy as sa

from mokmin.base.db import metadata

disclosures = sa.Table(
    "disclosures",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("state", sa.String(10), nullable=False, index=True),
    sa.Column("matter", sa.String(200), nullable=False),
    sa.Column("person", sa.String(80), nullable=False),
    sa.Column("from_on", sa.Date),
    sa.Column("until_on", sa.Date),
    sa.Column("kinds", sa.String(120), nullable=False),
    sa.Column("made_by", sa.String(80), nullable=False),
    sa.Column("made_by_id", sa.Integer),
    sa.Column("made_at", sa.DateTime, nullable=False),
    sa.Column("decided_by", sa.String(80), nullable=False, server_default=""),
    sa.Column("decided_at", sa.DateTime),
    sa.Column("sha256", sa.String(64), nullable=False, server_default=""),
    sa.Column("done_at", sa.DateTime),
)
disclosure_items = sa.Table(
    "disclosure_items",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column(
        "disclosure_id", sa.Integer, sa.ForeignKey("disclosures.id"), nullable=False, index=True
    ),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("item_id", sa.Integer, nullable=False),
    sa.Column("person", sa.String(80), nullable=False),
    sa.Column("made_on", sa.Date, nullable=False),
    sa.Column("decision", sa.String(10), nullable=False),
    sa.Column("ground", sa.String(1), nullable=False, server_default=""),
    sa.Column("note", sa.String(300), nullable=False, server_default=""),
    sa.UniqueConstraint("disclosure_id", "kind", "item_id"),
)
