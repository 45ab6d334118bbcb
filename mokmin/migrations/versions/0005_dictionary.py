"""The dictionary entries of departments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "dictionary_entries",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("department_id", sa.Integer(), sa.ForeignKey("departments.id")),
        sa.Column("everyday", sa.String(80), nullable=False),
        sa.Column("official", sa.String(400), nullable=False),
        sa.Column("note", sa.String(200), nullable=False, server_default=""),
        sa.Column("author", sa.String(80), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("deleted_at", sa.DateTime()),
    )
    op.create_index("ix_dictionary_entries_department_id", "dictionary_entries", ["department_id"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("dictionary_entries")
