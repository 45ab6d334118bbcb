"""Hits and the trace of a search."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from mokmin.base.formats.model import Locator
from mokmin.knowledge.documents.model import Freshness


@dataclass(frozen=True, slots=True)
class SearchFilters:
    """What the searcher narrows down to; empty or None means any. Rights are not among these.

    ``in_force_on``: only what is in force on that day (effective by then, not superseded).
    ``dated_from`` and ``dated_to`` bound the date of the document, both days included; a document
    without a date is left out when one of them is given.
    """

    departments: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    dated_from: date | None = None
    dated_to: date | None = None
    in_force_on: date | None = None


ANY = SearchFilters()


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage found, checked against the database. ``dense`` is its cosine to the question;
    ``unit`` the article or section that it belongs to; ``successor_id`` the document that took the place
    of its document."""

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
    unit: int = 0
    successor_id: int | None = None


@dataclass(frozen=True, slots=True)
class Similarity:
    """How the cosines of a question's candidates lie: a library that holds the answer has one that
    stands out, whatever the level of the rest."""

    best: float = 0.0
    mean: float = 0.0
    deviation: float = 0.0


@dataclass(frozen=True, slots=True)
class SearchTrace:
    """What was searched, for the "why this answer" panel. ``widened``: everyday words of the question
    and the official words added for them; ``linked``: hits raised by a law or decree beside them;
    ``rerank``: what became of the reranker, see ``reranking.Outcome``; ``parts``: the questions that it
    was split into, empty for a single one; ``reference``: the day that the question asks about, in ISO form;
    ``past``: whether it asks for what held earlier, by that day, a former year or in words; ``years``: those
    that it names."""

    terms: tuple[str, ...] = ()
    widened: tuple[tuple[str, tuple[str, ...]], ...] = ()
    candidates: int = 0
    lexical: int = 0
    dense: int = 0
    rejected: int = 0
    linked: int = 0
    rerank: str = ""
    parts: tuple[str, ...] = ()
    reference: str = ""
    past: bool = False
    years: tuple[str, ...] = ()
    similarity: Similarity = field(default_factory=Similarity)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits in order of rank, and how they were found. ``suggestion`` is the query in another
    spelling that may have been meant."""

    query: str
    hits: tuple[Hit, ...]
    trace: SearchTrace = field(default_factory=SearchTrace)
    suggestion: str | None = None
