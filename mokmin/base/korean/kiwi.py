"""Korean analysis by Kiwi (kiwipiepy), with hanja read as hangul.

What counts as a term was chosen by measurement (BM25 over passages): nouns, roots, verb and
adjective stems, adverbs, numbers, Latin and hanja words, less the words that every question has;
and each pair of nouns written together also as one term (주민등록, 등록번호), which tells a
compound from the same nouns apart.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from kiwipiepy import Kiwi

from mokmin.base.korean.bigrams import bigrams
from mokmin.base.korean.reading import hangul
from mokmin.base.korean.sentences import sentence_spans

# Raise it with any change to what counts as a term.
TERMS_VERSION = 1
_NOUNS = frozenset({"NNG", "NNP", "XR", "SL"})
_TERMS = _NOUNS | {"NNB", "NR", "SN", "SH", "VV", "VA", "MAG"}
_COMPOUND_ENDS = _NOUNS | {"SN"}
_SERIALS = frozenset({"W_SERIAL", "W_URL", "W_EMAIL", "W_MENTION", "W_HASHTAG"})
_STOP = frozenset(
    {
        (word, tag)
        for tag in ("VV", "VA")
        for word in (
            "있",
            "되",
            "하",
            "않",
            "어떻",
            "알",
            "알리",
            "주",
            "그렇",
            "이렇",
            "위하",
            "대하",
            "따르",
            "관하",
            "통하",
            "말하",
            "싶",
        )
    }
    | {("수", "NNB"), ("것", "NNB"), ("등", "NNB"), ("때", "NNB"), ("때", "NNG"), ("경우", "NNG")}
)
# Kiwi takes 만들다 after an object for an auxiliary verb (신청서를 만드는).
_KEEP = frozenset({("만들", "VX")})
_PARTS = re.compile(r"[^\W_]+")
_ARTICLE = re.compile(r"제\s?(\d{1,4})\s?조(?:의\s?(\d{1,3}))?(?!\d)")
# Blanks are put right when this many, and this share of the right ones, are surplus or missing.
_SURPLUS, _SURPLUS_SHARE = 2, 0.25
_MISSING, _MISSING_SHARE = 4, 0.8
_LONGEST_SPACED = 300
_WHOLE_NOUNS = ("NNG", "NNP", "SL")
_LOCK = threading.Lock()


@lru_cache(maxsize=1)
def _load() -> Any:
    """The one model of this process: about 300 MB; without the dictionary of foreign multi-word
    names, which takes another 130 MB and changes nothing measured. One core: callers run side by
    side with the embedder."""
    return Kiwi(num_workers=1, load_multi_dict=False, load_typo_dict=False)


class KiwiAnalyser:
    """Implements ``Analyser``. All instances share one model; safe to use from several threads."""

    name = f"kiwi-{version('kiwipiepy')}-terms-{TERMS_VERSION}"

    def morphemes(self, texts: Sequence[str]) -> list[list[str]]:
        """See ``Analyser.morphemes``; no term holds white space, so they may be joined by blanks.

        The model is held for one text at a time: a question waits for one passage, not a batch.
        """
        return [self._terms(hangul(text)) for text in texts]

    def bigrams(self, text: str) -> list[str]:
        """See ``Analyser.bigrams``."""
        return bigrams(text)

    def sentences(self, text: str) -> list[tuple[int, int]]:
        """See ``Analyser.sentences``; by rule, because Kiwi cuts ``가.`` and dates apart."""
        return sentence_spans(text)

    def nouns(self, text: str) -> list[str]:
        """See ``Analyser.nouns``."""
        with _LOCK:
            tokens = _load().tokenize(hangul(text))
        found = (t.form.lower() for t in tokens if t.tag in _WHOLE_NOUNS and len(t.form) > 1)
        return list(dict.fromkeys(found))

    def spaced(self, text: str) -> str:
        """See ``Analyser.spaced``. Left alone are questions whose compounds are merely written
        together: putting all blanks anew loses .011 nDCG@10 on questions that are written well."""
        if len(text) > _LONGEST_SPACED:
            return text
        with _LOCK:
            better = str(_load().space(text, reset_whitespace=True))
        own, right = _blanks(text), _blanks(better)
        surplus, missing = len(own - right), len(right - own)
        if surplus >= _SURPLUS and surplus >= _SURPLUS_SHARE * len(right):
            return better
        return better if missing >= max(_MISSING, _MISSING_SHARE * len(right)) else text

    def _terms(self, text: str) -> list[str]:
        if not text.strip():
            return []
        with _LOCK:
            tokens = [
                (t.form, t.tag.partition("-")[0], t.start, t.end) for t in _load().tokenize(text)
            ]
        return [*_select(tokens), *articles(text)]


def _blanks(text: str) -> frozenset[int]:
    """Before which letters of a text, not counting blanks, a blank stands."""
    found, letters = set(), 0
    for character in text:
        if character.isspace():
            found.add(letters)
        else:
            letters += 1
    return frozenset(found)


def articles(text: str) -> list[str]:
    """Articles that a text names, as terms: ``제5조의2``."""
    found = (match.groups() for match in _ARTICLE.finditer(text))
    return [f"제{number}조" + (f"의{branch}" if branch else "") for number, branch in found]


def _select(tokens: Iterable[tuple[str, str, int, int]]) -> Iterator[str]:
    before: tuple[str, int] | None = None
    for form, tag, start, end in tokens:
        if tag in _SERIALS:
            yield from _PARTS.findall(form.lower())
        elif (tag in _TERMS and (form, tag) not in _STOP) or (form, tag) in _KEEP:
            yield "".join(form.lower().split())
        if before is not None and before[1] == start and tag in _COMPOUND_ENDS:
            yield "".join((before[0] + form).lower().split())
        before = (form, end) if tag in _NOUNS else None
