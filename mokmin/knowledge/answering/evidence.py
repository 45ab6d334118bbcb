"""Choosing evidence: which hits may answer, and whether there is a basis at all."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.search.model import Hit

MAX_PASSAGES = 8
PER_DOCUMENT = 3
# Calibrated on the demo questions (benchmarks/answers.py): e5 cosines lie between .75 and .90.
DENSE_SURE = 0.875
DENSE_MINIMUM = 0.84
COVERAGE_MINIMUM = 0.5
LAW = "법령"
_PAST = re.compile(r"구판|예전|종전|이전|지난\s?(?:판|해)|작년|(?:19|20)\d{2}년")


@dataclass(frozen=True, slots=True)
class Basis:
    """The chosen hits; ``sufficient`` is false when the library holds no answer. ``followed`` are the
    passages reached by a cross-reference, with the number of the 호 that was cited."""

    hits: tuple[Hit, ...]
    sufficient: bool
    coverage: float
    dense: float
    followed: Mapping[int, int | None] = field(default_factory=dict)


def choose(question: str, hits: Sequence[Hit], terms: Sequence[str]) -> Basis:
    """At most eight passages, at most three a document; a law and a manual stand side by side.

    Superseded documents (구판) answer only when nothing in force was found, or when the question
    asks for the past.
    """
    in_force = [hit for hit in hits if hit.freshness is not Freshness.SUPERSEDED]
    if in_force and not _PAST.search(question):
        hits = in_force
    if not hits:
        return Basis((), False, 0.0, 0.0)
    chosen: list[Hit] = []
    for hit in hits:
        if sum(h.document_id == hit.document_id for h in chosen) < PER_DOCUMENT:
            chosen.append(hit)
        if len(chosen) == MAX_PASSAGES:
            break
    for law in (True, False):
        if not any((h.kind == LAW) is law for h in chosen):
            other = next((h for h in hits if (h.kind == LAW) is law), None)
            if other is not None and other.dense >= DENSE_MINIMUM:
                chosen[-1:] = [other]
    coverage = max(_coverage(hit, terms) for hit in chosen[:4])
    dense = max(hit.dense for hit in chosen)
    return Basis(tuple(chosen), _sufficient(coverage, dense), coverage, dense)


def _coverage(hit: Hit, terms: Sequence[str]) -> float:
    wanted = set(terms)
    return len(wanted & set(hit.tokens.split())) / len(wanted) if wanted else 0.0


def _sufficient(coverage: float, dense: float) -> bool:
    return dense >= DENSE_SURE or (dense >= DENSE_MINIMUM and coverage >= COVERAGE_MINIMUM)
