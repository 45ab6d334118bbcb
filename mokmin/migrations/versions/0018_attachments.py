"""Files that somebody attached to a conversation: documents that are no part of the library."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "attachments",
        sa.Column("document_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("adopted_at", sa.DateTime()),
    )
    op.create_index("ix_attachments_conversation_id", "attachments", ["conversation_id"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("attachments")
