"""Runs of the tools, and what they read: documents cut into units with their place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

Json = dict[str, Any]
Progress = Callable[[int, str], None]
"""Takes percent done and the step's name."""


class Kind(StrEnum):
    """The five tools."""

    SUMMARY = "summary"
    TABLE = "table"
    COMPARE = "compare"
    TIMELINE = "timeline"
    QUIZ = "quiz"


KIND_NAMES: dict[Kind, str] = {
    Kind.SUMMARY: "요약",
    Kind.TABLE: "항목 뽑기",
    Kind.COMPARE: "두 문서 비교",
    Kind.TIMELINE: "일정 정리",
    Kind.QUIZ: "교육용 문답",
}
MOST_DOCUMENTS: dict[Kind, int] = {
    Kind.SUMMARY: 20,
    Kind.TABLE: 50,
    Kind.COMPARE: 2,
    Kind.TIMELINE: 30,
    Kind.QUIZ: 10,
}


@dataclass(frozen=True, slots=True)
class Pick:
    """A chosen document; ``number`` is a version (판), None the current one."""

    document_id: int
    number: int | None = None

    @property
    def text(self) -> str:
        """``12`` or ``12@1``, as addresses carry it."""
        return f"{self.document_id}@{self.number}" if self.number else str(self.document_id)


@dataclass(frozen=True, slots=True)
class Source:
    """A document of a run. ``index`` counts from 0 in the order of choosing."""

    index: int
    document_id: int
    version_id: int
    number: int
    title: str
    department: str
    kind: str
    grade: str
    freshness: str
    dated_on: date | None
    effective_on: date | None
    latest: bool = True


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, an item or a table row, verbatim. ``clause`` numbers the block it stands in,
    ``vector_row`` the row of its passage in the vectors of its document (-1: none). ``cells`` are
    (header, value) pairs of a table row. ``label``: a line that only names what follows."""

    source: int
    order: int
    text: str
    kind: str
    clause: int
    section: str
    place: str
    passage_id: int | None
    vector_row: int
    first: bool = False
    label: bool = False
    cells: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A stored run. ``state`` is running, done or failed; ``result`` is there when done."""

    id: int
    kind: Kind
    title: str
    state: str
    progress: int
    step: str
    error: str
    grade: str
    picks: tuple[Pick, ...]
    options: Json
    result: Json | None
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class Citations:
    """Numbers places as lines refer to them; the same unit keeps its number."""

    sources: list[Source]
    found: list[Json] = field(default_factory=list)
    _numbers: dict[tuple[int, int], int] = field(default_factory=dict)

    def add(self, unit: Unit) -> int:
        """The number of a unit's citation, counted from 1."""
        key = (unit.source, unit.order)
        if key not in self._numbers:
            source = self.sources[unit.source]
            self.found.append(
                {
                    "n": len(self.found) + 1,
                    "document_id": source.document_id,
                    "passage_id": unit.passage_id,
                    "version": source.number,
                    "title": source.title,
                    "place": unit.place,
                    "quote": unit.text,
                }
            )
            self._numbers[key] = len(self.found)
        return self._numbers[key]
