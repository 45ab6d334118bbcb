"""One ranking out of three retrievers: a weighted sum of z-scores.

Why not reciprocal ranks: they forget by how much one passage is better, and so fall below the
better single retriever where the other is weak. The rules and weights are one setting for three
question sets together (plain-language law, welfare, paraphrases); dense weights of .65 to .75 give
the same nDCG@10 within .01 on each. The lower weights for keywords and named laws are judgement
from an earlier study: those sets hold too few such questions to measure them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ARTICLE = re.compile(
    r"제\s?\d+\s?조|[「『]|(?:[가-힣]{2}법|법률|시행령|시행규칙|조례)(?=$|[\s,.?]|[에의은는을를이상])"
)
_SENTENCE = re.compile(
    r"[?？]|(?:[나가까데어아려세해돼]요|니다|까|줘|죠|는지|한다|있[나니어])[.!]*$"
)
_KEYWORD_WORDS = 3


@dataclass(frozen=True, slots=True)
class RetrieverScores:
    """Passage id to score. The lexical lists hold what was found (higher is better); ``dense``
    holds the cosine of as many candidates as are known, best of all of them."""

    morphemes: Mapping[int, float] = field(default_factory=dict)
    bigrams: Mapping[int, float] = field(default_factory=dict)
    dense: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """``dense`` is the share of the dense score, 0 to 1; ``bigrams`` the share of the bigrams
    within the lexical rest."""

    dense: float = 0.7
    bigrams: float = 0.3


PLAIN = FusionWeights()
KEYWORDS = FusionWeights(dense=0.6, bigrams=0.3)
NAMED_LAW = FusionWeights(dense=0.5, bigrams=0.5)
LEXICAL_ONLY = FusionWeights(dense=0.0)


def weights_for(query: str, n_terms: int) -> FusionWeights:
    """Weights for a question: words count more where it names a law or is a few keywords.

    ``n_terms`` is the number of its morphemes; with none at all only the dense score is left.
    """
    query = query.strip()
    if n_terms == 0:
        return FusionWeights(dense=0.9, bigrams=1.0)
    if _ARTICLE.search(query):
        return NAMED_LAW
    if len(query.split()) <= _KEYWORD_WORDS and not _SENTENCE.search(query):
        return KEYWORDS
    return PLAIN


def fuse(lists: RetrieverScores, weights: FusionWeights) -> list[tuple[int, float]]:
    """All passages of any list, best first, each with its fused score (equal scores: lower id first).

    A passage missing from a list counts as the lowest score in it. An empty list takes no part and
    its weight goes to the others. Scores compare within one question only.
    """
    ids = sorted(lists.morphemes.keys() | lists.bigrams.keys() | lists.dense.keys())
    lexical = 1.0 - weights.dense
    parts = [
        (lists.morphemes, lexical * (1.0 - weights.bigrams)),
        (lists.bigrams, lexical * weights.bigrams),
        (lists.dense, weights.dense),
    ]
    present = [(scores, weight) for scores, weight in parts if scores and weight > 0]
    whole = sum(weight for _, weight in present)
    total = np.zeros(len(ids), np.float64)
    for scores, weight in present:
        total += weight / whole * _standard(scores, ids)
    order = np.lexsort((np.asarray(ids, np.int64), -total))
    return [(ids[at], float(total[at])) for at in order]


def _standard(scores: Mapping[int, float], ids: Sequence[int]) -> Floats:
    """z-scores of all ids by the mean and deviation of those that the list holds."""
    known = np.fromiter(scores.values(), np.float64, len(scores))
    lowest = float(known.min())
    values = np.fromiter((scores.get(key, lowest) for key in ids), np.float64, len(ids))
    deviation = float(known.std())
    if deviation < 1e-9:
        # All alike (often one hit): being found at all is the only signal.
        return np.fromiter((1.0 if key in scores else 0.0 for key in ids), np.float64, len(ids))
    return (values - float(known.mean())) / deviation
