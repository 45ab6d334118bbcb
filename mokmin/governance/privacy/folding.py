"""A text with disguises taken off, and the way back to its characters."""

from __future__ import annotations

import re
from dataclasses import dataclass

_INVISIBLE = re.compile("[\u00ad\u034f\u115f\u1160\u180e\u200b-\u200f\u2060-\u2064\ufeff]+")
_FORMS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_FORMS |= dict.fromkeys(map(ord, "‐‑‒–—―−ㅡ－"), ord("-"))
_FORMS |= dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2007\u2009\u202f\u3000\t"), ord(" "))
_FORMS |= {0x2460 + n: ord("1") + n for n in range(9)} | {0x24EA: ord("0")}
_FORMS |= {ord("\r"): ord("\n")}


@dataclass(frozen=True, slots=True)
class Folded:
    """``text`` is plain; ``at`` gives each character's place in the original (None: the same)."""

    text: str
    original: str
    at: tuple[int, ...] | None

    def place(self, start: int, end: int) -> tuple[int, int]:
        """The same stretch in the original."""
        if self.at is None:
            return start, end
        return self.at[start], self.at[end - 1] + 1


def fold(text: str) -> Folded:
    """Full-width forms, dashes and spaces made plain one for one; invisible characters dropped."""
    if not _INVISIBLE.search(text):
        return Folded(text.translate(_FORMS), text, None)
    at: list[int] = []
    last = 0
    for found in _INVISIBLE.finditer(text):
        at.extend(range(last, found.start()))
        last = found.end()
    at.extend(range(last, len(text)))
    return Folded(_INVISIBLE.sub("", text).translate(_FORMS), text, tuple(at))
