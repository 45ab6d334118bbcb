"""Watched places of the network: WebDAV, S3-compatible storage and web sites, with a schedule by the hour."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    for column in (
        sa.Column("type", sa.String(10), nullable=False, server_default="local"),
        sa.Column("login", sa.String(200), nullable=False, server_default=""),
        sa.Column("secret", sa.Text(), nullable=False, server_default=""),
        sa.Column("region", sa.String(40), nullable=False, server_default=""),
        sa.Column("at_hour", sa.Integer()),
        sa.Column("down_since", sa.DateTime()),
        sa.Column("started_at", sa.DateTime()),
    ):
        op.add_column("watched_folders", column)
    for column in (
        sa.Column("mark", sa.String(200), nullable=False, server_default=""),
        sa.Column("seen_at", sa.DateTime()),
    ):
        op.add_column("watched_files", column)


def downgrade() -> None:
    """Remove them."""
    with op.batch_alter_table("watched_files") as table:
        table.drop_column("seen_at")
        table.drop_column("mark")
    with op.batch_alter_table("watched_folders") as table:
        for name in (
            "started_at", "down_since", "at_hour", "region", "secret", "login", "type",
        ):  # fmt: skip
            table.drop_column(name)
