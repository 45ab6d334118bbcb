"""Conversations that branch: each turn follows another and keeps what it was asked with.

Conversations from before become a straight line: every turn follows the one before it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, fill them from the order of the turns, drop what they replace."""
    op.add_column("turns", sa.Column("parent_id", sa.Integer()))
    op.add_column("turns", sa.Column("scope", sa.String(20), nullable=False, server_default=""))
    op.add_column(
        "turns", sa.Column("document_ids", sa.Text(), nullable=False, server_default="[]")
    )
    op.add_column("turns", sa.Column("model", sa.String(120), nullable=False, server_default=""))
    op.create_index("ix_turns_parent_id", "turns", ["parent_id"])
    op.add_column("conversations", sa.Column("leaf_id", sa.Integer()))
    for statement in (
        "UPDATE turns SET parent_id = (SELECT MAX(earlier.id) FROM turns AS earlier"
        " WHERE earlier.conversation_id = turns.conversation_id AND earlier.id < turns.id)",
        "UPDATE turns SET scope = (SELECT conversations.scope FROM conversations"
        " WHERE conversations.id = turns.conversation_id)",
        "UPDATE turns SET scope = 'documents', document_ids = (SELECT '[' ||"
        " CAST(conversations.document_id AS VARCHAR(20)) || ']' FROM conversations"
        " WHERE conversations.id = turns.conversation_id)"
        " WHERE EXISTS (SELECT 1 FROM conversations WHERE conversations.id ="
        " turns.conversation_id AND conversations.document_id IS NOT NULL)",
        "UPDATE conversations SET leaf_id = (SELECT MAX(turns.id) FROM turns"
        " WHERE turns.conversation_id = conversations.id)",
        "ALTER TABLE conversations DROP COLUMN document_id",
        "ALTER TABLE conversations DROP COLUMN scope",
    ):
        op.execute(statement)


def downgrade() -> None:
    """Back to one scope for a conversation; branches become turns in the order of their making."""
    op.add_column("conversations", sa.Column("document_id", sa.Integer()))
    op.add_column(
        "conversations", sa.Column("scope", sa.String(20), nullable=False, server_default="")
    )
    op.execute("ALTER TABLE conversations DROP COLUMN leaf_id")
    op.drop_index("ix_turns_parent_id", "turns")
    for column in ("model", "document_ids", "scope", "parent_id"):
        op.execute(f"ALTER TABLE turns DROP COLUMN {column}")
