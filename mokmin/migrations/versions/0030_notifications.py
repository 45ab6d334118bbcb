"""Notices to persons, how they want them, and the place in the log up to which they were made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("title", sa.String(240), nullable=False),
        sa.Column("link", sa.String(200), nullable=False),
        sa.Column("cause", sa.String(60), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("read_at", sa.DateTime()),
        sa.Column("mail_at", sa.DateTime()),
        sa.Column("mail_tries", sa.Integer(), nullable=False, server_default="0"),
        sa.UniqueConstraint("user_id", "cause"),
    )
    op.create_index("ix_notices_user_id_read_at", "notices", ["user_id", "read_at"])
    op.create_index("ix_notices_mail_at", "notices", ["mail_at"])
    op.create_table(
        "notice_wishes",
        sa.Column(
            "user_id",
            sa.Integer(),
            sa.ForeignKey("users.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("email", sa.String(200), nullable=False, server_default=""),
        sa.Column("ways", sa.Text(), nullable=False, server_default="{}"),
    )
    op.create_table(
        "notice_cursor",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("next_seq", sa.Integer(), nullable=False),
        sa.Column("daily_on", sa.Date()),
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("notice_cursor", "notice_wishes", "notices"):
        op.drop_table(name)
