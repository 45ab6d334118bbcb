"""Amounts, dates and times as official documents write them.

Sources: 행정업무의 운영 및 혁신에 관한 규정 제7조제4항·제5항 (numerals, ``2026. 11. 22.``, ``15:20``), its 시행규칙
제2조제2항 (``금113,560원(금일십일만삼천오백육십원)``).
"""

from __future__ import annotations

import re
from datetime import date, time

_DIGITS = "영일이삼사오육칠팔구"
_SMALL = ("", "십", "백", "천")
_LARGE = ("", "만", "억", "조", "경")
MOST = 10**20
_WEEKDAYS = "월화수목금토일"
_DATE = re.compile(
    r"(?P<y>\d{4})\s*(?:[.\-/년])\s*(?P<m>\d{1,2})\s*(?:[.\-/월])\s*(?P<d>\d{1,2})\s*(?:일|\.)?"
)
_CLOCK = re.compile(
    r"(?P<half>오전|오후)?\s*(?P<h>\d{1,2})\s*(?:시|:)\s*(?:(?P<m>\d{1,2})\s*분?)?(?P<s>반)?"
)


def spelt(number: int) -> str:
    """A number in Hangul, every digit named: 일십일만삼천오백육십 (so that none can be added later).
    Raises ValueError outside of 0 to 10^20."""
    if not 0 <= number < MOST:
        raise ValueError(f"{number} cannot be spelt")
    if number == 0:
        return "영"
    said = ""
    groups: list[int] = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    for at in range(len(groups) - 1, -1, -1):
        digits = f"{groups[at]:04d}"
        said += "".join(
            _DIGITS[int(digit)] + _SMALL[3 - place]
            for place, digit in enumerate(digits)
            if digit != "0"
        )
        said += _LARGE[at] if groups[at] else ""
    return said


def money(won: int) -> str:
    """``금113,560원(금일십일만삼천오백육십원)``. Raises ValueError for a negative amount."""
    return f"금{won:,}원(금{spelt(won)}원)"


def official_date(day: date, *, weekday: bool = False) -> str:
    """``2026. 11. 22.`` or ``2026. 11. 22.(일)``."""
    said = f"{day.year}. {day.month}. {day.day}."
    return f"{said}({_WEEKDAYS[day.weekday()]})" if weekday else said


def official_time(moment: time) -> str:
    """``15:20``."""
    return f"{moment.hour:02d}:{moment.minute:02d}"


def read_date(text: str) -> date | None:
    """The first date in a text (2026-11-22, 2026.11.22., 2026년 11월 22일), or None."""
    for found in _DATE.finditer(text):
        try:
            return date(int(found["y"]), int(found["m"]), int(found["d"]))
        except ValueError:
            continue
    return None


def read_time(text: str) -> time | None:
    """A time of day (15:20, 오후 3시 20분, 10시 반), or None."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        return None
    hour, minute = int(found["h"]), 30 if found["s"] else int(found["m"] or 0)
    if found["half"] == "오후" and hour < 12:
        hour += 12
    if found["half"] == "오전" and hour == 12:
        hour = 0
    return time(hour, minute) if hour < 24 and minute < 60 else None
