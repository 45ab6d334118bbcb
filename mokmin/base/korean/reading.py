"""Text in the letters that it is searched in: NFKC, with hanja read as hangul."""

from __future__ import annotations

import re
import unicodedata

import hanja

_HANJA = re.compile(r"[一-鿿㐀-䶿豈-﫿]+")
# Counters keep their sound after a digit (두음법칙 does not apply): 2026年 is 2026년.
_COUNTER = re.compile(r"(?<=\d)\s?[年里輛]")
_COUNTERS = {"年": "년", "里": "리", "輛": "량"}


def hangul(text: str) -> str:
    """NFKC, with hanja read as hangul (豫算 becomes 예산); digits stay."""
    text = unicodedata.normalize("NFKC", text)
    text = _COUNTER.sub(lambda m: m.group()[:-1] + _COUNTERS[m.group()[-1]], text)
    return _HANJA.sub(lambda run: str(hanja.translate(run.group(), "substitution")), text)
