"""Means with confidence intervals: the percentile bootstrap over questions (Efron and Tibshirani,
An Introduction to the Bootstrap, 13). Systems asked the same questions are resampled together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TIMES = 2_000
SEED = 20_260_601
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and the bounds of its interval."""

    mean: float
    low: float
    high: float


class Resamples:
    """Draws with replacement from ``size`` questions. The same object for all systems makes their
    intervals, and those of their differences, paired."""

    def __init__(self, size: int, *, times: int = TIMES, seed: int = SEED) -> None:
        if size < 1:
            raise ValueError("no questions to resample")
        generator = np.random.default_rng(seed)
        self._counts: NDArray[np.float64] = generator.multinomial(
            size, np.full(size, 1 / size), size=times
        ).astype(np.float64)

    def estimate(self, values: Sequence[float], *, confidence: float = CONFIDENCE) -> Estimate:
        """The mean of one value a question, with its interval."""
        numbers = np.asarray(values, np.float64)
        if len(numbers) != self._counts.shape[1]:
            raise ValueError("one value a question")
        means = self._counts @ numbers / len(numbers)
        tail = 50 * (1 - confidence)
        low, high = np.percentile(means, [tail, 100 - tail])
        return Estimate(float(numbers.mean()), float(low), float(high))

    def difference(
        self, ours: Sequence[float], theirs: Sequence[float], *, confidence: float = CONFIDENCE
    ) -> Estimate:
        """The mean of ours − theirs, question by question, with its interval. Beyond chance when the
        interval does not hold 0."""
        gap = np.asarray(ours, np.float64) - np.asarray(theirs, np.float64)
        return self.estimate(gap.tolist(), confidence=confidence)
