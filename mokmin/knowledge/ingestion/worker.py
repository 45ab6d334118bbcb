"""The worker: leases jobs, keeps the lease alive, and folds new rows into the index's indexes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from sqlalchemy.exc import DBAPIError

from mokmin.base.errors import MokminError
from mokmin.base.jobs import Job, JobQueue, worker_name
from mokmin.base.jobs.queue import MAX_ATTEMPTS
from mokmin.knowledge.documents.service import INDEX_JOB, INGEST_JOB
from mokmin.knowledge.ingestion.service import Ingestion, Outcome
from mokmin.knowledge.search.ports import PassageIndex

log = logging.getLogger(__name__)
HEARTBEAT_SECONDS = 15.0
POLL_SECONDS = 0.5
# While work goes on, the index is folded when this many rows are scanned without an index, and not
# more often than this: folding takes a turn of the writers.
MANY_UNINDEXED = 20_000
BUSY_FOLD_SECONDS = 180.0
# How often the chores are looked at; each costs one look at the database when there is nothing to do.
CHORE_SECONDS = 60.0
Chore = Callable[[], object]


class Task(Protocol):
    """Work of another kind than reading documents; its jobs name a row of its own."""

    def run(self, subject_id: int) -> None:
        """Do it, or go on with it. Raises MokminError when another try may help."""
        ...

    def give_up(self, subject_id: int) -> None:
        """After the last try."""
        ...


@contextmanager
def _held(queue: JobQueue, job: Job, worker: str) -> Iterator[None]:
    """Keep the lease alive meanwhile."""
    finished = threading.Event()

    def beat() -> None:
        while not finished.wait(HEARTBEAT_SECONDS):
            queue.extend(job, worker)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()


def ingest_now(queue: JobQueue, ingestion: Ingestion, version_id: int) -> Outcome:
    """Read a version in this process, as the holder of its job: when the process is killed, a worker
    takes the job up. Waits while another process is at it. Raises what the reading raises; the job
    then stays for a worker to try again."""
    name = worker_name()
    while (job := queue.claim(INGEST_JOB, version_id, name)) is None:
        time.sleep(POLL_SECONDS)
    with _held(queue, job, name):
        try:
            outcome = ingestion.run(version_id)
        except (MokminError, DBAPIError, OSError) as error:
            if not queue.retry_later(job, error=type(error).__name__):
                ingestion.give_up(version_id)
            raise
        queue.finish(job)
    return outcome


class Worker:
    """Runs jobs one after another until told to stop or, on request, until none is due."""

    def __init__(
        self,
        queue: JobQueue,
        ingestion: Ingestion,
        index: PassageIndex,
        chores: Sequence[Chore] = (),
        tasks: Mapping[str, Task] | None = None,
    ) -> None:
        self._tasks = dict(tasks or {})
        self._chores = chores
        self._chores_at = -CHORE_SECONDS
        self._queue = queue
        self._ingestion = ingestion
        self._index = index
        self._name = worker_name()
        self._folded = time.monotonic()
        self._folding: threading.Thread | None = None

    def run(
        self, *, idle_seconds: float | None = None, stop: Callable[[], bool] = lambda: False
    ) -> int:
        """Work until ``stop()``, or until nothing was due for ``idle_seconds``; jobs done."""
        done, idle_since = 0, time.monotonic()
        pending = False
        while not stop():
            self._do_chores()
            job = self._queue.lease(self._name, first=INDEX_JOB)
            if job is not None:
                self._handle(job)
                done, pending, idle_since = done + 1, True, time.monotonic()
                self._fold_while_busy()
                continue
            if pending:
                pending = not self._fold()
                idle_since = time.monotonic()
            if self._is_folding():
                idle_since = time.monotonic()
            elif idle_seconds is not None and time.monotonic() - idle_since >= idle_seconds:
                break
            time.sleep(POLL_SECONDS)
        self._queue.release(self._name)
        return done

    def _do_chores(self) -> None:
        """What falls due with the days: at the start, and then once a minute."""
        if time.monotonic() - self._chores_at < CHORE_SECONDS:
            return
        self._chores_at = time.monotonic()
        for chore in self._chores:
            try:
                chore()
            except (MokminError, DBAPIError, OSError) as error:
                # Tried again at the next turn.
                log.warning("chore broke", extra={"error": type(error).__name__})

    def _fold(self) -> bool:
        """Begin to fold, beside the jobs that may come meanwhile; False while it is still going on."""
        if self._is_folding():
            return False
        self._folding = threading.Thread(target=self._optimise, name="fold", daemon=True)
        self._folding.start()
        self._folded = time.monotonic()
        return True

    def _is_folding(self) -> bool:
        return self._folding is not None and self._folding.is_alive()

    def _optimise(self) -> None:
        try:
            self._index.optimise()
        except (MokminError, OSError, RuntimeError, ValueError) as error:
            # Only speed is lost: the next fold tries again.
            log.warning("index not folded", extra={"error": type(error).__name__})

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
        with _held(self._queue, job, self._name):
            try:
                if (task := self._tasks.get(job.kind)) is not None:
                    task.run(job.subject_id)
                elif job.kind == INDEX_JOB:
                    self._ingestion.refresh(job.subject_id)
                else:
                    self._ingestion.run(job.subject_id)
            except (MokminError, DBAPIError, OSError) as error:
                log.warning("job broke", extra={"job": job.id, "error": type(error).__name__})
                if not self._queue.retry_later(job, error=type(error).__name__):
                    self._give_up(job)
            else:
                self._queue.finish(job)

    def _give_up(self, job: Job) -> None:
        if (task := self._tasks.get(job.kind)) is not None:
            task.give_up(job.subject_id)
        elif job.kind != INDEX_JOB:
            self._ingestion.give_up(job.subject_id)
