"""Structural units of documents, the provisions among them, and what they cite."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Passages from before become a unit each; reading a document again finds its real units."""
    op.add_column(
        "passages", sa.Column("unit_id", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.execute("UPDATE passages SET unit_id = version_id * 1000000 + seq")
    op.create_index("ix_passages_unit_id", "passages", ["unit_id"])
    for name, more in (
        ("provisions", []),
        ("citations", [sa.Column("place", sa.Integer(), nullable=False)]),
    ):
        op.create_table(
            name,
            sa.Column("id", sa.Integer(), primary_key=True),
            sa.Column("document_id", sa.Integer(), sa.ForeignKey("documents.id"), nullable=False),
            sa.Column("version_id", sa.Integer(), sa.ForeignKey("versions.id"), nullable=False),
            sa.Column("unit_id", sa.BigInteger(), nullable=False),
            sa.Column("law", sa.String(400), nullable=False),
            sa.Column("article", sa.String(20), nullable=False),
            *more,
        )
        op.create_index(f"ix_{name}_law_article", name, ["law", "article"])
        op.create_index(f"ix_{name}_version_id", name, ["version_id"])
        op.create_index(f"ix_{name}_unit_id", name, ["unit_id"])


def downgrade() -> None:
    """Remove them."""
    op.drop_table("citations")
    op.drop_table("provisions")
    op.drop_index("ix_passages_unit_id", table_name="passages")
    op.drop_column("passages", "unit_id")
