"""Dates and times in facts, brought to the official way of writing; all else stays as it was given.

Source: 행정업무의 운영 및 혁신에 관한 규정 제7조제4항·제5항.
"""

from __future__ import annotations

import re
from datetime import date

from mokmin.base.korean.amounts import official_date

_ISO = re.compile(r"(?<![\d.\-])(?P<y>(?:19|20)\d{2})-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?![\d-])")
_SAID = re.compile(r"(?<!\d)(?P<y>(?:19|20)\d{2})년\s*(?P<m>\d{1,2})월\s*(?P<d>\d{1,2})일")
_DOTTED = re.compile(
    r"(?<![\d.])(?P<y>(?:19|20)\d{2})\s?\.\s*(?P<m>\d{1,2})\s?\.\s*(?P<d>\d{1,2})(?P<dot>\s?\.)?(?![\d])"
)
_HALF = re.compile(
    r"(?P<half>오전|오후)\s*(?P<h>\d{1,2})\s*(?:시|:)\s*(?:(?P<m>\d{1,2})\s*분?)?(?P<s>\s*반)?(?!간)"
)
# 밤 9시 is no 09:00; what part of the day is meant stands in the words, so they stay.
_CLOCK = re.compile(
    r"(?<![\d:])(?<!밤 )(?<!낮 )(?<!밤)(?<!낮)(?<!새벽 )(?<!아침 )(?<!저녁 )(?<!새벽)(?<!아침)(?<!저녁)(?P<h>\d{1,2})시(?:\s*(?P<m>\d{1,2})분)?(?!\s*간|[가-힣]*도)"
)


def official(text: str) -> str:
    """``2026-12-01`` and ``2026년 12월 1일`` as ``2026. 12. 1.``; ``오후 3시 20분`` as ``15:20``. What is
    no date or time stays."""
    text = _ISO.sub(_date, text)
    text = _SAID.sub(_date, text)
    text = _DOTTED.sub(_date, text)
    return _CLOCK.sub(_clock, _HALF.sub(_half, text))


def _date(found: re.Match[str]) -> str:
    try:
        return official_date(date(int(found["y"]), int(found["m"]), int(found["d"])))
    except ValueError:
        return found[0]


def _half(found: re.Match[str]) -> str:
    hour = int(found["h"]) % 12 + (12 if found["half"] == "오후" else 0)
    minute = 30 if found["s"] else int(found["m"] or 0)
    if int(found["h"]) > 12 or minute > 59:
        return found[0]
    return f"{hour:02d}:{minute:02d}"


def _clock(found: re.Match[str]) -> str:
    hour, minute = int(found["h"]), int(found["m"] or 0)
    if hour > 24 or minute > 59:
        return found[0]
    return f"{hour:02d}:{minute:02d}"
