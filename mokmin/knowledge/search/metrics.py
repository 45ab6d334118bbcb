"""Retrieval metrics with binary relevance (Manning et al., Introduction to Information Retrieval, 8).

``ranked`` are distinct ids, best first; ``relevant`` are the ids that count as right. A question
without relevant ids has no metric: ValueError.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Sequence


def ndcg_at(ranked: Sequence[Hashable], relevant: Collection[Hashable], depth: int) -> float:
    """Normalised discounted cumulative gain of the first ``depth`` results, 0 to 1."""
    wanted = _distinct(relevant)
    gain = sum(
        1 / math.log2(place + 2) for place, item in enumerate(ranked[:depth]) if item in wanted
    )
    best = sum(1 / math.log2(place + 2) for place in range(min(len(wanted), depth)))
    return gain / best


def recall_at(ranked: Sequence[Hashable], relevant: Collection[Hashable], depth: int) -> float:
    """Share of the relevant ids that stand among the first ``depth`` results."""
    wanted = _distinct(relevant)
    return len(wanted.intersection(ranked[:depth])) / len(wanted)


def mrr_at(ranked: Sequence[Hashable], relevant: Collection[Hashable], depth: int) -> float:
    """1 / rank of the first relevant result within ``depth``, else 0 (reciprocal rank)."""
    wanted = _distinct(relevant)
    ranks = (place for place, item in enumerate(ranked[:depth], start=1) if item in wanted)
    first = next(ranks, None)
    return 1 / first if first is not None else 0.0


def _distinct(relevant: Collection[Hashable]) -> set[Hashable]:
    if not relevant:
        raise ValueError("no relevant ids")
    return set(relevant)
