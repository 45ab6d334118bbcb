"""Particles (조사) that depend on the final consonant of the word before them."""

from __future__ import annotations

from typing import Literal

Pair = Literal["은/는", "이/가", "을/를", "과/와", "아/야", "으로/로", "이라/라", "이나/나"]

_FIRST, _LAST = ord("가"), ord("힣")
_FINALS = 28
_RIEUL = 8
# Final consonant of the name of a digit: 영 일 이 삼 사 오 육 칠 팔 구 (0 none, 8 ㄹ, 1 other).
_DIGITS = {"0": 1, "1": 8, "2": 0, "3": 1, "4": 0, "5": 0, "6": 1, "7": 8, "8": 8, "9": 0}
# Zeros need no rule of their own: 영, 십, 백, 천, 만 and 억 all end in a consonant other than ㄹ.
# Letters by their Korean names: 엘, 엠, 엔, 알; all others end in a vowel.
_LETTERS = {"l": 8, "m": 1, "n": 1, "r": 8}
_UNITS = {"%": 0, "㎡": 0, "℃": 0}


def final_consonant(word: str) -> int:
    """0 without a final consonant, 8 for ㄹ, any other number for another consonant.

    Digits and letters are read in Korean; closing brackets and quotation marks are passed over.
    """
    for character in reversed(word):
        if _FIRST <= ord(character) <= _LAST:
            return (ord(character) - _FIRST) % _FINALS
        if character in _DIGITS:
            return _DIGITS[character]
        if character in _UNITS:
            return _UNITS[character]
        if character.isascii() and character.isalpha():
            return _LETTERS.get(character.lower(), 0)
    return 0


def josa(word: str, pair: Pair) -> str:
    """The right one of the two: ``josa("시장", "은/는")`` is 은; 로 also follows ㄹ (서울로)."""
    closed, opened = pair.split("/")
    final = final_consonant(word)
    if final == 0 or (pair == "으로/로" and final == _RIEUL):
        return opened
    return closed


def with_josa(word: str, pair: Pair) -> str:
    """The word with its particle: ``with_josa("시장", "은/는")`` is 시장은."""
    return word + josa(word, pair)
