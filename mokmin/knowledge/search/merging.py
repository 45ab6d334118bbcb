"""The lists of a question's parts as one list, so that every part's best hits stand near its top.

Measured on 24 questions of two and three parts: all gold articles in the top ten for 79%, 67% without
parts; interleaving the lists gives 75% (benchmarks/retrieval/questions/compound.jsonl).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mokmin.knowledge.search.ranking import Scored

WHOLE = 0.3
"""The share of a hit's score that comes from the search of the whole question."""


def merged(whole: Sequence[Scored], parts: Sequence[Sequence[Scored]]) -> list[Scored]:
    """Each hit with its best score of a part, blended with that of the whole question. The lists are
    scaled so that their first hits are equal: one part may not fill the top because its words are
    rarer. What a list does not hold counts as its last. Of equal ones the earlier part's comes first."""
    top = whole[0].score if whole else 0.0
    overall = {item.key: _scaled(item.score, whole[0].score, top) for item in whole}
    lowest = min(overall.values(), default=0.0)
    best: dict[int, Scored] = {}
    for found in parts:
        for item in found:
            score = _scaled(item.score, found[0].score, top)
            if item.key not in best or score > best[item.key].score:
                best[item.key] = replace(item, score=score)
    bottom = min((item.score for item in best.values()), default=lowest)
    for item in whole:
        best.setdefault(item.key, replace(item, score=bottom))
    blended = [
        replace(item, score=(1 - WHOLE) * item.score + WHOLE * overall.get(key, lowest))
        for key, item in best.items()
    ]
    return sorted(blended, key=lambda item: -item.score)


def _scaled(score: float, first: float, top: float) -> float:
    """A score with its list's first one put at ``top``; z-scores of one candidate are 0."""
    return score * top / first if first > 0 < top else score - first + top


def best_scores(scores: Sequence[Mapping[int, float]]) -> dict[int, float]:
    """Of each passage the highest of its scores."""
    found: dict[int, float] = {}
    for one in scores:
        for key, score in one.items():
            found[key] = max(score, found.get(key, score))
    return found
