"""Summaries of verbatim sentences: chosen by centrality, structure, facts and reader; exceptions
travel with their rule; nothing is said twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log

import numpy as np

from mokmin.base.korean.bigrams import bigrams
from mokmin.features.tools import facts
from mokmin.features.tools.endings import noun_ending
from mokmin.features.tools.model import Citations, Json, Unit
from mokmin.features.tools.reading import Reading, bare

LENGTHS = {"paragraph": ("한 문단", 320), "half": ("반 쪽", 750), "page": ("한 쪽", 1_500)}
AUDIENCES = {"staff": "담당자", "lead": "간부", "citizen": "시민"}
FORMS = {"bullets": "개조식", "prose": "문장"}
_FOLLOWS = re.compile(r"^(?:다만|단,|단 |이 경우|이때|그러나|그중|이 가운데|또한)")
_POINTS_BACK = re.compile(r"^(?:그|이를|이에|이는|위의|위와|앞의|해당|따라서|그래서|그리고)\s")
_TERMS = {
    "staff": re.compile(
        r"이내|까지|신청|제출|결재|등록|확인하|통보|청문|고지|증빙|서식|대장|다만|하여야|해야|할 수 없"
    ),
    "lead": re.compile(
        r"목표|목적|예산|억|총|모두|늘|줄|계획|추진|결정|의결|기간|대상|개정|시행|바뀌|위험|성과|책임"
    ),
    "citizen": re.compile(
        r"신청|문의|누리집|무료|감면|대상|까지|방법|창구|받을 수|내야|수수료|요금|지원|시민|주민"
    ),
}
_PREDICATE = re.compile(r"(?:다|함|음|임|됨|요|까)(?:\([^)]*\))?[.?]?$")
_INNER = re.compile(r"결재|품의|대장|전결|내부|협조를 받|세외수입정보시스템|서무")
DUPLICATE, NEAR = 0.82, 0.5
MOST_CANDIDATES = 4_000


@dataclass(slots=True)
class Candidate:
    """A sentence with those that must travel with it."""

    units: list[Unit]
    grams: frozenset[str]
    score: float = 0.0
    others: list[Unit] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All its sentences, without the number before the first."""
        return " ".join([bare(self.units[0].text), *(u.text for u in self.units[1:])])


def summarise(
    readings: Sequence[Reading], citations: Citations, *, length: str, audience: str, form: str
) -> Json:
    """Groups (document, section) of lines with their citations; verbatim but for safe endings."""
    chosen = choose(readings, length=length, audience=audience)
    groups: list[Json] = []
    for candidate in chosen:
        source = readings[candidate.units[0].source].source
        title = source.title if len(readings) > 1 else ""
        section = candidate.units[0].section
        if not groups or (groups[-1]["title"], groups[-1]["section"]) != (title, section):
            groups.append({"title": title, "section": section, "lines": []})
        groups[-1]["lines"].append(line(candidate, citations, form))
    return {"groups": groups, "count": len(chosen)}


def line(candidate: Candidate, citations: Citations, form: str) -> Json:
    """One line: its text in the asked form, and the numbers of its citations."""
    first, *rest = candidate.units
    texts = [bare(first.text), *(u.text for u in rest)]
    if form == "bullets":
        texts = [noun_ending(t) for t in texts]
        if len(texts) > 1:
            texts = [t.rstrip(".") + "." for t in texts[:-1]] + [texts[-1]]
    seen = dict.fromkeys(citations.add(u) for u in [*candidate.units, *candidate.others])
    return {"text": " ".join(texts), "cites": list(seen)}


def choose(
    readings: Sequence[Reading], *, length: str, audience: str, stretch: float = 1.0
) -> list[Candidate]:
    """The best candidates that fit the length, in the order of the documents."""
    candidates = [c for reading in readings for c in _candidates(reading)]
    if not candidates:
        return []
    _score(candidates, readings, audience)
    kept = sorted(candidates, key=lambda c: -c.score)
    budget = int(LENGTHS[length][1] * stretch * (1 + 0.25 * (min(len(readings), 5) - 1)))
    return sorted(
        _fill(kept, budget, len(readings)), key=lambda c: (c.units[0].source, c.units[0].order)
    )


def _candidates(reading: Reading) -> list[Candidate]:
    found: list[Candidate] = []
    for unit in reading.units:
        if unit.label or unit.kind == "footnote" or _signature(unit):
            continue
        follows = _FOLLOWS.match(unit.text) or (unit.kind == "list" and len(unit.text) < 22)
        if found and follows and found[-1].units[-1].clause == unit.clause:
            found[-1].units.append(unit)
            found[-1].grams |= frozenset(bigrams(unit.text))
        else:
            found.append(Candidate([unit], frozenset(bigrams(unit.text))))
    if len(found) > MOST_CANDIDATES:  # keep openings of sections and sentences with facts
        found.sort(key=lambda c: (-c.units[0].first, -len(facts.facts(c.text)), c.units[0].order))
        found = sorted(found[:MOST_CANDIDATES], key=lambda c: c.units[0].order)
    return found


def _signature(unit: Unit) -> bool:
    """A footnote mark, a date or a name alone says nothing in a summary."""
    text = bare(unit.text)
    if unit.kind == "table" or ":" in text:
        return False
    return len(text) < 26 and not _PREDICATE.search(text)


def _score(candidates: list[Candidate], readings: Sequence[Reading], audience: str) -> None:
    seen = Counter(gram for c in candidates for gram in c.grams)
    count = len(candidates)
    weight = {g: log(1 + n) * log((count + 1) / (n + 0.5)) for g, n in seen.items()}
    lexical = np.array([sum(weight[g] for g in c.grams) / (8 + len(c.grams)) for c in candidates])
    dense = np.array([_dense(c, readings) for c in candidates])
    for candidate, a, b in zip(candidates, _standard(lexical), _standard(dense), strict=True):
        candidate.score = 0.6 * a + 0.5 * b + _shape(candidate, audience)


def _dense(candidate: Candidate, readings: Sequence[Reading]) -> float:
    reading, row = readings[candidate.units[0].source], candidate.units[0].vector_row
    if row < 0 or not len(reading.vectors):
        return 0.0
    centre = reading.vectors.mean(axis=0)
    size = float(np.linalg.norm(centre))
    return float(reading.vectors[row] @ centre) / size if size else 0.0


def _standard(values: np.ndarray) -> np.ndarray:
    spread = float(values.std())
    return (values - values.mean()) / spread if spread else np.zeros_like(values)


def _shape(candidate: Candidate, audience: str) -> float:
    first, text = candidate.units[0], candidate.text
    score = 0.7 * first.first + (0.8 if first.order <= 2 and len(text) > 30 else 0.0)
    names = {f.name for f in facts.facts(text)}
    score += 0.25 * len(names & {"기한", "금액", "비율", "날짜", "수량"})
    score += 0.25 * bool(facts.force(text)) + 0.2 * (len(candidate.units) > 1)
    score += 0.3 * min(3, len(set(_TERMS[audience].findall(text))))
    if audience == "citizen":
        score += 0.8 * bool(facts.PHONE.search(text)) - 0.9 * bool(_INNER.search(text))
    elif facts.PHONE.search(text):
        score -= 1.2
    if audience == "lead":
        score += 0.5 * bool(names & {"금액", "날짜"})
    score -= 1.5 * (len(text) < 14) + 1.0 * (len(text) > 230)
    score -= 0.8 * (first.kind == "table") + 1.2 * bool(_POINTS_BACK.match(bare(first.text)))
    score -= 1.0 * text.rstrip().endswith((":", "다음과 같다.", "말한다.")) + 0.6 * text.endswith(
        "?"
    )
    return score


def _fill(ranked: Sequence[Candidate], budget: int, documents: int) -> list[Candidate]:
    chosen: list[Candidate] = []
    used = 0
    sections: Counter[tuple[int, str]] = Counter()
    shares: Counter[int] = Counter()
    for strict in (True, False):
        for candidate in ranked:
            if candidate in chosen or used + len(candidate.text) > budget * 1.08:
                continue
            first = candidate.units[0]
            key = (first.source, first.section)
            crowded = sections[key] >= (2 if first.section else 6)
            if strict and (crowded or shares[first.source] > 1.4 * budget / documents):
                continue
            if _repeats(candidate, chosen):
                continue
            chosen.append(candidate)
            used += len(candidate.text)
            sections[key] += 1
            shares[first.source] += len(candidate.text)
    return chosen


def _repeats(candidate: Candidate, chosen: Sequence[Candidate]) -> bool:
    """Whether it says what is there already; a near-verbatim copy elsewhere is cited with it."""
    for other in chosen:
        both = len(candidate.grams & other.grams)
        share = both / max(1, min(len(candidate.grams), len(other.grams)))
        if share > DUPLICATE and facts.facts(candidate.text) == facts.facts(other.text):
            other.others.append(candidate.units[0])
        if share > NEAR and both / max(1, len(candidate.grams | other.grams)) > NEAR:
            return True
    return False
