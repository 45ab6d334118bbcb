"""Answers under way: each is written by a thread of its own, and any number of readers follow it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from mokmin.knowledge.answering.model import AnswerEvent

WAIT_SECONDS = 15.0
KEEP_FINISHED = 200


@dataclass(slots=True)
class Run:
    """An answer under way: its events so far; readers wait for more."""

    events: list[AnswerEvent] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    finished: bool = False
    stopped: bool = False

    def push(self, event: AnswerEvent) -> None:
        """Add an event."""
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def close(self) -> None:
        """Nothing more will come."""
        with self.changed:
            self.finished = True
            self.changed.notify_all()


class Runs:
    """The answers of this process, by turn."""

    def __init__(self) -> None:
        self._runs: dict[int, Run] = {}
        self._lock = threading.Lock()

    def start(self, turn_id: int, work: Callable[[Run], None]) -> None:
        """Have a thread write an answer. ``work`` gets the run and closes it."""
        run = Run()
        with self._lock:
            for key in [k for k, r in self._runs.items() if r.finished][:-KEEP_FINISHED]:
                del self._runs[key]
            self._runs[turn_id] = run
        threading.Thread(target=work, args=(run,), name=f"answer-{turn_id}", daemon=True).start()

    def follow(self, turn_id: int, after: int = 0) -> Iterator[tuple[int, AnswerEvent | None]]:
        """Numbered events from ``after`` on; None as a sign of life while there is nothing new."""
        run = self._runs.get(turn_id)
        if run is None:
            return
        position = after
        while True:
            with run.changed:
                if position >= len(run.events) and not run.finished:
                    run.changed.wait(WAIT_SECONDS)
                fresh = run.events[position:]
                finished = run.finished
            for event in fresh:
                position += 1
                yield position, event
            if finished and position >= len(run.events):
                return
            if not fresh:
                yield position, None

    def stop(self, turn_id: int) -> None:
        """Ask an answer to end; what was written stays."""
        run = self._runs.get(turn_id)
        if run is not None:
            run.stopped = True

    def forget(self, turn_id: int) -> None:
        """End an answer and keep nothing of it."""
        with self._lock:
            run = self._runs.pop(turn_id, None)
        if run is not None:
            run.stopped = True

    def close(self, seconds: float) -> None:
        """Let answers under way come to their end before the service leaves."""
        until = time.monotonic() + seconds
        for run in list(self._runs.values()):
            with run.changed:
                while not run.finished and (left := until - time.monotonic()) > 0:
                    run.changed.wait(left)
