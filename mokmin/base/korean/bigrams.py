"""Character bigrams: index terms that need no dictionary."""

from __future__ import annotations

import re
import unicodedata

_RUN = re.compile(r"[0-9a-z가-힣ㄱ-ㅎㅏ-ㅣ一-鿿]+")


def bigrams(text: str) -> list[str]:
    """Character bigrams of each run of letters and digits, lower-cased after NFKC, in order.

    A run of one character gives that character, so that no word is lost.
    """
    grams: list[str] = []
    for run in _RUN.findall(unicodedata.normalize("NFKC", text).lower()):
        if len(run) == 1:
            grams.append(run)
        else:
            grams.extend(run[at : at + 2] for at in range(len(run) - 1))
    return grams
