"""How answers came out, by day and department."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
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


def downgrade() -> None:
    """Drop it."""
    op.drop_table("answer_days")
