"""Search: filter by rights, three retrievers, exact dense scores, fusion, check against the database."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Literal

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from mokmin.base.db import Database
from mokmin.base.errors import InvalidInput
from mokmin.base.korean.bigrams import bigrams
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
from mokmin.knowledge.search.fusion import RetrieverScores, fuse, weights_for
from mokmin.knowledge.search.model import ANY, Hit, SearchFilters, SearchResult, SearchTrace
from mokmin.knowledge.search.ports import IndexFilter, PassageIndex

CANDIDATES = 100
Mode = Literal["hybrid", "lexical", "dense"]
MAX_QUESTION = 4_000
OPENING = 12


class SearchService:
    """Finds passages that a principal may read."""

    def __init__(
        self,
        db: Database,
        index: Callable[[], PassageIndex],
        analyser: Callable[[], Analyser],
        embedder: Callable[[], Embedder],
        *,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._db = db
        self._index = index
        self._analyser = analyser
        self._embedder = embedder
        self._today = today

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
        begin = time.perf_counter()
        query = clean_query(query)
        terms = self._analyser().morphemes([query])[0]
        vector = self._embedder().embed_query(query)
        index = self._index()
        where = IndexFilter(
            None if principal.sees_all else principal.groups,
            None if within is None else tuple(within),
            filters,
        )
        text = index.search_text("morphemes", " ".join(terms), where, CANDIDATES)
        grams = index.search_text("bigrams", " ".join(bigrams(query)), where, CANDIDATES)
        near = index.search_vector(vector, where, CANDIDATES)
        union = sorted(text.keys() | grams.keys() | near.keys())
        rows = self._check(principal, union)
        dense = _exact_dense(rows, vector)
        lists = RetrieverScores(
            morphemes={k: v for k, v in text.items() if k in rows},
            bigrams={k: v for k, v in grams.items() if k in rows},
            dense=dense,
        )
        ranked = _rank(lists, query, len(terms), mode)
        hits = tuple(
            self._hit(rank, score, dense[key], rows[key])
            for rank, (key, score) in enumerate(ranked[:top], start=1)
        )
        trace = SearchTrace(
            terms=tuple(dict.fromkeys(terms)),
            candidates=len(union),
            lexical=len(text.keys() | grams.keys()),
            dense=len(near),
            rejected=len(union) - len(rows),
            seconds=time.perf_counter() - begin,
        )
        return SearchResult(query, hits, trace)

    def passage(self, principal: Principal, passage_id: int) -> Hit | None:
        """One passage by id, under the same checks as a search."""
        row = self._check(principal, [passage_id]).get(passage_id)
        return self._hit(0, 0.0, 0.0, row) if row is not None else None

    def provision(self, principal: Principal, law: str, article: str) -> Hit | None:
        """The first passage of an article of the law with exactly this title, when visible."""
        query = (
            sa.select(passages.c.id)
            .join(documents, documents.c.id == passages.c.document_id)
            .where(
                documents.c.title == law,
                documents.c.current_version_id == passages.c.version_id,
                passages.c.locator.contains(f'"article": "{article}"', autoescape=True),
            )
            .order_by(passages.c.seq)
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
        return "\n".join(row.text for row in self._check(principal, ids).values())

    def _check(self, principal: Principal, ids: Sequence[int]) -> dict[int, sa.Row[Any]]:
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
                passages.c.id.in_(ids),
                documents.c.deleted_at.is_(None),
                documents.c.current_version_id == passages.c.version_id,
                visible(principal, documents.c.id),
            )
        )
        with self._db.read() as connection:
            return {row.id: row for row in connection.execute(query)}

    def _hit(self, rank: int, score: float, dense: float, row: sa.Row[Any]) -> Hit:
        freshness = Freshness(row.freshness)
        if row.effective_on is not None and self._today() < row.effective_on:
            freshness = Freshness.NOT_YET
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
            freshness=freshness,
            blocks=(row.first_block, row.last_block),
        )


def clean_query(query: str) -> str:
    """A question without surplus blanks. Raises InvalidInput when empty or over 4,000 characters."""
    query = " ".join("".join(c if c.isprintable() else " " for c in query).split())
    if not query:
        raise InvalidInput("질문이 비어 있습니다. 알고 싶은 것을 한 문장으로 적어 주세요.")
    if len(query) > MAX_QUESTION:
        raise InvalidInput(
            f"질문이 너무 깁니다({len(query):,}자). {MAX_QUESTION:,}자 안으로 줄이거나, "
            "긴 글은 문서고에 올린 뒤 질문해 주세요."
        )
    return query


def _rank(lists: RetrieverScores, query: str, terms: int, mode: Mode) -> list[tuple[int, float]]:
    if mode == "hybrid":
        return fuse(lists, weights_for(query, terms))
    single = lists.dense if mode == "dense" else lists.morphemes
    return sorted(single.items(), key=lambda item: (-item[1], item[0]))


def _exact_dense(rows: dict[int, sa.Row[Any]], vector: NDArray[np.float32]) -> dict[int, float]:
    if not rows:
        return {}
    near = unpack_vectors([row.vector for row in rows.values()]) @ vector
    return {key: float(value) for key, value in zip(rows, near, strict=True)}
