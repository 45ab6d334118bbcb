"""The last day of a petition's processing period (민원 처리에 관한 법률 제19조)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import holidays

from mokmin.base.errors import InvalidInput

MOST = 365
HOURS_A_DAY = 8


@dataclass(frozen=True, slots=True)
class Result:
    """``day`` is the last day; ``by_hours`` when the period is counted in hours from the moment of
    receipt (제1항); ``skipped``: Saturdays and public holidays in between, with their names."""

    day: date
    by_hours: bool
    hours: int
    skipped: tuple[tuple[date, str], ...]


def last_day(received: date, days: int) -> Result:
    """Count working days. Up to five days the period runs in hours, eight a day, from the moment of
    receipt, so it ends that many working days later at the same time of day (제1항); from six days on the
    first day counts (제2항). Raises InvalidInput."""
    if not 1 <= days <= MOST:
        raise InvalidInput(f"처리기간을 1에서 {MOST}까지의 날수로 적어 주세요.")
    if not 2000 <= received.year <= 2100:
        raise InvalidInput("접수한 날을 2000년에서 2100년 사이에서 골라 주세요.")
    free = holidays.country_holidays("KR", language="ko", years=range(received.year, received.year + 3))
    by_hours = days <= 5
    left, day = days, received
    if not by_hours and not _off(day, free):
        left -= 1
    skipped = [(day, _name(day, free))] if _off(day, free) else []
    while left:
        day += timedelta(days=1)
        if _off(day, free):
            skipped.append((day, _name(day, free)))
        else:
            left -= 1
    return Result(day, by_hours, days * HOURS_A_DAY, tuple(skipped))


def _off(day: date, free: holidays.HolidayBase) -> bool:
    """Saturdays and public holidays; a Sunday is one of these (관공서의 공휴일에 관한 규정 제2조)."""
    return day.weekday() >= 5 or day in free


def _name(day: date, free: holidays.HolidayBase) -> str:
    return str(free.get(day)) if day in free else "토요일" if day.weekday() == 5 else "일요일"
