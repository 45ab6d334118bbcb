"""Which words of a claim a source has: as terms, in other spacing, or as the official term."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mokmin.knowledge.answering.claims import Parsed
from mokmin.knowledge.answering.wording import EMPTY, same

_DIGITS = re.compile(r"\d")
# 비공개 is not 공개: a word found inside a longer one must not follow one of these.
_TURNS = "비불미무부반"


@dataclass(frozen=True, slots=True)
class SourceSentence:
    """One sentence of a source with its offsets there, parsed, and its terms."""

    start: int
    end: int
    text: str
    parsed: Parsed
    terms: frozenset[str]


def content(terms: Iterable[str]) -> list[str]:
    """Content terms in order, once each, without figures (compared apart), words that say nothing and
    compounds of two terms that are there themselves."""
    listed = list(dict.fromkeys(t for t in terms if not _DIGITS.search(t)))
    known = set(listed)
    return [t for t in listed if t not in EMPTY and not _joined(t, known)]


def _joined(term: str, known: set[str]) -> bool:
    return any(term[:i] in known and term[i:] in known for i in range(1, len(term)))


def covered(term: str, sentences: Sequence[SourceSentence], context: str) -> bool:
    """Whether a source sentence, or the title of the source, has the term or its official form."""
    return any(has(option, s) for option in (term, *same(term)) for s in sentences) or (
        len(term) >= 2 and term in context
    )


def has(term: str, sentence: SourceSentence) -> bool:
    """Whether a sentence has a term itself."""
    if term in sentence.terms:
        return True
    if len(term) < 2:
        return False
    text, at = sentence.parsed.squeezed, -1
    while (at := text.find(term, at + 1)) >= 0:
        if at == 0 or text[at - 1] not in _TURNS:
            return True
    return False
