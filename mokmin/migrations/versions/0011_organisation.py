"""The organisation: departments with history, dated posts, dated groups, personnel rotations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; everybody's department becomes the main post."""
    _departments()
    op.create_table(
        "posts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("department_id", sa.Integer(), sa.ForeignKey("departments.id"), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("title", sa.String(80), nullable=False, server_default=""),
        sa.Column("from_on", sa.Date()),
        sa.Column("until_on", sa.Date()),
    )
    op.create_index("ix_posts_user_id", "posts", ["user_id"])
    op.create_index("ix_posts_department_id", "posts", ["department_id"])
    op.add_column("groups", sa.Column("from_on", sa.Date()))
    op.add_column("groups", sa.Column("until_on", sa.Date()))
    _rotations()
    op.create_table(
        "scim_ids",
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("resource", sa.String(40), primary_key=True),
        sa.Column("external_id", sa.String(200), nullable=False),
    )
    op.create_index("ix_scim_ids_external_id", "scim_ids", ["external_id"])
    op.execute(
        "INSERT INTO posts (user_id, department_id, kind, title) "
        "SELECT id, department_id, 'main', post FROM users WHERE department_id IS NOT NULL"
    )
    op.execute(
        "INSERT INTO groups (key, name) SELECT 'tree:' || CAST(id AS VARCHAR), "
        "name || ' (아래 부서 포함)' FROM departments"
    )


def _departments() -> None:
    op.add_column("departments", sa.Column("code", sa.String(40)))
    op.add_column("departments", sa.Column("from_on", sa.Date()))
    op.add_column("departments", sa.Column("until_on", sa.Date()))
    op.add_column("departments", sa.Column("successor_id", sa.Integer()))
    op.create_index("ix_departments_code", "departments", ["code"], unique=True)
    op.create_index("ix_departments_successor_id", "departments", ["successor_id"])
    op.create_table(
        "department_changes",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("department_id", sa.Integer(), sa.ForeignKey("departments.id"), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False, server_default=""),
        sa.Column("old_name", sa.String(80), nullable=False, server_default=""),
        sa.Column("parent_id", sa.Integer()),
        sa.Column("old_parent_id", sa.Integer()),
        sa.Column("successor_id", sa.Integer()),
        sa.Column("made_by", sa.String(80), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("applied_at", sa.DateTime()),
        sa.Column("problem", sa.String(400), nullable=False, server_default=""),
    )
    for column in ("department_id", "on_date"):
        op.create_index(f"ix_department_changes_{column}", "department_changes", [column])


def _rotations() -> None:
    op.create_table(
        "rotations",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("problem", sa.String(400), nullable=False, server_default=""),
        sa.Column("edition", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("made_by", sa.String(80), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("applied_at", sa.DateTime()),
    )
    op.create_index("ix_rotations_state", "rotations", ["state"])
    op.create_table(
        "rotation_moves",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("rotation_id", sa.Integer(), sa.ForeignKey("rotations.id"), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("department_id", sa.Integer(), sa.ForeignKey("departments.id"), nullable=False),
        sa.Column("title", sa.String(80), nullable=False, server_default=""),
        sa.Column("role", sa.String(20), nullable=False, server_default=""),
        sa.Column("taker_id", sa.Integer(), sa.ForeignKey("users.id")),
        sa.UniqueConstraint("rotation_id", "user_id", name="uq_rotation_moves_rotation_id"),
    )


def downgrade() -> None:
    """Remove them; the department of the main post stays with the account."""
    op.drop_index("ix_scim_ids_external_id", table_name="scim_ids")
    op.execute("DELETE FROM groups WHERE key LIKE 'tree:%'")
    for table in ("scim_ids", "rotation_moves", "rotations", "posts", "department_changes"):
        op.drop_table(table)
    op.drop_column("groups", "until_on")
    op.drop_column("groups", "from_on")
    op.drop_index("ix_departments_successor_id", table_name="departments")
    op.drop_index("ix_departments_code", table_name="departments")
    for column in ("successor_id", "until_on", "from_on", "code"):
        op.drop_column("departments", column)
