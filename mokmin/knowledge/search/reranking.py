"""The first hits put in a new order by a reranker that the operator named, when there is one.

It may only help: when it is down, slow or talks nonsense, and when a hit is of a grade that it may
not see, the order stays as it was, and the trace says why. An endpoint that fails again and again is
left alone for a while (a circuit breaker), so that searches do not wait for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from mokmin.base.errors import Unavailable
from mokmin.base.llm.breaker import Breaker
from mokmin.base.llm.ports import Reranker
from mokmin.governance.access.model import GRADE_RANK, highest
from mokmin.knowledge.search.ranking import Scored

log = logging.getLogger(__name__)
Outcome = Literal["", "used", "grade", "failed", "resting"]
"""``""``: no reranker is set up; ``grade``: a hit may not leave; ``resting``: failed often lately."""

DEPTH = 30
SHARE = 0.5
"""What the reranker's score counts against the ranking's, both as z-scores over the leading hits."""
LONGEST = 2_000
"""Characters of a passage that are sent; rerankers cut at 512 to 1,024 tokens."""
EXPLANATIONS: dict[Outcome, str] = {
    "": "",
    "used": "앞의 찾은 글을 재정렬 모델로 다시 줄 세웠습니다.",
    "grade": "재정렬 모델에 보낼 수 없는 등급의 글이 있어 재정렬하지 않았습니다.",
    "failed": "재정렬 모델이 제대로 답하지 않아 본래 차례를 그대로 썼습니다.",
    "resting": "재정렬 모델이 잇따라 답하지 않아 잠시 쓰지 않고 있습니다.",
}


class Reranking:
    """Orders the leading hits anew, or leaves them as they are."""

    def __init__(self, model: Reranker, breaker: Breaker | None = None) -> None:
        self._model = model
        self._breaker = breaker or Breaker()

    def order(
        self, query: str, scored: Sequence[Scored], rows: Mapping[int, sa.Row[Any]]
    ) -> tuple[list[Scored], Outcome]:
        """All hits, the first ``DEPTH`` of them by a blend of both scores. A place keeps its score,
        so that scores still fall from place to place. ``rows``: header, text and grade of each hit."""
        leading, rest = list(scored[:DEPTH]), list(scored[DEPTH:])
        if len(leading) < 2:
            return [*leading, *rest], "used"
        found = [rows[item.key] for item in leading]
        if GRADE_RANK[highest([row.grade for row in found])] > GRADE_RANK[self._model.grade]:
            return [*leading, *rest], "grade"
        if not self._breaker.allows():
            return [*leading, *rest], "resting"
        try:
            values = self._model.rerank(query, [_text(row) for row in found])
        except Unavailable as error:
            self._breaker.failed()
            log.warning("reranker failed", extra={"error": error.code})
            return [*leading, *rest], "failed"
        self._breaker.succeeded()
        return [*_blend(leading, values), *rest], "used"


class LiveReranking(Reranking):
    """Uses the reranker of the moment, where there is one: registered ones come and go."""

    def __init__(self, now: Callable[[], Reranker | None]) -> None:
        self._now = now
        self._used: tuple[Reranker, Reranking] | None = None

    def order(
        self, query: str, scored: Sequence[Scored], rows: Mapping[int, sa.Row[Any]]
    ) -> tuple[list[Scored], Outcome]:
        """See ``Reranking.order``; without a reranker the order stays."""
        model = self._now()
        if model is None:
            return list(scored), ""
        used = self._used
        if used is None or used[0] is not model:
            used = (model, Reranking(model))
            self._used = used
        return used[1].order(query, scored, rows)


def _text(row: sa.Row[Any]) -> str:
    return f"{row.header}\n{row.text}"[:LONGEST]


def _blend(leading: Sequence[Scored], values: Sequence[float]) -> list[Scored]:
    own = _standard(np.array([item.score for item in leading], np.float64))
    theirs = _standard(_spread(np.array(values, np.float64)))
    blend = (1 - SHARE) * own + SHARE * theirs
    order = np.argsort(-blend, kind="stable")
    return [
        replace(leading[at], score=leading[place].score) for place, at in enumerate(order.tolist())
    ]


def _spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities as log odds: most are next to 0 or 1, where their differences are lost."""
    if values.min() < 0 or values.max() > 1:
        return values
    inside = np.clip(values, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(inside / (1 - inside)))


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    deviation = float(values.std())
    return np.asarray((values - values.mean()) / deviation) if deviation > 1e-9 else values * 0.0
