"""Port to the passage index. The database is the truth; an index can be rebuilt from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One passage to index. ``groups`` are the ids of the groups that may read it."""

    passage_id: int
    document_id: int
    version_id: int
    morphemes: str
    bigrams: str
    vector: NDArray[np.float32]
    groups: tuple[int, ...]
    grade: str


@dataclass(frozen=True, slots=True)
class IndexFilter:
    """What a searcher may see: ``groups`` None means all (local operator); ``documents`` None means
    any document, an empty tuple none."""

    groups: tuple[int, ...] | None
    documents: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class IndexHealth:
    """Figures for the administrator."""

    passages: int
    unindexed: int
    bytes: int


Scores = dict[int, float]


class PassageIndex(Protocol):
    """Filtered BM25 over two token fields, and filtered vector search."""

    def add(self, entries: Sequence[IndexEntry]) -> None:
        """Add entries; visible to the next query."""
        ...

    def remove_version(self, version_id: int) -> None:
        """Remove all passages of a version."""
        ...

    def set_groups(self, document_id: int, groups: tuple[int, ...]) -> None:
        """Change who may read a document; effective at the next query."""
        ...

    def search_text(self, field: str, tokens: str, where: IndexFilter, limit: int) -> Scores:
        """BM25 on ``morphemes`` or ``bigrams``: passage id to score."""
        ...

    def search_vector(self, vector: NDArray[np.float32], where: IndexFilter, limit: int) -> Scores:
        """Cosine similarity: passage id to score."""
        ...

    def optimise(self) -> None:
        """Fold new rows into the indexes."""
        ...

    def clear(self) -> None:
        """Remove everything (before a rebuild)."""
        ...

    def health(self) -> IndexHealth:
        """Size and state."""
        ...
