"""Conversations (업무 대화) and their messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation of one person."""

    id: int
    title: str
    updated_at: datetime
    document_id: int | None = None
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answer. ``state``: streaming, done, stopped or failed; ``answer`` is the
    answer's JSON once there is one."""

    id: int
    conversation_id: int
    question: str
    state: str
    answer: dict[str, Any] | None
    feedback: int
    created_at: datetime
