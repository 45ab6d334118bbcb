"""Curated answers, questions without an answer, collections and watched folders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _curated()
    op.create_table(
        "question_gaps",
        sa.Column("turn_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer()),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("set_aside_at", sa.DateTime()),
        sa.Column("set_aside_by", sa.String(80), nullable=False, server_default=""),
    )
    op.create_index("ix_question_gaps_department_id", "question_gaps", ["department_id"])
    op.create_index("ix_question_gaps_conversation_id", "question_gaps", ["conversation_id"])
    op.create_table(
        "document_citations",
        sa.Column("document_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("month", sa.Date(), primary_key=True),
        sa.Column("answers", sa.Integer(), nullable=False),
    )
    _collections()


def _curated() -> None:
    op.create_table(
        "curated_answers",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("department_id", sa.Integer(), sa.ForeignKey("departments.id"), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("confirmed_login", sa.String(80), nullable=False),
        sa.Column("confirmed_by", sa.String(80), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime()),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False, server_default="1"),
    )
    op.create_index("ix_curated_answers_department_id", "curated_answers", ["department_id"])
    op.create_table(
        "curated_wordings",
        sa.Column(
            "curated_id", sa.Integer(), sa.ForeignKey("curated_answers.id"), primary_key=True
        ),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_curated_wordings_key", "curated_wordings", ["key"])
    op.create_table(
        "curated_sources",
        sa.Column(
            "curated_id", sa.Integer(), sa.ForeignKey("curated_answers.id"), primary_key=True
        ),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("source_passage", sa.Integer(), nullable=False),
        sa.Column("source_document", sa.Integer(), nullable=False),
        sa.Column("source_version", sa.Integer(), nullable=False),
    )
    op.create_index("ix_curated_sources_source_document", "curated_sources", ["source_document"])


def _collections() -> None:
    op.create_table(
        "collections",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("about", sa.String(400), nullable=False, server_default=""),
        sa.Column("department_id", sa.Integer(), sa.ForeignKey("departments.id"), nullable=False),
        sa.Column("owner", sa.String(80), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("departments", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("deleted_at", sa.DateTime()),
        sa.Column("edition", sa.Integer(), nullable=False, server_default="1"),
    )
    op.create_index("ix_collections_department_id", "collections", ["department_id"])
    op.create_table(
        "collection_documents",
        sa.Column("collection_id", sa.Integer(), sa.ForeignKey("collections.id"), primary_key=True),
        sa.Column("document_id", sa.Integer(), primary_key=True, autoincrement=False),
    )
    op.create_index("ix_collection_documents_document_id", "collection_documents", ["document_id"])
    op.create_table(
        "watched_folders",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("collection_id", sa.Integer(), sa.ForeignKey("collections.id"), nullable=False),
        sa.Column("path", sa.String(1000), nullable=False, unique=True),
        sa.Column("steward_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("grade", sa.String(1), nullable=False),
        sa.Column("every_minutes", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False, server_default=""),
        sa.Column("next_at", sa.DateTime()),
        sa.Column("synced_at", sa.DateTime()),
        sa.Column("summary", sa.Text(), nullable=False, server_default="{}"),
        sa.Column("created_at", sa.DateTime(), nullable=False),
    )
    op.create_index("ix_watched_folders_next_at", "watched_folders", ["next_at"])
    op.create_table(
        "watched_files",
        sa.Column("folder_id", sa.Integer(), sa.ForeignKey("watched_folders.id"), primary_key=True),
        sa.Column("path_key", sa.String(64), primary_key=True),
        sa.Column("path", sa.String(1000), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("modified_ns", sa.BigInteger(), nullable=False),
        # Not ``document_id``: the row of a file whose document was disposed of stays, so that the same
        # content is not taken in again.
        sa.Column("taken_as", sa.Integer()),
        sa.Column("problem", sa.String(400), nullable=False, server_default=""),
        sa.Column("removed_at", sa.DateTime()),
    )


def downgrade() -> None:
    """Remove them."""
    for name in (
        "document_citations",
        "watched_files", "watched_folders", "collection_documents", "collections", "question_gaps",
        "curated_sources", "curated_wordings", "curated_answers",
    ):  # fmt: skip
        op.drop_table(name)
