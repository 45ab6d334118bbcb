"""Marks of items in official documents: 1., 가., 1), 가), (1), (가), ①, ㉮.

Source: 행정업무의 운영 및 혁신에 관한 규정 시행규칙 제2조제1항. An item stands two columns (one Hangul letter)
further right than the one above it, its text one column after its mark, and an item alone on its level has
no mark (행정안전부, 「행정업무운영 편람」).
"""

from __future__ import annotations

import re

LEVELS = 8
INDENT = "  "
# 거, 너 … follow 하; then 고, 노 …, 구, 누 …, 그, 느 …, 기, 니 ….
_LEAD_AT = (0, 2, 3, 5, 6, 7, 9, 11, 12, 14, 15, 16, 17, 18)
_VOWEL_AT = (0, 4, 8, 13, 18, 20)
_CIRCLED_DIGITS, _CIRCLED_SYLLABLES = 0x2460, 0x326E
_MARK = re.compile(
    r"^\s*(?:(?P<l1>\d{1,3})\.|(?P<l2>[가-힣])\.|(?P<l3>\d{1,3})\)|(?P<l4>[가-힣])\)|\((?P<l5>\d{1,3})\)"
    r"|\((?P<l6>[가-힣])\)|(?P<l7>[①-⑳])|(?P<l8>[㉮-㉻]))(?=\s|$)"
)


def syllable(number: int) -> str:
    """가, 나 … 하, 거, 너 … for 1, 2 …; 84 of them. Raises ValueError beyond."""
    vowel, lead = divmod(number - 1, len(_LEAD_AT))
    if number < 1 or vowel >= len(_VOWEL_AT):
        raise ValueError(f"no letter for item {number}")
    return chr(0xAC00 + (_LEAD_AT[lead] * 21 + _VOWEL_AT[vowel]) * 28)


def mark(level: int, number: int) -> str:
    """The mark of an item: ``level`` 1–8, ``number`` from 1. Raises ValueError outside of them; circled
    marks beyond their signs fall back to (n) and (가)."""
    if not 1 <= level <= LEVELS or number < 1:
        raise ValueError(f"no mark for item {number} on level {level}")
    letter = syllable(number) if level % 2 == 0 else str(number)
    if level == 7:
        return chr(_CIRCLED_DIGITS + number - 1) if number <= 20 else f"({letter})"
    if level == 8:
        return chr(_CIRCLED_SYLLABLES + number - 1) if number <= 14 else f"({letter})"
    return (f"{letter}.", f"{letter})", f"({letter})")[(level - 1) // 2]


def position(text: str) -> tuple[int, int] | None:
    """Level and number of the mark that a line begins with, or None."""
    found = _MARK.match(text)
    if found is None or found.lastgroup is None:
        return None
    level, sign = int(found.lastgroup[1:]), found[found.lastgroup]
    if level == 7:
        return level, ord(sign) - _CIRCLED_DIGITS + 1
    if level == 8:
        return level, ord(sign) - _CIRCLED_SYLLABLES + 1
    if sign.isdigit():
        return level, int(sign)
    number = _number(sign)
    return (level, number) if number else None


def _number(letter: str) -> int:
    code = ord(letter) - 0xAC00
    lead, rest = divmod(code, 21 * 28)
    vowel, final = divmod(rest, 28)
    if final or lead not in _LEAD_AT or vowel not in _VOWEL_AT:
        return 0
    return _VOWEL_AT.index(vowel) * len(_LEAD_AT) + _LEAD_AT.index(lead) + 1
