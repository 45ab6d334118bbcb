"""Which clauses of the found articles answer a question.

Each clause gets the probability that an official would quote it, by a logistic model of 14 signals:
nearness in meaning, the question's words weighted by how rare they are among the clauses, how far
search preferred its article, the form of the answer (a period, an amount, who), structure. Fitted on
the gold quotes of 213 questions over statutes and manuals (``tools/train_selection.py``; cross-validated
over the sets in docs/adr/0012-extractive-answers.md). A rule takes its exceptions along, an item its stem, a
stem its items.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mokmin.base.korean.ports import Analyser
from mokmin.base.llm.ports import Embedder
from mokmin.knowledge.answering.clauses import Clause, clauses
from mokmin.knowledge.answering.injection import instructs
from mokmin.knowledge.search.model import Hit, SearchTrace
from mokmin.knowledge.search.question import answer_forms

Floats = NDArray[np.float64]

PER_UNIT = (24, 16, 12, 10, 8, 8)
"""Clauses of each unit, best unit first, that are embedded: those with most of the question's words."""
CONTEXT, LONGEST = 100, 400
BUDGET = 1_400
"""Characters quoted at most."""
MOST_UNITS = 4
LEAST, OTHER_UNIT, MAIN = 0.008, 0.04, 0.15
"""A clause is quoted from this probability on; one of a further article when it has at least this share
of the best clause's; it, and what it takes along, belongs to the answer proper with ``MAIN`` of it."""
LIST_CHARS = 500
WEIGHTS: Mapping[str, float] = {
    "near_best": 0.918,
    "near_all": 0.414,
    "near_unit": 2.502,
    "words": 3.658,
    "official_words": 1.203,
    "unit_behind": 0.11,
    "unit_score": 0.286,
    "unit_first": 0.245,
    "unit_rank": -0.434,
    "form": 0.991,
    "item": -0.62,
    "length": -0.289,
    "exception": 0.317,
    "stem": -0.626,
}
INTERCEPT = -2.501


@dataclass(frozen=True, slots=True)
class Unit:
    """An article or section that was found, with all its passages; ``score`` is that of search."""

    score: float
    passages: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """A clause with the number of its unit and its probability of being quoted."""

    unit: int
    clause: Clause
    probability: float
    cosine: float
    overlap: float


@dataclass(frozen=True, slots=True)
class Selected:
    """A clause to be quoted; ``own`` is its own probability, whatever took it along; ``main`` when it
    belongs to the answer proper; ``left_out`` counts the items of its list that are not quoted."""

    clause: Clause
    unit: int
    own: float
    main: bool
    left_out: int = 0


class Selector:
    """Scores and selects clauses."""

    def __init__(self, analyser: Analyser, embedder: Embedder) -> None:
        self._analyser = analyser
        self._embedder = embedder

    def score(self, question: str, trace: SearchTrace, units: Sequence[Unit]) -> list[Scored]:
        """All readable clauses of the units, in order."""
        found: list[tuple[int, Clause]] = []
        for number, unit in enumerate(units):
            most = PER_UNIT[min(number, len(PER_UNIT) - 1)]
            found += [(number, c) for c in self._readable(unit, trace.terms, most)]
        if not found:
            return []
        terms = self._analyser.morphemes([clause.text for _, clause in found])
        by_place = {(n, c.position): c for n, c in found}
        vectors = self._embedder.embed_passages([_in_context(n, c, by_place) for n, c in found])
        cosines = np.asarray(vectors @ self._embedder.embed_query(question), np.float64)
        table = features(question, trace, units, found, terms, cosines)
        overlap = table[:, NAMES.index("words")]
        logits = table @ np.array([WEIGHTS[name] for name in NAMES]) + INTERCEPT
        probabilities = 1 / (1 + np.exp(-logits))
        return [
            Scored(n, clause, float(p), float(c), float(o))
            for (n, clause), p, c, o in zip(found, probabilities, cosines, overlap, strict=True)
        ]

    def _readable(self, unit: Unit, terms: Sequence[str], most: int) -> list[Clause]:
        """The clauses worth embedding: all of a short unit, of a long one those with most words; never
        one that gives orders to a machine (a hidden instruction)."""
        everything = [c for c in clauses(unit.passages, self._analyser) if not instructs(c.text)]
        if len(everything) <= most:
            return everything
        wanted = set(terms)
        found = self._analyser.morphemes([c.text for c in everything])
        order = sorted(range(len(everything)), key=lambda at: (-len(wanted & set(found[at])), at))
        return [everything[at] for at in sorted(order[:most])]


def _in_context(number: int, clause: Clause, by_place: Mapping[tuple[int, int], Clause]) -> str:
    stem = by_place.get((number, clause.stem)) if clause.stem is not None else None
    before = f"{stem.text[:CONTEXT]} " if stem is not None else ""
    return f"{clause.hit.header or clause.hit.title}: {before}{clause.text[:LONGEST]}"


NAMES = (
    "near_best",
    "near_all",
    "near_unit",
    "words",
    "official_words",
    "unit_behind",
    "unit_score",
    "unit_first",
    "unit_rank",
    "form",
    "item",
    "length",
    "exception",
    "stem",
)


def features(
    question: str,
    trace: SearchTrace,
    units: Sequence[Unit],
    found: Sequence[tuple[int, Clause]],
    terms: Sequence[Sequence[str]],
    cosines: Floats,
) -> Floats:
    """The signals of each clause, shape (clauses, ``NAMES``)."""
    known = [set(words) for words in terms]
    weights = _rarity(trace.terms, known)
    total = sum(weights.values()) or 1.0
    official = {word for _, words in trace.widened for word in words}
    forms = answer_forms(question)
    best, mean = float(cosines.max()), float(cosines.mean())
    deviation = float(cosines.std()) + 1e-6
    best_of_unit: dict[int, float] = {}
    for (number, _), cosine in zip(found, cosines, strict=True):
        best_of_unit[number] = max(best_of_unit.get(number, -1.0), float(cosine))
    leading = max(unit.score for unit in units)
    rows = [
        (
            10 * (float(cosines[at]) - best),
            (float(cosines[at]) - mean) / deviation,
            10 * (float(cosines[at]) - best_of_unit[number]),
            sum(weights[word] for word in weights if word in known[at]) / total,
            len(official & known[at]) / max(1, len(official)),
            units[number].score - leading,
            units[number].score,
            float(number == 0),
            float(number),
            sum(weight for says, weight in forms if says.search(clause.text)),
            float(clause.level > 1),
            math.log(len(clause.text) + 1),
            float(clause.rule is not None),
            float(clause.is_stem),
        )
        for at, (number, clause) in enumerate(found)
    ]
    return np.array(rows, np.float64)


def _rarity(terms: Iterable[str], known: Sequence[set[str]]) -> dict[str, float]:
    """Weight of each term of the question by BM25's inverse frequency among the clauses."""
    weights: dict[str, float] = {}
    for term in dict.fromkeys(terms):
        frequency = sum(term in words for words in known)
        weights[term] = math.log(1 + (len(known) - frequency + 0.5) / (frequency + 0.5))
    return weights


def select(scored: Sequence[Scored]) -> list[Selected]:
    """The clauses to quote: the answer proper, then the related ones, by article in the order of the text."""
    if not scored:
        return []
    groups: dict[int, dict[int, Scored]] = {}
    for item in scored:
        groups.setdefault(item.unit, {})[item.clause.position] = item
    best = max(item.probability for item in scored)
    chosen: dict[int, dict[int, float]] = {}
    size = 0
    for item in sorted(scored, key=lambda s: (-s.probability, s.unit, s.clause.position)):
        if chosen and item.probability < LEAST:
            break
        new = item.unit not in chosen
        if new and chosen and (len(chosen) == MOST_UNITS or item.probability < OTHER_UNIT * best):
            continue
        group = groups[item.unit]
        have = chosen.get(item.unit, {})
        closure = [p for p in _with_company(group, item.clause.position) if p not in have]
        added = sum(len(group[p].clause.text) for p in closure)
        if chosen and size + added > BUDGET:
            continue
        size += added
        chosen.setdefault(item.unit, {}).update(
            {p: max(item.probability, group[p].probability) for p in closure}
        )
    return _ordered(chosen, groups, best)


def _with_company(group: Mapping[int, Scored], position: int) -> list[int]:
    """A clause with its stems, its rule, the exceptions of all these, and items of a bare stem."""
    taken = {position}
    waiting = [position]
    while waiting:
        clause = group[waiting.pop()].clause
        for other in (clause.stem, clause.rule):
            if other is not None and other in group and other not in taken:
                taken.add(other)
                waiting.append(other)
    for place, item in group.items():
        if item.clause.rule in taken:
            taken.add(place)
    for place in [p for p in taken if group[p].clause.is_stem]:
        items = [p for p, s in group.items() if s.clause.stem == place]
        if items and not taken & set(items):
            taken |= _worth_listing(group, items)
    return sorted(taken)


def _worth_listing(group: Mapping[int, Scored], items: Sequence[int]) -> set[int]:
    """All items of a short list; of a long one the most probable."""
    kept: set[int] = set()
    size = 0
    for place in sorted(items, key=lambda p: (-group[p].probability, p)):
        size += len(group[place].clause.text)
        if kept and size > LIST_CHARS:
            break
        kept.add(place)
    return kept


def _ordered(
    chosen: Mapping[int, Mapping[int, float]],
    groups: Mapping[int, Mapping[int, Scored]],
    best: float,
) -> list[Selected]:
    order = sorted(chosen, key=lambda unit: (-max(chosen[unit].values()), unit))
    made: list[Selected] = []
    for main in (True, False):
        for unit in order:
            for place in sorted(chosen[unit]):
                if (chosen[unit][place] >= MAIN * best) is not main:
                    continue
                item = groups[unit][place]
                items = [p for p, s in groups[unit].items() if s.clause.stem == place]
                quoted = sum(p in chosen[unit] for p in items)
                left_out = len(items) - quoted if item.clause.is_stem else 0
                made.append(Selected(item.clause, unit, item.probability, main, left_out))
    return made
