"""Filtered recall of the index against brute force, for words and for vectors.

Usage: python benchmarks/search/recall.py HOME [--queries 100] [--out FILE.json]

HOME is a data folder of ``scale.py build``. For accounts that may read 50, 5, .5 and .05 % of the
passages the true ten best are computed from the database alone: cosines of the stored vectors, and BM25
(k1 1.2, b .75, statistics over all passages) of the stored terms. A result counts as right when its
true score is not below the tenth best true score: equals are equally right.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from asking import principals, questions, settings_of
from numpy.typing import NDArray
from rights import seen_by
from synthetic import load

from mokmin.app import App
from mokmin.knowledge.documents.store import documents, passages, unpack_vectors
from mokmin.knowledge.search.ports import IndexFilter, PassageIndex

TOP = 10
K1, B = 1.2, 0.75
BATCH = 20_000
# Of cosines: the index measures the same float32 vectors, but adds up in another order.
EQUAL_COSINE = 1e-5
EQUAL_BM25 = 1e-3
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Truth:
    """All current passages: ids, document ids, vectors, and postings of their terms."""

    ids: NDArray[np.int64]
    documents: NDArray[np.int64]
    vectors: Floats
    terms: dict[str, int]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    counts: NDArray[np.int32]
    lengths: Floats

    def bm25(self, query: list[str]) -> Floats:
        """Scores of all passages; a term asked twice counts once, as in the service."""
        scores = np.zeros(len(self.ids), np.float32)
        mean = float(self.lengths.mean())
        for term in dict.fromkeys(query):
            number = self.terms.get(term)
            if number is None:
                continue
            part = slice(self.starts[number], self.starts[number + 1])
            rows, tf = self.rows[part], self.counts[part].astype(np.float32)
            idf = np.log(1 + (len(self.ids) - len(rows) + 0.5) / (len(rows) + 0.5))
            scores[rows] += (
                idf * tf * (K1 + 1) / (tf + K1 * (1 - B + B * self.lengths[rows] / mean))
            )
        return scores


def truth_of(app: App) -> Truth:
    """Everything out of the database."""
    query = (
        sa.select(passages.c.id, passages.c.document_id, passages.c.tokens, passages.c.vector)
        .join(documents, documents.c.current_version_id == passages.c.version_id)
        .where(documents.c.deleted_at.is_(None))
        .order_by(passages.c.id)
    )
    ids: list[int] = []
    owners: list[int] = []
    vectors: list[Floats] = []
    terms: dict[str, int] = {}
    flat: list[NDArray[np.int32]] = []
    lengths: list[int] = []
    with app.db.read() as connection:
        for part in connection.execute(query).partitions(BATCH):
            vectors.append(unpack_vectors([row.vector for row in part]))
            for row in part:
                ids.append(row.id)
                owners.append(row.document_id)
                numbers = [terms.setdefault(t, len(terms)) for t in row.tokens.split()]
                flat.append(np.array(numbers, np.int32))
                lengths.append(len(numbers))
    at = np.repeat(np.arange(len(ids), dtype=np.int64), lengths)
    pairs, counts = np.unique(
        np.concatenate(flat).astype(np.int64) * len(ids) + at, return_counts=True
    )
    starts = np.searchsorted(pairs // len(ids), np.arange(len(terms) + 1))
    normal = np.concatenate(vectors)
    return Truth(
        np.array(ids),
        np.array(owners),
        normal / np.linalg.norm(normal, axis=1, keepdims=True),
        terms,
        starts,
        (pairs % len(ids)).astype(np.int32),
        counts.astype(np.int32),
        np.array(lengths, np.float32),
    )


def right(
    found: list[int], scores: Floats, truth: Truth, mask: NDArray[np.bool_], equal: float
) -> float | None:
    """Share of the ten best that were found; None when there is nothing to find."""
    allowed = np.where(mask, scores, -np.inf)
    size = min(TOP, int((allowed > (0 if equal == EQUAL_BM25 else -2)).sum()))
    if not size:
        return None
    bar = np.partition(allowed, -size)[-size] - equal
    at = np.searchsorted(truth.ids, found[:TOP])
    return float((allowed[at] >= bar).sum()) / size


def measure(app: App, accounts: dict[str, list[str]], count: int) -> dict[str, Any]:
    """Mean recall@10 by share; and how many results were not allowed or not there (must be none)."""
    truth = truth_of(app)
    asked = questions(app, count, seed=3)
    who = principals(app, accounts)
    masks = {
        p.login: np.isin(truth.documents, np.array(sorted(seen_by(app, p.groups)))) for _, p in who
    }
    index: PassageIndex = app.index
    found: dict[str, dict[str, list[float]]] = {}
    forbidden = 0
    for number, text in enumerate(asked):
        terms = app.analyser().morphemes([text])[0]
        vector = app.embedder().embed_query(text)
        cosines, bm25 = truth.vectors @ vector, truth.bm25(terms)
        for share in accounts:
            login = accounts[share][number % len(accounts[share])]
            principal = next(p for _, p in who if p.login == login)
            where, mask = IndexFilter(principal.groups), masks[login]
            near = _ordered(index.search_vector(vector, where, TOP))
            wide = _ordered(index.search_vector(vector, where, 100))
            words = _ordered(index.search_text(dict.fromkeys(terms, 1.0), where, TOP))
            forbidden += sum(
                not mask[np.searchsorted(truth.ids, key)] for key in near + wide + words
            )
            for name, keys, scores, equal in (
                ("vectors", near, cosines, EQUAL_COSINE),
                ("vectors, best 10 of 100", wide, cosines, EQUAL_COSINE),
                ("words", words, bm25, EQUAL_BM25),
            ):
                value = right(keys, scores, truth, mask, equal)
                if value is not None:
                    found.setdefault(name, {}).setdefault(share, []).append(value)
    return {
        "passages": len(truth.ids),
        "queries": len(asked),
        "forbidden": forbidden,
        "seen": {
            share: [round(float(masks[login].mean()), 6) for login in logins]
            for share, logins in accounts.items()
        },
        "recall": {
            name: {
                share: {"mean": round(float(np.mean(v)), 4), "worst": round(min(v), 2)}
                for share, v in by_share.items()
            }
            for name, by_share in found.items()
        },
    }


def _ordered(scores: dict[int, float]) -> list[int]:
    return sorted(scores, key=lambda key: -scores[key])


def main() -> None:
    """Measure one library."""
    root = argparse.ArgumentParser(description=__doc__)
    root.add_argument("home", type=Path)
    root.add_argument("--queries", type=int, default=100)
    root.add_argument("--out", type=Path)
    options = root.parse_args()
    app = App(settings_of(options.home))
    result = measure(app, load(options.home)["accounts"], options.queries)
    text = json.dumps(result, ensure_ascii=False, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
