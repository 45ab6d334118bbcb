"""Retrieval quality on a corpus and its questions, through the same index and search as in service."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from mokmin.governance.access.model import OPERATOR
from mokmin.knowledge.evaluation.indexing import Progress
from mokmin.knowledge.evaluation.intervals import Resamples
from mokmin.knowledge.evaluation.loading import Query
from mokmin.knowledge.search.metrics import mrr_at, ndcg_at, recall_at
from mokmin.knowledge.search.ranking import Mode
from mokmin.knowledge.search.service import SearchService

POOL = 200


@dataclass(frozen=True, slots=True)
class Ranking:
    """Corpus ids found for a question, best first, the time it took, and what became of the reranker
    (``search.reranking.Outcome``)."""

    ids: tuple[str, ...]
    milliseconds: float
    rerank: str = ""


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
    """Asks every question of an indexed corpus. ``ids``: corpus id of each document number;
    ``details``: after a run, one object a question, for a file and for ``comparing``."""

    def __init__(self, search: SearchService, ids: Mapping[int, str], progress: Progress) -> None:
        self._search = search
        self._ids = ids
        self._progress = progress
        self.details: list[dict[str, object]] = []

    def rank(self, query: Query, mode: Mode) -> Ranking:
        """Documents in the order of their best passages."""
        begin = time.perf_counter()
        result = self._search.search(OPERATOR, query.text, top=POOL, mode=mode)
        seconds = time.perf_counter() - begin
        ids = dict.fromkeys(self._ids[hit.document_id] for hit in result.hits)
        return Ranking(tuple(ids), 1000 * seconds, result.trace.rerank)

    def run(
        self,
        queries: Sequence[Query],
        *,
        top: int,
        mode: Mode,
        against: RetrievalEvaluation | None = None,
    ) -> dict[str, int | float | str]:
        """Mean scores over all questions and the time of a search in milliseconds. ``against`` is
        asked the same questions in turn; then also its nDCG, and the gain over it with the bounds of
        its paired interval. ``reranked``: questions whose hits a reranker ordered, when there is one."""
        rankings: list[Ranking] = []
        others: list[Ranking] = []
        for done, query in enumerate(queries, start=1):
            rankings.append(self.rank(query, mode))
            if against is not None:
                others.append(against.rank(query, mode))
            self._progress("질문", done, len(queries))
        scores = _scores(rankings, queries, top)
        self.details = [
            {"id": q.id, "question": q.text, **asdict(s), "milliseconds": round(r.milliseconds, 1)}
            for q, s, r in zip(queries, scores, rankings, strict=True)
        ]
        found: dict[str, int | float | str] = {
            "queries": len(queries),
            f"ndcg@{top}": round(float(np.mean([s.ndcg for s in scores])), 4),
            f"recall@{top}": round(float(np.mean([s.recall for s in scores])), 4),
            f"mrr@{top}": round(float(np.mean([s.mrr for s in scores])), 4),
            **_times("", rankings),
            "mode": mode,
        }
        if any(ranking.rerank for ranking in rankings):
            found["reranked"] = sum(ranking.rerank == "used" for ranking in rankings)
        if others:
            plain = [s.ndcg for s in _scores(others, queries, top)]
            gain = Resamples(len(queries)).difference([s.ndcg for s in scores], plain)
            found |= {
                f"without_ndcg@{top}": round(float(np.mean(plain)), 4),
                **_times("without_", others),
                "gain": round(gain.mean, 4),
                "gain_low": round(gain.low, 4),
                "gain_high": round(gain.high, 4),
            }
        return found


def _scores(rankings: Sequence[Ranking], queries: Sequence[Query], top: int) -> list[Scores]:
    return [score(r.ids, query, top) for r, query in zip(rankings, queries, strict=True)]


def _times(prefix: str, rankings: Sequence[Ranking]) -> dict[str, float]:
    times = [ranking.milliseconds for ranking in rankings]
    return {f"{prefix}p{part}_ms": round(float(np.percentile(times, part)), 1) for part in (50, 95)}
