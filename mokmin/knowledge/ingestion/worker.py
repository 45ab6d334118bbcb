"""The worker: leases ingestion jobs, keeps the lease alive, and folds the index when it is idle."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

from mokmin.base.errors import MokminError
from mokmin.base.jobs import Job, JobQueue
from mokmin.base.jobs.queue import MAX_ATTEMPTS
from mokmin.knowledge.ingestion.service import Ingestion
from mokmin.knowledge.search.ports import PassageIndex

log = logging.getLogger(__name__)
HEARTBEAT_SECONDS = 15.0
POLL_SECONDS = 0.5


class Worker:
    """Runs jobs one after another until told to stop or, on request, until none is due."""

    def __init__(self, queue: JobQueue, ingestion: Ingestion, index: PassageIndex) -> None:
        self._queue = queue
        self._ingestion = ingestion
        self._index = index
        self._name = f"{socket.gethostname()}-{os.getpid()}"

    def run(
        self, *, idle_seconds: float | None = None, stop: Callable[[], bool] = lambda: False
    ) -> int:
        """Work until ``stop()``, or until nothing was due for ``idle_seconds``; jobs done."""
        done, idle_since = 0, time.monotonic()
        pending = False
        while not stop():
            job = self._queue.lease(self._name)
            if job is not None:
                self._handle(job)
                done, pending, idle_since = done + 1, True, time.monotonic()
                continue
            if pending:
                self._index.optimise()
                pending = False
                idle_since = time.monotonic()
            if idle_seconds is not None and time.monotonic() - idle_since >= idle_seconds:
                break
            time.sleep(POLL_SECONDS)
        self._queue.release(self._name)
        return done

    def _handle(self, job: Job) -> None:
        if job.attempts > MAX_ATTEMPTS:
            self._ingestion.give_up(job.subject_id)
            self._queue.finish(job, error="attempts used up")
            return
        finished = threading.Event()
        beat = threading.Thread(target=self._beat, args=(job, finished), daemon=True)
        beat.start()
        try:
            self._ingestion.run(job.subject_id)
        except (MokminError, DBAPIError, OSError) as error:
            log.warning("job broke", extra={"job": job.id, "error": type(error).__name__})
            if not self._queue.retry_later(job, error=type(error).__name__):
                self._ingestion.give_up(job.subject_id)
        else:
            self._queue.finish(job)
        finally:
            finished.set()
            beat.join()

    def _beat(self, job: Job, finished: threading.Event) -> None:
        while not finished.wait(HEARTBEAT_SECONDS):
            self._queue.extend(job, self._name)
