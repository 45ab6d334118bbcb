"""Retention periods, holds and disposal lists.

공공기록물 관리에 관한 법률 시행령 제26조 제1항 names the seven periods; they are counted from January 1
of the year after the one in which the matter was closed (같은 조 제3항).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path

PERIODS: dict[str, str] = {
    "1": "1년",
    "3": "3년",
    "5": "5년",
    "10": "10년",
    "30": "30년",
    "semi": "준영구",
    "forever": "영구",
}
KST_OFFSET = timedelta(hours=9)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: its name for people, the period while nobody decided another, and why."""

    key: str
    name: str
    period: str
    ground: str


KINDS: dict[str, Kind] = {
    k.key: k
    for k in (
        Kind("conversation", "업무 대화", "3", "행정업무의 참고·사실 증명 (기본값)"),
        Kind("document", "문서고 문서", "10", "업무 수행의 근거 (기본값)"),
        Kind("tool_run", "도구 결과", "1", "단순한 작업 과정의 자료 (기본값)"),
        Kind("draft", "작성한 문서", "3", "전자결재에 등록하기 전의 작업 자료 (기본값)"),
        Kind("attachment", "대화에 붙인 파일", "3", "대화와 함께 지움 (더 짧게 정하면 먼저 지움)"),
        Kind(
            "audit",
            "감사 기록",
            "1",
            "설정의 보관 달수와 이 기간 가운데 긴 쪽 (개인정보의 안전성 확보조치 기준 제8조)",
        ),
    )
}


def years(period: str) -> int | None:
    """The years of a period; None for 준영구 and 영구, which no list here ever disposes of."""
    return int(period) if period.isdigit() else None


def due_on(closed_on: date, period: str) -> date | None:
    """The first day on which the period is over; None when never."""
    count = years(period)
    return None if count is None else date(closed_on.year + 1 + count, 1, 1)


def cutoff(today: date, period: str) -> date | None:
    """What was closed before this day is due today; None when nothing ever is."""
    count = years(period)
    return None if count is None else date(today.year - count, 1, 1)


def start_of(day: date) -> datetime:
    """The beginning of a Korean day in UTC, as timestamp columns hold it."""
    return datetime(day.year, day.month, day.day) - KST_OFFSET


def korean_day(moment: datetime) -> date:
    """The day in Korea of a stored timestamp."""
    return (moment + KST_OFFSET).date()


@dataclass(frozen=True, slots=True)
class Item:
    """A record without its contents. ``person``: login of whom it belongs to. ``period`` as it was
    decided for this one, empty for the schedule's. ``parts``: what else a hold may name it by."""

    kind: str
    id: int
    person: str
    made_on: date
    closed_on: date
    period: str = ""
    parts: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """``document:17``."""
        return f"{self.kind}:{self.id}"


class Scope(StrEnum):
    """By what a hold holds."""

    PERSON = "person"
    DOCUMENT = "document"
    CONVERSATION = "conversation"
    DATES = "dates"


SCOPES: dict[str, str] = {
    "person": "사람",
    "document": "문서",
    "conversation": "대화",
    "dates": "기간",
}


@dataclass(frozen=True, slots=True)
class Hold:
    """An order to keep, until it is lifted. ``target``: a login or a number; empty for dates."""

    id: int
    scope: Scope
    target: str
    from_on: date | None
    until_on: date | None
    reason: str
    made_by: str
    made_at: datetime
    lifted_by: str = ""
    lifted_at: datetime | None = None

    def holds(self, item: Item) -> bool:
        """Whether it keeps a record. Dates hold everything that lived on one of the days."""
        if self.scope is Scope.PERSON:
            return item.person == self.target
        if self.scope is Scope.DATES:
            begins = self.from_on is None or item.closed_on >= self.from_on
            return begins and (self.until_on is None or item.made_on <= self.until_on)
        name = f"{self.scope.value}:{self.target}"
        return name == item.name or name in item.parts


@dataclass(frozen=True, slots=True)
class Rule:
    """The period of a kind as it holds now; ``changed_by`` empty for the default."""

    kind: Kind
    period: str
    reason: str
    changed_by: str = ""
    changed_at: datetime | None = None


class State(StrEnum):
    """Of a disposal list."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    DONE = "done"


STATES: dict[str, str] = {
    "proposed": "승인 기다림",
    "approved": "처분하는 중",
    "rejected": "반려",
    "done": "처분 끝남",
}
ITEM_STATES: dict[str, str] = {
    "waiting": "기다림",
    "disposed": "처분함",
    "held": "보존 조치로 남김",
    "kept": "기간이 바뀌어 남김",
    "gone": "이미 없음",
}


@dataclass(frozen=True, slots=True)
class Disposal:
    """A list with what became of it. ``counts``: items by state; ``kinds``: items by kind."""

    id: int
    state: State
    reason: str
    made_by: str
    made_at: datetime
    decided_by: str
    decided_at: datetime | None
    note: str
    hash: str
    done_at: datetime | None
    counts: Mapping[str, int]
    kinds: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Line:
    """One record of a list."""

    kind: str
    item_id: int
    person: str
    closed_on: date
    period: str
    due_on: date
    state: str
    disposed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a disclosure request names. ``words``: all of them must occur; ``logins``: of the person,
    None when no person is named; ``begin`` and ``end``: timestamps in UTC, the end excluded."""

    words: tuple[str, ...]
    logins: tuple[str, ...] | None
    begin: datetime | None
    end: datetime | None
    most: int


@dataclass(frozen=True, slots=True)
class Found:
    """A record that a request names. ``decision`` and ``ground`` (정보공개법 제9조 제1항의 호) as its
    owners decided them before."""

    item: Item
    decision: str
    ground: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """A record to be masked and written down: sections of a heading and a text. ``item`` as it is
    now, for holds; ``original``: the file as it came in, with its name; ``remark`` for the index."""

    title: str
    grade: str | None
    sections: tuple[tuple[str, str], ...]
    item: Item
    original: tuple[str, Path] | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A disclosure pack. ``counts``: records by decision."""

    id: int
    state: str
    matter: str
    person: str
    from_on: date | None
    until_on: date | None
    kinds: tuple[str, ...]
    made_by: str
    made_by_id: int
    made_at: datetime
    decided_by: str
    decided_at: datetime | None
    sha256: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DisclosureLine:
    """One record of a pack without its contents."""

    id: int
    kind: str
    item_id: int
    person: str
    made_on: date
    decision: str
    ground: str
    note: str


DISCLOSURE_STATES: dict[str, str] = {
    "proposed": "결정 기다림",
    "approved": "묶는 중",
    "done": "자료 묶음 있음",
}
DECISIONS: dict[str, str] = {"open": "공개", "part": "부분공개", "closed": "비공개"}
ABSENT = "absent"
"""Of a record that was disposed of before: nobody decides on it (정보 부존재)."""
DECISION_NAMES: dict[str, str] = {**DECISIONS, ABSENT: "부존재"}
