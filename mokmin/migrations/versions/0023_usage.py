"""Use of AI by day, and limits of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None
SMALL = ("requests", "refused", "calls", "failures")
LARGE = ("tokens_in", "tokens_out", "milliwon", "milliwatt_hours", "ms", "first_ms")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "usage_days",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("user_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("department_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("feature", sa.String(40), primary_key=True),
        sa.Column("channel", sa.String(10), primary_key=True),
        sa.Column("model", sa.String(120), primary_key=True),
        sa.Column("assistant_id", sa.Integer(), primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in SMALL),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in LARGE),
    )
    op.create_index("ix_usage_days_user", "usage_days", ["user_id", "day"])
    op.create_index("ix_usage_days_department", "usage_days", ["department_id", "day"])
    op.create_table(
        "usage_limits",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("scope", sa.String(12), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("feature", sa.String(40), nullable=False),
        sa.Column("unit", sa.String(10), nullable=False),
        sa.Column("period", sa.String(6), nullable=False),
        sa.Column("soft", sa.BigInteger(), nullable=False),
        sa.Column("hard", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(80), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.UniqueConstraint(
            "scope", "scope_id", "feature", "unit", "period", name="uq_usage_limits"
        ),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("usage_limits")
    op.drop_table("usage_days")
