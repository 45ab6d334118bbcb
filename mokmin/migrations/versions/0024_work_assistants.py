"""Assistants of departments (업무봇): versions, test runs, ratings; turns know whom they asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and the column of the turns."""
    op.create_table(
        "work_assistants",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("owner_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("deputy_id", sa.Integer(), sa.ForeignKey("users.id")),
        sa.Column("department_id", sa.Integer(), sa.ForeignKey("departments.id")),
        sa.Column("newest", sa.Integer(), nullable=False),
        sa.Column("live", sa.Integer()),
        sa.Column("group_id", sa.Integer(), sa.ForeignKey("groups.id")),
        sa.Column("asked", sa.Integer()),
        sa.Column("asked_by", sa.Integer(), sa.ForeignKey("users.id")),
        sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("deleted_at", sa.DateTime()),
    )
    for column in ("owner_id", "deputy_id", "department_id", "group_id"):
        op.create_index(f"ix_work_assistants_{column}", "work_assistants", [column])
    op.create_table(
        "work_assistant_versions",
        sa.Column(
            "assistant_id", sa.Integer(), sa.ForeignKey("work_assistants.id"), primary_key=True
        ),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("note", sa.String(120), nullable=False, server_default=""),
        sa.Column("author_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("decision", sa.String(12), nullable=False, server_default=""),
        sa.Column("decided_by", sa.Integer(), sa.ForeignKey("users.id")),
        sa.Column("decided_at", sa.DateTime()),
        sa.Column("reason", sa.String(400), nullable=False, server_default=""),
    )
    op.create_table(
        "work_assistant_runs",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "assistant_id", sa.Integer(), sa.ForeignKey("work_assistants.id"), nullable=False
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("outcomes", sa.Text(), nullable=False),
        sa.Column("ran_at", sa.DateTime(), nullable=False),
    )
    op.create_index(
        "ix_work_assistant_runs_version", "work_assistant_runs", ["assistant_id", "number"]
    )
    op.create_table(
        "work_assistant_ratings",
        sa.Column(
            "assistant_id", sa.Integer(), sa.ForeignKey("work_assistants.id"), primary_key=True
        ),
        sa.Column("turn_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False, server_default=""),
        sa.Column("rated_at", sa.DateTime(), nullable=False),
    )
    op.add_column("turns", sa.Column("assistant_id", sa.Integer()))


def downgrade() -> None:
    """Remove them."""
    op.execute("ALTER TABLE turns DROP COLUMN assistant_id")
    for table in (
        "work_assistant_ratings",
        "work_assistant_runs",
        "work_assistant_versions",
        "work_assistants",
    ):
        op.drop_table(table)
