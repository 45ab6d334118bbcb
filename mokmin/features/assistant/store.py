"""Tables of the assistant."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Row

from mokmin.base.db import metadata
from mokmin.features.assistant.model import Conversation, Scope, Turn

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("updated_at", sa.DateTime, nullable=False),
    sa.Column("deleted_at", sa.DateTime),
    # Last, as the migration adds it: a restore compares the columns in their order.
    sa.Column("leaf_id", sa.Integer),
)
turns = sa.Table(
    "turns",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column(
        "conversation_id", sa.Integer, sa.ForeignKey("conversations.id"), nullable=False, index=True
    ),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("answer", sa.Text),
    sa.Column("feedback", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", sa.DateTime, nullable=False),
    # Last, as the migration adds them.
    sa.Column("parent_id", sa.Integer, index=True),
    sa.Column("scope", sa.String(20), nullable=False, server_default=""),
    sa.Column("document_ids", sa.Text, nullable=False, server_default="[]"),
    sa.Column("model", sa.String(120), nullable=False, server_default=""),
    sa.Column("assistant_id", sa.Integer),
)


def to_conversation(row: Row[Any]) -> Conversation:
    """A row as a Conversation."""
    return Conversation(row.id, row.title, row.updated_at, row.leaf_id)


def to_turn(row: Row[Any]) -> Turn:
    """A row as a Turn."""
    return Turn(
        id=row.id,
        conversation_id=row.conversation_id,
        question=row.question,
        state=row.state,
        answer=json.loads(row.answer) if row.answer else None,
        feedback=row.feedback,
        created_at=row.created_at,
        parent_id=row.parent_id,
        scope=Scope(row.scope, tuple(json.loads(row.document_ids)), row.assistant_id),
        model=row.model,
    )


def shown_turns(condition: ColumnElement[bool]) -> sa.CTE:
    """(conversation_id, id, parent_id) of the turns on the branch that each of some conversations
    shows; ``condition`` is on ``conversations``."""
    path = (
        sa.select(turns.c.conversation_id, turns.c.id, turns.c.parent_id)
        .join(conversations, conversations.c.leaf_id == turns.c.id)
        .where(condition, turns.c.conversation_id == conversations.c.id)
        .cte("shown", recursive=True)
    )
    return path.union(
        sa.select(turns.c.conversation_id, turns.c.id, turns.c.parent_id).where(
            turns.c.id == path.c.parent_id, turns.c.conversation_id == path.c.conversation_id
        )
    )
