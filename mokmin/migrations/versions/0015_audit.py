"""Indexes to look through the audit log with, and the register of its closed months."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them. Entries stay as they are."""
    for name in ("actor", "action", "subject"):
        op.create_index(f"ix_audit_log_{name}", "audit_log", [name, "seq"])
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
    op.create_table(
        "audit_segments",
        sa.Column("first_seq", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False, unique=True),
        sa.Column("first_at", sa.String(32), nullable=False),
        sa.Column("last_at", sa.String(32), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("last_hash", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.DateTime()),
    )


def downgrade() -> None:
    """Remove them. Closed months must have been brought back first: their entries live in files."""
    op.drop_table("audit_segments")
    for name in ("at", "subject", "action", "actor"):
        op.drop_index(f"ix_audit_log_{name}", "audit_log")
