"""What programs ask over the OpenAI protocol, without its wire form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from mokmin.governance.access.model import Principal

MOKMIN, MOKMIN_EXTRACTIVE = "mokmin", "mokmin-extractive"
Role = Literal["system", "user", "assistant"]
Finish = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation to be continued. ``grade``: the highest grade of what it holds, as the caller
    declares it; ``stop``: texts before which the answer ends; ``max_tokens``: an upper estimate;
    ``whole``: the caller gets nothing before the end."""

    model: str
    turns: tuple[Turn, ...]
    grade: str = "O"
    stop: tuple[str, ...] = ()
    max_tokens: int = 1024
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an answer; the last one has ``finish`` and, from cited answers, ``cited``."""

    text: str = ""
    finish: Finish | None = None
    cited: dict[str, object] | None = None


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model as listed. ``grade``: the highest that it may see; empty for cited answers, whose
    evidence decides. ``name``: what people call it, for assistants."""

    id: str
    owned_by: str
    grade: str = ""
    name: str = ""


class Assistants(Protocol):
    """Further models under the caller's rights, such as departments' assistants."""

    def cards(self, principal: Principal) -> Sequence[ModelCard]:
        """Those that the caller may use."""
        ...

    def stream(self, principal: Principal, chat: Chat) -> Iterator[Piece]:
        """An answer of one of them. Raises NotFound, NotAllowed, Unavailable."""
        ...
