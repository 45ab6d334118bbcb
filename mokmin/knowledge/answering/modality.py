"""Negation and modality of a claim against those of the sentences it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from mokmin.knowledge.answering.claims import (
    AS_BEFORE,
    CANNOT,
    EXEMPT,
    INNER,
    MAY,
    MUST,
    MUST_NOT,
    NEGATIVE,
    NOT,
    PLAIN,
    Parsed,
    Predicate,
)
from mokmin.knowledge.answering.comparing import Finding, alike, meet

_INVERSE = {MUST: {EXEMPT, NOT}, MAY: {CANNOT, MUST_NOT, NOT}, PLAIN: {NOT, EXEMPT, CANNOT},
            MUST_NOT: {MAY}, CANNOT: {MAY}, NOT: {PLAIN, MAY}}  # fmt: skip
_CLOSE = ({CANNOT, MUST_NOT},)


def predicates(said: Parsed, parsed: Sequence[Parsed]) -> Iterator[Finding]:
    """Every predicate whose polarity or modality the source does not bear out."""
    everywhere = {q.mode for p in parsed for q in p.predicates}
    allowed = _inverted(parsed)
    for number, predicate in enumerate(said.predicates):
        final = number == len(said.predicates) - 1
        seen = [
            q
            for p in parsed
            for q in p.predicates
            if q.head and predicate.head and _one_head(predicate.head, q.head)
        ]
        if len({q.mode for q in seen} - {INNER}) > 1 and predicate.mode != INNER:
            seen = [q for q in seen if q.mode != INNER and meet(predicate.near, q.near)] or seen
        modes = {q.mode for q in seen}
        if modes:
            turned = {m for head, inv in allowed if _one_head(predicate.head, head) for m in inv}
            quoted = any(q.mode == AS_BEFORE for q in said.predicates)
            modes = turned if turned and final and not quoted else modes | turned
        finding = _mode(predicate, modes, everywhere, final)
        if finding is not None:
            yield finding


def _one_head(a: str, b: str) -> bool:
    return alike(a, b) or (min(len(a), len(b)) == 1 and a[0] == b[0])


def _inverted(parsed: Sequence[Parsed]) -> list[tuple[str, set[str]]]:
    """What "그러하지 아니하다" makes of the predicate of the rule before it."""
    found: list[tuple[str, set[str]]] = []
    for rule, exception in pairwise(parsed):
        if any(q.mode == AS_BEFORE for q in exception.predicates) and rule.predicates:
            last = rule.predicates[-1]
            found.append((last.head, _INVERSE.get(last.mode, set())))
    return found


def _mode(
    predicate: Predicate, modes: set[str], everywhere: set[str], final: bool
) -> Finding | None:
    mode, head = predicate.mode, predicate.head
    if mode == AS_BEFORE:
        return None if AS_BEFORE in everywhere else Finding("부정 표현이 근거와 다릅니다.")
    if not modes:
        return _unknown_head(mode, everywhere, final)
    if mode in modes or any(mode in close and modes & close for close in _CLOSE):
        return None
    if mode in NEGATIVE or (modes <= NEGATIVE and mode != INNER) or modes == {NOT}:
        return Finding(f"부정 표현이 근거와 다릅니다: {head}")
    if mode == INNER or (mode == PLAIN and not final):
        return None
    if {mode, *modes} <= {PLAIN, MUST, INNER}:
        hard = mode == MUST and modes == {INNER}
        if mode == PLAIN and modes == {INNER}:
            return None
        return Finding(f"의무의 정도가 근거와 다를 수 있습니다: {head}", hard=hard)
    return Finding(f"의무·허용의 정도가 근거와 다릅니다: {head}")


def _unknown_head(mode: str, everywhere: set[str], final: bool) -> Finding | None:
    if mode in NEGATIVE and not everywhere & NEGATIVE and AS_BEFORE not in everywhere:
        return Finding("부정 표현이 근거와 다를 수 있습니다.")
    if mode == NOT and not everywhere & {NOT, EXEMPT, AS_BEFORE}:
        return Finding("부정 표현이 근거와 다를 수 있습니다.", hard=not final)
    if mode in {MUST, MAY} and final and mode not in everywhere:
        return Finding("의무·허용의 정도를 근거에서 확인하지 못했습니다.", hard=False)
    if mode == PLAIN and final and everywhere and everywhere <= NEGATIVE:
        return Finding("부정 표현이 근거와 다를 수 있습니다.", hard=False)
    return None
