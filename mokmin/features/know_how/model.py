"""What staff share with each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

CATEGORIES: dict[str, str] = {
    "draft": "문서 작성",
    "find": "자료 찾기",
    "answer": "민원 응대",
    "review": "검토와 점검",
    "idea": "기획과 아이디어",
    "etc": "그 밖",
}
Mark = Literal["like", "use"]
# What a contribution that others used is worth on the board of the week.
POINTS: dict[str, int] = {"use": 3, "like": 1}
VARIABLE = re.compile(r"\{\{\s*([^{}\n]{1,40}?)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A prompt or a piece of know-how. ``body`` may hold ``{{variables}}``; ``mine``: the reader wrote it;
    ``keeps``: may hide it; ``hidden``: why it is hidden, empty while it is not."""

    id: int
    title: str
    about: str
    body: str
    example: str
    category: str
    author: str
    department: str
    mine: bool
    keeps: bool
    liked: bool
    hidden: str
    views: int
    likes: int
    uses: int
    comments: int
    created_at: datetime
    updated_at: datetime

    @property
    def variables(self) -> tuple[str, ...]:
        """Names to fill in, in their order, each once."""
        return tuple(dict.fromkeys(VARIABLE.findall(self.body)))


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said of an entry."""

    id: int
    text: str
    author: str
    mine: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Edit:
    """A former text of an entry."""

    title: str
    body: str
    saved_by: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """A complaint that waits for who keeps the department's entries."""

    entry_id: int
    title: str
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the board: a person or a department with its points."""

    name: str
    points: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """The week from Monday to Sunday in Korea."""

    begin: date
    end: date
    people: tuple[Place, ...]
    departments: tuple[Place, ...]


def filled(body: str, values: dict[str, str]) -> str:
    """The text with its variables; one that was left empty stays marked."""
    return VARIABLE.sub(lambda m: values.get(m.group(1), "").strip() or f"[{m.group(1)}]", body)


def week_of(day: date) -> tuple[date, date]:
    """Monday and Sunday of the week: the board begins anew on Sunday at midnight."""
    begin = day - timedelta(days=day.weekday())
    return begin, begin + timedelta(days=6)
