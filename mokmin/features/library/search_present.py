"""Searches and what they found, as the templates show them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from mokmin.base.web.kit import ago, day
from mokmin.features.library.marking import Mark, Marker, window
from mokmin.features.library.model import GRADES, Found, Group, SavedSearch, Wanted
from mokmin.knowledge.answering.citing import place
from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.search.model import Hit

Json = dict[str, Any]
GROUPS_PER_PAGE = 10
PASSAGES_SHOWN = 2
MOST_MORE = 12
_PARAGRAPH = re.compile(r"(?m)(?:^\s*|조(?:의\d+)?\([^)\n]{1,60}\)\s*)([①-⑳])")


def page_of(found: Found, marker: Marker, page: int, *, alone: bool) -> Json:
    """The groups of pages 1 to ``page``, or those of that page ``alone``."""
    pages = max(1, -(-len(found.groups) // GROUPS_PER_PAGE))
    page = min(max(1, page), pages)
    begin = (page - 1) * GROUPS_PER_PAGE if alone else 0
    shown = found.groups[begin : page * GROUPS_PER_PAGE]
    return {
        "groups": [_group(group, marker, found.terms) for group in shown],
        "documents_found": found.documents,
        "passages_found": found.passages,
        "cut": found.cut,
        "seconds": found.seconds,
        "widened": [
            {"everyday": everyday, "official": ", ".join(official)}
            for everyday, official in found.widened
        ],
        "suggestion": found.suggestion,
        "time": time_of(found),
        "page": page,
        "first": begin + 1,
        "left": max(0, len(found.groups) - page * GROUPS_PER_PAGE),
    }


def _group(group: Group, marker: Marker, terms: frozenset[str]) -> Json:
    best = group.hits[0]
    more = group.hits[PASSAGES_SHOWN : PASSAGES_SHOWN + MOST_MORE]
    return {
        "document_id": best.document_id,
        "passage_id": best.passage_id,
        "title": best.title,
        "format": best.format,
        "kind": best.kind,
        "department": best.department,
        "date": day(best.dated_on),
        "effective": day(best.effective_on),
        "grade": best.grade,
        "freshness": best.freshness.value,
        "fresh": group.fresh,
        "passages": [passage(hit, marker, terms) for hit in group.hits[:PASSAGES_SHOWN]],
        "more": [{"passage_id": hit.passage_id, "place": where(hit) or "본문"} for hit in more],
        "editions": [_edition(other) for other in group.editions],
        "editions_of": _editions_of(group),
    }


def _edition(group: Group) -> Json:
    best = group.hits[0]
    return {
        "document_id": best.document_id,
        "passage_id": best.passage_id,
        "title": best.title,
        "date": day(best.dated_on),
        "freshness": best.freshness.value,
        "place": where(best) or "본문",
        "fresh": group.fresh,
    }


def _editions_of(group: Group) -> str:
    """What the folded editions are, all together."""
    if all(g.hits[0].freshness is Freshness.SUPERSEDED for g in group.editions):
        return "지난 판"
    if all(g.hits[0].freshness is Freshness.IN_FORCE for g in group.editions):
        return "현행 판"
    return "다른 판"


def time_of(found: Found) -> str:
    """What was put first because of the time that the words name; empty when they name none."""
    if found.reference is not None:
        return f"{day(found.reference)} 현재 시행 중이던 문서를 앞에 두었습니다."
    if found.years:
        return f"{'·'.join(found.years)}년의 문서를 앞에 두었습니다."
    return ""


def passage(hit: Hit, marker: Marker, terms: frozenset[str]) -> Json:
    """A passage's most telling part with the found words marked."""
    marks = marker.marks(hit.text, terms)
    begin, end = window(hit.text, marks)
    shown = [m for m in marks if begin <= m.begin and m.end <= end]
    return {
        "passage_id": hit.passage_id,
        "place": where(hit, shown[0].begin if shown else begin),
        "parts": parts(hit.text, shown, begin, end),
        "before": begin > 0,
        "after": end < len(hit.text),
        "near": not marks,
    }


def where(hit: Hit, position: int = 0) -> str:
    """Where a passage stands: ``제25조 제1항`` in a provision, else pages and headings."""
    text = place(hit.locator, hit.title)
    if not hit.locator.article:
        return text
    found = [m.group(1) for m in _PARAGRAPH.finditer(hit.text) if m.start(1) <= position]
    return f"{text} 제{ord(found[-1]) - ord('①') + 1}항" if found else text


def parts(text: str, marks: Iterable[Mark], begin: int, end: int) -> list[Json]:
    """A part of a text cut into marked and unmarked pieces."""
    pieces: list[Json] = []
    at = begin
    for mark in marks:
        pieces += [
            {"text": text[at : mark.begin], "mark": False},
            {"text": text[mark.begin : mark.end], "mark": True},
        ]
        at = mark.end
    return [p for p in [*pieces, {"text": text[at:end], "mark": False}] if p["text"]]


def chips(wanted: Wanted, today: date) -> list[Json]:
    """What the search is narrowed by: a label, and the address without it."""
    found: list[Json] = []
    for name, field, values in (
        ("부서", "departments", wanted.departments),
        ("종류", "kinds", wanted.kinds),
        ("등급", "grades", wanted.grades),
    ):
        for value in values:
            rest = {field: tuple(v for v in values if v != value)}
            label = GRADES.get(value, value) if field == "grades" else value
            found.append({"label": f"{name}: {label}", "query": wanted.query(**rest)})
    if wanted.dated_from or wanted.dated_to:
        label = f"문서 날짜: {day(wanted.dated_from)} ~ {day(wanted.dated_to)}"
        found.append({"label": label, "query": wanted.query(dated_from=None, dated_to=None)})
    if wanted.in_force:
        label = f"시행 중: {day(wanted.on or today)} 기준"
        found.append({"label": label, "query": wanted.query(in_force=False, on=None)})
    if wanted.collection:
        found.append({"label": "고른 모음 안에서", "query": wanted.query(collection=0)})
    if wanted.now:
        found.append({"label": "오늘 기준", "query": wanted.query(now=False)})
    return found


def unfiltered(wanted: Wanted) -> str:
    """The address with the words alone."""
    return Wanted(text=wanted.text).query()


def as_of_today(wanted: Wanted) -> str:
    """The address with today in place of the time that the words name."""
    return wanted.query(now=True)


def respelled(wanted: Wanted, text: str) -> str:
    """The address with other words."""
    return replace(wanted, text=text).query()


def saved_line(saved: SavedSearch, today: date) -> Json:
    """A line of the list of saved searches."""
    return {
        "id": saved.id,
        "name": saved.name,
        "text": saved.wanted.text,
        "filters": [chip["label"] for chip in chips(saved.wanted, today)],
        "when": ago(saved.ran_at) if saved.ran_at else "",
    }


def recent_line(wanted: Wanted, today: date) -> Json:
    """A line of the list of recent searches."""
    return {
        "text": wanted.text,
        "query": wanted.query(),
        "filters": [chip["label"] for chip in chips(wanted, today)],
    }
