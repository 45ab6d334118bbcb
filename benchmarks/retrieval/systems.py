"""Every system on one corpus, and their figures on one set of questions."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from baselines import Dense, morpheme_bm25, whitespace_bm25
from sets import QuestionSet

from mokmin.app import App
from mokmin.knowledge.evaluation.indexing import Progress, index_corpus
from mokmin.knowledge.evaluation.intervals import Resamples
from mokmin.knowledge.evaluation.loading import CorpusItem, Query
from mokmin.knowledge.evaluation.retrieval import RetrievalEvaluation, Scores, score
from mokmin.knowledge.ingestion.caches import DiskCache

DEPTH = 10
OURS = ("hybrid", "lexical", "dense")
BASELINES = ("BM25 whitespace", "BM25 morphemes", "dense alone")
SYSTEMS = (*OURS, *BASELINES)
METRICS = {
    "ndcg": "ndcg@10",
    "recall": "recall@10",
    "mrr": "mrr@10",
    "complete": "all_gold@10",
}
Rank = Callable[[Query], Sequence[str]]


class Systems:
    """Mokmin and the baselines over one corpus, in an empty home."""

    def __init__(self, app: App, corpus: Sequence[CorpusItem], progress: Progress) -> None:
        indexed = index_corpus(app.db, app.index, app.feature_extractor, corpus, progress)
        assert app.settings.cache is not None, "a throw-away home has a cache"
        self.passages = indexed.passages
        analyser = app.analyser()
        mokmin = RetrievalEvaluation(app.search, indexed.ids, progress)
        words = whitespace_bm25(corpus)
        morphemes = morpheme_bm25(corpus, analyser, DiskCache(app.settings.cache))
        dense = Dense(indexed, app.embedder())
        self.rank: dict[str, Rank] = {
            "hybrid": lambda q: mokmin.rank(q, "hybrid").ids,
            "lexical": lambda q: mokmin.rank(q, "lexical").ids,
            "dense": lambda q: mokmin.rank(q, "dense").ids,
            "BM25 whitespace": lambda q: words.rank(q.text.split()),
            "BM25 morphemes": lambda q: morphemes.rank(analyser.morphemes([q.text])[0]),
            "dense alone": lambda q: dense.rank(q.text),
        }


def evaluate(systems: Systems, asked: QuestionSet, documents: int) -> dict[str, Any]:
    """Figures of all systems on a set: means with intervals, times, types, and each question's own."""
    scores: dict[str, list[Scores]] = {}
    times: dict[str, list[float]] = {}
    first: dict[str, list[list[str]]] = {}
    for name, rank in systems.rank.items():
        for query in asked.queries:
            begin = time.perf_counter()
            ranked = rank(query)
            times.setdefault(name, []).append(1000 * (time.perf_counter() - begin))
            scores.setdefault(name, []).append(score(ranked, query, DEPTH))
            kept = [key for key in ranked if key not in query.exclude]
            first.setdefault(name, []).append(kept[:DEPTH])
    draws = Resamples(len(asked.queries))
    best = max(BASELINES, key=lambda name: _mean(scores[name], "ndcg"))
    return {
        "set": asked.name,
        "corpus": asked.corpus,
        "development": asked.development,
        "documents": documents,
        "passages": systems.passages,
        "questions": len(asked.queries),
        "available": asked.available,
        "systems": {
            name: {
                **{
                    label: asdict(draws.estimate(_values(scores[name], field)))
                    for field, label in METRICS.items()
                },
                "p50_ms": float(np.percentile(times[name], 50)),
                "p95_ms": float(np.percentile(times[name], 95)),
            }
            for name in SYSTEMS
        },
        "best_baseline": best,
        "difference": {
            label: asdict(
                draws.difference(_values(scores["hybrid"], field), _values(scores[best], field))
            )
            for field, label in METRICS.items()
        },
        "types": _types(asked, scores, best) if asked.development else [],
        "per_question": [
            {
                "id": query.id,
                "relevant": sorted(query.relevant),
                **{name: asdict(scores[name][at]) for name in SYSTEMS},
                "first": first["hybrid"][at],
            }
            for at, query in enumerate(asked.queries)
        ],
    }


def _types(asked: QuestionSet, scores: dict[str, list[Scores]], best: str) -> list[dict[str, Any]]:
    kinds = sorted({query.kind for query in asked.queries})
    rows: list[dict[str, Any]] = []
    for kind in kinds:
        here = [at for at, query in enumerate(asked.queries) if query.kind == kind]
        draws = Resamples(len(here))
        rows.append(
            {
                "type": kind or "–",
                "questions": len(here),
                **{
                    label: asdict(draws.estimate([getattr(scores["hybrid"][a], f) for a in here]))
                    for f, label in METRICS.items()
                },
                "best_baseline_ndcg@10": _mean([scores[best][a] for a in here], "ndcg"),
            }
        )
    return rows


def _values(scores: Sequence[Scores], field: str) -> list[float]:
    return [float(getattr(one, field)) for one in scores]


def _mean(scores: Sequence[Scores], field: str) -> float:
    return float(np.mean(_values(scores, field)))
