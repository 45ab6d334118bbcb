"""How answers came out, by day and department; the weekly report."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0030"
branch_labels = None
depends_on = None
NUMBERS = ("answers", "refused", "verified", "partial", "unverified", "ms")
TIMES = tuple(f"t{n}" for n in range(11))


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "answer_days",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("department_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("mode", sa.String(12), primary_key=True),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in (*NUMBERS, *TIMES)),
    )
    op.create_table(
        "report_schedule",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(80), nullable=False),
        sa.Column("done_week", sa.Date()),
        sa.Column("problem", sa.String(300), nullable=False, server_default=""),
    )
    op.create_table(
        "weekly_reports",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("week", sa.Date(), nullable=False, unique=True),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("hwpx", sa.LargeBinary(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("weekly_reports", "report_schedule", "answer_days"):
        op.drop_table(name)
