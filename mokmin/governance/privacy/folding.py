"""A text with disguises taken off, and the way back to its characters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_INVISIBLE = re.compile("[\u00ad\u034f\u115f\u1160\u180e\u200b-\u200f\u2060-\u2064\ufeff]+")
_FORMS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_FORMS |= dict.fromkeys(map(ord, "‐‑‒–—―−ㅡ－"), ord("-"))
_FORMS |= dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2007\u2009\u202f\u3000"), ord(" "))
_FORMS |= {0x2460 + n: ord("1") + n for n in range(9)} | {0x24EA: ord("0")}
# The line feed behind it ends the line.
_FORMS |= {ord("\r"): ord(" ")}
_CHANGED = re.compile(f"[{re.escape(''.join(map(chr, _FORMS)))}]")
# Hangul taken apart, as some systems write file names and their lists.
_APART = re.compile("[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?")
_ODD = re.compile(f"{_INVISIBLE.pattern}|{_APART.pattern}")


@dataclass(frozen=True, slots=True)
class Folded:
    """``text`` is plain; ``at`` gives where each of its characters begins and ends in the original
    (None: the same places).

    ``lined`` is the plain text with its tabs, which part the cells of a table.
    """

    text: str
    lined: str
    at: tuple[tuple[int, int], ...] | None

    def place(self, start: int, end: int) -> tuple[int, int]:
        """The same stretch in the original."""
        if self.at is None:
            return start, end
        return self.at[start][0], self.at[end - 1][1]


def fold(text: str) -> Folded:
    """Full-width forms, dashes and spaces made plain one for one, Hangul put together, invisible
    characters dropped."""
    at: list[tuple[int, int]] | None = None
    if _ODD.search(text):
        at, parts, last = [], [], 0
        for found in _ODD.finditer(text):
            at.extend((n, n + 1) for n in range(last, found.start()))
            parts.append(text[last : found.start()])
            last = found.end()
            if "\u1100" <= found[0][0] <= "\u1112":
                parts.append(unicodedata.normalize("NFC", found[0]))
                at.append(found.span())
        at.extend((n, n + 1) for n in range(last, len(text)))
        text = "".join([*parts, text[last:]])
    lined = text.translate(_FORMS) if _CHANGED.search(text) else text
    return Folded(lined.replace("\t", " "), lined, None if at is None else tuple(at))
