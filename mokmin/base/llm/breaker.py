"""A circuit breaker: an endpoint that failed several times in a row is left alone for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FAILURES = 2
REST_SECONDS = 30.0
# Rests double while trials fail, as far as this.
LONGEST_SECONDS = 300.0


class Breaker:
    """Closed: all calls pass. After ``failures`` in a row it is open for ``rest_seconds``; then one
    call at a time is let through as a trial until one succeeds. Each failed trial doubles the rest,
    up to ``longest_seconds``."""

    def __init__(
        self,
        failures: int = FAILURES,
        rest_seconds: float = REST_SECONDS,
        longest_seconds: float = LONGEST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit, self._clock = failures, clock
        self._first, self._longest = rest_seconds, longest_seconds
        self._failed = 0
        self._until = 0.0
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Whether a call may be made now; a trial closes the door behind it for another rest."""
        with self._lock:
            if self._failed < self._limit:
                return True
            if self._clock() < self._until:
                return False
            self._until = self._clock() + self._rest()
            return True

    def succeeded(self) -> None:
        """The endpoint answered."""
        with self._lock:
            self._failed = 0

    def failed(self) -> None:
        """The endpoint did not answer, or broke off."""
        with self._lock:
            self._failed += 1
            if self._failed >= self._limit:
                self._until = self._clock() + self._rest()

    def _rest(self) -> float:
        doublings = min(10, max(0, self._failed - self._limit))
        return min(self._longest, self._first * 2.0**doublings)
