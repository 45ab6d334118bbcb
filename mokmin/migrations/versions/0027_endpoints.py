"""The register of model endpoints, who may use which model, and votes of compared answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "model_endpoints",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("name", sa.String(80), nullable=False, unique=True),
        sa.Column("base_url", sa.String(400), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("sealed_key", sa.Text(), nullable=False),
        sa.Column("grade", sa.String(1), nullable=False),
        sa.Column("timeout_seconds", sa.Float(), nullable=False),
        sa.Column("fallback_order", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("examination", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.String(80), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
    )
    op.create_table(
        "model_departments",
        sa.Column("model_name", sa.String(80), primary_key=True),
        sa.Column(
            "department_id",
            sa.Integer(),
            sa.ForeignKey("departments.id"),
            primary_key=True,
            autoincrement=False,
        ),
    )
    op.create_table(
        "model_comparisons",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("grade", sa.String(1), nullable=False),
        sa.Column("models", sa.Text(), nullable=False),
        sa.Column("winner", sa.String(80), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("voted_at", sa.DateTime()),
    )
    op.create_index("ix_model_comparisons_user_id", "model_comparisons", ["user_id"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("model_comparisons")
    op.drop_table("model_departments")
    op.drop_table("model_endpoints")
