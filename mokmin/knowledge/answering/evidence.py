"""Choosing evidence: which hits may answer, and whether there is a basis at all."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.search.model import Hit, SearchTrace

MAX_PASSAGES = 8
PER_DOCUMENT = 3
# A logistic model of "the library holds the answer", fitted on 261 answerable and 85 unanswerable
# questions (demo, statutes, manuals, small talk): how many deviations the best passage stands out, how
# much of the question's words one passage holds, and the lead of the best over the mean. The limit is
# at a probability of .32. With 8-fold cross-validation it refuses about 10% of the answerable and 65%
# of the unanswerable (docs/adr/0009-ranking.md).
STANDS_OUT, COVERED, LEAD, LIMIT = 1.23, 6.3, 10.5, 5.5
# Among a handful of candidates nothing can stand out: the words decide.
FEW = 20
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


def choose(question: str, hits: Sequence[Hit], trace: SearchTrace) -> Basis:
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
            if other is not None and other.dense >= trace.similarity.mean:
                chosen[-1:] = [other]
    coverage = max(_coverage(hit, trace.terms) for hit in chosen[:4])
    dense = max(hit.dense for hit in chosen)
    return Basis(tuple(chosen), _sufficient(coverage, dense, trace), coverage, dense)


def _coverage(hit: Hit, terms: Sequence[str]) -> float:
    wanted = set(terms)
    return len(wanted & set(hit.tokens.split())) / len(wanted) if wanted else 0.0


def _sufficient(coverage: float, dense: float, trace: SearchTrace) -> bool:
    if trace.candidates < FEW:
        return coverage >= COVERAGE_MINIMUM
    lead = dense - trace.similarity.mean
    stands_out = lead / max(1e-6, trace.similarity.deviation)
    return STANDS_OUT * stands_out + COVERED * coverage + LEAD * lead >= LIMIT
