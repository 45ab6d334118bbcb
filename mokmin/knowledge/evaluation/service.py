"""Retrieval quality on a corpus and its questions, through the same index and search as in service."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import InvalidInput
from mokmin.base.formats.model import Block, Locator
from mokmin.base.korean.bigrams import bigrams
from mokmin.governance.access.model import OPERATOR
from mokmin.knowledge.documents.model import Freshness, PassageDraft, State
from mokmin.knowledge.documents.passages import split_passages
from mokmin.knowledge.documents.store import documents, insert_passages, versions
from mokmin.knowledge.ingestion.features import FeatureExtractor
from mokmin.knowledge.search.metrics import mrr_at, ndcg_at, recall_at
from mokmin.knowledge.search.ports import IndexEntry, PassageIndex
from mokmin.knowledge.search.service import Mode, SearchService

POOL = 200
CHUNK = 2_000
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class CorpusItem:
    """One document of a corpus."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """One question with the ids that answer it; ``exclude`` is taken out before scoring."""

    id: str
    text: str
    relevant: frozenset[str]
    exclude: frozenset[str]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8") as handle:
            for number, line in enumerate(handle, start=1):
                if line.strip():
                    item = json.loads(line)
                    if not isinstance(item, dict):
                        raise InvalidInput(f"{path} {number}행이 JSON 객체가 아닙니다.")
                    yield item
    except (OSError, ValueError) as error:
        raise InvalidInput(f"'{path}' 파일을 읽을 수 없습니다: {error}") from error


def load_corpus(path: Path) -> list[CorpusItem]:
    """Corpus lines ``{"id","title","text"}``. Raises InvalidInput."""
    try:
        return [
            CorpusItem(str(x["id"]), str(x.get("title", "")), str(x["text"])) for x in _lines(path)
        ]
    except KeyError as error:
        raise InvalidInput(f"'{path}'의 한 행에 {error} 항목이 없습니다.") from error


def load_queries(path: Path, limit: int | None = None) -> list[Query]:
    """Query lines ``{"id","text","relevant","exclude"?}``. Raises InvalidInput."""
    try:
        queries = [
            Query(
                str(x["id"]),
                str(x["text"]),
                frozenset(map(str, x["relevant"])),
                frozenset(map(str, x.get("exclude", ()))),
            )
            for x in _lines(path)
        ]
    except KeyError as error:
        raise InvalidInput(f"'{path}'의 한 행에 {error} 항목이 없습니다.") from error
    return queries[:limit] if limit is not None else queries


class RetrievalEvaluation:
    """Indexes a corpus into an empty home and asks every question."""

    def __init__(
        self,
        db: Database,
        index: PassageIndex,
        features: FeatureExtractor,
        search: SearchService,
        progress: Progress,
    ) -> None:
        self._db = db
        self._index = index
        self._features = features
        self._search = search
        self._progress = progress
        self._ids: dict[int, str] = {}

    def index_corpus(self, corpus: Sequence[CorpusItem]) -> int:
        """Store and index all items; the number of passages."""
        drafts: list[tuple[int, PassageDraft]] = []
        for number, item in enumerate(corpus, start=1):
            self._ids[number] = item.id
            drafts += [(number, draft) for draft in split_passages(item.title, _blocks(item.text))]
        texts = [draft.indexed_text for _, draft in drafts]
        found = self._features.extract(texts, lambda d, n: self._progress("색인", d, n))
        self._store_documents(corpus)
        ids = self._store_passages(drafts, found.tokens, found.vectors)
        entries = [
            IndexEntry(
                passage_id=ids[i],
                document_id=number,
                version_id=number,
                morphemes=found.tokens[i],
                bigrams=" ".join(bigrams(texts[i])),
                vector=found.vectors[i],
                groups=(1,),
                grade="O",
            )
            for i, (number, _) in enumerate(drafts)
        ]
        for begin in range(0, len(entries), CHUNK):
            self._index.add(entries[begin : begin + CHUNK])
        self._index.optimise()
        return len(entries)

    def _store_documents(self, corpus: Sequence[CorpusItem]) -> None:
        now = utcnow()
        rows = [
            {
                "id": n,
                "title": item.title or item.id,
                "source": item.id,
                "department": "",
                "kind": "문서",
                "grade": "O",
                "freshness": Freshness.IN_FORCE,
                "owner": "",
                "newest_version_id": n,
                "current_version_id": n,
                "created_at": now,
            }
            for n, item in enumerate(corpus, start=1)
        ]
        made = [
            {
                "id": n,
                "document_id": n,
                "number": 1,
                "bytes": len(item.text),
                "sha256": hashlib.sha256(item.id.encode()).hexdigest(),
                "filename": item.id,
                "format": "txt",
                "state": State.READY,
                "created_at": now,
            }
            for n, item in enumerate(corpus, start=1)
        ]
        with self._db.write() as connection:
            connection.execute(documents.insert(), rows)
            connection.execute(versions.insert(), made)

    def _store_passages(
        self,
        drafts: list[tuple[int, PassageDraft]],
        tokens: list[str],
        vectors: np.ndarray[Any, Any],
    ) -> list[int]:
        ids: list[int] = []
        with self._db.write() as connection:
            begin = 0
            while begin < len(drafts):
                end = begin
                while end < len(drafts) and drafts[end][0] == drafts[begin][0]:
                    end += 1
                number = drafts[begin][0]
                ids += insert_passages(
                    connection,
                    number,
                    number,
                    [d for _, d in drafts[begin:end]],
                    tokens[begin:end],
                    vectors[begin:end],
                )
                begin = end
        return ids

    def run(
        self, queries: Sequence[Query], *, top: int, mode: Mode
    ) -> dict[str, int | float | str]:
        """Mean scores over all questions and the time of a search in milliseconds."""
        scores: dict[str, list[float]] = {"ndcg": [], "recall": [], "mrr": []}
        times: list[float] = []
        for done, query in enumerate(queries, start=1):
            begin = time.perf_counter()
            result = self._search.search(OPERATOR, query.text, top=POOL, mode=mode)
            times.append(1000 * (time.perf_counter() - begin))
            ranked = list(dict.fromkeys(self._ids[hit.document_id] for hit in result.hits))
            ranked = [key for key in ranked if key not in query.exclude]
            scores["ndcg"].append(ndcg_at(ranked, query.relevant, top))
            scores["recall"].append(recall_at(ranked, query.relevant, top))
            scores["mrr"].append(mrr_at(ranked, query.relevant, top))
            self._progress("질문", done, len(queries))
        return {
            "queries": len(queries),
            f"ndcg@{top}": round(float(np.mean(scores["ndcg"])), 4),
            f"recall@{top}": round(float(np.mean(scores["recall"])), 4),
            f"mrr@{top}": round(float(np.mean(scores["mrr"])), 4),
            "p50_ms": round(float(np.percentile(times, 50)), 1),
            "p95_ms": round(float(np.percentile(times, 95)), 1),
            "mode": mode,
        }


def _blocks(text: str) -> list[Block]:
    lines = [line.strip() for line in text.splitlines()]
    return [
        Block("paragraph", line, locator=Locator(paragraph=n))
        for n, line in enumerate((x for x in lines if x), start=1)
    ]
