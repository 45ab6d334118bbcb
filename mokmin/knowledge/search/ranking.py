"""One score out of several signals: a weighted sum of z-scores over a question's candidates.

Why not reciprocal ranks: they forget by how much one passage is better, and so fall below the better
single retriever where the other is weak. Why not a trained ranker: a linear model and one with 19
features, fitted on 1,350 questions of three sets, were no better on the sets left out than these
weights (docs/adr/0009-ranking.md). Document frequencies are those among the candidates themselves,
which ranked no worse than those of the whole corpus and need no statistics of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mokmin.knowledge.search.question import Question

Floats = NDArray[np.float64]
Mode = Literal["hybrid", "lexical", "dense"]
UnitKey = int

K1, B = 1.2, 0.75
WIDENED = 0.5
"""Weight of a dictionary's word against one of the question's own."""
DENSE = 0.65
ALMOST_ALL, WEAK, STRONG = 0.95, 0.2, 0.4
"""The share of meaning rises to ``ALMOST_ALL`` where no unit holds more than ``WEAK`` of the question's
terms, and is ``DENSE`` from ``STRONG`` on: words that hit nothing are noise."""
WORDS, CHARACTERS, UNIT = 0.2, 0.3, 0.5
"""Shares of the lexical rest: words in the passage, character bigrams, words in the whole unit."""
ANSWER_FORM = 0.1
CEILING = 5.0
"""One passage that shares the question's only rare letters may not outweigh everything."""
NAMED_YEAR, RECENT = 0.4, 0.3
OUTDATED = 0.8


@dataclass(frozen=True, slots=True)
class Candidate:
    """One passage to be ranked. ``text`` is the context header and the text; ``age`` 0 for the
    newest candidate to 1 for the oldest, None without a date; ``outdated`` and ``held``: not in force, or
    known to be in force, on the day that the question asks about (``held`` only when it names one)."""

    key: int
    unit: UnitKey
    title: str
    text: str
    vector: NDArray[np.float32]
    outdated: bool = False
    held: bool = False
    age: float | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate's score and what it is made of (z-scores, except ``cosine`` and ``form``)."""

    key: int
    unit: UnitKey
    score: float
    cosine: float
    meaning: float
    words: float
    characters: float
    unit_words: float
    form: float
    adjustment: float
    link: float = 0.0


def rank(
    question: Question,
    candidates: Sequence[Candidate],
    words: Mapping[int, float],
    unit_tokens: Mapping[UnitKey, str],
    mode: Mode = "hybrid",
    counts: Counts | None = None,
) -> list[Scored]:
    """All candidates, best first (equal scores: lower id first). ``words`` are the BM25 scores of
    those that were found by words; ``unit_tokens`` the morphemes of each candidate's unit;
    ``counts`` those of an earlier ranking of the same question."""
    if not candidates:
        return []
    cosine = _cosines(np.array([c.vector for c in candidates], np.float32), question)
    meaning = _standard(cosine.astype(np.float64))
    found = _words(candidates, words)
    counts = counts or Counts(question)
    characters = np.minimum(_standard(_bm25(*counts.characters(candidates))), CEILING)
    unit, covered = _units(candidates, unit_tokens, counts)
    form = np.array([question.answer_form(c.text) for c in candidates])
    adjustment = np.array([_adjustment(question, c) for c in candidates])
    if mode == "dense":
        total = meaning
    elif mode == "lexical":
        total = found
    else:
        lexical = WORDS * found + CHARACTERS * characters + UNIT * unit
        share = _dense_share(covered)
        total = _standard(share * meaning + (1 - share) * lexical + ANSWER_FORM * form)
        total = total + adjustment
    keys = np.array([c.key for c in candidates], np.int64)
    return [
        Scored(
            key=candidates[at].key,
            unit=candidates[at].unit,
            score=float(total[at]),
            cosine=float(cosine[at]),
            meaning=float(meaning[at]),
            words=float(found[at]),
            characters=float(characters[at]),
            unit_words=float(unit[at]),
            form=float(form[at]),
            adjustment=float(adjustment[at]),
        )
        for at in np.lexsort((keys, -total))
    ]


def _cosines(vectors: NDArray[np.float32], question: Question) -> NDArray[np.float32]:
    """Cosines as far apart as the built-in model's. A passage without a vector of the question's model
    counts as the mean of the others: only its words speak for or against it."""
    cosine = 1 - question.spread * (1 - vectors @ question.vector)
    missing = np.isnan(cosine)
    if missing.any():
        cosine[missing] = 0.0 if missing.all() else float(cosine[~missing].mean())
    return np.asarray(cosine, np.float32)


def _adjustment(question: Question, candidate: Candidate) -> float:
    """What the question says of time: years that it names, the newest, what held earlier."""
    # A year in a title says nothing against the dates of the document.
    refuted = question.reference is not None and candidate.outdated
    named = not refuted and any(year in candidate.title for year in question.years)
    value = NAMED_YEAR if named or candidate.held else 0.0
    earlier = question.past and question.reference is None
    if candidate.outdated and not earlier and not named:
        value -= OUTDATED
    if question.recent and candidate.age is not None:
        value += RECENT * (1 - candidate.age)
    return value


def _words(candidates: Sequence[Candidate], words: Mapping[int, float]) -> Floats:
    """z-scores by the mean and deviation of what was found; the rest counts as the lowest of it."""
    if not words:
        return np.zeros(len(candidates))
    known = np.fromiter(words.values(), np.float64, len(words))
    lowest, deviation = float(known.min()), float(known.std())
    if deviation < 1e-9:
        # All alike (often one hit): being found at all is the only signal.
        return np.array([1.0 if c.key in words else 0.0 for c in candidates])
    values = np.array([words.get(c.key, lowest) for c in candidates])
    return np.asarray((values - known.mean()) / deviation)


class Counts:
    """How often a question's terms occur in each text; a text that is ranked again is not counted
    again."""

    def __init__(self, question: Question) -> None:
        self._grams = question.bigrams
        weighted = question.weighted_terms(WIDENED)
        self._terms = [f" {term} " for term in weighted]
        self.own = len(set(question.terms))
        self.weights = np.array(list(weighted.values()))
        self._characters: dict[int, tuple[list[int], int]] = {}
        self._units: dict[UnitKey, tuple[list[int], int]] = {}

    def characters(self, candidates: Sequence[Candidate]) -> tuple[Floats, Floats]:
        """Counts (bigrams, candidates) and lengths (candidates,)."""
        for candidate in candidates:
            if candidate.key not in self._characters:
                text = candidate.text.lower()
                counts = [text.count(gram) for gram in self._grams]
                self._characters[candidate.key] = (counts, len(text))
        return _matrix([self._characters[c.key] for c in candidates])

    def units(self, units: Mapping[UnitKey, str]) -> tuple[Floats, Floats]:
        """Counts (terms, units) and lengths (units,)."""
        for unit, tokens in units.items():
            if unit not in self._units:
                # Two blanks between words, so that of two equal neighbours both are counted.
                text = f" {tokens} ".replace(" ", "  ")
                counts = [text.count(term) for term in self._terms]
                self._units[unit] = (counts, max(1, tokens.count(" ") + 1))
        return _matrix([self._units[unit] for unit in units])


def _matrix(counted: Sequence[tuple[list[int], int]]) -> tuple[Floats, Floats]:
    counts = np.array([counts for counts, _ in counted], np.float64).T
    return counts, np.array([length for _, length in counted], np.float64)


def _dense_share(covered: float) -> float:
    doubt = min(1.0, max(0.0, (STRONG - covered) / (STRONG - WEAK)))
    return DENSE + (ALMOST_ALL - DENSE) * doubt


def _units(
    candidates: Sequence[Candidate], unit_tokens: Mapping[UnitKey, str], counts: Counts
) -> tuple[Floats, float]:
    """BM25 of each unit, as z-scores over the units (each counts once), and the largest share of the
    question's own terms that one unit holds."""
    order = {unit: at for at, unit in enumerate(dict.fromkeys(c.unit for c in candidates))}
    matrix, lengths = counts.units({u: unit_tokens.get(u, "") for u in order})
    own = matrix[: counts.own] > 0
    covered = float(own.mean(axis=0).max()) if own.size else 0.0
    standard = _standard(_bm25(matrix, lengths, counts.weights))
    return standard[[order[c.unit] for c in candidates]], covered


def _bm25(counts: Floats, lengths: Floats, weights: Floats | None = None) -> Floats:
    """BM25 of texts from the counts of each term in each (terms, texts), among these texts alone."""
    if not counts.size:
        return np.zeros(len(lengths))
    frequency = (counts > 0).sum(axis=1)
    idf = np.log(1 + (len(lengths) - frequency + 0.5) / (frequency + 0.5))
    idf = idf if weights is None else idf * weights
    norm = K1 * (1 - B + B * lengths / max(1.0, float(lengths.mean())))
    return np.asarray(idf @ (counts * (K1 + 1) / (counts + norm)))


def _standard(values: Floats) -> Floats:
    deviation = float(values.std())
    return np.asarray((values - values.mean()) / deviation) if deviation > 1e-9 else values * 0.0
