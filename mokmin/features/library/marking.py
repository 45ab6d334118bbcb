"""Which words of a passage are words of the question: compared by morpheme, not by letters.

``체납했더라도`` is marked for ``체납``, ``대지`` is not marked for ``대``. A word is marked from the
start of the term in it to its end; a word that holds the term in another shape (inflected, or in
hanja) is marked whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from mokmin.base.korean.ports import Analyser

_WORD = re.compile(r"[^\W_]+(?:(?<=\d)[.,](?=\d)[^\W_]+)*")
WORDS_KEPT = 50_000
BEFORE, LENGTH = 40, 220
LONGEST_WORD = 60


@dataclass(frozen=True, slots=True)
class Mark:
    """Half-open character span of a found word, and the term that it stands for."""

    begin: int
    end: int
    term: str


class Marker:
    """Finds the words of a question in a text; remembers how words were analysed."""

    def __init__(self, analyser: Callable[[], Analyser]) -> None:
        self._analyser = analyser
        self._terms_of = lru_cache(WORDS_KEPT)(self._analyse)

    def _analyse(self, word: str) -> frozenset[str]:
        return frozenset(self._analyser().morphemes([word])[0])

    def terms(self, text: str) -> frozenset[str]:
        """The terms of a short text (for words that were added to the question)."""
        return frozenset(self._analyser().morphemes([text])[0])

    def marks(self, text: str, terms: frozenset[str]) -> list[Mark]:
        """The words to mark, in order, without overlap."""
        found: list[Mark] = []
        if not terms:
            return found
        for match in _WORD.finditer(text):
            word, begin = match.group(), match.start()
            if len(word) > LONGEST_WORD:
                continue
            for term in self._terms_of(word) & terms:
                at = word.lower().find(term)
                if at < 0:
                    found.append(Mark(begin, match.end(), term))
                while at >= 0:
                    found.append(Mark(begin + at, begin + at + len(term), term))
                    at = word.lower().find(term, at + len(term))
        return _apart(found)


def _apart(marks: list[Mark]) -> list[Mark]:
    """In order; of marks that overlap the longest stays."""
    kept: list[Mark] = []
    for mark in sorted(marks, key=lambda m: (m.begin, -m.end)):
        if kept and mark.begin < kept[-1].end:
            if mark.end - mark.begin > kept[-1].end - kept[-1].begin:
                kept[-1] = mark
            continue
        kept.append(mark)
    return kept


def window(text: str, marks: list[Mark]) -> tuple[int, int]:
    """The part of a passage to show: the one with the most different terms, whole words only."""
    if len(text) <= LENGTH + BEFORE:
        return 0, len(text)
    best, begin = (0, 0), 0
    for mark in marks:
        start = max(0, mark.begin - BEFORE)
        inside = [m.term for m in marks if m.begin >= start and m.end <= start + LENGTH]
        worth = (len(set(inside)), len(inside))
        if worth > best:
            best, begin = worth, start
    begin = _word_start(text, begin)
    end = len(text) if len(text) - begin <= LENGTH + BEFORE else _word_start(text, begin + LENGTH)
    return begin, end


def _word_start(text: str, at: int) -> int:
    """The start of a line or a word at or after a place; the place itself when none is near."""
    if at <= 0:
        return 0
    near = text[at - 1 : at + 20]
    blank = next((n for n, c in enumerate(near) if c.isspace()), None)
    return at if blank is None else at + blank
