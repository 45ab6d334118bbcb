"""Times of day: ``15:20`` (행정업무의 운영 및 혁신에 관한 규정 제7조제5항)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import time

from mokmin.base.korean.amounts import official_time, read_time
from mokmin.knowledge.official.checks.model import Finding
from mokmin.knowledge.official.checks.parts import CONTACT, LETTERS, LOOSE, Part, Reading

_CLOCK = re.compile(r"(?<![\d:.,])(?P<h>\d{1,2}):(?P<m>\d{1,2})(?![\d:.])")
_SAID = re.compile(
    r"(?P<half>오전|오후)\s?\d{1,2}\s?(?:시(?:\s?(?:\d{1,2}\s?분|반))?|:\s?\d{2})"
    r"|(?<![\d가-힣])\d{1,2}시\s?\d{1,2}분(?!\s?간)"
)
_BARE = re.compile(r"(?<![\d가-힣:])(?P<h>\d{1,2})시(?=\s*(?:$|[~∼(,.)]|부터|까지|에(?![가-힣])))")
_LABEL = re.compile(r"^\s*(?:[가-하\d][.)]\s*)?(?:일\s?시|시간|시각)\s*:")
_RANGE = re.compile(
    r"(?<![\d:])(?P<a>\d{1,2}:\d{2})\s*(?:[~∼〜～–-]|부터)\s*(?P<b>\d{1,2}:\d{2})(?![\d:])"
)
_NIGHT = re.compile(r"다음 ?날|익일|야간|당직|밤|숙직|새벽|심야|교대")
_BY_DAY = re.compile(r"접수|제출|회의|교육|면접|설명회|심의|신청|상담|민원")
_RATIO = re.compile(r"비율|축척|대비|스코어|경쟁률|배율")


def check_times(reading: Reading) -> Iterator[Finding]:
    """Times that no clock shows, times written otherwise, periods that end before they begin."""
    kind = reading.document.kind
    for part in reading.parts:
        if part.place.key in CONTACT or part.style == "quoted" or _RATIO.search(part.text):
            continue
        yield from _clocks(part)
        yield from _ranges(part)
        if kind not in LOOSE:
            yield from _said(part, kind)


def _clocks(part: Part) -> Iterator[Finding]:
    for match in _CLOCK.finditer(part.text):
        hour, minute = int(match["h"]), int(match["m"])
        if hour > 24 or minute > 59 or (hour == 24 and minute):
            message = f"없는 시각입니다({match[0]}). 시각은 00:00부터 24:00까지입니다."
            yield part.finding("time.invalid", message, *match.span())
        elif len(match["h"]) == 1 or len(match["m"]) == 1:
            if len(match["m"]) == 1:
                continue
            right = f"{hour:02d}:{minute:02d}"
            message = f"시각은 두 자리로 '{right}'처럼 씁니다."
            yield part.finding("time.format", message, *match.span(), right)


def _said(part: Part, kind: str) -> Iterator[Finding]:
    for match in _SAID.finditer(part.text):
        moment = read_time(match[0])
        if moment is None:
            message = f"없는 시각입니다({match[0]})."
            yield part.finding("time.invalid", message, *match.span())
            continue
        right = official_time(moment)
        message = f"시각은 24시각제로 쌍점을 찍어 '{right}'처럼 씁니다."
        yield part.finding("time.format", message, *match.span(), right)
    if kind in LETTERS and _LABEL.match(part.text):
        for match in _BARE.finditer(part.text):
            hour = int(match["h"])
            before = part.text[: match.start()].rstrip()
            if hour < 24 and not before.endswith(("오전", "오후", "밤", "낮")):
                right = official_time(time(hour))
                message = f"시각은 24시각제로 쌍점을 찍어 '{right}'처럼 씁니다."
                yield part.finding("time.format", message, *match.span(), right)


def _ranges(part: Part) -> Iterator[Finding]:
    for match in _RANGE.finditer(part.text):
        begin, end = read_time(match["a"]), read_time(match["b"])
        if begin is None or end is None or end > begin:
            continue
        over = begin.hour >= 17 and end.hour <= 10 and not _BY_DAY.search(part.text)
        if over or _NIGHT.search(part.text):
            continue
        message = f"끝나는 시각이 시작하는 시각보다 늦지 않습니다({match[0]})."
        yield part.finding("time.period", message, match.start("b"), match.end("b"))
