"""The day that a question asks about: "2024년 3월 당시", "작년 12월 기준", "2025. 7. 1. 현재"."""

from __future__ import annotations

import calendar
import re
from datetime import date

_AS_OF = (
    r"(?:을|를|에|의)?\s?(?:당시|기준|현재|시점|무렵|자로|에는|에도|에 적용|적용되던|까지의? 규정)"
)
_DAY = re.compile(
    rf"(?P<year>(?:19|20)\d\d)\s?[년.\-/]\s?(?P<month>\d{{1,2}})\s?[월.\-/]\s?(?P<day>\d{{1,2}})\s?(?:일|\.)?{_AS_OF}"
)
_MONTH = re.compile(rf"(?P<year>(?:19|20)\d\d)\s?[년.]\s?(?P<month>\d{{1,2}})\s?(?:월|\.){_AS_OF}")
_YEAR = re.compile(rf"(?<!\d)(?P<year>(?:19|20)\d\d)\s?년?도?{_AS_OF}")
_RELATIVE = re.compile(
    r"(?P<back>재작년|작년|지난해|전년도?)(?:도)?\s?(?:(?P<month>\d{1,2})\s?월)?(?:\s?(?P<day>\d{1,2})\s?일)?"
)
_BACK = {"재작년": 2}


def reference_date(text: str, today: date) -> date | None:
    """The day, of a month or a year its last one, but no later than ``today`` where that lies in it;
    None when the question names none. A year alone counts only with 당시, 기준 or the like: "2024년
    지침" is a title."""
    for pattern in (_DAY, _MONTH, _YEAR):
        match = pattern.search(text)
        if match is not None:
            parts = {name: int(number) for name, number in match.groupdict().items()}
            return _last_day(today, **parts)
    match = _RELATIVE.search(text)
    if match is None:
        return None
    year = today.year - _BACK.get(match["back"], 1)
    return _last_day(today, year, int(match["month"] or 0), int(match["day"] or 0))


def _last_day(today: date, year: int, month: int = 0, day: int = 0) -> date | None:
    """None for a day that no calendar has."""
    month_number = month or 12
    if not 1 <= month_number <= 12:
        return None
    last = calendar.monthrange(year, month_number)[1]
    if day > last:
        return None
    named = date(year, month_number, day or last)
    begins = date(year, month or 1, day or 1)
    return today if begins <= today < named else named
