"""What the drafting room holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from mokmin.knowledge.official.model import OfficialDocument, Role

Json = dict[str, Any]
State = Literal["writing", "review", "returned", "approved"]
StepState = Literal["waiting", "open", "done", "returned"]
STATES: dict[str, str] = {
    "writing": "작성 중",
    "review": "결재 진행",
    "returned": "되돌아옴",
    "approved": "결재 완료",
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft. ``revision`` counts every save; ``holder_id`` is whose turn it is; ``locked_by`` writes now
    until ``locked_until`` (UTC)."""

    id: int
    user_id: int
    kind: str
    title: str
    grade: str
    facts: Json
    document: OfficialDocument
    suggestions: tuple[Json, ...]
    revision: int
    state: State
    holder_id: int
    locked_by: int | None
    locked_until: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A draft in a list."""

    id: int
    kind: str
    title: str
    grade: str
    state: State
    mine: bool
    my_turn: bool
    author: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """A kept version."""

    number: int
    note: str
    saved_by: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to a remark."""

    text: str
    author: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Comment:
    """A remark on a part of the draft with its answers, oldest first. ``anchor`` as ``body:3``; ``quote``
    what it said then."""

    id: int
    anchor: str
    quote: str
    text: str
    author: str
    user_id: int
    created_at: datetime
    resolved_at: datetime | None
    replies: tuple[Reply, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One person of the decision line. ``version`` is the one that the person signed or returned."""

    number: int
    role: Role
    user_id: int
    name: str
    post: str
    state: StepState
    remark: str
    version: int | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who may be put on a decision line."""

    id: int
    name: str
    post: str
    department: str


@dataclass(frozen=True, slots=True)
class Lock:
    """Who writes now. ``mine``: the person who asks; ``name`` of another, empty when free."""

    mine: bool
    name: str = ""
