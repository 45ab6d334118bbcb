"""Starts a worker process when work is due; the worker leaves by itself when it is idle, so that
its models do not stay in memory. A worker that dies is noticed and its job put back at once."""

from __future__ import annotations

import logging
import subprocess
import threading
from collections.abc import Sequence

from sqlalchemy.exc import DBAPIError

from mokmin.base.jobs.queue import JobQueue

log = logging.getLogger(__name__)
POLL_SECONDS = 0.5


class Supervisor:
    """Watches the queue in a thread of the service process (embedded default)."""

    def __init__(self, queue: JobQueue, command: Sequence[str]) -> None:
        self._queue = queue
        self._command = list(command)
        self._stop = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def start(self) -> None:
        """Begin; jobs left running by a service that died are put back first."""
        self._queue.recover()
        self._thread.start()

    def stop(self) -> None:
        """End, and the worker with it; its job is put back."""
        self._stop.set()
        self._thread.join(timeout=10)
        if self._child is not None and self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        self._queue.recover()

    def _watch(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            try:
                self._tend()
            except DBAPIError:
                log.warning("queue unreadable, trying again")

    def _tend(self) -> None:
        if self._child is not None:
            status = self._child.poll()
            if status is None:
                return
            self._child = None
            if status != 0:
                log.warning("worker ended", extra={"status": status})
                self._queue.recover()
        if self._queue.waiting():
            self._child = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)  # noqa: S603
