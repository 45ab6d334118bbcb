"""The queue on both databases: leases, lost workers, attempts, and never two at one job."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from mokmin.base.db import Database, utcnow
from mokmin.base.jobs import Job, JobQueue, worker_name
from mokmin.base.jobs.queue import LEASE, MAX_ATTEMPTS, jobs


@pytest.fixture
def queue(db: Database) -> JobQueue:
    return JobQueue(db)


def enqueue(db: Database, *subjects: int) -> list[int]:
    """Queue one job a subject."""
    with db.write() as connection:
        return [JobQueue.enqueue(connection, "ingest", s) for s in subjects]


def taken(queue: JobQueue, worker: str, **more: object) -> Job:
    """The job that the worker gets; there must be one."""
    job = queue.lease(worker, **more)  # type: ignore[arg-type]
    assert job is not None
    return job


def test_the_oldest_job_first_and_each_once(db: Database, queue: JobQueue) -> None:
    enqueue(db, 11, 12)
    first, second = taken(queue, "가"), taken(queue, "나")
    assert (first.subject_id, second.subject_id) == (11, 12)
    assert first.attempts == 1
    assert queue.lease("다") is None


def test_a_job_of_a_rolled_back_transaction_never_was(db: Database, queue: JobQueue) -> None:
    with pytest.raises(RuntimeError), db.write() as connection:
        JobQueue.enqueue(connection, "ingest", 1)
        raise RuntimeError
    assert queue.lease("가") is None
    assert queue.waiting() == 0


def test_a_finished_job_stays_finished(db: Database, queue: JobQueue) -> None:
    enqueue(db, 1, 2)
    queue.finish(taken(queue, "가"))
    queue.finish(taken(queue, "가"), error="망가짐")
    assert queue.lease("가", now=utcnow() + timedelta(days=1)) is None
    assert queue.counts() == {"done": 1, "failed": 1}


def test_a_lost_lease_is_taken_over(db: Database, queue: JobQueue) -> None:
    enqueue(db, 5)
    lost = taken(queue, "죽은 일꾼")
    later = utcnow() + LEASE + timedelta(seconds=1)
    assert queue.lease("다음 일꾼", now=utcnow() + LEASE / 2) is None
    again = taken(queue, "다음 일꾼", now=later)
    assert (again.id, again.attempts) == (lost.id, 2)
    assert queue.extend(lost, "죽은 일꾼") is False
    assert queue.extend(again, "다음 일꾼") is True


def test_a_heartbeat_keeps_the_lease(db: Database, queue: JobQueue) -> None:
    enqueue(db, 5)
    soon = utcnow() - LEASE + timedelta(seconds=2)
    job = taken(queue, "가", now=utcnow())
    assert job.subject_id == 5
    assert soon < utcnow()
    assert queue.extend(job, "가")
    assert queue.lease("나", now=utcnow() + LEASE - timedelta(seconds=5)) is None


def test_a_retry_waits_longer_each_time_until_attempts_are_used_up(
    db: Database, queue: JobQueue
) -> None:
    enqueue(db, 5)
    now, waits = utcnow(), []
    for attempt in range(1, MAX_ATTEMPTS):
        job = taken(queue, "가", now=now)
        assert job.attempts == attempt
        assert queue.retry_later(job, error="OSError") is True
        assert queue.lease("가") is None, "not due yet"
        wait = next(s for s in range(1, 1000) if queue_due(queue, s))
        waits.append(wait)
        now = utcnow() + timedelta(seconds=wait)
    assert waits == sorted(set(waits)), "growing delays"
    last = taken(queue, "가", now=now)
    assert last.attempts == MAX_ATTEMPTS
    assert queue.retry_later(last, error="OSError") is False
    assert queue.counts() == {"failed": 1}


def queue_due(queue: JobQueue, seconds: int) -> bool:
    """Whether a queued job would be due then (looked up, not taken)."""
    when = utcnow() + timedelta(seconds=seconds)
    with queue._db.read() as connection:
        due = sa.select(jobs.c.id).where(jobs.c.state == "queued", jobs.c.run_after <= when)
        return connection.execute(due).first() is not None


def test_an_orderly_worker_gives_back_its_own_jobs_only(db: Database, queue: JobQueue) -> None:
    enqueue(db, 1, 2)
    taken(queue, "가"), taken(queue, "나")
    queue.release("가")
    assert queue.counts() == {"queued": 1, "running": 1}
    assert taken(queue, "다").subject_id == 1


def test_recover_takes_jobs_from_lost_workers_alone(db: Database, queue: JobQueue) -> None:
    enqueue(db, 1, 2, 3, 4)
    host = socket.gethostname()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(timeout=60)
    taken(queue, f"{host}-{gone.pid}")
    taken(queue, worker_name())
    taken(queue, f"다른-기계-{gone.pid}")
    expired = taken(queue, "또-다른-기계-7")
    with db.write() as connection:
        past = utcnow() - timedelta(seconds=1)
        connection.execute(jobs.update().where(jobs.c.id == expired.id).values(lease_until=past))
    assert queue.recover() == 2
    assert queue.counts() == {"queued": 2, "running": 2}
    assert {taken(queue, "다음").subject_id for _ in range(2)} == {1, 4}


def test_jobs_of_the_kind_asked_for_come_first(db: Database, queue: JobQueue) -> None:
    enqueue(db, 1)
    with db.write() as connection:
        JobQueue.enqueue(connection, "index", 2)
        JobQueue.enqueue(connection, "index", 3)
    order = [queue.lease("가", first="index") for _ in range(3)]
    assert [job.subject_id for job in order if job is not None] == [2, 3, 1]


def test_a_worker_that_lost_its_lease_cannot_put_the_job_back(
    db: Database, queue: JobQueue
) -> None:
    enqueue(db, 5)
    lost = taken(queue, "느린 일꾼")
    taken(queue, "새 일꾼", now=utcnow() + LEASE + timedelta(seconds=1))
    queue.retry_later(lost, error="OSError")
    queue.finish(lost)
    assert queue.counts() == {"running": 1}


def test_threads_never_take_the_same_job(db: Database, queue: JobQueue) -> None:
    enqueue(db, *range(40))
    got: list[int] = []
    start = threading.Barrier(4)

    def work(name: str) -> None:
        start.wait()
        while (job := queue.lease(name)) is not None:
            got.append(job.id)

    threads = [threading.Thread(target=work, args=(f"일꾼 {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    # A worker may leave early: PostgreSQL skips a row that another has locked at that moment.
    while (job := queue.lease("마지막")) is not None:
        got.append(job.id)
    assert len(got) == 40
    assert max(Counter(got).values()) == 1


def test_processes_never_take_the_same_job(db: Database, database_url: str) -> None:
    enqueue(db, *range(30))
    code = (
        "import sys\n"
        "from mokmin.base.db import Database\n"
        "from mokmin.base.jobs import JobQueue\n"
        "queue = JobQueue(Database(sys.argv[1]))\n"
        "while (job := queue.lease(sys.argv[2])) is not None:\n"
        "    sys.stdout.write(f'{job.id}\\n')\n"
    )
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", code, database_url, name], stdout=subprocess.PIPE, text=True
        )
        for name in ("가", "나")
    ]
    got = [line for worker in workers for line in worker.communicate(timeout=60)[0].split()]
    assert [worker.returncode for worker in workers] == [0, 0]
    assert max(Counter(got).values()) == 1
    assert len(got) + JobQueue(db).waiting() == 30


def test_a_claimed_job_is_nobody_elses_until_its_holder_is_gone(
    db: Database, queue: JobQueue
) -> None:
    enqueue(db, 5)
    held = queue.claim("ingest", 5, worker_name())
    assert held is not None
    assert (held.subject_id, held.attempts) == (5, 1)
    assert queue.claim("ingest", 5, "다른-기계-7") is None
    assert queue.lease("나") is None
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(timeout=60)
    with db.write() as connection:
        lost = f"{socket.gethostname()}-{gone.pid}"
        connection.execute(jobs.update().values(worker=lost))
    again = queue.claim("ingest", 5, "나")
    assert again is not None
    assert (again.id, again.attempts) == (held.id, 2)
    queue.finish(again)
    assert queue.counts() == {"done": 1}


def test_a_subject_without_a_job_gets_one_when_it_is_claimed(db: Database, queue: JobQueue) -> None:
    first = queue.claim("ingest", 9, "가")
    assert first is not None
    queue.finish(first)
    second = queue.claim("ingest", 9, "가")
    assert second is not None
    assert second.id != first.id
    assert queue.counts() == {"done": 1, "running": 1}
