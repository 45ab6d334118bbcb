"""Retrieval quality on a corpus and its questions, through the same index and search as in service."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mokmin.governance.access.model import OPERATOR
from mokmin.knowledge.evaluation.indexing import Progress
from mokmin.knowledge.evaluation.loading import Query
from mokmin.knowledge.search.metrics import mrr_at, ndcg_at, recall_at
from mokmin.knowledge.search.ranking import Mode
from mokmin.knowledge.search.service import SearchService

POOL = 200


@dataclass(frozen=True, slots=True)
class Ranking:
    """Corpus ids found for a question, best first, and the time it took."""

    ids: tuple[str, ...]
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Scores:
    """Metrics of one question at some depth; ``complete`` is 1 when all relevant ids are in it."""

    ndcg: float
    recall: float
    mrr: float
    complete: float


def score(ranked: Sequence[str], query: Query, depth: int) -> Scores:
    """Metrics of a ranking; the question's excluded ids are taken out of it first."""
    kept = [key for key in ranked if key not in query.exclude]
    recall = recall_at(kept, query.relevant, depth)
    return Scores(
        ndcg_at(kept, query.relevant, depth),
        recall,
        mrr_at(kept, query.relevant, depth),
        float(recall >= 1.0),
    )


class RetrievalEvaluation:
    """Asks every question of an indexed corpus. ``ids``: corpus id of each document number."""

    def __init__(self, search: SearchService, ids: Mapping[int, str], progress: Progress) -> None:
        self._search = search
        self._ids = ids
        self._progress = progress

    def rank(self, query: Query, mode: Mode) -> Ranking:
        """Documents in the order of their best passages."""
        begin = time.perf_counter()
        result = self._search.search(OPERATOR, query.text, top=POOL, mode=mode)
        seconds = time.perf_counter() - begin
        ids = dict.fromkeys(self._ids[hit.document_id] for hit in result.hits)
        return Ranking(tuple(ids), 1000 * seconds)

    def run(
        self, queries: Sequence[Query], *, top: int, mode: Mode
    ) -> dict[str, int | float | str]:
        """Mean scores over all questions and the time of a search in milliseconds."""
        scores: list[Scores] = []
        times: list[float] = []
        for done, query in enumerate(queries, start=1):
            ranking = self.rank(query, mode)
            times.append(ranking.milliseconds)
            scores.append(score(ranking.ids, query, top))
            self._progress("질문", done, len(queries))
        return {
            "queries": len(queries),
            f"ndcg@{top}": round(float(np.mean([s.ndcg for s in scores])), 4),
            f"recall@{top}": round(float(np.mean([s.recall for s in scores])), 4),
            f"mrr@{top}": round(float(np.mean([s.mrr for s in scores])), 4),
            "p50_ms": round(float(np.percentile(times, 50)), 1),
            "p95_ms": round(float(np.percentile(times, 95)), 1),
            "mode": mode,
        }
