"""Everyday words and the official words for them: what a question is widened with.

The dictionary that ships is ``terms/administrative.tsv``; departments add their own entries. An entry
applies when all its everyday words are in the question. Measured over official questions on statutes
that its writer had not seen, widening gives +.02 nDCG@10 (benchmarks/RESULTS.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mokmin.base.errors import InvalidInput
from mokmin.base.korean.ports import Analyser

SHIPPED = Path(__file__).parent / "terms" / "administrative.tsv"
_MOST = 6


@dataclass(frozen=True, slots=True)
class Synonym:
    """An everyday wording and the official words for it. ``source`` is who keeps the entry: empty
    for the dictionary that ships."""

    everyday: str
    official: tuple[str, ...]
    note: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Widening:
    """What a question is widened with: the entries that applied, and the morphemes of their
    official words."""

    synonyms: tuple[Synonym, ...] = ()
    terms: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The official words, each once, the first few."""
        found = dict.fromkeys(word for entry in self.synonyms for word in entry.official)
        return tuple(found)[:_MOST]


def parse_synonyms(text: str) -> list[Synonym]:
    """Lines ``everyday<TAB>official, official<TAB>note``; ``#`` begins a comment. Raises InvalidInput."""
    found: list[Synonym] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        everyday, *rest = line.split("\t")
        note = rest[1].strip() if len(rest) > 1 else ""
        official = tuple(w.strip() for w in rest[0].split(",") if w.strip()) if rest else ()
        if not everyday.strip() or not official:
            raise InvalidInput(f"{number}행에 쉬운 말과 행정 용어가 탭으로 나뉘어 있지 않습니다.")
        found.append(Synonym(everyday.strip(), official, note))
    return found


class Vocabulary:
    """Entries ready to be looked up by the morphemes of a question."""

    def __init__(self, analyser: Analyser, synonyms: Iterable[Synonym]) -> None:
        # Under one of its words, so that a question looks at a few entries only.
        self._by_word: dict[str, list[tuple[frozenset[str], Synonym, list[str]]]] = {}
        self._analyser = analyser
        self._add(synonyms)

    def _add(self, synonyms: Iterable[Synonym]) -> None:
        entries = list(synonyms)
        for entry, (words, terms) in zip(entries, analysed(self._analyser, entries), strict=True):
            if words:
                key = (frozenset(words), entry, terms)
                self._by_word.setdefault(max(words, key=len), []).append(key)

    def extended(self, synonyms: Iterable[Synonym]) -> Vocabulary:
        """These entries and others; this vocabulary stays as it is."""
        made = Vocabulary(self._analyser, ())
        made._by_word = {word: list(found) for word, found in self._by_word.items()}
        made._add(synonyms)
        return made

    def widen(self, terms: Sequence[str]) -> Widening:
        """What the dictionary knows about a question with these morphemes."""
        asked = frozenset(terms)
        applied: dict[Synonym, list[str]] = {}
        for word in dict.fromkeys(terms):
            for words, entry, official in self._by_word.get(word, ()):
                if words <= asked:
                    applied[entry] = official
        new = dict.fromkeys(t for official in applied.values() for t in official if t not in asked)
        return Widening(tuple(applied), tuple(new))


def analysed(analyser: Analyser, synonyms: Sequence[Synonym]) -> list[tuple[list[str], list[str]]]:
    """For each entry the morphemes that a question must hold, and those that it is widened with."""
    everyday = analyser.morphemes([_as_spoken(entry.everyday) for entry in synonyms])
    official = analyser.morphemes([", ".join(entry.official) for entry in synonyms])
    return list(zip(everyday, official, strict=True))


def _as_spoken(everyday: str) -> str:
    """Dictionary forms as they stand in a sentence (지우다: 지우고): alone they pass for nouns."""
    words = everyday.split()
    return " ".join(w[:-1] + "고" if len(w) > 1 and w.endswith("다") else w for w in words)
