"""Hits and the trace of a search."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from mokmin.base.formats.model import Locator
from mokmin.knowledge.documents.model import Freshness


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage found, checked against the database. ``dense`` is its cosine to the question."""

    rank: int
    score: float
    dense: float
    passage_id: int
    document_id: int
    version_id: int
    title: str
    header: str
    text: str
    tokens: str
    locator: Locator
    grade: str
    department: str
    kind: str
    format: str
    dated_on: date | None
    effective_on: date | None
    freshness: Freshness
    blocks: tuple[int, int]


@dataclass(frozen=True, slots=True)
class SearchTrace:
    """What was searched, for the "why this answer" panel."""

    terms: tuple[str, ...] = ()
    candidates: int = 0
    lexical: int = 0
    dense: int = 0
    rejected: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits in order of rank, and how they were found."""

    query: str
    hits: tuple[Hit, ...]
    trace: SearchTrace = field(default_factory=SearchTrace)
