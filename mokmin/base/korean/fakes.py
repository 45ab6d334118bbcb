"""A quick analyser without a model, for tests."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from mokmin.base.korean.bigrams import bigrams
from mokmin.base.korean.sentences import sentence_spans

_WORD = re.compile(r"[^\W_]+")
_PARTICLE = re.compile(
    r"(?<=[가-힣]{2})(?:은|는|이|가|을|를|의|에|에서|에게|으로|로|과|와|도|만|까지|부터|입니다|인가요)$"
)


class SimpleAnalyser:
    """Implements ``Analyser``: words cut at anything that is no letter or digit, particles off."""

    name = "simple"

    def morphemes(self, texts: Sequence[str]) -> list[list[str]]:
        """See ``Analyser.morphemes``."""
        return [
            [
                _PARTICLE.sub("", word)
                for word in _WORD.findall(unicodedata.normalize("NFKC", t).lower())
            ]
            for t in texts
        ]

    def bigrams(self, text: str) -> list[str]:
        """See ``Analyser.bigrams``."""
        return bigrams(text)

    def sentences(self, text: str) -> list[tuple[int, int]]:
        """See ``Analyser.sentences``."""
        return sentence_spans(text)

    def nouns(self, text: str) -> list[str]:
        """See ``Analyser.nouns``; every word counts as one."""
        return list(dict.fromkeys(w for w in self.morphemes([text])[0] if len(w) > 1))

    def spaced(self, text: str) -> str:
        """See ``Analyser.spaced``; nothing is put right."""
        return text
