"""Dates as they stand in a text: every spelling of them, with the year that a shortened one means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import holidays

WEEKDAYS = "월화수목금토일"
_GAP = r"[ \u00a0]{0,2}"
_DATE = re.compile(
    rf"(?<![\d.\-/:,])(?:"
    rf"(?P<dy>(?:19|20)\d\d){_GAP}\.{_GAP}(?P<dm>\d{{1,2}}){_GAP}\.{_GAP}(?P<dd>\d{{1,2}})(?!\d)(?P<dot>{_GAP}\.(?!\d))?"
    rf"|(?P<iy>(?:19|20)\d\d)(?P<sep>[-/])(?P<im>\d{{1,2}})(?P=sep)(?P<id>\d{{1,2}})(?![\d\-/])"
    rf"|(?P<qy>['’‘`]\d\d)\.{_GAP}(?P<qm>\d{{1,2}})\.{_GAP}(?P<qd>\d{{1,2}})(?!\d)(?P<qdot>\.(?!\d))?(?!:)"
    rf"|(?P<ty>(?:1[5-9]|2\d|3[0-5]))\.(?P<tm>\d{{1,2}})\.(?P<td>\d{{1,2}})(?!\d)(?P<tdot>\.(?!\d))?(?!:)"
    rf"|(?P<ky>(?:19|20)\d\d)년{_GAP}(?P<km>\d{{1,2}})월{_GAP}(?P<kd>\d{{1,2}})일"
    rf"|(?P<sm>\d{{1,2}})월{_GAP}(?P<sd>\d{{1,2}})일"
    rf"|(?P<pm>\d{{1,2}})\.{_GAP}(?P<pd>\d{{1,2}})\.(?![\d])"
    rf")(?P<after>{_GAP}\(?{_GAP}(?P<week>[월화수목금토일])(?:요일)?(?:{_GAP}\)|(?<=요일)))?"
)
_DAY_ONLY = re.compile(
    rf"{_GAP}[~∼〜～\-–]{_GAP}(?P<d>\d{{1,2}})(?:\.(?!{_GAP}\d)|일)(?:{_GAP}\({_GAP}(?P<week>[월화수목금토일]){_GAP}\))?"
)
_BETWEEN = re.compile(
    r"^\s*(?:\([^()\d]{1,6}\))?\s*(?:\d{1,2}:\d{2})?\s*(?:[~∼〜～–]|부터|에서)\s*$"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A date in a text. ``form``: dotted, iso, short ('26. 1. 2.), spelt (2026년 …), month (11월 3일),
    partial (11. 3.) or day (the end of ``11. 3. ~ 5.``). ``year`` is the one it means, None where
    nothing says it; ``day`` is None when the calendar has no such day. ``until`` marks the end of a
    period. ``start``–``end`` cover the date without its weekday, ``week_at`` the letter of the weekday."""

    text: str
    start: int
    end: int
    form: str
    year: int | None
    month: int
    number: int
    week: str
    week_at: int
    until: bool
    sure: bool

    @property
    def day(self) -> date | None:
        """The day, None when the year is unknown or there is no such day."""
        if self.year is None:
            return None
        try:
            return date(self.year, self.month, self.number)
        except ValueError:
            return None

    @property
    def possible(self) -> bool:
        """Whether the calendar has such a day, in a leap year where the year is unknown."""
        try:
            date(self.year if self.year is not None else 2024, self.month, self.number)
        except ValueError:
            return False
        return True


def dates_in(text: str, year: int | None = None) -> tuple[Seen, ...]:
    """All dates of a text in order. ``year``: the last one named before it in the document."""
    return tuple(_dates(text, year))


def _dates(text: str, known: int | None) -> Iterator[Seen]:
    last: Seen | None = None
    year = known
    for match in _DATE.finditer(text):
        form, said, month, number, close = _parts(match)
        if form == "partial" and not _is_partial(text, match, month, number):
            continue
        until = last is not None and bool(_BETWEEN.match(text[last.end : match.start()]))
        meant = said
        if said is None:
            meant = last.year if last is not None and last.year is not None else year
        sure = said is not None or last is not None
        week = match["week"] or ""
        # A ) or 요일 must follow; a lone letter (금 of 금액) is no weekday.
        at = match.start("week") if week else -1
        seen = Seen(
            text[match.start() : close],
            match.start(),
            close,
            form,
            meant,
            month,
            number,
            week,
            at,
            until,
            sure,
        )
        yield seen
        tail = _DAY_ONLY.match(text, match.end())
        if tail and month:
            seen = Seen(
                tail["d"], tail.start("d"), tail.end("d"), "day", meant, month, int(tail["d"]),
                tail["week"] or "", tail.start("week") if tail["week"] else -1, True, sure,
            )  # fmt: skip
            yield seen
        last = seen
        year = seen.year or year


def _parts(match: re.Match[str]) -> tuple[str, int | None, int, int, int]:
    """Form, year as said, month, day, and where the date ends."""
    for prefix, form in (("d", "dotted"), ("i", "iso"), ("k", "spelt")):
        if match[f"{prefix}y"]:
            end = match.end("dot") if match["dot"] else match.end(f"{prefix}d")
            end += 1 if form == "spelt" else 0
            return (
                form,
                int(match[f"{prefix}y"]),
                int(match[f"{prefix}m"]),
                int(match[f"{prefix}d"]),
                end,
            )
    for key in ("q", "t"):
        if match[f"{key}y"]:
            end = match.end(f"{key}dot") if match[f"{key}dot"] else match.end(f"{key}d")
            year = 2000 + int(match[f"{key}y"].lstrip("'’‘`"))
            return "short", year, int(match[f"{key}m"]), int(match[f"{key}d"]), end
    if match["sm"]:
        return "month", None, int(match["sm"]), int(match["sd"]), match.end("sd") + 1
    return "partial", None, int(match["pm"]), int(match["pd"]), match.end("pd") + 1


_OF_DATE = re.compile(
    r"^\s?(?:\(\s?[월화수목금토일]\s?\)|까지|부터|자|[~∼〜～]|\d{1,2}:\d\d|이전|이후|기준|현재|한)"
)


def _is_partial(text: str, match: re.Match[str], month: int, number: int) -> bool:
    """Whether ``11. 3.`` is a date and not two marks of items or the number of a section."""
    end = match.end("pd") + 1
    tight = (
        text[match.end("pm") + 1 : match.start("pd")] == ""
    )  # 3.1. is a section, unless 3.1.(월)
    if 1 <= month <= 12 and 1 <= number <= 31 and not tight:
        return True
    return number <= 39 and month <= 19 and bool(_OF_DATE.match(text[end:]))


@lru_cache(maxsize=16)
def _holidays(year: int) -> dict[date, str]:
    return dict(holidays.country_holidays("KR", years=year, language="ko"))


_NAMES = {
    "신정연휴": "새해 첫날", "기독탄신일": "성탄절", "부처님오신날": "부처님 오신 날", "설날 전날": "설날 연휴",
    "설날 다음날": "설날 연휴", "추석 전날": "추석 연휴", "추석 다음날": "추석 연휴",
}  # fmt: skip


def holiday(day: date) -> str:
    """The name of the public holiday (with substitutes) or 토요일, 일요일; empty on a working day."""
    name = _holidays(day.year).get(day, "")
    if name:
        bare = name.replace(" 대체 휴일", "")
        said = _NAMES.get(bare, bare)
        return f"{said} 대체공휴일" if "대체 휴일" in name else said
    return {5: "토요일", 6: "일요일"}.get(day.weekday(), "")


def workday_after(day: date) -> date:
    """The next day that is no holiday, Saturday or Sunday."""
    following = date.fromordinal(day.toordinal() + 1)
    while holiday(following):
        following = date.fromordinal(following.toordinal() + 1)
    return following
