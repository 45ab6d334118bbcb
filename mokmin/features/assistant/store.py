"""Tables of the assistant."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Row

from mokmin.base.db import metadata
from mokmin.features.assistant.model import Conversation, Turn

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("document_id", sa.Integer),
    sa.Column("scope", sa.String(20), nullable=False, server_default=""),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("updated_at", sa.DateTime, nullable=False),
    sa.Column("deleted_at", sa.DateTime),
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
)


def to_conversation(row: Row[Any]) -> Conversation:
    """A row as a Conversation."""
    return Conversation(row.id, row.title, row.updated_at, row.document_id, row.scope)


def to_turn(row: Row[Any]) -> Turn:
    """A row as a Turn."""
    answer = json.loads(row.answer) if row.answer else None
    return Turn(
        row.id, row.conversation_id, row.question, row.state, answer, row.feedback, row.created_at
    )
