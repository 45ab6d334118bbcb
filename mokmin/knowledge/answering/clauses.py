"""An article or a section as clauses that stand in relation: a rule with its exceptions, a stem with
its items. What is quoted must carry these along, or it says something else.

Structure after 법제처, 「법령 입안·심사 기준」: 조 (article), 항 ①, 호 1., 목 가.; a 단서 ("다만 …") limits the
sentence before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mokmin.base.korean.ports import Analyser
from mokmin.knowledge.search.model import Hit

MAX_CHARS = 900
_EDITORIAL = re.compile(r"\s*(?:<[^<>]{2,200}>|\[(?:본조신설|전문개정|제목개정|종전)[^\]]*\])")
_ARTICLE = re.compile(r"^제\d+조(?:의\d+)?\s*\([^)]*\)\s*")
_PARAGRAPH = re.compile(r"^[\u2460-\u2473\u3251-\u325f]")
_LEVELS = (
    (2, re.compile(r"^\d{1,2}(?:의\d+)?\.\s")),
    (3, re.compile(r"^[가-하]\.\s")),
    (4, re.compile(r"^\d{1,2}\)\s")),
    (5, re.compile(r"^[가-하]\)\s")),
)
_EXCEPTION = re.compile(r"^(?:다만|단)[,\s]|^(?:이|그) 경우|^(?:제\d+항\S* )?단서")
_STEM = re.compile(r"다음(?:\s?각|의|과| 어느| 사항|\s?[가-힣]*\s?호)|각\s?호|아래|각 목|다음")
_ITEM_LIKE = re.compile(r"^(?:[-·•○□◦▪※]|\d{1,2}[.)]|[가-하][.)]|[①-⑳])\s?")
_REPEALED = re.compile(r"^(?:[①-⑳]|\d+(?:의\d+)?\.|[가-하]\.)?\s*삭제\s*$")


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence, item or table row, verbatim but for editorial notes (<개정 …>).

    ``hit``: the passage it stands in; ``level``: 1 for a sentence of the text or of a 항, 2 a 호, 3 a
    목; ``stem``: position of the clause that it is an item of; ``rule``: position of the clause that
    it limits. Positions count in the unit from 0.
    """

    hit: Hit
    position: int
    text: str
    level: int
    stem: int | None = None
    rule: int | None = None

    @property
    def is_stem(self) -> bool:
        """Whether it announces items ("다음 각 호의 …")."""
        return _STEM.search(self.text) is not None


def clauses(passages: Sequence[Hit], analyser: Analyser) -> list[Clause]:
    """The clauses of one unit, given its passages in order. Repealed ones (삭제) are left out."""
    found: list[Clause] = []
    open_stems: dict[int, int] = {}
    for hit in passages:
        lines = [hit.text[a:b] for a, b in analyser.sentences(hit.text)]
        for line in _repaired(lines):
            text = _clean(line)
            if len(text) < 2 or _REPEALED.match(text):
                continue
            level = _level(text)
            position = len(found)
            rule = None
            if level == 1 and found and _EXCEPTION.match(text):
                rule = _rule(found, position)
            stem = next((open_stems[n] for n in range(level - 1, 0, -1) if n in open_stems), None)
            clause = Clause(
                hit, position, text[:MAX_CHARS], level, stem if level > 1 else None, rule
            )
            found.append(clause)
            for deeper in [n for n in open_stems if n >= level]:
                if rule is None or deeper > level:
                    del open_stems[deeper]
            if clause.is_stem or level > 1:
                open_stems[level] = position
    return found


def _repaired(lines: Sequence[str]) -> list[str]:
    """A lone number ("1.") belongs to what follows it."""
    joined: list[str] = []
    for line in lines:
        text = line.strip()
        if joined and re.fullmatch(r"(?:\d{1,2}[.)]|[가-하][.)]|[①-⑳])", joined[-1]):
            joined[-1] = f"{joined[-1]} {text}"
        elif text:
            joined.append(text)
    return joined


def _clean(text: str) -> str:
    text = _EDITORIAL.sub("", text).strip()
    rest = _ARTICLE.sub("", text)
    return rest or text


def _level(text: str) -> int:
    return next((level for level, mark in _LEVELS if mark.match(text)), 1)


def _rule(found: Sequence[Clause], position: int) -> int:
    """What an exception limits: the sentence before it, or that sentence's own rule."""
    before = found[position - 1]
    return before.rule if before.rule is not None else before.position
