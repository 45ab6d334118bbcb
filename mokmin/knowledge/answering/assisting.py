"""Assistants (업무봇) as answering knows them: where to look, and how to write.

Departments make them in a room of their own; conversations and programs use them through this port, each
under the rights of the person who asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mokmin.governance.access.model import Principal


@dataclass(frozen=True, slots=True)
class Manner:
    """How an assistant has answers written. ``assistant``: its number, 0 for none; ``instructions``: what
    its makers ask of the writer, below the rules; ``general``: without a basis a model may answer from
    what it knows, and says so; ``models``: the only ones that may write, empty for any; ``trial``: a
    question of the test bench, which is no use of AI by a person."""

    assistant: int = 0
    instructions: str = ""
    general: bool = False
    models: tuple[str, ...] = ()
    trial: bool = False

    def may_write(self, model: str) -> bool:
        """Whether this model may write for the assistant."""
        return not self.models or model in self.models


PLAIN = Manner()


@dataclass(frozen=True, slots=True)
class AssistantCard:
    """An assistant as it is offered."""

    id: int
    name: str
    department: str
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class AssistantBrief:
    """What one person gets of an assistant. ``document_ids``: its knowledge as far as this person may see
    it; ``closed``: some of what was chosen is not open to this person (how much is not told)."""

    id: int
    name: str
    department: str
    purpose: str
    document_ids: tuple[int, ...]
    starters: tuple[str, ...] = ()
    closed: bool = False
    draft: bool = False
    manner: Manner = field(default_factory=Manner)


class WorkAssistants(Protocol):
    """The assistants that people may ask."""

    def usable(self, principal: Principal) -> Sequence[AssistantCard]:
        """Those that are published for this person."""
        ...

    def brief(self, principal: Principal, assistant_id: int) -> AssistantBrief:
        """One of them, for one question. Raises NotFound, and Unavailable while it is paused."""
        ...

    def rated(self, assistant_id: int, turn_id: int, value: int, reason: str) -> None:
        """What a person thinks of an own answer: 1 helpful, -1 not, 0 taken back."""
        ...
