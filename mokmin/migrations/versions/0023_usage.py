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
    user = sa.Column("user_id", sa.Integer(), primary_key=True, autoincrement=False)
    for name, more in (("usage_days", [user]), ("usage_totals", [])):
        op.create_table(
            name,
            sa.Column("day", sa.Date(), primary_key=True),
            *more,
            sa.Column("department_id", sa.Integer(), primary_key=True, autoincrement=False),
            sa.Column("feature", sa.String(40), primary_key=True),
            sa.Column("channel", sa.String(10), primary_key=True),
            sa.Column("model", sa.String(120), primary_key=True),
            sa.Column("assistant_id", sa.Integer(), primary_key=True, autoincrement=False),
            *(sa.Column(column, sa.Integer(), nullable=False) for column in SMALL),
            *(sa.Column(column, sa.BigInteger(), nullable=False) for column in LARGE),
        )
    op.create_index("ix_usage_days_user", "usage_days", ["user_id", "day"])
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
    op.drop_table("usage_totals")
    op.drop_table("usage_days")
