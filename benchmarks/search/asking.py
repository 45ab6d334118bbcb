"""Questions to measure with, and the searching with a stopwatch at every stage."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from mokmin.app import App
from mokmin.governance.access.model import Principal
from mokmin.knowledge.documents.store import passages
from mokmin.settings import Settings, load_settings

QUESTIONS = Path(__file__).resolve().parents[1] / "retrieval" / "questions"
STAGES = {
    "morphemes": "words",
    "embed_query": "vector",
    "search_text": "words in index",
    "search_vector": "vectors in index",
}


def settings_of(home: Path, threads: int = 0) -> Settings:
    """Settings of a measured home."""
    return replace(load_settings(home), database_url="", threads=threads)


def written_questions() -> list[str]:
    """The development questions that people asked in words."""
    found: list[str] = []
    for path in sorted(QUESTIONS.glob("*.jsonl")):
        lines = path.read_text(encoding="utf-8").splitlines()
        found += [json.loads(line)["text"] for line in lines if line]
    return found


def questions(app: App, count: int, seed: int) -> list[str]:
    """Half questions in words (each once, as far as they reach), else words out of passages: whole
    phrases and loose keywords."""
    rng = np.random.default_rng(seed)
    written = written_questions()
    chosen = [written[i] for i in rng.permutation(len(written))[: count // 2]]
    with app.db.read() as connection:
        last = int(connection.execute(sa.select(sa.func.max(passages.c.id))).scalar_one())
        ids = [int(i) for i in rng.integers(1, last + 1, size=4 * count)]
        texts = {
            row.id: row.text
            for begin in range(0, len(ids), 500)
            for row in connection.execute(
                sa.select(passages.c.id, passages.c.text).where(
                    passages.c.id.in_(ids[begin : begin + 500])
                )
            )
        }
    for key in ids:
        words = texts.get(key, "").split()
        if len(chosen) >= count:
            break
        if len(words) < 8:
            continue
        at = int(rng.integers(0, len(words) - 7))
        if rng.random() < 0.5:
            chosen.append(" ".join(words[at : at + int(rng.integers(4, 8))]))
        else:
            chosen.append(" ".join(rng.choice(words, size=int(rng.integers(1, 4)), replace=False)))
    order = rng.permutation(len(chosen))
    return [chosen[i] for i in order]


class Stopwatch:
    """Passes everything on to what it wraps, and adds up the seconds of the methods of ``STAGES``."""

    def __init__(self, inner: Any, seconds: dict[str, float]) -> None:
        self._inner, self._seconds = inner, seconds

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        stage = STAGES.get(name)
        return value if stage is None else self._timed(value, stage)

    def _timed(self, call: Callable[..., Any], stage: str) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            begin = time.perf_counter()
            try:
                return call(*args, **kwargs)
            finally:
                spent = time.perf_counter() - begin
                self._seconds[stage] = self._seconds.get(stage, 0.0) + spent

        return run


def watched(settings: Settings) -> tuple[App, dict[str, float]]:
    """Everything that runs, with a stopwatch at its ports; the seconds of one search at a time."""
    seconds: dict[str, float] = {}
    plain = App(settings)
    app = App(
        settings,
        embedder=Stopwatch(plain.embedder(), seconds),
        analyser=Stopwatch(plain.analyser(), seconds),
        index=Stopwatch(plain.index, seconds),
    )
    return app, seconds


def accounted(seconds: dict[str, float]) -> float:
    """What the watched stages took of a search; the two in the index run side by side."""
    inside = {stage: value for stage, value in seconds.items() if stage.endswith("in index")}
    before = sum(value for stage, value in seconds.items() if stage not in inside)
    return before + max(inside.values(), default=0.0)


def principals(app: App, accounts: dict[str, list[str]]) -> list[tuple[str, Principal]]:
    """Share and principal of all accounts, the shares taking turns."""
    rows = zip(*accounts.values(), strict=True)
    shares = list(accounts)
    return [
        (share, app.people.principal(login))
        for row in rows
        for share, login in zip(shares, row, strict=True)
    ]


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Number, median, 95th and 99th percentile and maximum, in milliseconds."""
    if not seconds:
        return {"queries": 0}
    values = np.array(seconds) * 1000
    p50, p95, p99 = np.percentile(values, [50, 95, 99])
    return {
        "queries": len(seconds),
        "p50_ms": round(float(p50), 1),
        "p95_ms": round(float(p95), 1),
        "p99_ms": round(float(p99), 1),
        "max_ms": round(float(values.max()), 1),
    }
