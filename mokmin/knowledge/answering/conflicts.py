"""Sources that say different things of the same matter: both are named, with date and rank.

Rank of norms: 법률 > 시행령 > 시행규칙 > 조례 > 규칙 > 지침 (지방자치법 제28조, 제29조; 법제처, 「법령 입안·심사 기준」).
Two clauses are of the same matter when they share most of their words other than figures; they
differ when their figures do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mokmin.base.korean.josa import with_josa
from mokmin.base.korean.ports import Analyser
from mokmin.knowledge.answering.clauses import Clause
from mokmin.knowledge.answering.selection import Selected
from mokmin.knowledge.documents.model import Freshness

ALIKE = 0.6
# Of clauses with a smaller share of the best one's probability nobody asked.
LIKELY = 0.25
MOST = 2
# Clauses of fewer words are of the same matter too easily.
FEWEST_WORDS = 4
_RANKS = (
    ("법률", re.compile(r"(?:법|법률|특별법|기본법)(?:\s제\d|\s*$)")),
    (
        "시행령",
        re.compile(r"시행령|대통령령|(?<!시행)규정(?:\s제\d|\s*$)|[가-힣]령(?:\s제\d|\s*$)"),
    ),
    ("시행규칙", re.compile(r"시행규칙|부령")),
    ("조례", re.compile(r"조례(?!.*규칙)")),
    ("규칙", re.compile(r"(?<!시행)규칙")),
)
GUIDELINE = len(_RANKS)
_FIGURE = re.compile(
    r"\d[\d,.]*\s?(?:만|천|백|억)*\s?(?:원|일|개월|년|시간|주|회|명|건|퍼센트|%|배|세|시|점|미터|제곱미터)"
)
_REFERENCE = re.compile(r"제\d+(?:조|항|호|편|장|절)(?:의\d+)?|\d{4}\.\s?\d{1,2}\.\s?\d{1,2}\.?")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two clauses of the same matter with other figures; ``first`` has the higher rank, or is the
    newer one."""

    first: Clause
    second: Clause

    @property
    def text(self) -> str:
        """The notice, in Korean."""
        one, two = _named(self.first), _named(self.second)
        if self.second.hit.freshness is Freshness.SUPERSEDED:
            return (
                f"지난 판과 다릅니다. 지금은 {_quoted(self.first)}이고, "
                f"{two}에는 {with_josa(_quoted(self.second), '으로/로')} 적혀 있었습니다."
            )
        told = f"{with_josa(one, '은/는')} {_quoted(self.first)}, {with_josa(two, '은/는')} {with_josa(_quoted(self.second), '으로/로')}"
        if rank_of(self.first) < rank_of(self.second):
            why = f"효력은 {rank_name(self.first)}이 앞섭니다."
        else:
            why = "어느 쪽이 맞는지 담당 부서에 확인해 주세요."
        return f"자료마다 다르게 적혀 있습니다. {told} 적고 있습니다. {why}"


def rank_of(clause: Clause) -> int:
    """0 for a statute to 5 for a guideline, a manual or any other text."""
    title = clause.hit.title
    found = [at for at, (_, pattern) in enumerate(_RANKS) if pattern.search(title)]
    return max(found) if found else GUIDELINE


def rank_name(clause: Clause) -> str:
    """The kind of norm in Korean."""
    rank = rank_of(clause)
    return _RANKS[rank][0] if rank < GUIDELINE else "지침"


def disagreements(
    selected: Sequence[Selected], older: Sequence[Clause], analyser: Analyser
) -> list[Disagreement]:
    """Pairs of the answer's clauses, and of these with clauses of former editions, that differ."""
    best = max((item.own for item in selected), default=0.0)
    current = [item.clause for item in selected if item.own >= LIKELY * best]
    everything = [*current, *older]
    terms = [
        {term for term in words if not term.isdigit()}
        for words in analyser.morphemes([clause.text for clause in everything])
    ]
    found: list[Disagreement] = []
    for at, one in enumerate(current):
        for other in range(at + 1, len(everything)):
            two = everything[other]
            if one.hit.document_id != two.hit.document_id and _differ(
                one, two, terms[at], terms[other]
            ):
                found.append(_ranked(one, two))
    return found[:MOST]


def differing(
    first: Sequence[Clause], second: Sequence[Clause], analyser: Analyser
) -> list[Disagreement]:
    """Pairs of clauses of two documents that are of the same matter and name other figures."""
    told = [clause for clause in (*first, *second) if _figures(clause.text)]
    words = analyser.morphemes([clause.text for clause in told])
    terms = {
        id(clause): {term for term in found if not term.isdigit()}
        for clause, found in zip(told, words, strict=True)
    }
    return [
        _ranked(one, two)
        for one in first
        for two in second
        if id(one) in terms
        and id(two) in terms
        and len(terms[id(one)]) >= FEWEST_WORDS
        and _differ(one, two, terms[id(one)], terms[id(two)])
    ]


def _differ(one: Clause, two: Clause, first: set[str], second: set[str]) -> bool:
    figures = _figures(one.text), _figures(two.text)
    if not all(figures) or figures[0] & figures[1]:
        return False
    return len(first & second) >= ALIKE * max(1, min(len(first), len(second))) and (
        len(first & second) >= ALIKE * 0.7 * max(len(first), len(second))
    )


def _ranked(one: Clause, two: Clause) -> Disagreement:
    if two.hit.freshness is Freshness.SUPERSEDED:
        return Disagreement(one, two)
    if (rank_of(two), _day(one)) < (rank_of(one), _day(two)):
        return Disagreement(two, one)
    return Disagreement(one, two)


def _day(clause: Clause) -> str:
    day = clause.hit.effective_on or clause.hit.dated_on
    return day.isoformat() if day else ""


def _figures(text: str) -> set[str]:
    return {"".join(m.split()).replace(",", "") for m in _FIGURE.findall(_REFERENCE.sub("", text))}


def _named(clause: Clause) -> str:
    day = clause.hit.effective_on or clause.hit.dated_on
    dated = f", {day.year}. {day.month}. {day.day}." if day else ""
    return f"「{clause.hit.title}」({rank_name(clause)}{dated})"


def _quoted(clause: Clause) -> str:
    figures = [m.strip() for m in _FIGURE.findall(_REFERENCE.sub("", clause.text))]
    return "‘" + ", ".join(dict.fromkeys(figures)) + "’"
