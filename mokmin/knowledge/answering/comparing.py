"""A disagreement between a claim and its source, and when two words count as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mokmin.knowledge.answering.wording import same


@dataclass(frozen=True, slots=True)
class Finding:
    """A disagreement; a hard one makes the claim unverified, another partial at most."""

    reason: str
    hard: bool = True


def meet(one: Sequence[str], two: Sequence[str]) -> bool:
    """Whether two lists have a word in common."""
    return any(alike(a, b) for a in one for b in two)


def alike(a: str, b: str) -> bool:
    """Whether two stems are one word: equal, one begins with the other, or the everyday form."""
    if a == b:
        return True
    if min(len(a), len(b)) >= 2 and (a.startswith(b) or b.startswith(a)):
        return True
    return b in same(a) or a in same(b)
