"""Ports to models. Real adapters live in ``mokmin.adapters.llm``; fakes in ``mokmin.base.llm.fakes``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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


@dataclass(frozen=True, slots=True)
class Message:
    """One turn given to a chat model."""

    role: Literal["system", "user", "assistant"]
    content: str


class ChatModel(Protocol):
    """A chat model at an endpoint the operator named."""

    name: str
    grade: str

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 1024) -> Iterator[str]:
        """Yield pieces of the answer. Raises Unavailable when the endpoint fails."""
        ...

    def probe(self) -> str:
        """Empty when the endpoint answers, else why not, in Korean."""
        ...
