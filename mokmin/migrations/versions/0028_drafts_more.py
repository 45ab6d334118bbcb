"""Colleagues who write a draft along; replies to comments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "draft_writers",
        sa.Column(
            "draft_id",
            sa.Integer(),
            sa.ForeignKey("drafts.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("user_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("added_at", sa.DateTime(), nullable=False),
    )
    op.create_index("ix_draft_writers_user_id", "draft_writers", ["user_id"])
    with op.batch_alter_table("draft_comments") as batch:
        batch.add_column(sa.Column("reply_to", sa.Integer()))


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("draft_comments") as batch:
        batch.drop_column("reply_to")
    op.drop_table("draft_writers")
