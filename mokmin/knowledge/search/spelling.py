"""Did you mean: a word of a question that no candidate holds, when the candidates hold one like it.

The words come from passages that the searcher may read, so a suggestion reveals nothing else. Likeness
is counted in letters (자모, Unicode NFD): 공유제산 and 공유재산 differ in one.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

_WORD = re.compile(r"[가-힣]{3,}")
_PARTICLE = re.compile(
    r"(?:은|는|이|가|을|를|의|에|도|만|로|으로|와|과|에서|에게|부터|까지|이나|나|인가|하면|할|한|하는)$"
)
_MOST_LETTERS = 2
_LETTERS_A_MISS = 4
"""One letter may differ for each so many letters of the word."""
_SEEN = 2


def suggest(text: str, passages: Sequence[str], terms: Iterable[str]) -> str | None:
    """The question with misspelt words put right, or None when there is nothing to put right.
    ``passages`` are the candidates' texts, ``terms`` their morphemes, once for each occurrence."""
    unknown = [word for word in _WORD.findall(text) if not _stands(word, passages)]
    if not unknown:
        return None
    counted = Counter(term for term in terms if _WORD.fullmatch(term))
    known = [term for term, count in counted.most_common() if count >= _SEEN]
    better = text
    for word in unknown:
        right = next((t for t in known if _like(word[: len(t)], t)), None)
        if right is not None:
            better = better.replace(word, right + word[len(right) :], 1)
    return better if better != text else None


def _stands(word: str, passages: Sequence[str]) -> bool:
    """Whether the word, or its beginning without a particle, stands in a passage."""
    stems = {word, _PARTICLE.sub("", word)}
    return any(stem in passage for stem in stems for passage in passages)


def _like(word: str, other: str) -> bool:
    if len(word) != len(other) or word == other:
        return False
    if sum(a != b for a, b in zip(word, other, strict=True)) > _MOST_LETTERS:
        return False
    one, two = (unicodedata.normalize("NFD", w) for w in (word, other))
    return 0 < _distance(one, two) <= min(_MOST_LETTERS, len(two) // _LETTERS_A_MISS)


def _distance(one: str, two: str) -> int:
    """Levenshtein's distance."""
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, start=1):
        before, row[0] = row[0], i
        for j, b in enumerate(two, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]
