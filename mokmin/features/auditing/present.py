"""The log and one's own record as the templates and files show them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from mokmin.features.auditing.model import Day, Month, Told

Json = dict[str, Any]
WEEKDAYS = "월화수목금토일"
HEAD = ("번호", "일시", "아이디", "이름", "분류", "행위", "코드", "대상", "내용", "세부", "해시")
OWN_HEAD = ("일시", "분류", "행위", "대상", "내용", "모델", "토큰")
# A cell that begins like this could be taken for a formula by a spreadsheet (OWASP CSV Injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# Details in words; others keep their keys.
DETAILS = {
    "purpose": "쓰임",
    "grade": "등급",
    "tokens_in": "보낸 토큰(어림)",
    "tokens_out": "받은 토큰(어림)",
    "ms": "걸린 시간(ms)",
    "outcome": "결과",
    "version": "판 번호",
    "model": "모델",
    "mode": "방식",
    "refused": "근거 없음",
    "citations": "인용",
    "method": "방법",
    "bytes": "바이트",
    "person": "사람",
    "category": "분류",
    "thing": "대상",
    "since": "시작일",
    "until": "종료일",
    "entries": "건수",
    "reason": "까닭",
}


def line(told: Told) -> Json:
    """One entry of the list."""
    when = datetime.fromisoformat(told.when)
    return {
        "seq": told.seq,
        "time": f"{when:%H:%M}",
        "moment": f"{_date(when)} {when:%H:%M:%S}",
        "day": day_name(when.date()),
        "sentence": told.sentence,
        "title": told.title,
        "link": told.link,
        "category": told.category,
        "code": told.code,
    }


def by_day(entries: Iterable[Told]) -> list[Json]:
    """Lines under their days, in the order they came."""
    found: list[Json] = []
    for told in entries:
        shown = line(told)
        if not found or found[-1]["day"] != shown["day"]:
            found.append({"day": shown["day"], "lines": []})
        found[-1]["lines"].append(shown)
    return found


def entry(told: Told) -> Json:
    """All of one entry."""
    details = [(DETAILS.get(k, k), _value(v)) for k, v in told.detail.items()]
    return line(told) | {
        "actor": told.actor,
        "who": told.who,
        "name": told.name,
        "subject": told.subject,
        "details": details,
        "hash": told.hash,
    }


def month(found: Month) -> Json:
    """One's own record of a month."""
    days = [_day(day) for day in found.days]
    names = ("questions", "documents", "made", "taken_out", "tokens")
    totals = {name: sum(getattr(day, name) for day in found.days) for name in names}
    models: dict[str, int] = {}
    for day in found.days:
        for name, count in day.models.items():
            models[name] = models.get(name, 0) + count
    return {
        "month": found.month,
        "name": f"{int(found.month[:4])}년 {int(found.month[5:])}월",
        "before": found.before,
        "after": found.after,
        "days": days,
        "cut": found.cut,
        "tiles": [
            ("질문", f"{totals['questions']:,}", "건"),
            ("연 문서", f"{totals['documents']:,}", "번"),
            ("도구로 만든 것", f"{totals['made']:,}", "건"),
            ("공유·내보내기", f"{totals['taken_out']:,}", "번"),
        ],
        "models": [{"name": n, "count": f"{c:,}"} for n, c in sorted(models.items())],
        "tokens": f"{totals['tokens']:,}",
    }


def _day(day: Day) -> Json:
    counts = (
        ("질문", day.questions),
        ("찾기", day.searches),
        ("문서", day.documents),
        ("도구", day.made),
        ("내보내기", day.taken_out),
        ("모델 호출", sum(day.models.values())),
    )
    return {
        "name": day_name(day.day),
        "key": f"{day.day:%Y-%m-%d}",
        "counts": " · ".join(f"{name} {count:,}" for name, count in counts if count),
        "lines": [_own_line(told) for told in day.items],
    }


def _own_line(told: Told) -> Json:
    shown = line(told)
    # "나는 …" is understood on one's own page: the sentence without its subject.
    return shown | {"sentence": told.sentence.split(" ", 1)[1] if told.sentence else ""}


def day_name(day: date) -> str:
    """``2026. 11. 22. (일)``."""
    return f"{day.year}. {day.month}. {day.day}. ({WEEKDAYS[day.weekday()]})"


def _date(when: datetime) -> str:
    return f"{when.year}. {when.month}. {when.day}."


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "예" if value else "아니요"
    if isinstance(value, int):
        return f"{value:,}"
    return "없음" if value is None or value == "" else str(value)


# --- files ------------------------------------------------------------------------------------
def csv_lines(entries: Iterable[Told]) -> Iterator[str]:
    """The log as CSV for spreadsheets, a line at a time."""
    yield "\ufeff" + _csv(HEAD)
    for told in entries:
        yield _csv(
            (
                told.seq,
                told.when,
                told.actor,
                told.who,
                told.category,
                told.name,
                told.code,
                told.subject,
                told.sentence,
                json.dumps(dict(told.detail), ensure_ascii=False),
                told.hash,
            )
        )


def json_lines(entries: Iterable[Told]) -> Iterator[str]:
    """The log as one JSON array, an object a line."""
    before = "[\n"
    for told in entries:
        values = {
            "seq": told.seq,
            "at": told.when,
            "actor": told.actor,
            "name": told.who,
            "action": told.code,
            "subject": told.subject,
            "sentence": told.sentence,
            "detail": dict(told.detail),
            "hash": told.hash,
        }
        yield before + json.dumps(values, ensure_ascii=False)
        before = ",\n"
    yield "\n]\n" if before == ",\n" else "[]\n"


def own_csv(entries: Iterable[Told]) -> str:
    """One's own record as CSV."""
    lines = ["\ufeff" + _csv(OWN_HEAD)]
    for told in entries:
        call = told.code == "model.call"
        counts = [told.detail.get(key) for key in ("tokens_in", "tokens_out")]
        lines.append(
            _csv(
                (
                    told.when,
                    told.category,
                    told.name,
                    told.subject,
                    told.title or told.sentence,
                    told.subject.removeprefix("model:") if call else "",
                    sum(c for c in counts if isinstance(c, int)) if call else "",
                )
            )
        )
    return "".join(lines)


def _csv(cells: Iterable[object]) -> str:
    target = io.StringIO()
    csv.writer(target, lineterminator="\r\n").writerow([_cell(cell) for cell in cells])
    return target.getvalue()


def _cell(value: object) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
