"""An index in memory: the no-server twin, exact by construction."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mokmin.knowledge.search.ports import IndexEntry, IndexFilter, IndexHealth, Scores

K1, B = 1.2, 0.75


class MemoryIndex:
    """Implements ``PassageIndex`` by brute force."""

    def __init__(self) -> None:
        self._rows: dict[int, IndexEntry] = {}

    def add(self, entries: Sequence[IndexEntry]) -> None:
        """See ``PassageIndex.add``."""
        self._rows.update({entry.passage_id: entry for entry in entries})

    def remove_version(self, version_id: int) -> None:
        """See ``PassageIndex.remove_version``."""
        self._rows = {k: e for k, e in self._rows.items() if e.version_id != version_id}

    def set_groups(self, document_id: int, groups: tuple[int, ...]) -> None:
        """See ``PassageIndex.set_groups``."""
        for key, entry in self._rows.items():
            if entry.document_id == document_id:
                self._rows[key] = replace(entry, groups=groups)

    def _visible(self, where: IndexFilter) -> list[IndexEntry]:
        return [
            entry
            for entry in self._rows.values()
            if (where.groups is None or set(where.groups) & set(entry.groups))
            and (where.documents is None or entry.document_id in where.documents)
        ]

    def search_text(self, field: str, tokens: str, where: IndexFilter, limit: int) -> Scores:
        """See ``PassageIndex.search_text``."""
        texts = {k: str(getattr(e, field)).split() for k, e in self._rows.items()}
        if not texts:
            return {}
        average = sum(map(len, texts.values())) / len(texts) or 1.0
        frequency = Counter(term for terms in texts.values() for term in set(terms))
        scores: Scores = {}
        for entry in self._visible(where):
            terms = Counter(texts[entry.passage_id])
            norm = K1 * (1 - B + B * sum(terms.values()) / average)
            score = sum(
                math.log(1 + (len(texts) - frequency[t] + 0.5) / (frequency[t] + 0.5))
                * terms[t]
                * (K1 + 1)
                / (terms[t] + norm)
                for t in set(tokens.split())
                if terms[t]
            )
            if score > 0:
                scores[entry.passage_id] = score
        return _top(scores, limit)

    def search_vector(self, vector: NDArray[np.float32], where: IndexFilter, limit: int) -> Scores:
        """See ``PassageIndex.search_vector``."""
        near = {e.passage_id: float(e.vector @ vector) for e in self._visible(where)}
        return _top(near, limit)

    def optimise(self) -> None:
        """Nothing to fold."""

    def clear(self) -> None:
        """See ``PassageIndex.clear``."""
        self._rows.clear()

    def health(self) -> IndexHealth:
        """See ``PassageIndex.health``."""
        return IndexHealth(len(self._rows), 0, 0)


def _top(scores: Scores, limit: int) -> Scores:
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:limit])
