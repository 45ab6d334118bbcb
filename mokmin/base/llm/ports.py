"""Ports to models. Real adapters live in ``mokmin.adapters.llm``; fakes in ``mokmin.base.llm.fakes``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Text to unit vectors; the dot product is the cosine similarity."""

    name: str
    dimensions: int

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape (len(texts), dimensions); texts longer than the model are cut."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """Return float32 of shape (dimensions,)."""
        ...


class RemoteEmbedder(Protocol):
    """Text to vectors at an endpoint; ``grade`` is the highest it may see. The library is never searched
    with it: its vectors come from the embedded model."""

    name: str
    grade: str

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape (len(texts), any). Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """One turn given to a chat model. ``prompt``: which prompt the text is, for the log; never sent."""

    role: Literal["system", "user", "assistant"]
    content: str
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """What an endpoint can do and may see.

    ``context_tokens``: request and answer together; ``thinking``: it writes its thoughts before the
    answer into the same text; ``personal_data``: it may see names, numbers and addresses of people.

    What a call costs: ``won_in`` and ``won_out`` per million tokens, ``won_per_hour`` of a server that
    is rented by time, ``watts`` that it draws while it answers one call (an estimate of the operator).
    """

    context_tokens: int = 8192
    json_schema: bool = False
    tools: bool = False
    vision: bool = False
    thinking: bool = False
    personal_data: bool = False
    won_in: float = 0.0
    won_out: float = 0.0
    won_per_hour: float = 0.0
    watts: float = 0.0

    def milliwon(self, tokens_in: int, tokens_out: int, milliseconds: int) -> int:
        """What a call costs, in thousandths of a won."""
        by_token = (tokens_in * self.won_in + tokens_out * self.won_out) / 1_000
        return round(by_token + milliseconds * self.won_per_hour / 3_600)

    def milliwatt_hours(self, milliseconds: int) -> int:
        """The energy of a call, in thousandths of a watt-hour."""
        return round(milliseconds * self.watts / 3_600)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call as the endpoint counted them."""

    tokens_in: int
    tokens_out: int


class Pieces(Iterator[str]):
    """The pieces of an answer; ``usage`` is there once the endpoint has told it, mostly at the end."""

    def __init__(self, write: Callable[[Pieces], Iterator[str]]) -> None:
        self.usage: Usage | None = None
        self._pieces = write(self)

    def __next__(self) -> str:
        return next(self._pieces)

    def close(self) -> None:
        """Stop early; the connection is given up."""
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()


@contextmanager
def listening(
    model: ChatModel, messages: Sequence[Message], max_tokens: int
) -> Iterator[Iterator[str]]:
    """The pieces of an answer while somebody listens; who stops early gives the connection up at once."""
    pieces = model.stream(messages, max_tokens=max_tokens)
    try:
        yield pieces
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()


class ChatModel(Protocol):
    """A chat model at an endpoint the operator named; ``grade`` is the highest it may see."""

    name: str
    grade: str
    profile: ModelProfile

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 1024) -> Iterator[str]:
        """Yield pieces of the answer (``Pieces`` where the endpoint counts tokens). Raises Unavailable when
        the endpoint fails."""
        ...

    def probe(self) -> str:
        """Empty when the endpoint answers, else why not, in Korean."""
        ...


class Reranker(Protocol):
    """A model at an endpoint the operator named that scores each text against a question."""

    name: str
    grade: str

    def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """A finite score for each text, in their order; only their order and spread mean anything.
        Raises Unavailable when the endpoint is down, too slow, or answers nonsense."""
        ...

    def probe(self) -> str:
        """Empty when the endpoint answers, else why not, in Korean."""
        ...
