"""Numbers written in other ways: 삼십일 is 30일; 5천만원 is 5,000만원 and 50,000,000원."""

from __future__ import annotations

import re

_DIGITS = {c: n for n, c in enumerate("일이삼사오육칠팔구", start=1)}
_SMALL = {"십": 10, "백": 100, "천": 1_000}
_LARGE = {"만": 10_000, "억": 100_000_000, "조": 1_000_000_000_000}
_SPELT = re.compile(
    r"(?<![가-힣\d])(?P<number>[일이삼사오육칠팔구십백천만억]*[십백천만억][일이삼사오육칠팔구십백천만억]*)"
    r"\s?(?P<unit>일|개월|년|시간|원|명|퍼센트|프로|배|회|세|살|미터|주)(?=$|[^가-힣]|[이을를의에은는과와만까부간전후안마])"
)
_AMOUNT = re.compile(
    r"(?<![\d,.])(?P<number>\d[\d,]*(?:\.\d+)?\s?[십백천만억조][\d,십백천만억조\s]*|\d[\d,]{3,})\s?(?P<unit>원|명)"
)
_NATIVE = { "이틀": "2일", "사흘": "3일", "나흘": "4일", "닷새": "5일", "엿새": "6일", "이레": "7일",
    "여드레": "8일", "아흐레": "9일", "열흘": "10일", "보름": "15일", "한 달": "1개월", "두 달": "2개월",
    "석 달": "3개월", "세 달": "3개월", "넉 달": "4개월", "반년": "6개월", "일주일": "7일",
}  # fmt: skip
_NATIVE_WORD = re.compile(
    rf"(?<![가-힣])(?:{'|'.join(w.replace(' ', ' ?') for w in _NATIVE)})(?!달)"
)


def value(text: str) -> int | None:
    """The number that digits and Korean numerals spell (``5천만``, ``삼십``, ``1억 2천만``); None when
    it is none."""
    total = section = 0.0
    digits: float | None = None
    for piece in re.findall(r"\d[\d,]*(?:\.\d+)?|[^\d\s,]", text):
        if piece[0].isdigit():
            digits = float(piece.replace(",", ""))
        elif piece in _DIGITS:
            digits = _DIGITS[piece]
        elif piece in _SMALL:
            section += (1 if digits is None else digits) * _SMALL[piece]
            digits = None
        elif piece in _LARGE:
            total += (section + (digits or 0) or 1) * _LARGE[piece]
            section, digits = 0.0, None
        else:
            return None
    return round(total + section + (digits or 0))


def other_forms(text: str) -> dict[str, tuple[str, ...]]:
    """For each number in a text that has a unit and is often written otherwise: its other forms."""
    found: dict[str, tuple[str, ...]] = {}
    for match in _SPELT.finditer(text):
        number = value(match["number"])
        if number is not None:
            found[match.group()] = _forms(number, match["unit"])
    for match in _AMOUNT.finditer(text):
        number = value(match["number"])
        if number is not None:
            same = "".join(match.group().split())
            found[match.group()] = tuple(f for f in _forms(number, match["unit"]) if f != same)
    for match in _NATIVE_WORD.finditer(text):
        key = next(w for w in _NATIVE if w.replace(" ", "") == "".join(match.group().split()))
        found[match.group()] = (_NATIVE[key],)
    return {word: forms for word, forms in found.items() if forms}


def _forms(number: int, unit: str) -> tuple[str, ...]:
    """How statutes, tables and forms write a number: 5천만원, 5,000만원, 50,000,000원."""
    unit = "퍼센트" if unit == "프로" else "세" if unit == "살" else unit
    forms = [f"{number:,}{unit}"]
    if number >= 10_000 and number % 10_000 == 0:
        forms.append(f"{_large(number, thousands=False)}{unit}")
    if number >= 1_000 and number % 1_000 == 0:
        forms.append(f"{_large(number, thousands=True)}{unit}")
    return tuple(dict.fromkeys(forms))


def _large(number: int, *, thousands: bool) -> str:
    """With 조, 억 and 만; ``thousands`` also with 천 and 백 (5천만, else 5,000만)."""
    said = ""
    for name, size in reversed(_LARGE.items()):
        count, number = divmod(number, size)
        said += f"{_thousands(count) if thousands else f'{count:,}'}{name}" if count else ""
    return said + (_thousands(number) if number and thousands else f"{number:,}" if number else "")


def _thousands(count: int) -> str:
    if count >= 1_000 and count % 1_000 == 0:
        return f"{count // 1_000}천"
    if count >= 100 and count % 100 == 0 and count < 1_000:
        return f"{count // 100}백"
    return f"{count:,}"
