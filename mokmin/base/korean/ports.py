"""What the rest of Mokmin needs of Korean analysis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Analyser(Protocol):
    """Korean text to index terms and sentences. ``name`` changes with anything that changes the
    terms: stored terms are compared by it."""

    @property
    def name(self) -> str:
        """What made the terms, with its version."""
        ...

    def morphemes(self, texts: Sequence[str]) -> list[list[str]]:
        """Content morphemes for indexing and querying (nouns, verb stems, numbers, foreign words)."""
        ...

    def bigrams(self, text: str) -> list[str]:
        """Character bigrams of each run of letters and digits."""
        ...

    def sentences(self, text: str) -> list[tuple[int, int]]:
        """Half-open character spans of the sentences of ``text``, in order."""
        ...

    def nouns(self, text: str) -> list[str]:
        """The nouns and foreign words of ``text`` of two letters or more, each once, in order."""
        ...

    def spaced(self, text: str) -> str:
        """The text with its blanks put right where many of them are wrong, else as it is."""
        ...
