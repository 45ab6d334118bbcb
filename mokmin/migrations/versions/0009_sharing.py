"""Shares, folders and pins of conversations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "conversation_shares",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "conversation_id", sa.Integer(), sa.ForeignKey("conversations.id"), nullable=False
        ),
        sa.Column("owner_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id")),
        sa.Column("department_id", sa.Integer(), sa.ForeignKey("departments.id")),
        sa.Column("turns", sa.Text(), nullable=False),
        sa.Column("shared_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime()),
    )
    for column in ("conversation_id", "user_id", "department_id"):
        op.create_index(f"ix_conversation_shares_{column}", "conversation_shares", [column])
    op.create_table(
        "conversation_folders",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.UniqueConstraint("user_id", "name", name="uq_conversation_folders_user_id"),
    )
    op.create_table(
        "conversation_places",
        sa.Column(
            "conversation_id", sa.Integer(), sa.ForeignKey("conversations.id"), primary_key=True
        ),
        sa.Column("folder_id", sa.Integer(), sa.ForeignKey("conversation_folders.id")),
        sa.Column("pinned", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_index("ix_conversation_places_folder_id", "conversation_places", ["folder_id"])


def downgrade() -> None:
    """Remove them."""
    op.drop_table("conversation_places")
    op.drop_table("conversation_folders")
    op.drop_table("conversation_shares")
