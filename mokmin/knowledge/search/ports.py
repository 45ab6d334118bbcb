"""Port to the passage index. The database is the truth; an index can be rebuilt from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mokmin.knowledge.search.model import ANY, SearchFilters


@dataclass(frozen=True, slots=True)
class IndexAttributes:
    """What a document's passages are filtered by. ``groups`` are the ids of the groups that may
    read it; ``superseded`` marks a document that another one has replaced."""

    groups: tuple[int, ...]
    grade: str = "O"
    department: str = ""
    kind: str = ""
    dated_on: date | None = None
    effective_on: date | None = None
    superseded: bool = False


BUILT_IN = 0
"""The embedded model, among the models whose vectors an index may hold; others have an id above it."""


class OtherModel(Exception):
    """The index holds vectors of another model by now: nothing was written, look again."""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One passage to index. ``vector`` None: the index's model has none of it (yet); it is found by its
    words alone."""

    passage_id: int
    document_id: int
    version_id: int
    morphemes: str
    vector: NDArray[np.float32] | None
    attributes: IndexAttributes


@dataclass(frozen=True, slots=True)
class IndexFilter:
    """What a searcher may see: ``groups`` None means all (local operator); ``documents`` None means
    any document, an empty tuple none."""

    groups: tuple[int, ...] | None
    documents: tuple[int, ...] | None = None
    chosen: SearchFilters = ANY


@dataclass(frozen=True, slots=True)
class IndexHealth:
    """Figures for the administrator. Times are UTC; ``outdated`` when it must be rebuilt from the
    database because it was made by an older version."""

    passages: int
    unindexed: int
    bytes: int
    generation: int = 0
    built_at: datetime | None = None
    optimised_at: datetime | None = None
    outdated: bool = False


Scores = dict[int, float]


class Searchable(Protocol):
    """What is searched: one and the same index, also when another comes into use meanwhile."""

    @property
    def model(self) -> int:
        """Whose vectors it holds."""
        ...

    def search_text(self, terms: Mapping[str, float], where: IndexFilter, limit: int) -> Scores:
        """BM25 on the morphemes, each term with its weight: passage id to score."""
        ...

    def search_vector(self, vector: NDArray[np.float32], where: IndexFilter, limit: int) -> Scores:
        """Cosine similarity: passage id to score. The vector must be of the index's model."""
        ...


class PassageIndex(Searchable, Protocol):
    """Filtered BM25 over morphemes, and filtered vector search."""

    def pinned(self) -> Searchable:
        """The index that is in use now, for all of one search."""
        ...

    def add(self, entries: Sequence[IndexEntry], model: int = BUILT_IN) -> None:
        """Add entries with vectors of a model; visible to the next query. Raises OtherModel."""
        ...

    def remove_version(self, version_id: int) -> None:
        """Remove all passages of a version."""
        ...

    def set_attributes(self, document_id: int, attributes: IndexAttributes) -> None:
        """Change what a document is filtered by; effective at the next query."""
        ...

    def remove_document(self, document_id: int) -> None:
        """Remove all passages of a document."""
        ...

    def replace_document(
        self, document_id: int, entries: Sequence[IndexEntry], model: int = BUILT_IN
    ) -> None:
        """Make the index hold exactly these entries of a document (none: nothing of it). Writes only
        what differs; a passage that stays is findable all the time. Raises OtherModel."""
        ...

    def optimise(self) -> None:
        """Fold new rows into the indexes."""
        ...

    def begin_rebuild(self, model: int = BUILT_IN, dimensions: int | None = None) -> PassageIndex:
        """An empty index beside this one for vectors of a model, to be filled and then made the current
        one by ``switch``. One that was left half-built before is thrown away. ``dimensions`` is needed for
        another model than the built-in one."""
        ...

    def switch(self, *, keep: bool = False) -> None:
        """Make the index that ``begin_rebuild`` gave the current one, for every process, at once.
        Searches that are under way end on the old one; it is removed later, or with ``keep`` only when
        ``drop_kept`` is called."""
        ...

    def discard(self) -> None:
        """Give up what ``begin_rebuild`` gave."""
        ...

    def kept(self) -> PassageIndex | None:
        """The index that was kept at the last switch; None when there is none."""
        ...

    def switch_back(self) -> None:
        """Make the kept index the current one, and keep this one. Raises Conflict when there is none."""
        ...

    def drop_kept(self) -> None:
        """Keep the kept index no longer."""
        ...

    def health(self) -> IndexHealth:
        """Size and state."""
        ...
