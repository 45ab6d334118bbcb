"""Retention rules, legal holds, disposal lists."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "retention_rules",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("period", sa.String(8), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("changed_by", sa.String(80), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
    )
    op.create_index("ix_retention_rules_kind", "retention_rules", ["kind"])
    op.create_table(
        "record_holds",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("scope", sa.String(12), nullable=False),
        sa.Column("target", sa.String(80), nullable=False),
        sa.Column("from_on", sa.Date()),
        sa.Column("until_on", sa.Date()),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("made_by", sa.String(80), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("lifted_by", sa.String(80), nullable=False, server_default=""),
        sa.Column("lifted_at", sa.DateTime()),
    )
    op.create_table(
        "disposals",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("made_by", sa.String(80), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("decided_by", sa.String(80), nullable=False, server_default=""),
        sa.Column("decided_at", sa.DateTime()),
        sa.Column("note", sa.String(300), nullable=False, server_default=""),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("done_at", sa.DateTime()),
    )
    op.create_index("ix_disposals_state", "disposals", ["state"])
    op.create_table(
        "disposal_items",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("disposal_id", sa.Integer(), sa.ForeignKey("disposals.id"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.Column("period", sa.String(8), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("disposed_at", sa.DateTime()),
        sa.Column("files", sa.Text(), nullable=False, server_default=""),
        sa.UniqueConstraint("disposal_id", "kind", "item_id"),
    )
    op.create_index("ix_disposal_items_disposal_id", "disposal_items", ["disposal_id"])


def downgrade() -> None:
    """Remove them."""
    for name in ("disposal_items", "disposals", "record_holds", "retention_rules"):
        op.drop_table(name)
