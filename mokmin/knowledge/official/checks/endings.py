"""Putting an ending on a verb stem: 보내 + ㅂ니다 is 보냅니다, 낮추 + 었다 is 낮췄다.

Only regular stems: those of the plain words that the reviewer offers (국립국어원 「한글 맞춤법」 제4장).
"""

from __future__ import annotations

_BASE = 0xAC00
_FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
# An open syllable before 어: the vowel that both become.
_MERGED = {
    "ㅏ": "ㅏ",
    "ㅐ": "ㅐ",
    "ㅓ": "ㅓ",
    "ㅔ": "ㅔ",
    "ㅕ": "ㅕ",
    "ㅗ": "ㅘ",
    "ㅜ": "ㅝ",
    "ㅡ": "ㅓ",
    "ㅣ": "ㅕ",
}


def _split(syllable: str) -> tuple[int, int, int]:
    code = ord(syllable) - _BASE
    return code // 588, code % 588 // 28, code % 28


def _made(lead: int, vowel: int, final: int) -> str:
    return chr(_BASE + lead * 588 + vowel * 28 + final)


def conjugated(stem: str, ending: str) -> str:
    """The stem with an ending that begins with a consonant letter (ㄴ, ㄹ, ㅁ, ㅂ니다), with 어 or 었, or
    with a full syllable (고, 는, 면, 며, 니, 시 …)."""
    first = ending[0]
    lead, vowel, final = _split(stem[-1])
    if first in "ㄴㄹㅁㅂ":
        return _with_final(stem, ending, (lead, vowel, final))
    if first in "어었":
        return _with_vowel(stem, ending, (lead, vowel, final))
    if final and final != 8 and first in "면며니시려므":
        return f"{stem}으{ending}"
    if final == 8 and first in "니시는":
        return stem[:-1] + _made(lead, vowel, 0) + ending
    return stem + ending


def _with_final(stem: str, ending: str, last: tuple[int, int, int]) -> str:
    lead, vowel, final = last
    letter, rest = ending[0], ending[1:]
    if ending == "ㄴ다":
        if final == 0 or final == 8:
            return stem[:-1] + _made(lead, vowel, _FINALS.index("ㄴ")) + "다"
        return stem + "는다"
    if final == 0:
        return stem[:-1] + _made(lead, vowel, _FINALS.index(letter)) + rest
    if final == 8:
        if letter == "ㅁ":
            return stem[:-1] + _made(lead, vowel, _FINALS.index("ㄻ")) + rest
        return stem[:-1] + _made(lead, vowel, _FINALS.index(letter)) + rest
    linked = {"ㄴ": "은", "ㄹ": "을", "ㅁ": "음", "ㅂ": "습"}[letter]
    return stem + linked + rest


def _with_vowel(stem: str, ending: str, last: tuple[int, int, int]) -> str:
    lead, vowel, final = last
    letter = _VOWELS[vowel]
    past, rest = ending[0] == "었", ending[1:]
    if stem.endswith("하") and final == 0:
        return stem[:-1] + ("하였" if past else "하여") + rest
    if final:
        bright = letter in "ㅏㅗ"
        return stem + (("았" if past else "아") if bright else ("었" if past else "어")) + rest
    if letter in _MERGED and stem[-1] != "되":
        if letter == "ㅡ" and stem[-1] == "르":
            return stem + ("었" if past else "어") + rest
        merged = _VOWELS.index(_MERGED[letter])
        return stem[:-1] + _made(lead, merged, _FINALS.index("ㅆ") if past else 0) + rest
    return stem + ("었" if past else "어") + rest
