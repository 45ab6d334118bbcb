"""Documents (문서), versions and passages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from mokmin.base.formats.model import Locator


class State(StrEnum):
    """Where the reading of a version stands. Nothing unreadable is ever READY."""

    QUEUED = "queued"
    READING = "reading"
    INDEXING = "indexing"
    READY = "ready"
    FAILED = "failed"


class Freshness(StrEnum):
    """Whether a document is in force on a given day."""

    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    NOT_YET = "not_yet"


@dataclass(frozen=True, slots=True)
class DocumentMeta:
    """What the giver of a file says about it. ``audience`` are names of groups or departments; ground,
    disclosure and retention are codes of ``rights_model``, empty while they are not decided."""

    title: str = ""
    department: str = ""
    kind: str = "문서"
    grade: str = "O"
    dated_on: date | None = None
    effective_on: date | None = None
    freshness: Freshness = Freshness.IN_FORCE
    audience: tuple[str, ...] = ("staff",)
    legal_ground: str = ""
    disclosure: str = ""
    disclosure_reason: str = ""
    retention: str = ""
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One document as a reader sees it, with the state of its newest version."""

    id: int
    title: str
    filename: str
    format: str
    department: str
    kind: str
    grade: str
    dated_on: date | None
    effective_on: date | None
    freshness: Freshness
    created_at: datetime
    version_id: int
    version_number: int
    version_count: int
    current_version_id: int | None
    state: State
    reason: str
    progress: int
    bytes: int
    owner_login: str
    superseded_by_id: int | None
    legal_ground: str = ""
    disclosure: str = ""
    retention: str = ""
    closed_on: date | None = None

    def freshness_on(self, day: date) -> Freshness:
        """The mark to show on a day: not yet in force wins while the day is before it."""
        if self.effective_on is not None and day < self.effective_on:
            return Freshness.NOT_YET
        if self.freshness is Freshness.NOT_YET:
            return Freshness.IN_FORCE if self.effective_on else Freshness.NOT_YET
        return self.freshness


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a document."""

    id: int
    document_id: int
    number: int
    sha256: str
    bytes: int
    format: str
    filename: str
    state: State
    reason: str
    passages: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PassageDraft:
    """A passage before it is stored: ``start``/``end`` are character offsets in the document text
    (blocks joined by a newline), ``blocks`` the half-open range of block numbers it covers,
    ``unit`` the number of the article, section or stretch of text that it is a part of."""

    header: str
    text: str
    start: int
    end: int
    blocks: tuple[int, int]
    locator: Locator = field(default_factory=Locator)
    unit: int = 0

    @property
    def indexed_text(self) -> str:
        """What is analysed and embedded: the context header and the text."""
        return f"{self.header}\n{self.text}" if self.header else self.text


@dataclass(frozen=True, slots=True)
class Upload:
    """Receipt of a file: ``duplicate`` when the library holds the same content already."""

    document_id: int
    version_id: int
    duplicate: bool
    new_version: bool
