"""Reviews of answers and switches of features."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "feature_switches",
        sa.Column("key", sa.String(160), primary_key=True),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("notice", sa.String(400), nullable=False, server_default=""),
        sa.Column("down_from", sa.DateTime()),
        sa.Column("down_until", sa.DateTime()),
        sa.Column("changed_by", sa.String(80), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
    )
    op.create_table(
        "answer_reviews",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("turn_id", sa.Integer(), nullable=False),
        sa.Column("reporter_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("department_id", sa.Integer(), sa.ForeignKey("departments.id")),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False, server_default=""),
        sa.Column("comment", sa.Text(), nullable=False, server_default=""),
        sa.Column("grade", sa.String(1), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("verdict", sa.String(12), nullable=False, server_default=""),
        sa.Column("marks", sa.Text(), nullable=False, server_default="{}"),
        sa.Column("correction", sa.Text(), nullable=False, server_default=""),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.Column("gold", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("graded_by", sa.String(80), nullable=False, server_default=""),
        sa.Column("graded_at", sa.DateTime()),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False, server_default="1"),
        sa.UniqueConstraint("turn_id", "reporter_id", name="uq_answer_reviews_turn_id"),
    )
    op.create_index("ix_answer_reviews_state", "answer_reviews", ["state"])
    op.create_table(
        "review_documents",
        sa.Column("review_id", sa.Integer(), sa.ForeignKey("answer_reviews.id"), primary_key=True),
        sa.Column("document_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("department", sa.String(80), nullable=False, server_default=""),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("review_documents")
    op.drop_table("answer_reviews")
    op.drop_table("feature_switches")
