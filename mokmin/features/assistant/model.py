"""Conversations (업무 대화) and their messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SCOPES = {
    "": "전체 문서",
    "department": "우리 부서",
    "law": "법령",
    "documents": "고른 문서",
    "assistant": "업무봇의 자료",
}
# Those that a person picks from a list.
LISTED = {key: name for key, name in SCOPES.items() if key not in ("documents", "assistant")}


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an answer is looked for: a kind of ``SCOPES``, for ``documents`` those chosen, for
    ``assistant`` the knowledge of one."""

    kind: str = ""
    document_ids: tuple[int, ...] = ()
    assistant_id: int | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation of one person. ``leaf_id``: the last turn of the branch that is shown. A temporary
    one is kept in memory alone and has a negative id."""

    id: int
    title: str
    updated_at: datetime
    leaf_id: int | None = None

    @property
    def temporary(self) -> bool:
        """Whether nothing of it is stored."""
        return self.id < 0


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answer. ``state``: streaming, done, stopped or failed; ``answer`` is the
    answer's JSON once there is one. It follows the turn ``parent_id``; turns with the same one are
    branches. ``scope`` and ``model`` are what it was asked with."""

    id: int
    conversation_id: int
    question: str
    state: str
    answer: dict[str, Any] | None
    feedback: int
    created_at: datetime
    parent_id: int | None = None
    scope: Scope = field(default_factory=Scope)
    model: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A turn on the way from the first question to the branch's end, and the turns that stand beside
    it (itself among them), oldest first."""

    turn: Turn
    beside: tuple[int, ...]

    @property
    def number(self) -> int:
        """Its place among those beside it, from 1."""
        return self.beside.index(self.turn.id) + 1
