"""The audit log under load: appends by many threads, the check of a long log, looking through it.

    python benchmarks/audit.py append [--threads 20] [--seconds 5]
    python benchmarks/audit.py long [--entries 1000000]

Everything happens in a temporary folder, on SQLite with the product's settings (each commit reaches
the disk). ``long`` fills the table with entries of 24 months, then measures the check, filters of the
page, closing months into files, and the check again.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from mokmin import migrations
from mokmin.base.db import Database, utcnow
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.audit.care import AuditCare
from mokmin.governance.audit.chain import detail_text, digest
from mokmin.governance.audit.reading import AuditReader, Wanted
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.audit.store import audit_log

ACTIONS = ["search"] * 40 + ["answer"] * 25 + ["document.view"] * 25 + ["sign-in"] * 9
T = TypeVar("T")
RARE = "backup.create"
PEOPLE, DOCUMENTS = 2_000, 20_000


def main() -> None:
    """Run one of the measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = parser.add_subparsers(dest="what", required=True)
    append = kinds.add_parser("append")
    append.add_argument("--threads", type=int, default=20)
    append.add_argument("--seconds", type=float, default=5)
    long = kinds.add_parser("long")
    long.add_argument("--entries", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mokmin-audit-") as folder:
        db = Database(f"sqlite:///{folder}/mokmin.db")
        migrations.upgrade(db)
        log = AuditLog(db, Path(folder) / "audit")
        if options.what == "append":
            say(appends(db, log, options.threads, options.seconds))
        else:
            measure_long(db, log, options.entries)
        db.close()


def say(values: dict[str, object]) -> None:
    """One line of figures."""
    sys.stdout.write(json.dumps(values, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def appends(db: Database, log: AuditLog, threads: int, seconds: float) -> dict[str, object]:
    """Acknowledged entries a second, one by one and grouped."""
    result: dict[str, object] = {"threads": threads}
    for name, write in (("alone", _alone(db, log)), ("grouped", _grouped(log))):
        result[name] = _run(write, threads, seconds)
    check = log.verify()
    return result | {"whole": check.ok, "entries": check.entries}


def _run(write: Callable[[], None], threads: int, seconds: float) -> dict[str, float]:
    times: list[float] = []
    begin = time.perf_counter()

    def work() -> None:
        while (before := time.perf_counter()) < begin + seconds:
            write()
            times.append(time.perf_counter() - before)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    took = time.perf_counter() - begin
    times.sort()
    return {
        "entries_per_second": round(len(times) / took),
        "p50_ms": round(statistics.median(times) * 1000, 1),
        "p95_ms": round(times[int(len(times) * 0.95)] * 1000, 1),
        "longest_ms": round(times[-1] * 1000, 1),
    }


def _alone(db: Database, log: AuditLog) -> Callable[[], None]:
    def write() -> None:
        with db.write() as connection:
            log.append(connection, "kim", "search", "hits:3", {"mode": "hybrid"})

    return write


def _grouped(log: AuditLog) -> Callable[[], None]:
    def write() -> None:
        log.record(OPERATOR, "search", "hits:3", mode="hybrid")

    return write


def measure_long(db: Database, log: AuditLog, count: int) -> None:
    """Fill, check, look through, close months, check."""
    begin = time.perf_counter()
    fill(db, count)
    say({"filled": count, "seconds": round(time.perf_counter() - begin, 1)})
    say({"verify_table": timed(lambda: log.verify())[1]})
    reader = AuditReader(db, log.folder)
    look(reader)
    folder = log.folder
    if folder is None:
        raise ValueError("the log has no folder")
    done, seconds = timed(AuditCare(db, log, folder, keep_months=0).run)
    size = sum(path.stat().st_size for path in (folder / "segments").iterdir())
    say({"months_closed": len(done.archived), "seconds": seconds, "bytes_per_entry": size / count})
    check, seconds = timed(log.verify)
    say({"verify_files": seconds, "ok": check.ok, "entries": check.entries, "live": check.live})
    look(reader)
    old = utcnow() - timedelta(days=600)
    wanted = Wanted(actor="person7", until=old)
    say({"one_person_600_days_ago": timed(lambda: reader.page(wanted))[1]})


def look(reader: AuditReader) -> None:
    """What the page asks for."""
    now = utcnow()
    plain = Wanted()
    for name, wanted in {
        "newest": plain,
        "person": replace(plain, actor="person7"),
        "rare_category": replace(plain, actions=(RARE, "backup.restore", "audit.view")),
        "common_category": replace(plain, actions=("search", "answer", "document.view")),
        "object": replace(plain, subject="document:77"),
        "one_old_day": replace(
            plain, since=now - timedelta(days=40), until=now - timedelta(days=39)
        ),
        "person_and_category": replace(plain, actor="person7", actions=("answer",)),
        "nobody": replace(plain, actor="nobody"),
    }.items():
        times = [timed(partial(reader.page, wanted))[1] for _ in range(5)]
        say({name: statistics.median(times)})


def timed(call: Callable[[], T]) -> tuple[T, float]:
    """What a call gives, and its seconds."""
    begin = time.perf_counter()
    result = call()
    return result, round(time.perf_counter() - begin, 4)


def fill(db: Database, count: int) -> None:
    """Entries of the last 24 months, in a good chain."""
    rows: list[dict[str, object]] = []
    for row in entries(count):
        rows.append(row)
        if len(rows) == 10_000:
            _write(db, rows)
            rows = []
    if rows:
        _write(db, rows)


def _write(db: Database, rows: list[dict[str, object]]) -> None:
    with db.write() as connection:
        connection.execute(audit_log.insert(), rows)


def entries(count: int) -> Iterator[dict[str, object]]:
    """The rows, the same each time but for the date they begin."""
    dice = random.Random(5)
    step = timedelta(days=700) / count
    at: datetime = utcnow() - timedelta(days=700)
    previous = ""
    for seq in range(1, count + 1):
        at += step
        action = RARE if seq % 50_000 == 0 else dice.choice(ACTIONS)
        subject = f"document:{dice.randrange(DOCUMENTS)}" if "view" in action else "hits:5"
        detail = detail_text({"mode": "hybrid", "grade": "O", "citations": 3})
        stamp = at.isoformat(timespec="microseconds")
        actor = f"person{dice.randrange(PEOPLE)}"
        previous = digest(previous, seq, stamp, actor, action, subject, detail)
        yield {
            "seq": seq,
            "at": stamp,
            "actor": actor,
            "action": action,
            "subject": subject,
            "detail": detail,
            "hash": previous,
        }


if __name__ == "__main__":
    main()
