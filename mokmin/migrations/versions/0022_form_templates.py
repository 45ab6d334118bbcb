"""Forms of the offices (HWPX templates), their versions, who may use them, and batches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "form_templates",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("about", sa.String(400), nullable=False, server_default=""),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("grade", sa.String(1), nullable=False),
        sa.Column("department_id", sa.Integer()),
        sa.Column("created_by", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
    )
    op.create_table(
        "form_template_groups",
        sa.Column(
            "template_id", sa.Integer(), sa.ForeignKey("form_templates.id"), primary_key=True
        ),
        sa.Column("group_id", sa.Integer(), sa.ForeignKey("groups.id"), primary_key=True),
    )
    op.create_index("ix_form_template_groups_group_id", "form_template_groups", ["group_id"])
    op.create_table(
        "form_versions",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("template_id", sa.Integer(), sa.ForeignKey("form_templates.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("blob", sa.String(64), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("uses", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.UniqueConstraint("template_id", "number", name="uq_form_versions_number"),
    )
    op.create_table(
        "form_batches",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("template_id", sa.Integer(), sa.ForeignKey("form_templates.id"), nullable=False),
        sa.Column("edition_id", sa.Integer(), sa.ForeignKey("form_versions.id"), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("grade", sa.String(1), nullable=False),
        sa.Column("pattern", sa.String(200), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("wrong", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("error", sa.Text(), nullable=False, server_default=""),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime()),
    )
    op.create_index("ix_form_batches_user_id", "form_batches", ["user_id"])


def downgrade() -> None:
    """Remove them."""
    for table in ("form_batches", "form_versions", "form_template_groups", "form_templates"):
        op.drop_table(table)
