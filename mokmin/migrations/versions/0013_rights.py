"""Days of grants; legal ground, disclosure and retention of documents; changes of rights to undo."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them. Documents from before stay as open as they were: their grants have no days, their
    disclosure and retention are not decided yet."""
    op.add_column("document_groups", sa.Column("valid_from", sa.Date()))
    op.add_column("document_groups", sa.Column("valid_until", sa.Date()))
    op.create_index("ix_document_groups_valid_until", "document_groups", ["valid_until"])
    for column in (
        sa.Column("legal_ground", sa.String(1), nullable=False, server_default=""),
        sa.Column("disclosure", sa.String(8), nullable=False, server_default=""),
        sa.Column("disclosure_reason", sa.String(300), nullable=False, server_default=""),
        sa.Column("grade_until", sa.Date()),
        sa.Column("disclosure_until", sa.Date()),
        sa.Column("retention", sa.String(8), nullable=False, server_default=""),
        sa.Column("closed_on", sa.Date()),
    ):
        op.add_column("documents", column)
    op.create_table(
        "rights_batches",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("note", sa.String(300), nullable=False, server_default=""),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("undone_at", sa.DateTime()),
    )
    op.create_table(
        "rights_changes",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("batch_id", sa.Integer(), sa.ForeignKey("rights_batches.id"), nullable=False),
        sa.Column("document_id", sa.Integer(), sa.ForeignKey("documents.id"), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
    )
    for name in ("batch_id", "document_id"):
        op.create_index(f"ix_rights_changes_{name}", "rights_changes", [name])
    op.create_table(
        "rights_followed",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("up_to", sa.Date(), nullable=False),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("rights_followed")
    op.drop_table("rights_changes")
    op.drop_table("rights_batches")
    for name in (
        "closed_on",
        "retention",
        "disclosure_until",
        "grade_until",
        "disclosure_reason",
        "disclosure",
        "legal_ground",
    ):
        op.drop_column("documents", name)
    op.drop_index("ix_document_groups_valid_until", table_name="document_groups")
    op.drop_column("document_groups", "valid_until")
    op.drop_column("document_groups", "valid_from")
