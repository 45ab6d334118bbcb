"""Personal information: policies, settings, exclusions, findings, what was looked through."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them. Documents from before are looked through by the worker."""
    op.create_table(
        "privacy_policies",
        sa.Column("purpose", sa.String(12), primary_key=True),
        sa.Column("grade", sa.String(1), primary_key=True),
        sa.Column("family", sa.String(12), primary_key=True),
        sa.Column("action", sa.String(8), nullable=False),
        sa.Column("changed_by", sa.String(80), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
    )
    op.create_table(
        "privacy_settings",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
    )
    op.create_table(
        "privacy_exclusions",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("type", sa.String(12), nullable=False),
        sa.Column("form", sa.String(8), nullable=False),
        sa.Column("value", sa.String(80), nullable=False),
        sa.Column("shown", sa.String(80), nullable=False),
        sa.Column("document_kind", sa.String(40), nullable=False, server_default=""),
        sa.Column("made_by", sa.String(80), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("undone_by", sa.String(80), nullable=False, server_default=""),
        sa.Column("undone_at", sa.DateTime()),
    )
    op.create_table(
        "privacy_findings",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(12), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("decided_by", sa.String(80), nullable=False, server_default=""),
        sa.Column("decided_at", sa.DateTime()),
        sa.Column("found_at", sa.DateTime(), nullable=False),
        sa.UniqueConstraint("version_id", "start", "end", "type"),
    )
    op.create_index("ix_privacy_findings_document_id", "privacy_findings", ["document_id"])
    op.create_index("ix_privacy_findings_state", "privacy_findings", ["state", "type"])
    op.create_table(
        "privacy_scans",
        sa.Column("version_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("scanned_at", sa.DateTime(), nullable=False),
    )


def downgrade() -> None:
    """Remove them."""
    for name in (
        "privacy_scans",
        "privacy_findings",
        "privacy_exclusions",
        "privacy_settings",
        "privacy_policies",
    ):
        op.drop_table(name)
