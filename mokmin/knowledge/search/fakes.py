"""An index in memory: the no-server twin, exact by construction."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from mokmin.base.db import utcnow
from mokmin.base.errors import Conflict
from mokmin.knowledge.search.model import SearchFilters
from mokmin.knowledge.search.ports import (
    BUILT_IN,
    IndexAttributes,
    IndexEntry,
    IndexFilter,
    IndexHealth,
    OtherModel,
    Scores,
)

K1, B = 1.2, 0.75


class MemoryIndex:
    """Implements ``PassageIndex`` by brute force."""

    def __init__(self, model: int = BUILT_IN) -> None:
        self.model = model
        self._rows: dict[int, IndexEntry] = {}
        self._next: MemoryIndex | None = None
        self._kept: MemoryIndex | None = None
        self._generation = 1
        self._built_at: datetime | None = None

    def pinned(self) -> MemoryIndex:
        """See ``PassageIndex.pinned``."""
        made = MemoryIndex(self.model)
        made._rows = self._rows
        return made

    def add(self, entries: Sequence[IndexEntry], model: int = BUILT_IN) -> None:
        """See ``PassageIndex.add``."""
        if model != self.model:
            raise OtherModel
        self._rows = dict(self._rows)
        self._rows.update({entry.passage_id: entry for entry in entries})

    def remove_version(self, version_id: int) -> None:
        """See ``PassageIndex.remove_version``."""
        self._rows = {k: e for k, e in self._rows.items() if e.version_id != version_id}

    def set_attributes(self, document_id: int, attributes: IndexAttributes) -> None:
        """See ``PassageIndex.set_attributes``."""
        self._rows = {
            key: replace(e, attributes=attributes) if e.document_id == document_id else e
            for key, e in self._rows.items()
        }

    def remove_document(self, document_id: int) -> None:
        """See ``PassageIndex.remove_document``."""
        self._rows = {k: e for k, e in self._rows.items() if e.document_id != document_id}

    def replace_document(
        self, document_id: int, entries: Sequence[IndexEntry], model: int = BUILT_IN
    ) -> None:
        """See ``PassageIndex.replace_document``."""
        if model != self.model:
            raise OtherModel
        others = {k: e for k, e in self._rows.items() if e.document_id != document_id}
        self._rows = others | {e.passage_id: e for e in entries}

    def _visible(self, where: IndexFilter) -> list[IndexEntry]:
        return [
            entry
            for entry in self._rows.values()
            if (where.groups is None or set(where.groups) & set(entry.attributes.groups))
            and (where.documents is None or entry.document_id in where.documents)
            and _chosen(entry.attributes, where.chosen)
        ]

    def search_text(self, terms: Mapping[str, float], where: IndexFilter, limit: int) -> Scores:
        """See ``PassageIndex.search_text``."""
        texts = {k: e.morphemes.split() for k, e in self._rows.items()}
        if not texts:
            return {}
        average = sum(map(len, texts.values())) / len(texts) or 1.0
        frequency = Counter(term for words in texts.values() for term in set(words))
        scores: Scores = {}
        for entry in self._visible(where):
            words = Counter(texts[entry.passage_id])
            norm = K1 * (1 - B + B * sum(words.values()) / average)
            score = sum(
                weight
                * math.log(1 + (len(texts) - frequency[t] + 0.5) / (frequency[t] + 0.5))
                * words[t]
                * (K1 + 1)
                / (words[t] + norm)
                for t, weight in terms.items()
                if words[t]
            )
            if score > 0:
                scores[entry.passage_id] = score
        return _top(scores, limit)

    def search_vector(self, vector: NDArray[np.float32], where: IndexFilter, limit: int) -> Scores:
        """See ``PassageIndex.search_vector``."""
        near = {
            e.passage_id: float(e.vector @ vector)
            for e in self._visible(where)
            if e.vector is not None
        }
        return _top(near, limit)

    def optimise(self) -> None:
        """Nothing to fold."""

    def begin_rebuild(
        self,
        model: int = BUILT_IN,
        dimensions: int | None = None,  # noqa: ARG002
    ) -> MemoryIndex:
        """See ``PassageIndex.begin_rebuild``."""
        self._next = MemoryIndex(model)
        return self._next

    def switch(self, *, keep: bool = False) -> None:
        """See ``PassageIndex.switch``."""
        if self._next is None:
            raise Conflict("바꿀 새 색인이 없습니다. 지금 쓰는 색인은 그대로입니다.")
        if keep:
            self._kept = self.pinned()
        self._take(self._next)
        self._next = None

    def _take(self, other: MemoryIndex) -> None:
        self._rows, self.model = other._rows, other.model
        self._generation += 1
        self._built_at = utcnow()

    def discard(self) -> None:
        """See ``PassageIndex.discard``."""
        self._next = None

    def kept(self) -> MemoryIndex | None:
        """See ``PassageIndex.kept``."""
        return self._kept

    def switch_back(self) -> None:
        """See ``PassageIndex.switch_back``."""
        if self._kept is None:
            raise Conflict("돌아갈 예전 색인이 없습니다. 지금 쓰는 색인은 그대로입니다.")
        mine, kept = self.pinned(), self._kept
        self._take(kept)
        self._kept = mine

    def drop_kept(self) -> None:
        """See ``PassageIndex.drop_kept``."""
        self._kept = None

    def health(self) -> IndexHealth:
        """See ``PassageIndex.health``."""
        return IndexHealth(
            len(self._rows), 0, 0, generation=self._generation, built_at=self._built_at
        )


def _chosen(attributes: IndexAttributes, chosen: SearchFilters) -> bool:
    """Whether a document passes what the searcher narrowed down to."""
    lists = (
        (attributes.department, chosen.departments),
        (attributes.kind, chosen.kinds),
        (attributes.grade, chosen.grades),
    )
    if any(values and value not in values for value, values in lists):
        return False
    dated = attributes.dated_on
    if chosen.dated_from is not None and (dated is None or dated < chosen.dated_from):
        return False
    if chosen.dated_to is not None and (dated is None or dated > chosen.dated_to):
        return False
    if chosen.in_force_on is None:
        return True
    begins = attributes.effective_on
    return not attributes.superseded and (begins is None or begins <= chosen.in_force_on)


def _top(scores: Scores, limit: int) -> Scores:
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:limit])
