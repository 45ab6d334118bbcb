"""Models that the library is searched with beside the built-in one, and their vectors."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "embedding_models",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("source", sa.String(12), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("endpoint_id", sa.Integer(), nullable=False),
        sa.Column("folder", sa.String(80), nullable=False),
        sa.Column("query_prefix", sa.String(200), nullable=False),
        sa.Column("passage_prefix", sa.String(200), nullable=False),
        sa.Column("most_characters", sa.Integer(), nullable=False),
        sa.Column("dimensions", sa.Integer(), nullable=False),
        sa.Column("spread", sa.Float(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("everything", sa.Integer(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("started_by", sa.String(80), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("switched_at", sa.DateTime()),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
    )
    op.create_table(
        "passage_vectors",
        sa.Column(
            "passage_id",
            sa.Integer(),
            sa.ForeignKey("passages.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column(
            "model_id",
            sa.Integer(),
            sa.ForeignKey("embedding_models.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("passage_vectors")
    op.drop_table("embedding_models")
