"""Finding names as they are being typed: by their beginnings, by initial consonants (ㅇㅁㄷㅎ for 업무 대화), and
in the middle of a syllable, as an input method hands it over (무 on the way to 문)."""

from __future__ import annotations

from functools import lru_cache

INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
# Final consonants in the order of Unicode; the pairs count as their last consonant on the way to the next syllable.
_FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_SPLIT = {"ㄳ": "ㄱㅅ", "ㄵ": "ㄴㅈ", "ㄶ": "ㄴㅎ", "ㄺ": "ㄹㄱ", "ㄻ": "ㄹㅁ", "ㄼ": "ㄹㅂ", "ㄽ": "ㄹㅅ", "ㄾ": "ㄹㅌ",
          "ㄿ": "ㄹㅍ", "ㅀ": "ㄹㅎ", "ㅄ": "ㅂㅅ"}  # fmt: skip
_FIRST, _LAST, _VOWELS, _WITH_FINAL = 0xAC00, 0xD7A3, 21, 28


def initial(char: str) -> str:
    """The initial consonant of a syllable; any other character itself."""
    code = ord(char)
    if not _FIRST <= code <= _LAST:
        return char
    return INITIALS[(code - _FIRST) // (_VOWELS * _WITH_FINAL)]


def _squeezed(text: str) -> str:
    return "".join(text.casefold().split()).replace("·", "").replace("-", "")


@lru_cache(maxsize=256)
def _readings(typed: str) -> tuple[str, ...]:
    """What was typed, with consonants that stand together (ㄳ) apart, and with the final consonant of the last
    syllable as the beginning of the next (문 for 무너)."""
    typed = "".join(_SPLIT.get(char, char) for char in _squeezed(typed))
    if not typed or not _FIRST <= ord(typed[-1]) <= _LAST:
        return (typed,)
    code = ord(typed[-1]) - _FIRST
    final = _FINALS[code % _WITH_FINAL]
    if final == " ":
        return (typed,)
    pair = _SPLIT.get(final, final)
    kept = _FINALS.index(pair[0]) if len(pair) == 2 else 0
    return (typed, typed[:-1] + chr(_FIRST + code - code % _WITH_FINAL + kept) + pair[-1])


def _stands_for(typed: str, char: str, last: bool) -> bool:
    if typed == char:
        return True
    if typed in INITIALS:
        return initial(char) == typed
    begun, whole = ord(typed) - _FIRST, ord(char) - _FIRST
    if not last or not (0 <= begun <= _LAST - _FIRST and 0 <= whole <= _LAST - _FIRST):
        return False
    return begun % _WITH_FINAL == 0 and begun // _WITH_FINAL == whole // _WITH_FINAL


def place(typed: str, name: str) -> int | None:
    """Where in a name (spaces and middle dots left out) what was typed stands: 0 at its beginning, None when it
    does not. Everything stands at the beginning of a name when nothing was typed."""
    text = _squeezed(name)
    found = None
    for reading in _readings(typed):
        length = len(reading)
        for start in range(len(text) - length + 1):
            if all(
                _stands_for(char, text[start + n], n == length - 1)
                for n, char in enumerate(reading)
            ):
                found = start if found is None else min(found, start)
                break
    return found


def whole(typed: str) -> str:
    """What was typed without consonants and vowels that are not yet a syllable, for searching in texts."""
    return "".join(c for c in typed if not "ㄱ" <= c <= "ㅣ").strip()
