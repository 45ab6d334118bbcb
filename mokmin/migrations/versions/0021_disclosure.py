"""Disclosure packs; room for sealed second factors."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    with op.batch_alter_table("second_factors") as table:
        table.alter_column("secret", type_=sa.String(400), existing_nullable=False)
    op.create_table(
        "disclosures",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("matter", sa.String(200), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("from_on", sa.Date()),
        sa.Column("until_on", sa.Date()),
        sa.Column("kinds", sa.String(120), nullable=False),
        sa.Column("made_by", sa.String(80), nullable=False),
        sa.Column("made_by_id", sa.Integer()),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("decided_by", sa.String(80), nullable=False, server_default=""),
        sa.Column("decided_at", sa.DateTime()),
        sa.Column("sha256", sa.String(64), nullable=False, server_default=""),
        sa.Column("done_at", sa.DateTime()),
    )
    op.create_index("ix_disclosures_state", "disclosures", ["state"])
    op.create_table(
        "disclosure_items",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("disclosure_id", sa.Integer(), sa.ForeignKey("disclosures.id"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("decision", sa.String(10), nullable=False),
        sa.Column("ground", sa.String(1), nullable=False, server_default=""),
        sa.Column("note", sa.String(300), nullable=False, server_default=""),
        sa.UniqueConstraint("disclosure_id", "kind", "item_id"),
    )
    op.create_index("ix_disclosure_items_disclosure_id", "disclosure_items", ["disclosure_id"])


def downgrade() -> None:
    """Take the tables away; the column keeps its width, or sealed secrets would be cut."""
    op.drop_table("disclosure_items")
    op.drop_table("disclosures")
