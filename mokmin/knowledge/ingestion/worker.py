"""The worker: leases jobs, keeps the lease alive, and folds new rows into the index's indexes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

from mokmin.base.errors import MokminError
from mokmin.base.jobs import Job, JobQueue, worker_name
from mokmin.base.jobs.queue import MAX_ATTEMPTS
from mokmin.knowledge.documents.service import INDEX_JOB
from mokmin.knowledge.ingestion.service import Ingestion
from mokmin.knowledge.search.ports import PassageIndex

log = logging.getLogger(__name__)
HEARTBEAT_SECONDS = 15.0
POLL_SECONDS = 0.5
# While work goes on, the index is folded when this many rows are scanned without an index, and not
# more often than this: folding takes a turn of the writers.
MANY_UNINDEXED = 20_000
BUSY_FOLD_SECONDS = 180.0


class Worker:
    """Runs jobs one after another until told to stop or, on request, until none is due."""

    def __init__(self, queue: JobQueue, ingestion: Ingestion, index: PassageIndex) -> None:
        self._queue = queue
        self._ingestion = ingestion
        self._index = index
        self._name = worker_name()
        self._folded = time.monotonic()

    def run(
        self, *, idle_seconds: float | None = None, stop: Callable[[], bool] = lambda: False
    ) -> int:
        """Work until ``stop()``, or until nothing was due for ``idle_seconds``; jobs done."""
        done, idle_since = 0, time.monotonic()
        pending = False
        while not stop():
            job = self._queue.lease(self._name, first=INDEX_JOB)
            if job is not None:
                self._handle(job)
                done, pending, idle_since = done + 1, True, time.monotonic()
                self._fold_while_busy()
                continue
            if pending:
                self._fold()
                pending = False
                idle_since = time.monotonic()
            if idle_seconds is not None and time.monotonic() - idle_since >= idle_seconds:
                break
            time.sleep(POLL_SECONDS)
        self._queue.release(self._name)
        return done

    def _fold(self) -> None:
        self._index.optimise()
        self._folded = time.monotonic()

    def _fold_while_busy(self) -> None:
        if time.monotonic() - self._folded < BUSY_FOLD_SECONDS:
            return
        if self._index.health().unindexed >= MANY_UNINDEXED:
            self._fold()
        self._folded = time.monotonic()

    def _handle(self, job: Job) -> None:
        if job.attempts > MAX_ATTEMPTS:
            self._give_up(job)
            self._queue.finish(job, error="attempts used up")
            return
        finished = threading.Event()
        beat = threading.Thread(target=self._beat, args=(job, finished), daemon=True)
        beat.start()
        try:
            if job.kind == INDEX_JOB:
                self._ingestion.refresh(job.subject_id)
            else:
                self._ingestion.run(job.subject_id)
        except (MokminError, DBAPIError, OSError) as error:
            log.warning("job broke", extra={"job": job.id, "error": type(error).__name__})
            if not self._queue.retry_later(job, error=type(error).__name__):
                self._give_up(job)
        else:
            self._queue.finish(job)
        finally:
            finished.set()
            beat.join()

    def _give_up(self, job: Job) -> None:
        if job.kind != INDEX_JOB:
            self._ingestion.give_up(job.subject_id)

    def _beat(self, job: Job, finished: threading.Event) -> None:
        while not finished.wait(HEARTBEAT_SECONDS):
            self._queue.extend(job, self._name)
