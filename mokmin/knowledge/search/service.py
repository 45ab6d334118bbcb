"""Search: filter by rights, two retrievers, one ranking, links, check against the database.

Data flow: question → words and vector → index (filtered) → candidates → database (checked again)
→ ranking → law and decree together → hits with a trace.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from mokmin.base.db import Database
from mokmin.base.errors import Unavailable
from mokmin.base.korean.ports import Analyser
from mokmin.base.llm.ports import Embedder
from mokmin.governance.access.model import Principal
from mokmin.governance.access.rules import visible
from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.documents.store import (
    documents,
    passages,
)
from mokmin.knowledge.documents.structure import provisions
from mokmin.knowledge.search.candidates import best_of_each, candidates_of, current_first
from mokmin.knowledge.search.embedding import SearchModel, SearchModels
from mokmin.knowledge.search.links import LEADING, best_of_units, neighbours, pull
from mokmin.knowledge.search.merging import best_scores, merged
from mokmin.knowledge.search.model import (
    ANY,
    Hit,
    SearchFilters,
    SearchResult,
    SearchTrace,
)
from mokmin.knowledge.search.ports import (
    BUILT_IN,
    IndexFilter,
    PassageIndex,
    Scores,
    Searchable,
)
from mokmin.knowledge.search.question import Question, analysed, clean_query, embedded
from mokmin.knowledge.search.ranking import WIDENED, Counts, Mode, Scored, UnitKey, rank
from mokmin.knowledge.search.reranking import Outcome, Reranking
from mokmin.knowledge.search.rows import Rows, checked, filled, hit_of, similarity
from mokmin.knowledge.search.spelling import suggest
from mokmin.knowledge.search.splitting import parts
from mokmin.knowledge.search.vocabulary import Vocabulary

log = logging.getLogger(__name__)
CANDIDATES = 100
OPENING = 12
_MOST_NEIGHBOURS = 40
_STAGES = ("understand", "retrieve", "check", "rank", "link", "rerank")


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
    """Seconds of each stage: ``understand``, ``retrieve``, ``check``, ``rank``, ``link``, and
    ``rerank`` where a reranker is set up."""
    rerank: Outcome = ""
    parts: tuple[str, ...] = ()
    """The questions that it was split into; empty for a single one."""
    suggestion: str | None = None
    """Another spelling of the question that may have been meant."""
    index: Searchable | None = None
    """What was searched, to ask it more."""
    rejected: int = 0
    """Passages that the index gave and the database refused: the index was behind. Not for everybody's
    eyes: it tells that something is there."""


@dataclass(frozen=True, slots=True)
class _Ranking:
    """What the first and the second ranking of one search share."""

    question: Question
    words: Scores
    counts: Counts
    unit_tokens: dict[UnitKey, str]
    mode: Mode
    model: int


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
        reranking: Reranking | None = None,
        today: Callable[[], date] = date.today,
        models: SearchModels | None = None,
    ) -> None:
        self._models = models
        self._reranking = reranking
        self._db = db
        self._index = index
        self._analyser = analyser
        self._embedder = embedder
        self._vocabulary = vocabulary
        self._today = today
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="retrieve")
        # Parts wait for ``_pool``: in the same pool they could all wait for one another.
        self._parts_pool = ThreadPoolExecutor(4, thread_name_prefix="part")

    def search(
        self,
        principal: Principal,
        query: str,
        *,
        top: int = 10,
        within: Sequence[int] | None = None,
        filters: SearchFilters = ANY,
        mode: Mode = "hybrid",
        as_of_today: bool = False,
    ) -> SearchResult:
        """The best passages for a query; ``as_of_today``: whatever time it names. Raises InvalidInput
        for an empty or an overlong one."""
        found = self.find(
            principal, query, within=within, filters=filters, mode=mode, as_of_today=as_of_today
        )
        today = self._today()
        hits = tuple(
            hit_of(found.rows[item.key], today, number, item.score, item.cosine)
            for number, item in enumerate(found.scored[:top], start=1)
        )
        trace = SearchTrace(
            terms=tuple(dict.fromkeys(found.question.terms)),
            widened=tuple(
                (entry.everyday, entry.official) for entry in found.question.widening.synonyms
            ),
            candidates=len(found.rows) + found.rejected,
            lexical=len(found.words),
            dense=len(found.near),
            rejected=found.rejected,
            linked=sum(item.link > 0 for item in found.scored[:top]),
            rerank=found.rerank,
            parts=found.parts,
            reference=str(found.question.reference or ""),
            past=found.question.asks_for_past(today),
            years=tuple(sorted(found.question.years)),
            similarity=similarity([item.cosine for item in found.scored]),
            seconds=found.seconds,
        )
        return SearchResult(found.question.text, hits, trace, found.suggestion)

    def find(
        self,
        principal: Principal,
        query: str,
        *,
        within: Sequence[int] | None = None,
        filters: SearchFilters = ANY,
        mode: Mode = "hybrid",
        as_of_today: bool = False,
    ) -> Found:
        """All candidates of a query with their scores. A query of several questions is searched as a
        whole and by its parts. Raises InvalidInput."""
        begin = time.perf_counter()
        query = clean_query(query)
        # One index for the question and its parts: it says which model their vectors are of.
        index = self._index().pinned()
        one = partial(
            self._one,
            principal,
            index=index,
            within=within,
            filters=filters,
            mode=mode,
            as_of_today=as_of_today,
        )
        split = (
            parts(self._analyser().spaced(query), self._analyser())
            if mode == "hybrid"
            else (query,)
        )
        others = split if len(split) > 1 else ()
        waiting = [self._parts_pool.submit(one, other) for other in others]
        whole = one(query)
        suggestion = _suggestion(whole)
        found = [future.result() for future in waiting]
        if found:
            whole = replace(_joined(whole, found), seconds=time.perf_counter() - begin)
        if mode == "hybrid" and not whole.question.asks_for_past(self._today()):
            whole = replace(whole, scored=current_first(whole.scored, whole.rows))
        return replace(whole, parts=others, suggestion=suggestion)

    def _one(
        self,
        principal: Principal,
        query: str,
        *,
        index: Searchable,
        within: Sequence[int] | None,
        filters: SearchFilters,
        mode: Mode,
        as_of_today: bool,
    ) -> Found:
        """All candidates of a single question with their scores."""
        moments = [time.perf_counter()]
        question = analysed(query, self._analyser(), self._vocabulary(), self._today())
        if as_of_today:
            question = question.as_of_today()
        where = IndexFilter(
            None if principal.sees_all else principal.groups,
            None if within is None else tuple(within),
            filters,
        )
        # The words are looked up while the question is being embedded.
        terms = question.weighted_terms(WIDENED)
        by_words = self._pool.submit(index.search_text, terms, where, CANDIDATES)
        question = self._embedded(question, index.model)
        moments.append(time.perf_counter())
        # Vectors of two models are never compared: without the index's model the words find alone.
        near: Scores = {}
        if question.model == index.model:
            near = index.search_vector(question.vector, where, CANDIDATES)
        words = by_words.result()
        moments.append(time.perf_counter())
        given = words.keys() | near.keys()
        rows = self._check(principal, given, question.model)
        rejected = len(given - rows.keys())
        check = partial(self._check, principal, model=question.model)
        words = filled(words, rows, CANDIDATES, check, partial(index.search_text, terms, where))
        if near:
            again = partial(index.search_vector, question.vector, where)
            near = filled(near, rows, CANDIDATES, check, again)
        rows = {key: row for key, row in rows.items() if key in words or key in near}
        moments.append(time.perf_counter())
        ranking = _Ranking(question, words, Counts(question), {}, mode, question.model)
        scored = self._rank(ranking, rows)
        moments.append(time.perf_counter())
        if mode == "hybrid" and within is None and scored:
            scored = self._follow(principal, ranking, rows, scored, filters)
        moments.append(time.perf_counter())
        reranked: Outcome = ""
        if self._reranking is not None and mode == "hybrid":
            scored, reranked = self._reranking.order(question.text, scored, rows)
            if reranked:
                moments.append(time.perf_counter())
        stages = tuple(
            (name, end - begin)
            for name, begin, end in zip(_STAGES, moments, moments[1:], strict=False)
        )
        seconds = moments[-1] - moments[0]
        return Found(
            question,
            where,
            words,
            near,
            rows,
            scored,
            seconds,
            stages,
            reranked,
            index=index,
            rejected=rejected,
        )

    def _embedded(self, question: Question, model: int) -> Question:
        """The question in the vectors of the index's model; while that cannot be reached, in those of the
        built-in one, which every passage has."""
        built_in = SearchModel(BUILT_IN, self._embedder())
        if model == BUILT_IN or self._models is None:
            return embedded(question, built_in)
        try:
            return embedded(question, self._models.of(model))
        except Unavailable as error:
            log.warning("embedding model failed", extra={"error": error.code})
            return embedded(question, built_in)

    def _rank(self, ranking: _Ranking, rows: Mapping[int, sa.Row[Any]]) -> list[Scored]:
        if not rows:
            return []
        candidates = candidates_of(rows, ranking.question, self._today())
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
            units = sorted(new)[:_MOST_NEIGHBOURS]
            linked = self._checked(principal, passages.c.unit_id, units, ranking.model)
            rows |= best_of_each(linked, ranking.question)
            scored = self._rank(ranking, rows)
        return pull(scored, links)

    def passage(self, principal: Principal, passage_id: int) -> Hit | None:
        """One passage by id, under the same checks as a search."""
        row = self._check(principal, [passage_id]).get(passage_id)
        return hit_of(row, self._today()) if row is not None else None

    def passages(self, principal: Principal, ids: Iterable[int]) -> dict[int, Hit]:
        """Passages by id, under the same checks as a search; those that fail them are left out."""
        today = self._today()
        return {key: hit_of(row, today) for key, row in self._check(principal, ids).items()}

    def units(self, principal: Principal, units: Iterable[int]) -> dict[int, tuple[Hit, ...]]:
        """All passages of articles or sections in order, under the same checks as a search."""
        rows = self._checked(principal, passages.c.unit_id, units)
        found: dict[int, list[Hit]] = {}
        for row in sorted(rows.values(), key=lambda row: (row.unit_id, row.seq)):
            found.setdefault(row.unit_id, []).append(hit_of(row, self._today()))
        return {unit: tuple(hits) for unit, hits in found.items()}

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
        found = self._check(principal, ids)
        return "\n".join(found[key].text for key in ids if key in found)

    def _check(self, principal: Principal, keys: Iterable[int], model: int = BUILT_IN) -> Rows:
        return self._checked(principal, passages.c.id, keys, model)

    def _checked(
        self,
        principal: Principal,
        column: ColumnElement[int],
        keys: Iterable[int],
        model: int = BUILT_IN,
    ) -> Rows:
        with self._db.read() as connection:
            return checked(connection, principal, column, keys, model)


def _joined(whole: Found, others: Sequence[Found]) -> Found:
    """The search of the whole question with what its parts found."""
    every = [*others, whole]
    return replace(
        whole,
        words=best_scores([found.words for found in every]),
        near=best_scores([found.near for found in every]),
        rows={key: row for found in every for key, row in found.rows.items()},
        scored=merged(whole.scored, [found.scored for found in others]),
    )


def _suggestion(found: Found) -> str | None:
    rows = found.rows.values()
    terms = (term for row in rows for term in row.tokens.split())
    return suggest(found.question.text, [row.text for row in rows], terms)
