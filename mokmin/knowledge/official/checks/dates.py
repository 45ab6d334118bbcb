"""Dates: their form, their weekday, days that no calendar has, holidays, periods, deadlines.

Source of the form: 행정업무의 운영 및 혁신에 관한 규정 제7조제5항 (``2026. 11. 22.``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise

from mokmin.base.korean.amounts import official_date
from mokmin.base.korean.josa import josa
from mokmin.knowledge.official.checks.calendar import (
    WEEKDAYS,
    Seen,
    dates_in,
    holiday,
    workday_after,
)
from mokmin.knowledge.official.checks.model import Context, Finding
from mokmin.knowledge.official.checks.parts import CONTACT, LETTERS, LOOSE, RECORDS, Part, Reading

_DEADLINE = re.compile(r"기한|마감|제출|회신|납부|신청|접수|응모|통보하여|보내 ?주|알려 ?주|까지")
_ASKED = re.compile(r"제출|신청|접수|회신|납부|마감|기한|응모")
_MEETING = re.compile(r"일시|개최|회의|면담|면접|심의|교육|설명회|간담회|점검일|방문일|출석")
_DONE = re.compile(
    r"(?:였|했|았|었|졌|렸|냈|됐|왔|났)(?:다|고|으며|습니다|음|던|지만)|완료|마침|[가-힣]함\.?$|실적|결과|지난|종전|당시"
)
_RELATED = re.compile(r"관련|근거|호\s*\(\s*$|-\d+\s*\(\s*$")
_SPAN_DAYS = re.compile(
    r"^\s*(?:\([월화수목금토일]\))?\s*[,(]?\s*(?:총\s*)?(?P<n>\d{1,3})\s?(?P<unit>일간|일 ?동안|개월(?:간)?|박)"
)
# A supplementary provision (부칙) spells its date out.
_IN_LAW = re.compile(r"^(?:부터|이후)[^.]{0,20}(?:시행|적용|출장)")
_WITH_YEAR = frozenset(["dotted", "iso", "spelt", "short"])
_ALLOWED_YEAR = re.compile(r"(?:19|20)\d\d")


def check_dates(reading: Reading, context: Context) -> Iterator[Finding]:
    """Everything about dates."""
    year: int | None = None
    dated = False
    kind = reading.document.kind
    today = _written_on(reading, context)
    for part in reading.parts:
        if part.place.key in CONTACT or part.style == "quoted":
            continue
        found = dates_in(part.text, year)
        for seen in found:
            yield from _one(part, seen, found, kind, today)
        yield from _periods(part, found)
        if kind in LETTERS and not dated:
            yield from _without_year(part, found)
        dated = dated or (part.place.part == "body" and any(seen.year for seen in found))
        said = [seen.year for seen in found if seen.year is not None]
        if part.place.part == "body" or part.place.key != "제목":
            year = said[-1] if said else year


def _written_on(reading: Reading, context: Context) -> date:
    """The day of the document: 시행일 where it has one, else today."""
    for seen in dates_in(reading.document.value("시행일")):
        if seen.day is not None:
            return seen.day
    return context.today


def _one(
    part: Part, seen: Seen, all_of_part: tuple[Seen, ...], kind: str, today: date
) -> Iterator[Finding]:
    if not seen.possible:
        what = (
            f"{seen.month}월에는 {seen.number}일이"
            if 1 <= seen.month <= 12
            else f"{seen.month}월은"
        )
        message = f"달력에 없는 날짜입니다({seen.text.strip()}). {what} 없습니다."
        yield part.finding("date.invalid", message, seen.start, seen.end)
        return
    yield from _form(part, seen, kind)
    day = seen.day or (_guess(seen, today) if not seen.year else None)
    if day is None:
        return
    yield from _weekday(part, seen, day)
    yield from _occasion(part, seen, day, all_of_part, kind, today)


def _guess(seen: Seen, today: date) -> date | None:
    """A date without any year: the one nearest to today."""
    near = []
    for year in (today.year - 1, today.year, today.year + 1):
        try:
            near.append(date(year, seen.month, seen.number))
        except ValueError:
            continue
    return min(near, key=lambda day: abs((day - today).days), default=None)


def _form(part: Part, seen: Seen, kind: str) -> Iterator[Finding]:
    day = seen.day
    if day is None or seen.form in ("day", "month", "partial"):
        if seen.form in ("partial",) and re.search(r"(?<!\d)0\d", seen.text):
            right = f"{seen.month}. {seen.number}."
            message = f"날짜는 앞의 0을 빼고 '{right}'처럼 씁니다."
            yield part.finding("date.format", message, seen.start, seen.end, right)
        elif seen.form == "partial" and not re.search(r"\.\s", seen.text):
            right = f"{seen.month}. {seen.number}."
            message = f"온점 다음은 한 칸 띄어 '{right}'처럼 씁니다."
            yield part.finding("date.format", message, seen.start, seen.end, right)
        return
    right = official_date(day)
    if seen.text == right or (seen.form == "spelt" and (kind in LOOSE or kind == "notice")):
        return
    if seen.form == "spelt" and _IN_LAW.search(part.text[seen.end :]):
        return
    message = f"날짜는 숫자로 쓰고 연·월·일 자리에 온점을 찍어 '{right}'처럼 씁니다."
    yield part.finding("date.format", message, seen.start, seen.end, right)


def _weekday(part: Part, seen: Seen, day: date) -> Iterator[Finding]:
    if not seen.week:
        return
    days = {day} if seen.sure or seen.year else {day, *_other_years(day)}
    if any(WEEKDAYS[d.weekday()] == seen.week for d in days):
        return
    right = WEEKDAYS[day.weekday()]
    message = f"{official_date(day)}{josa('일', '은/는')} {right}요일입니다. '{seen.week}'요일이 아닙니다. 날짜와 요일 가운데 어느 쪽이 맞는지 확인하십시오."
    yield part.finding("date.weekday", message, seen.week_at, seen.week_at + 1, right)


def _other_years(day: date) -> Iterable[date]:
    for year in (day.year - 1, day.year + 1):
        try:
            yield date(year, day.month, day.day)
        except ValueError:
            continue


def _occasion(
    part: Part, seen: Seen, day: date, found: tuple[Seen, ...], kind: str, today: date
) -> Iterator[Finding]:
    """Deadlines that are past or fall on a holiday, meetings on a holiday, sources from the future."""
    label = f"{part.place.key}: " if part.place.part == "field" else ""
    before, after = label + part.text[: seen.start], part.text[seen.end :]
    if _RELATED.search(before[-60:]) and part.text[seen.start - 1 : seen.start] == "(":
        if day > today:
            message = f"근거 문서의 날짜({official_date(day)})가 아직 오지 않은 날입니다."
            yield part.finding("date.future", message, seen.start, seen.end)
        return
    starts_period = any(
        other.until and other.start > seen.start for other in found[found.index(seen) :][:2]
    )
    deadline = not starts_period and _is_deadline(before, after, seen)
    if (
        deadline
        and kind not in RECORDS
        and not _DONE.search(after)
        and not _DONE.search(before[-30:])
    ):
        certain = (
            any(other.form in _WITH_YEAR for other in found)
            or kind in LETTERS
            or kind in ("reply", "notice")
        )
        if day < today and certain and not re.search(r"매년|매월|해마다|매 분기", before):
            message = f"기한({official_date(day)})이 이미 지났습니다. 문서의 날짜는 {official_date(today)}입니다."
            yield part.finding("date.past", message, seen.start, seen.end)
            return
    meeting = bool(_MEETING.search(before[-20:])) and not seen.until and not starts_period
    name = holiday(day)
    if not name or day < today or kind in RECORDS:
        return
    weekend = name in ("토요일", "일요일")
    if deadline or (meeting and not (weekend and seen.week)):
        what = "기한" if deadline else "행사일"
        message = (
            f"{what} {official_date(day)}({WEEKDAYS[day.weekday()]})은 {name}입니다. "
            f"다음 근무일은 {official_date(workday_after(day), weekday=True)}입니다."
        )
        yield part.finding("date.holiday", message, seen.start, seen.end)


def _is_deadline(before: str, after: str, seen: Seen) -> bool:
    close = re.sub(r"^\s*(?:\([^()]{1,4}\))?\s*(?:\d{1,2}:\d{2}|\d{1,2}시)?\s*", "", after)
    if close.startswith(("까지", "한 ", "한)")):
        return not seen.until or bool(_ASKED.search(before) or _ASKED.search(after))
    if seen.until:
        return bool(_ASKED.search(before[-40:]))
    return bool(re.search(r"(?:기한|마감일?|제출일|회신일|납기)[^.다]{0,8}$", before))


def _periods(part: Part, found: tuple[Seen, ...]) -> Iterator[Finding]:
    for first, last in pairwise(found):
        if not last.until:
            continue
        begin, end = first.day, last.day
        if begin is None or end is None:
            if begin is None and end is None and first.possible and last.possible:
                begin, end = (
                    date(2024, first.month, first.number),
                    date(2024, last.month, last.number),
                )
                if end < begin and first.month < 11:
                    yield _backwards(part, first, last)
            continue
        if end < begin:
            yield _backwards(part, first, last)
            continue
        yield from _duration(part, begin, end, last)


def _backwards(part: Part, first: Seen, last: Seen) -> Finding:
    said = f"{first.text.strip()} ~ {last.text.strip()}"
    hint = " 해가 바뀌면 끝나는 날에도 연도를 씁니다." if last.form == "partial" else ""
    return part.finding(
        "date.period", f"끝나는 날이 시작하는 날보다 앞섭니다({said}).{hint}", last.start, last.end
    )


def _duration(part: Part, begin: date, end: date, last: Seen) -> Iterator[Finding]:
    at = last.end
    match = _SPAN_DAYS.match(part.text[at:])
    if match is None:
        return
    said, unit = int(match["n"]), match["unit"]
    days = (end - begin).days + 1
    place = (at + match.start("n"), at + match.end("n"))
    if unit.startswith("일"):
        working = sum(
            1 for n in range(min(days, 800)) if not holiday(date.fromordinal(begin.toordinal() + n))
        )
        if said != days and (said != working or days > 31):
            message = f"{official_date(begin)}부터 {official_date(end)}까지는 {days}일입니다(쉬는 날을 빼면 {working}일)."
            yield part.finding("date.duration", message, *place, str(days))
    elif unit.startswith("개월"):
        months = (end.year - begin.year) * 12 + end.month - begin.month
        exact = months + (end.day - begin.day + 1) / 30
        if abs(exact - said) > 0.7:
            right = max(1, round(exact))
            message = f"{official_date(begin)}부터 {official_date(end)}까지는 약 {right}개월입니다."
            yield part.finding("date.duration", message, *place, str(right))
    elif said != days - 1:
        message = (
            f"{official_date(begin)}부터 {official_date(end)}까지는 {days - 1}박 {days}일입니다."
        )
        yield part.finding("date.duration", message, *place, str(days - 1))


def _without_year(part: Part, found: tuple[Seen, ...]) -> Iterator[Finding]:
    """In a letter the first date of the body tells its year."""
    if part.place.part != "body" or not found or found[0].form not in ("partial", "month"):
        return
    if _ALLOWED_YEAR.search(part.text[: found[0].start]):
        return
    first = found[0]
    message = f"'{first.text.strip()}'에 연도가 없습니다. 처음 나오는 날짜에는 연도를 밝힙니다."
    yield part.finding("date.year", message, first.start, first.end)
