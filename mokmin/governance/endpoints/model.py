"""Endpoints of models as they are registered, and what was found out about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from mokmin.base.llm.breaker import State
from mokmin.base.llm.ports import ModelProfile

Kind = Literal["chat", "embeddings", "rerank", "speech", "vision"]
KINDS: dict[Kind, str] = {
    "chat": "대화",
    "embeddings": "임베딩",
    "rerank": "재정렬",
    "speech": "음성",
    "vision": "그림 읽기",
}
# What the system calls by itself; the others are kept and examined for what is to come.
USED: frozenset[Kind] = frozenset({"chat", "embeddings", "rerank"})


@dataclass(frozen=True, slots=True)
class Form:
    """An endpoint as an administrator describes it. ``fallback_order``: smaller is asked first;
    ``weight``: its share among those of the same order; ``departments``: who may use it, with all below
    them (empty: everybody)."""

    kind: Kind
    name: str
    base_url: str
    model: str
    grade: str = "O"
    timeout_seconds: float = 60.0
    fallback_order: int = 100
    weight: int = 10
    profile: ModelProfile = field(default_factory=ModelProfile)
    departments: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of an examination; ``ok`` None: not known, or of no matter."""

    name: str
    ok: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class Examination:
    """What an endpoint showed when it was asked. ``first_ms``: until its first piece."""

    findings: tuple[Finding, ...]
    first_ms: int | None = None
    at: datetime | None = None

    @property
    def is_good(self) -> bool:
        """Whether nothing was found wanting."""
        return all(finding.ok is not False for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A registered endpoint. ``id`` 0: it comes from the settings and is changed there. The key itself is
    never here."""

    id: int
    form: Form
    is_on: bool = True
    has_key: bool = False
    changed_by: str = ""
    changed_at: datetime | None = None
    examination: Examination | None = None
    state: State = "closed"

    @property
    def from_settings(self) -> bool:
        """Whether the operator named it in the settings."""
        return self.id == 0


@dataclass(frozen=True, slots=True)
class Prices:
    """What use costs: won per million tokens in and out, won per hour of a rented server, and the watts
    it draws during a call."""

    won_in: float
    won_out: float
    won_per_hour: float
    watts: float
