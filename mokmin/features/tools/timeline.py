"""Dated events of documents in order; deadlines that count from an event, and recurring ones, apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from mokmin.features.tools import facts
from mokmin.features.tools.model import Citations, Json, Unit
from mokmin.features.tools.reading import Reading, bare

_RELATIVE = re.compile(r"날부터|때부터|전까지|전에|이내|안에|만료|내에")
_LAW_NOTE = re.compile(
    r"(?:개정|신설|제정|법률)\s*(?:제\d+호)?[,>\])\s]*$|^\s*(?:개정|신설|제정)\s*[,>\])]"
)
_DEADLINE = re.compile(r"까지|마감|기한|한\)")
MOST = 800


def timeline(readings: Sequence[Reading], citations: Citations) -> Json:
    """``events`` by date, ``relative`` deadlines and ``recurring`` dates, each with citations."""
    events: list[Json] = []
    relative: list[Json] = []
    recurring: list[Json] = []
    for reading in readings:
        context = reading.source.dated_on.year if reading.source.dated_on else None
        for unit in reading.units:
            if unit.kind == "heading":
                year = re.search(r"(20\d\d)년", unit.text)
                context = int(year.group(1)) if year else context
                continue
            spans, context = _dated(unit, context, events, citations, reading)
            _undated(unit, spans, relative, recurring, citations, reading)
    events.sort(key=lambda e: (e["sort"], e["source"], e["order"]))
    events = _merged(events)
    return {
        "events": events[:MOST],
        "relative": _merged(relative)[:MOST],
        "recurring": _merged(recurring)[:MOST],
        "left": max(0, len(events) - MOST) + max(0, len(relative) - MOST),
    }


def _dated(
    unit: Unit, year: int | None, events: list[Json], citations: Citations, reading: Reading
) -> tuple[list[tuple[int, int]], int | None]:
    spans: list[tuple[int, int]] = []
    found: list[Json] = []
    written: int | None = None
    for match in facts.DATE.finditer(unit.text):
        y, m, d = facts.date_of(match)
        guess = y is None
        year = y or year
        if _amended(unit.text, match) or _inside_law(unit.text, match):
            continue
        if year is None or (m is None and not _year_event(unit.text, match)):
            continue
        if guess and _every(unit.text, match):
            continue
        if guess and written is not None and m is not None and (m, d or 0) < (written // 100, 0):
            year += 1  # 2026. 12. 20. ~ 1. 10.
        when = _date(year, m, d)
        if when is None:
            continue
        written = (m or 0) * 100
        spans.append(match.span())
        found.append(
            {
                "when": when.isoformat(),
                "sort": f"{year:04}{m or 0:02}{d or 0:02}",
                "shown": _shown(year, m, d),
                "guessed": guess and not _same_year(unit.text, match),
                "deadline": bool(_DEADLINE.search(unit.text[match.end() : match.end() + 12])),
            }
        )
    if found:
        first = found[0]
        if len(found) > 1 and _range(unit.text, spans):
            first["shown"] += f" ~ {found[1]['shown']}"
            found = [first, *found[2:]]
        for event in found:
            events.append(event | _line(unit, citations, reading))
    return spans, year


def _line(unit: Unit, citations: Citations, reading: Reading) -> Json:
    return {
        "text": _said(unit),
        "section": unit.section,
        "title": reading.source.title,
        "source": unit.source,
        "order": unit.order,
        "cites": [citations.add(unit)],
    }


def _said(unit: Unit) -> str:
    text = bare(unit.text) or unit.text
    only = facts.DATE.fullmatch(text.strip())
    return f"문서에 적힌 날짜 ({text})" if only else text


def _undated(
    unit: Unit,
    dates: Sequence[tuple[int, int]],
    relative: list[Json],
    recurring: list[Json],
    citations: Citations,
    reading: Reading,
) -> None:
    if unit.label:
        return
    terms = [
        unit.text[facts.term_start(unit.text, *m.span()) : m.end()].strip(" ,·")
        for m in facts.DEADLINE.finditer(unit.text)
        if not any(a < m.end() and m.start() < b for a, b in dates) and _RELATIVE.search(m.group())
    ]
    if terms:
        relative.append(
            {"shown": ", ".join(dict.fromkeys(terms)), **_line(unit, citations, reading)}
        )
    again = [m.group() for m in facts.RECURRING.finditer(unit.text)]
    if again:
        recurring.append(
            {"shown": ", ".join(dict.fromkeys(again)), **_line(unit, citations, reading)}
        )


def _merged(lines: list[Json]) -> list[Json]:
    """The same words at the same time, in several documents, become one line with all places."""
    kept: dict[tuple[str, str], Json] = {}
    for line in lines:
        key = (line["shown"], "".join(line["text"].split()))
        if key in kept:
            kept[key]["cites"] = list(dict.fromkeys([*kept[key]["cites"], *line["cites"]]))
        else:
            kept[key] = line
    return list(kept.values())


def _date(year: int, month: int | None, day: int | None) -> date | None:
    try:
        return date(year, month or 1, day or 1)
    except ValueError:
        return None


def _shown(year: int, month: int | None, day: int | None) -> str:
    return f"{year}. " + (f"{month}. " if month else "") + (f"{day}. " if day else "")


def _amended(text: str, match: re.Match[str]) -> bool:
    """``<개정 2021. 1. 5.>`` is the history of a law, not an event."""
    before = text[max(0, match.start() - 60) : match.start()]
    if before.rfind("<") > before.rfind(">"):
        return True
    opened = before.rfind("[")
    return opened >= 0 and bool(re.search(r"개정|신설|본조|전문|제목", before[opened:]))


def _inside_law(text: str, match: re.Match[str]) -> bool:
    return any(m.start() <= match.start() < m.end() for m in facts.LAW.finditer(text))


def _year_event(text: str, match: re.Match[str]) -> bool:
    """A year alone is an event only with a word of time after it (``2030년까지``)."""
    return bool(re.match(r"\s?(?:까지|부터|말|상반기|하반기)", text[match.end() :]))


def _every(text: str, match: re.Match[str]) -> bool:
    return bool(re.search(r"(?:매년|해마다|매월)\s*$", text[: match.start()]))


def _same_year(text: str, match: re.Match[str]) -> bool:
    """The year stands earlier in the same sentence."""
    return bool(re.search(r"(?:19|20)\d\d\s?[년.]", text[: match.start()]))


def _range(text: str, spans: Sequence[tuple[int, int]]) -> bool:
    between = text[spans[0][1] : spans[1][0]]
    return len(between) <= 16 and bool(re.search(r"[~∼～-]|부터", between))
