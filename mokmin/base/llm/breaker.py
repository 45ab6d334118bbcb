"""A circuit breaker: an endpoint that keeps failing is left alone for a while (Nygard, Release It!).

Its state belongs to this process; another process finds out for itself.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Literal

FAILURES = 2
REST_SECONDS = 30.0
# Rests double while trials fail, as far as this.
LONGEST_SECONDS = 300.0
WINDOW_SECONDS = 60.0
LAST_CALLS = 10
State = Literal["closed", "open", "half-open"]


class Breaker:
    """Closed: all calls pass. It opens after ``failures`` in a row, or when half of the last ten calls
    failed, of those within ``window_seconds``. Open: none pass for ``rest_seconds``. Half-open: one
    call at a time is let through as a trial until one succeeds. Each failed trial doubles the rest,
    up to ``longest_seconds``.

    Who tells when a call began (``moment``) keeps old news apart: what a call that began before the last
    change says of the endpoint is no longer true.
    """

    def __init__(
        self,
        failures: int = FAILURES,
        rest_seconds: float = REST_SECONDS,
        longest_seconds: float = LONGEST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        window_seconds: float = WINDOW_SECONDS,
    ) -> None:
        self._limit, self._clock, self._window = failures, clock, window_seconds
        self._first, self._longest = rest_seconds, longest_seconds
        self._recent: deque[tuple[float, bool]] = deque(maxlen=LAST_CALLS)
        self._open = self._trying = False
        self._failed_trials = 0
        self._until = 0.0
        self._changed = float("-inf")
        self._lock = threading.Lock()

    @property
    def state(self) -> State:
        """Where it stands now."""
        with self._lock:
            if not self._open:
                return "closed"
            return "half-open" if self._trying or self._clock() >= self._until else "open"

    def moment(self) -> float:
        """Now, to be handed back with what became of a call."""
        return self._clock()

    def allows(self) -> bool:
        """Whether a call may be made now; a trial closes the door behind it for another rest."""
        with self._lock:
            if not self._open:
                return True
            now = self._clock()
            if now < self._until:
                return False
            self._until = now + self._rest()
            self._trying, self._changed = True, now
            return True

    def succeeded(self, began: float | None = None) -> None:
        """The endpoint answered."""
        with self._lock:
            now = self._clock()
            if not self._open:
                self._recent.append((now, True))
            elif not self._is_old(began):
                self._open = self._trying = False
                self._failed_trials = 0
                self._recent.clear()
                self._changed = now

    def failed(self, began: float | None = None) -> None:
        """The endpoint did not answer, or broke off."""
        with self._lock:
            if self._is_old(began):
                return
            now = self._clock()
            if not self._open:
                self._recent.append((now, False))
                if not self._is_broken(now):
                    return
                self._open, self._failed_trials = True, 0
            elif self._trying:
                self._failed_trials += 1
            else:
                return
            self._trying, self._changed = False, now
            self._until = now + self._rest()

    def wake(self) -> None:
        """Somebody saw that the endpoint is there again: the next call is a trial."""
        with self._lock:
            if self._open and not self._trying:
                self._until = min(self._until, self._clock())

    def _is_old(self, began: float | None) -> bool:
        return began is not None and began < self._changed

    def _is_broken(self, now: float) -> bool:
        while self._recent and now - self._recent[0][0] > self._window:
            self._recent.popleft()
        calls = [ok for _, ok in self._recent]
        if len(calls) >= self._limit and not any(calls[-self._limit :]):
            return True
        return len(calls) == LAST_CALLS and 2 * calls.count(False) >= LAST_CALLS

    def _rest(self) -> float:
        return min(self._longest, self._first * 2.0 ** min(10, self._failed_trials))
