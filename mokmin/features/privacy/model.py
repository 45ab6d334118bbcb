"""What the privacy officer looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

STATES: Mapping[str, str] = MappingProxyType(
    {
        "open": "확인 전",
        "confirmed": "개인정보",
        "false": "개인정보 아님",
        "ignored": "그대로 둠",
    }
)
# Why somebody looks behind the mask: the code goes on the record.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "duty": "담당 업무 처리",
        "request": "정보주체의 열람·정정 요구",
        "disclosure": "정보공개 청구 처리",
        "audit": "감사·조사",
        "check": "가림이 맞는지 확인",
    }
)
REVEAL_SECONDS = 300
PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings; empty: all. ``document_id`` 0: of every document."""

    state: str = "open"
    type: str = ""
    department: str = ""
    document_id: int = 0
    page: int = 1


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding in a document that the officer may read. ``context`` has everything masked."""

    id: int
    document_id: int
    passage_id: int | None
    title: str
    department: str
    grade: str
    type: str
    state: str
    masked: str
    before: str
    after: str
    decided_by: str
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Desk:
    """A page of findings and how many there are."""

    findings: tuple[Shown, ...]
    total: int
    pages: int


@dataclass(frozen=True, slots=True)
class Count:
    """How many findings of a type in a state a department's documents hold, all documents counted."""

    department: str
    type: str
    state: str
    count: int


@dataclass(frozen=True, slots=True)
class Revealed:
    """A document's text without masks, in pieces; ``(text, type)``, type empty for plain text."""

    title: str
    pieces: tuple[tuple[str, str], ...]
    counts: Mapping[str, int]
