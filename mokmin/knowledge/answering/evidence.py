"""Choosing evidence: which hits may answer, and whether there is a basis at all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mokmin.base.korean.ports import Analyser
from mokmin.governance.access.model import Principal
from mokmin.knowledge.answering.selection import Scored, Unit
from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.search.model import Hit, SearchTrace
from mokmin.knowledge.search.service import SearchService

MAX_PASSAGES, OLDER = 8, 2
UNITS, PER_DOCUMENT, PER_UNIT = 6, 3, 2
# A logistic model of "the library holds the answer" (see ``judged``); how it was fitted and how well it
# separates stands in docs/adr/0012-extractive-answers.md.
LEAD, CLAUSE, STRANGE, INTERCEPT, LIMIT = 31.4, 0.4, -2.3, -1.68, 0.34
# Nouns that any question may hold and no document need: they say nothing of its matter.
_GENERAL = frozenset(
    [
        "얼마",
        "언제",
        "누구",
        "어디",
        "며칠",
        "먼저",
        "우리",
        "이미",
        "하루",
        "경우",
        "사람",
        "직원",
        "주인",
        "민원인",
        "얼마나",
        "가능",
        "대상",
        "금액",
        "기한",
        "기간",
        "기준",
        "퍼센트",
        "시장님",
        "최대",
        "최소",
        "동네",
        "이유",
        "사유",
        "방법",
        "절차",
        "업무",
        "담당",
        "신청",
        "처리",
        "결정",
        "관련",
        "필요",
        "정도",
        "이상",
        "이하",
        "올해",
        "내년",
        "작년",
        "이번",
        "문제",
        "처음",
        "혼자",
        "대신",
        "동료",
        "업체",
        "사장",
        "가게",
        "이름",
        "날짜",
        "시기",
        "상대",
        "시청",
        "시민",
        "이웃",
        "회사",
        "사정",
        "생각",
        "질문",
        "내용",
        "궁금",
        "최장",
        "아이",
        "여름",
        "자체",
        "상한",
    ]
)
# Among a handful of candidates nothing can stand out: the words decide.
FEW = 20
COVERAGE_MINIMUM = 0.5
LAW = "법령"


@dataclass(frozen=True, slots=True)
class Basis:
    """The chosen hits; ``sufficient`` is false when the library holds no answer, ``probability`` that it
    holds one; ``clause`` the probability of the best clause; ``older`` passages of former editions;
    ``strange`` nouns of the question that no passage holds. ``followed`` are the passages reached by a
    cross-reference, with the number of the 호 that was cited."""

    hits: tuple[Hit, ...]
    sufficient: bool
    coverage: float
    dense: float
    clause: float = 0.0
    probability: float = 0.0
    older: tuple[Hit, ...] = ()
    strange: tuple[str, ...] = ()
    followed: Mapping[int, int | None] = field(default_factory=dict)


def choose(hits: Sequence[Hit], trace: SearchTrace) -> Basis:
    """Passages of the best articles and sections; a law and a manual stand side by side.

    Superseded documents (구판) answer only when nothing in force was found, or when the question
    asks for the past.
    """
    in_force = [hit for hit in hits if hit.freshness is not Freshness.SUPERSEDED]
    older: tuple[Hit, ...] = ()
    if in_force and not trace.past:
        older = tuple(h for h in hits if h.freshness is Freshness.SUPERSEDED)[:OLDER]
        hits = in_force
    if not hits:
        return Basis((), False, 0.0, 0.0)
    chosen = _spread(hits)
    for law in (True, False):
        if not any((h.kind == LAW) is law for h in chosen):
            other = next((h for h in hits if (h.kind == LAW) is law), None)
            if other is not None and other.dense >= trace.similarity.mean:
                chosen[-1:] = [other]
    coverage = max(_coverage(hit, trace.terms) for hit in chosen[:4])
    dense = max(hit.dense for hit in chosen)
    return Basis(tuple(chosen), True, coverage, dense, older=older)


def judged(
    basis: Basis,
    scored: Sequence[Scored],
    trace: SearchTrace,
    nouns: Sequence[str],
    strange: Sequence[str],
) -> Basis:
    """The basis with the judgement whether it suffices: by how far the best passage stands above the
    mean in meaning, by the best clause, and by the share of the question's nouns that are strange."""
    best = max((item.probability for item in scored), default=0.0)
    share = len(strange) / len(nouns) if nouns else 0.0
    score = (
        LEAD * (basis.dense - trace.similarity.mean)
        + CLAUSE * math.log(max(best, 1e-4) / (1 - min(best, 0.9999)))
        + STRANGE * share
        + INTERCEPT
    )
    probability = 1 / (1 + math.exp(-score))
    basis = replace(basis, clause=best, probability=probability, strange=tuple(strange))
    if trace.candidates < FEW:
        return replace(basis, sufficient=basis.coverage >= COVERAGE_MINIMUM)
    return replace(basis, sufficient=probability >= LIMIT)


def nouns_of(
    question: str, hits: Sequence[Hit], trace: SearchTrace, analyser: Analyser
) -> tuple[list[str], list[str]]:
    """The nouns of a question that tell its matter, and those of them that are strange: no passage
    that was found holds them, nor does the dictionary know an official word for them."""
    known = {token for hit in hits for token in hit.tokens.split()}
    known.update(term for terms in analyser.morphemes([h.title for h in hits]) for term in terms)
    everyday = " ".join(words for words, _ in trace.widened)
    nouns = [noun for noun in analyser.nouns(question) if noun not in _GENERAL]
    return nouns, [noun for noun in nouns if noun not in known and noun not in everyday]


def _spread(hits: Sequence[Hit]) -> list[Hit]:
    """In order of rank: at most eight passages of at most six articles or sections, three a document
    and two passages of each."""
    chosen: list[Hit] = []
    articles: dict[int, set[int]] = {}
    for hit in hits:
        of_document = articles.setdefault(hit.document_id, set())
        if hit.unit not in of_document:
            if len(of_document) == PER_DOCUMENT or sum(map(len, articles.values())) == UNITS:
                continue
            of_document.add(hit.unit)
        if sum(h.unit == hit.unit for h in chosen) < PER_UNIT:
            chosen.append(hit)
        if len(chosen) == MAX_PASSAGES:
            break
    return chosen


def units_of(search: SearchService, principal: Principal, hits: Sequence[Hit]) -> list[Unit]:
    """The articles and sections that the passages belong to, best first, with all their passages."""
    best: dict[int, Hit] = {}
    for hit in hits:
        best.setdefault(hit.unit, hit)
    whole = search.units(principal, best)
    return [Unit(hit.score, whole[unit]) for unit, hit in best.items() if unit in whole]


def _coverage(hit: Hit, terms: Sequence[str]) -> float:
    wanted = set(terms)
    return len(wanted & set(hit.tokens.split())) / len(wanted) if wanted else 0.0
