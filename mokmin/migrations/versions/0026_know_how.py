"""Know-how that staff share: entries, edits, marks, comments, reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "know_how",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("about", sa.String(400), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("example", sa.Text(), nullable=False),
        sa.Column("category", sa.String(20), nullable=False),
        sa.Column("tokens", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("department_id", sa.Integer()),
        sa.Column("hidden_reason", sa.String(200), nullable=False),
        sa.Column("hidden_at", sa.DateTime()),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("deleted_at", sa.DateTime()),
    )
    op.create_index("ix_know_how_author_id", "know_how", ["author_id"])
    op.create_table(
        "know_how_groups",
        sa.Column(
            "entry_id",
            sa.Integer(),
            sa.ForeignKey("know_how.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column(
            "group_id",
            sa.Integer(),
            sa.ForeignKey("groups.id"),
            primary_key=True,
            autoincrement=False,
        ),
    )
    op.create_index("ix_know_how_groups_group_id", "know_how_groups", ["group_id"])
    op.create_table(
        "know_how_edits",
        sa.Column("id", sa.Integer(), primary_key=True),
        _entry(),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("saved_by", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(), nullable=False),
    )
    op.create_index("ix_know_how_edits_entry_id", "know_how_edits", ["entry_id"])
    op.create_table(
        "know_how_marks",
        sa.Column(
            "entry_id",
            sa.Integer(),
            sa.ForeignKey("know_how.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("user_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(6), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
    )
    op.create_index("ix_know_how_marks_day", "know_how_marks", ["day"])
    for name in ("know_how_comments", "know_how_reports"):
        op.create_table(
            name,
            sa.Column("id", sa.Integer(), primary_key=True),
            _entry(),
            sa.Column("user_id", sa.Integer(), nullable=False),
            sa.Column("text", sa.Text(), nullable=False),
            sa.Column("created_at", sa.DateTime(), nullable=False),
            sa.Column("ended_at", sa.DateTime()),
        )
        op.create_index(f"ix_{name}_entry_id", name, ["entry_id"])


def downgrade() -> None:
    """Drop the tables."""
    for name in ("reports", "comments", "marks", "edits", "groups"):
        op.drop_table(f"know_how_{name}")
    op.drop_table("know_how")


def _entry() -> sa.Column[int]:
    return sa.Column("entry_id", sa.Integer(), sa.ForeignKey("know_how.id"), nullable=False)
