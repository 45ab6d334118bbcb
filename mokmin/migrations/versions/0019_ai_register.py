"""First-use notices, taken-over texts, the register of AI in use."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "ai_notices",
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True),
        sa.Column("acknowledged_at", sa.DateTime(), nullable=False),
    )
    op.create_table(
        "ai_takeovers",
        sa.Column("kind", sa.String(12), primary_key=True),
        sa.Column("item_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("login", sa.String(80), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("taken_at", sa.DateTime(), nullable=False),
        sa.Column("exported_at", sa.DateTime()),
    )
    op.create_table(
        "ai_uses",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("source", sa.String(80), unique=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(80), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
    )
    op.create_table(
        "ai_use_changes",
        sa.Column("use_id", sa.Integer(), sa.ForeignKey("ai_uses.id"), primary_key=True),
        sa.Column("revision", sa.Integer(), primary_key=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.String(80), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
    )


def downgrade() -> None:
    """Take them away."""
    for name in ("ai_use_changes", "ai_uses", "ai_takeovers", "ai_notices"):
        op.drop_table(name)
