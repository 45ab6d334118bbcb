"""When a document last changed in what the index holds of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; documents from before never changed as far as a rebuild is concerned."""
    op.add_column("documents", sa.Column("changed_at", sa.DateTime(), nullable=True))
    op.create_index("ix_documents_changed_at", "documents", ["changed_at"], unique=False)


def downgrade() -> None:
    """Remove it."""
    op.drop_index("ix_documents_changed_at", table_name="documents")
    op.drop_column("documents", "changed_at")
