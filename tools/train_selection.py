"""Fit the weights of ``knowledge/answering/selection.py`` on the development questions.

Usage: python tools/train_selection.py DATA_DIR

Prints the weights fitted on all sets, and for each set left out in turn the share of its questions
whose gold quotes all stand in what is selected, with the characters quoted. Set ``MOKMIN_CACHE``, or
every passage is embedded again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mokmin.app import App
from mokmin.commands.measuring import throwaway
from mokmin.governance.access.model import OPERATOR
from mokmin.knowledge.answering import selection
from mokmin.knowledge.answering.evidence import choose, units_of
from mokmin.knowledge.evaluation.indexing import index_corpus
from mokmin.settings import load_settings

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks" / "retrieval"))
from sets import QUESTIONS, corpus_of

Floats = NDArray[np.float64]
SETS = {"statutes": ("statutes-a", "statutes-b"), "statutes+demo": ("manuals",)}
RIDGE = 3.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with all its clauses, their signals and whether gold is in them."""

    group: str
    scored: list[selection.Scored]
    signals: Floats
    labels: Floats
    quotes: tuple[str, ...]


def main() -> None:
    """Fit, cross-validate, print."""
    data = Path(sys.argv[1])
    asked: list[Asked] = []
    for corpus, names in SETS.items():
        with throwaway(load_settings()) as app:
            items = corpus_of(corpus, data)
            ids = index_corpus(app.db, app.index, app.feature_extractor, items, lambda *_: None).ids
            for name in names:
                lines = (QUESTIONS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
                asked += [
                    _ask(app, ids, name, json.loads(line))
                    for line in lines
                    if '"answer": null' not in line
                ]
    for left_out in dict.fromkeys(a.group for a in asked):
        weights, intercept = _fit([a for a in asked if a.group != left_out])
        _report(left_out, [a for a in asked if a.group == left_out], weights, intercept)
    weights, intercept = _fit(asked)
    _report("(all)", asked, weights, intercept)
    print("INTERCEPT =", round(float(intercept), 3))
    print({n: round(float(w), 4) for n, w in zip(selection.NAMES, weights, strict=True)})


def _ask(app: App, ids: dict[int, str], group: str, question: dict[str, Any]) -> Asked:
    result = app.search.search(OPERATOR, question["text"], top=20)
    selector = selection.Selector(app.analyser(), app.embedder())
    basis = choose(result.hits, result.trace)
    units = units_of(app.search, OPERATOR, basis.hits)
    table: list[Floats] = []
    original = selection.features

    def kept(*args: Any) -> Floats:
        table.append(original(*args))
        return table[-1]

    selection.features = kept
    scored = selector.score(question["text"], result.trace, units)
    selection.features = original
    gold = [(g["id"], _bare(c)) for g in question["gold"] for c in g["quote"].split(" | ")]
    labels = [
        float(
            any(
                key == ids[s.clause.hit.document_id] and _holds(s.clause.text, c) for key, c in gold
            )
        )
        for s in scored
    ]
    return Asked(group, scored, table[0], np.array(labels), tuple(c for _, c in gold))


def _bare(text: str) -> str:
    return "".join(text.split())


def _holds(text: str, cell: str) -> bool:
    bare = _bare(text)
    return cell in bare or (len(bare) >= 8 and bare in cell)


def _fit(asked: Sequence[Asked]) -> tuple[Floats, float]:
    """Ridge-regularised logistic regression by Newton's method, in the signals' own units."""
    table = np.concatenate([a.signals for a in asked])
    labels = np.concatenate([a.labels for a in asked])
    mean, deviation = table.mean(axis=0), table.std(axis=0) + 1e-9
    x = np.hstack([(table - mean) / deviation, np.ones((len(table), 1))])
    w = np.zeros(x.shape[1])
    penalty = np.diag([RIDGE] * (x.shape[1] - 1) + [0.0])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ w))
        hessian = (x.T * (p * (1 - p))) @ x + penalty
        w -= np.linalg.solve(hessian, x.T @ (p - labels) + penalty @ w)
    weights = w[:-1] / deviation
    return weights, float(w[-1] - weights @ mean)


def _report(name: str, asked: Sequence[Asked], weights: Floats, intercept: float) -> None:
    whole, any_, characters, main = [], [], [], []
    for a in asked:
        p = 1 / (1 + np.exp(-(a.signals @ weights + intercept)))
        scored = [
            selection.Scored(s.unit, s.clause, float(q), s.cosine, s.overlap)
            for s, q in zip(a.scored, p, strict=True)
        ]
        chosen = selection.select(scored)
        text = _bare("".join(s.clause.text for s in chosen))
        whole.append(all(c in text for c in a.quotes))
        any_.append(any(c in text for c in a.quotes))
        characters.append(len(text))
        first = _bare("".join(s.clause.text for s in chosen if s.main))
        main.append(all(c in first for c in a.quotes))
    print(
        f"{name}: {len(asked)} questions, all quotes {np.mean(whole):.3f}, in the main part "
        f"{np.mean(main):.3f}, any {np.mean(any_):.3f}, characters {np.mean(characters):.0f}"
    )


if __name__ == "__main__":
    main()
