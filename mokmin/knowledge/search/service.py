"""Search: filter by rights, two retrievers, one ranking, links, check against the database.

Data flow: question → words and vector → index (filtered) → candidates → database (checked again)
→ ranking → law and decree together → hits with a trace.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy import ColumnElement

from mokmin.base.db import Database
from mokmin.base.korean.ports import Analyser
from mokmin.base.llm.ports import Embedder
from mokmin.governance.access.model import Principal
from mokmin.governance.access.rules import visible
from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.documents.store import (
    documents,
    locator_of,
    passages,
    unpack_vectors,
    versions,
)
from mokmin.knowledge.documents.structure import provisions
from mokmin.knowledge.search.links import LEADING, best_of_units, neighbours, pull
from mokmin.knowledge.search.model import (
    ANY,
    Hit,
    SearchFilters,
    SearchResult,
    SearchTrace,
    Similarity,
)
from mokmin.knowledge.search.ports import IndexFilter, PassageIndex, Scores
from mokmin.knowledge.search.question import Question, analysed, embedded
from mokmin.knowledge.search.ranking import WIDENED, Candidate, Counts, Mode, Scored, UnitKey, rank
from mokmin.knowledge.search.spelling import suggest
from mokmin.knowledge.search.vocabulary import Vocabulary

CANDIDATES = 100
OPENING = 12
_MOST_NEIGHBOURS = 40
_STAGES = ("understand", "retrieve", "check", "rank", "link")


@dataclass(frozen=True, slots=True)
class Found:
    """A search with all that led to it, for the hits and for the inspector."""

    question: Question
    where: IndexFilter
    words: Scores
    near: Scores
    rows: dict[int, sa.Row[Any]]
    scored: list[Scored]
    seconds: float
    stages: tuple[tuple[str, float], ...] = ()
    """Seconds of each stage: ``understand``, ``retrieve``, ``check``, ``rank``, ``link``."""


@dataclass(frozen=True, slots=True)
class _Ranking:
    """What the first and the second ranking of one search share."""

    question: Question
    words: Scores
    counts: Counts
    unit_tokens: dict[UnitKey, str]
    mode: Mode


class SearchService:
    """Finds passages that a principal may read."""

    def __init__(
        self,
        db: Database,
        index: Callable[[], PassageIndex],
        analyser: Callable[[], Analyser],
        embedder: Callable[[], Embedder],
        vocabulary: Callable[[], Vocabulary],
        *,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._db = db
        self._index = index
        self._analyser = analyser
        self._embedder = embedder
        self._vocabulary = vocabulary
        self._today = today
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="retrieve")

    def search(
        self,
        principal: Principal,
        query: str,
        *,
        top: int = 10,
        within: Sequence[int] | None = None,
        filters: SearchFilters = ANY,
        mode: Mode = "hybrid",
    ) -> SearchResult:
        """The best passages for a query. Raises InvalidInput for an empty or an overlong one."""
        found = self.find(principal, query, within=within, filters=filters, mode=mode)
        hits = tuple(
            self._hit(number, item.score, item.cosine, found.rows[item.key])
            for number, item in enumerate(found.scored[:top], start=1)
        )
        union = found.words.keys() | found.near.keys()
        trace = SearchTrace(
            terms=tuple(dict.fromkeys(found.question.terms)),
            widened=tuple(
                (entry.everyday, entry.official) for entry in found.question.widening.synonyms
            ),
            candidates=len(union | found.rows.keys()),
            lexical=len(found.words),
            dense=len(found.near),
            rejected=len(union - found.rows.keys()),
            linked=sum(item.link > 0 for item in found.scored[:top]),
            similarity=_similarity([item.cosine for item in found.scored]),
            seconds=found.seconds,
        )
        return SearchResult(found.question.text, hits, trace, _suggestion(found))

    def find(
        self,
        principal: Principal,
        query: str,
        *,
        within: Sequence[int] | None = None,
        filters: SearchFilters = ANY,
        mode: Mode = "hybrid",
    ) -> Found:
        """All candidates of a query with their scores. Raises InvalidInput."""
        moments = [time.perf_counter()]
        question = analysed(query, self._analyser(), self._vocabulary())
        index = self._index()
        where = IndexFilter(
            None if principal.sees_all else principal.groups,
            None if within is None else tuple(within),
            filters,
        )
        # The words are looked up while the question is being embedded.
        by_words = self._pool.submit(
            index.search_text, question.weighted_terms(WIDENED), where, CANDIDATES
        )
        question = embedded(question, self._embedder())
        moments.append(time.perf_counter())
        near = index.search_vector(question.vector, where, CANDIDATES)
        words = by_words.result()
        moments.append(time.perf_counter())
        rows = self._check(principal, passages.c.id.in_(words.keys() | near.keys()))
        words = {key: score for key, score in words.items() if key in rows}
        moments.append(time.perf_counter())
        ranking = _Ranking(question, words, Counts(question), {}, mode)
        scored = self._rank(ranking, rows)
        moments.append(time.perf_counter())
        if mode == "hybrid" and within is None and scored:
            scored = self._follow(principal, ranking, rows, scored, filters)
        moments.append(time.perf_counter())
        stages = tuple(
            (name, end - begin)
            for name, begin, end in zip(_STAGES, moments, moments[1:], strict=False)
        )
        return Found(question, where, words, near, rows, scored, moments[-1] - moments[0], stages)

    def _rank(self, ranking: _Ranking, rows: Mapping[int, sa.Row[Any]]) -> list[Scored]:
        if not rows:
            return []
        ages = _ages(rows)
        today = self._today()
        vectors = unpack_vectors([row.vector for row in rows.values()])
        candidates = [
            Candidate(
                key=key,
                unit=row.unit_id,
                title=row.title,
                text=f"{row.header}\n{row.text}",
                vector=vectors[at],
                outdated=_freshness(row, today) is not Freshness.IN_FORCE,
                age=ages.get(key),
            )
            for at, (key, row) in enumerate(rows.items())
        ]
        tokens = ranking.unit_tokens
        if ranking.mode == "hybrid":
            tokens |= self._unit_tokens({c.unit for c in candidates} - tokens.keys())
        return rank(
            ranking.question, candidates, ranking.words, tokens, ranking.mode, ranking.counts
        )

    def _unit_tokens(self, units: Iterable[UnitKey]) -> dict[UnitKey, str]:
        """All morphemes of each unit; rights were checked with the unit's candidate."""
        query = sa.select(passages.c.unit_id, passages.c.tokens).where(
            passages.c.unit_id.in_(units)
        )
        found: dict[UnitKey, list[str]] = {}
        with self._db.read() as connection:
            for unit, tokens in connection.execute(query):
                found.setdefault(unit, []).append(tokens)
        return {unit: " ".join(tokens) for unit, tokens in found.items()}

    def _follow(
        self,
        principal: Principal,
        ranking: _Ranking,
        rows: dict[int, sa.Row[Any]],
        scored: list[Scored],
        filters: SearchFilters,
    ) -> list[Scored]:
        """The law's article with the decree's; ``rows`` gains the linked units that were not found."""
        best = best_of_units(scored)
        with self._db.read() as connection:
            links = neighbours(connection, principal, list(best)[:LEADING])
        if not any(links.values()):
            return scored
        new = {unit for others in links.values() for unit in others if unit not in best}
        if new and filters == ANY:
            units = passages.c.unit_id.in_(sorted(new)[:_MOST_NEIGHBOURS])
            rows |= _best_of_each(self._check(principal, units), ranking.question)
            scored = self._rank(ranking, rows)
        return pull(scored, links)

    def passage(self, principal: Principal, passage_id: int) -> Hit | None:
        """One passage by id, under the same checks as a search."""
        row = self._check(principal, passages.c.id == passage_id).get(passage_id)
        return self._hit(0, 0.0, 0.0, row) if row is not None else None

    def provision(self, principal: Principal, law: str, article: str) -> Hit | None:
        """The first passage of an article of the law with exactly this title, when visible; of
        several documents with it the first one in force."""
        query = (
            sa.select(passages.c.id)
            .join(provisions, provisions.c.unit_id == passages.c.unit_id)
            .join(documents, documents.c.current_version_id == passages.c.version_id)
            .where(
                provisions.c.law == law,
                provisions.c.article == article,
                documents.c.deleted_at.is_(None),
                visible(principal, documents.c.id),
            )
            .order_by(documents.c.freshness != Freshness.IN_FORCE, passages.c.id)
            .limit(1)
        )
        with self._db.read() as connection:
            key = connection.execute(query).scalar()
        return self.passage(principal, key) if key is not None else None

    def opening(self, principal: Principal, document_id: int) -> str:
        """The beginning of a document's text (its first passages), when visible."""
        query = (
            sa.select(passages.c.id)
            .join(documents, documents.c.current_version_id == passages.c.version_id)
            .where(documents.c.id == document_id)
            .order_by(passages.c.seq)
            .limit(OPENING)
        )
        with self._db.read() as connection:
            ids = list(connection.execute(query).scalars())
        found = self._check(principal, passages.c.id.in_(ids))
        return "\n".join(found[key].text for key in ids if key in found)

    def _check(self, principal: Principal, chosen: ColumnElement[bool]) -> dict[int, sa.Row[Any]]:
        """Rows of the passages that are current and visible now; the index is never trusted."""
        query = (
            sa.select(
                passages,
                documents.c.title,
                documents.c.grade,
                documents.c.department,
                documents.c.kind,
                documents.c.dated_on,
                documents.c.effective_on,
                documents.c.freshness,
                versions.c.format,
            )
            .join(documents, documents.c.id == passages.c.document_id)
            .join(versions, versions.c.id == passages.c.version_id)
            .where(
                chosen,
                documents.c.deleted_at.is_(None),
                documents.c.current_version_id == passages.c.version_id,
                visible(principal, documents.c.id),
            )
        )
        with self._db.read() as connection:
            return {row.id: row for row in connection.execute(query)}

    def _hit(self, rank: int, score: float, dense: float, row: sa.Row[Any]) -> Hit:
        return Hit(
            rank=rank,
            score=score,
            dense=dense,
            passage_id=row.id,
            document_id=row.document_id,
            version_id=row.version_id,
            title=row.title,
            header=row.header,
            text=row.text,
            tokens=row.tokens,
            locator=locator_of(row.locator),
            grade=row.grade,
            department=row.department,
            kind=row.kind,
            format=row.format,
            dated_on=row.dated_on,
            effective_on=row.effective_on,
            freshness=_freshness(row, self._today()),
            blocks=(row.first_block, row.last_block),
        )


def _suggestion(found: Found) -> str | None:
    rows = found.rows.values()
    terms = (term for row in rows for term in row.tokens.split())
    return suggest(found.question.text, [row.text for row in rows], terms)


def _similarity(cosines: Sequence[float]) -> Similarity:
    if not cosines:
        return Similarity()
    return Similarity(max(cosines), float(np.mean(cosines)), float(np.std(cosines)))


def _freshness(row: sa.Row[Any], today: date) -> Freshness:
    """What a document is on a day; a date to come wins over every mark."""
    if row.effective_on is not None and today < row.effective_on:
        return Freshness.NOT_YET
    return Freshness(row.freshness)


def _ages(rows: Mapping[int, sa.Row[Any]]) -> dict[int, float]:
    """0 for the newest date among the rows to 1 for the oldest; nothing without a date."""
    dates = {key: row.dated_on for key, row in rows.items() if row.dated_on is not None}
    if not dates:
        return {}
    newest, oldest = max(dates.values()), min(dates.values())
    span = max(1, (newest - oldest).days)
    return {key: (newest - day).days / span for key, day in dates.items()}


def _best_of_each(rows: dict[int, sa.Row[Any]], question: Question) -> dict[int, sa.Row[Any]]:
    """Of each unit the passage that is nearest to the question."""
    if not rows:
        return {}
    near = unpack_vectors([row.vector for row in rows.values()]) @ question.vector
    best: dict[UnitKey, tuple[float, int]] = {}
    for (key, row), value in zip(rows.items(), np.asarray(near, float), strict=True):
        unit = row.unit_id
        best[unit] = max(best.get(unit, (-2.0, key)), (float(value), key))
    return {key: rows[key] for _, key in best.values()}
