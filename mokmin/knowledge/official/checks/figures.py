"""Numbers of cells and texts: reading them, comparing them as rounded, writing them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mokmin.base.korean.numbers import value

_CELL = re.compile(
    r"^(?P<sign>[△▲▽▼\-−–+]|\()?\s*(?P<n>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*\)?\s*(?P<unit>[가-힣%㎡㎥A-Za-z·]{0,5})\s*\)?$"
)
_LARGE = re.compile(
    r"^(?P<sign>[△▲\-−])?\s*(?P<n>[\d,.]+\s?[십백천만억조][\d,.\s십백천만억조]*)(?P<unit>원|명)?$"
)
AMOUNT = r"\d[\d,]{0,24}(?:\.\d{1,6})?(?:\s?[십백천만억조]{1,3}(?:\s?\d[\d,]{0,24}(?=\s?[십백천만억조원명개곳대건]))?){0,6}"
"""Pattern of a number with Korean units: 11억 2천만, 4천5백만, 52,800천."""
_ORDINAL = frozenset(
    [
        "년",
        "년도",
        "월",
        "차",
        "호",
        "급",
        "층",
        "위",
        "시",
        "분기",
        "기",
        "등급",
        "단계",
        "학년",
        "번",
        "조",
        "항",
        "주차",
        "팀",
        "반",
        "동",
        "종류",
    ]
)
_NOTHING = frozenset(["-", "–", "—", "−", "", "해당 없음", "없음", "·"])


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a cell with its decimals and its unit."""

    value: float
    places: int
    unit: str


def number_of(text: str) -> Number | None:
    """The number that a cell holds alone or with a unit; △ and - before it make it negative."""
    bare = text.strip()
    if (match := _CELL.match(bare)) and match["unit"] not in _ORDINAL:
        # "1. 2." and "3호" are no amounts; a bracket alone stands for a negative number.
        said = float(match["n"].replace(",", ""))
        negative = match["sign"] in ("△", "▲", "▽", "▼", "-", "−", "–")
        places = len(match["n"].split(".")[1]) if "." in match["n"] else 0
        return Number(-said if negative else said, places, match["unit"])
    if match := _LARGE.match(bare):
        found = value(match["n"])
        if found is not None:
            return Number(-float(found) if match["sign"] else float(found), 0, match["unit"] or "")
    return None


def amount_of(text: str) -> float | None:
    """What a text that ``AMOUNT`` matched says."""
    bare = text.strip()
    if re.fullmatch(r"[\d,]{1,24}(?:\.\d+)?", bare):
        return float(bare.replace(",", ""))
    found = value(bare)
    return float(found) if found is not None else None


def is_nothing(text: str) -> bool:
    """Whether a cell says that there is nothing: - or empty."""
    return text.strip() in _NOTHING


def number_text(number: float, places: int = 0) -> str:
    """With separators and that many decimals; whole numbers without."""
    if places == 0 and abs(number - round(number)) > 1e-6:
        return f"{number:,.1f}"
    return f"{number:,.{places}f}"


def rounded_to(exact: float, said: str) -> bool:
    """Whether ``said`` is the exact number as rounded, or cut off, to its decimals."""
    places = len(said.split(".")[1]) if "." in said else 0
    return near(exact, float(said.replace(",", "")), places)


def near(exact: float, said: float, places: int, slack: float = 1.0) -> bool:
    """Within one unit of the last decimal (``slack`` of them): rounded up, down or off."""
    step: float = 10.0**-places
    return abs(exact - said) < slack * step + 1e-6
