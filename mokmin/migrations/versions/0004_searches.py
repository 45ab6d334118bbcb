"""Searches that a person keeps, and the latest ones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both tables."""
    for name, more in (
        (
            "saved_searches",
            (
                sa.Column("name", sa.String(80), nullable=False),
                sa.Column("seen", sa.Text(), nullable=False, server_default="[]"),
                sa.Column("ran_at", sa.DateTime(), nullable=True),
                sa.Column("created_at", sa.DateTime(), nullable=False),
                sa.Column("deleted_at", sa.DateTime(), nullable=True),
            ),
        ),
        ("recent_searches", (sa.Column("ran_at", sa.DateTime(), nullable=False),)),
    ):
        op.create_table(
            name,
            sa.Column("id", sa.Integer(), nullable=False),
            sa.Column("user_id", sa.Integer(), nullable=False),
            sa.Column("address", sa.Text(), nullable=False),
            *more,
            sa.ForeignKeyConstraint(
                ["user_id"], ["users.id"], name=op.f(f"fk_{name}_user_id_users")
            ),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        )
        op.create_index(op.f(f"ix_{name}_user_id"), name, ["user_id"], unique=False)


def downgrade() -> None:
    """Remove them."""
    op.drop_table("recent_searches")
    op.drop_table("saved_searches")
