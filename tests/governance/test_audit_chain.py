"""Tampering found, closed months kept whole, anchors, the end of their time, cut off anywhere."""

from __future__ import annotations

import gzip
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.base.db import Database
from mokmin.base.errors import Conflict, InvalidInput
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.audit import care as care_module
from mokmin.governance.audit.anchors import read_anchors, sealed
from mokmin.governance.audit.care import AuditCare
from mokmin.governance.audit.chain import digest
from mokmin.governance.audit.reading import AuditReader, Wanted
from mokmin.governance.audit.segments import path_of
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.audit.store import audit_log, audit_segments

NOW = datetime(2026, 11, 22, 5, 3)
PER_MONTH = 4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "audit"


@pytest.fixture
def log(db: Database, folder: Path) -> AuditLog:
    """Six months of entries: June to November 2026."""
    made = AuditLog(db, folder)
    rows: list[dict[str, object]] = []
    previous = ""
    for seq in range(1, 6 * PER_MONTH + 1):
        at = datetime(2026, 6 + (seq - 1) // PER_MONTH, 3 + seq % PER_MONTH, 1).isoformat(
            timespec="microseconds"
        )
        actor, subject = ("kim", "lee")[seq % 2], f"document:{seq % 3}"
        previous = digest(previous, seq, at, actor, "document.view", subject, "{}")
        rows.append(
            dict(
                zip(
                    audit_log.c.keys(),
                    (seq, at, actor, "document.view", subject, "{}", previous),
                    strict=True,
                )
            )
        )
    with db.write() as connection:
        connection.execute(audit_log.insert(), rows)
    return made


def keeper(
    log: AuditLog, db: Database, folder: Path, now: datetime = NOW, **more: int
) -> AuditCare:
    return AuditCare(db, log, folder, now=lambda: now, **more)


def change(db: Database, entry: int, /, **values: object) -> None:
    with db.write() as connection:
        connection.execute(audit_log.update().where(audit_log.c.seq == entry).values(**values))


def row(db: Database, seq: int) -> dict[str, Any]:
    with db.read() as connection:
        found = connection.execute(sa.select(audit_log).where(audit_log.c.seq == seq)).one()
    return dict(found._mapping)


# --- tampering --------------------------------------------------------------------------------
def test_one_changed_removed_or_swapped_entry_is_found(log: AuditLog, db: Database) -> None:
    good = row(db, 10)
    change(db, 10, subject="document:9")
    assert log.verify().first_bad == 10
    change(db, 10, subject=good["subject"])
    assert log.verify().ok

    first, second = row(db, 7), row(db, 8)
    change(db, 7, seq=999)
    change(db, 8, seq=7)
    change(db, 999, seq=8)
    assert log.verify().first_bad == 7
    change(db, 7, **first)
    change(db, 8, **second)
    assert log.verify().ok

    with db.write() as connection:
        connection.execute(audit_log.delete().where(audit_log.c.seq == 12))
    assert log.verify().first_bad == 13


def test_an_entry_added_with_a_hash_of_itself_alone_is_found(log: AuditLog, db: Database) -> None:
    last = row(db, 24)
    fields = ("mallory", "document.view", "document:1", "{}")
    forged = digest("", 25, last["at"], *fields)
    values = dict(
        zip(("actor", "action", "subject", "detail"), fields, strict=True), seq=25, hash=forged
    )
    with db.write() as connection:
        connection.execute(audit_log.insert().values(at=last["at"], **values))
    assert log.verify().first_bad == 25


def test_a_truncated_tail_is_found_by_the_anchor(
    log: AuditLog, db: Database, folder: Path, tmp_path: Path
) -> None:
    assert keeper(log, db, folder).anchor() == "2026-11-22"
    assert keeper(log, db, folder).anchor() == "", "one a day"
    with db.write() as connection:
        connection.execute(audit_log.delete().where(audit_log.c.seq > 20))
    result = log.verify()
    assert (result.ok, result.first_bad, result.anchors) == (False, 21, 1)
    # Without the anchor nothing shows; a copy kept elsewhere still tells.
    copy = tmp_path / "copy"
    shutil.copytree(folder / "anchors", copy)
    shutil.rmtree(folder / "anchors")
    assert log.verify().ok
    assert log.verify(copy).first_bad == 21


def test_a_log_rewritten_whole_is_found_by_the_anchor(
    log: AuditLog, db: Database, folder: Path
) -> None:
    keeper(log, db, folder).anchor()
    previous = row(db, 4)["hash"]
    for seq in range(5, 25):
        values = row(db, seq) | ({"actor": "mallory"} if seq == 5 else {})
        fields = [values[k] for k in ("at", "actor", "action", "subject", "detail")]
        previous = digest(previous, seq, *fields)
        change(db, seq, actor=values["actor"], hash=previous)
    assert log.verify().first_bad == 24, "the chain itself fits, its end does not"


def test_anchors_are_a_chain_of_their_own(log: AuditLog, db: Database, folder: Path) -> None:
    for day in range(3):
        keeper(log, db, folder, NOW + timedelta(days=day)).anchor()
    assert (log.verify().ok, log.verify().anchored) == (True, "2026-11-24")
    middle = folder / "anchors" / "2026-11-23.json"
    whole = middle.read_text()
    forged = sealed("2026-11-23", 3, "0" * 64, json.loads(whole)["previous"])
    middle.write_text(json.dumps({k: getattr(forged, k) for k in forged.__slots__}))
    assert not log.verify().ok
    middle.write_text(whole.replace('"seq": 24', '"seq": 23'))
    assert read_anchors(folder / "anchors").first_bad is not None
    middle.unlink()
    assert not log.verify().ok, "one is missing"
    with pytest.raises(InvalidInput):
        keeper(log, db, folder, NOW - timedelta(days=9)).anchor()


# --- closed months ----------------------------------------------------------------------------
def test_closed_months_leave_the_table_and_stay_on_the_record(
    log: AuditLog, db: Database, folder: Path
) -> None:
    reader = AuditReader(db, folder)
    before = list(reader.every(Wanted(), 24))
    done = keeper(log, db, folder).run()
    assert done.archived == ("2026-06", "2026-07", "2026-08")
    assert sorted(p.name for p in (folder / "segments").iterdir()) == [
        f"2026-0{m}.jsonl.gz" for m in (6, 7, 8)
    ]
    result = log.verify()
    assert (result.ok, result.entries, result.live) == (True, 27, 15)
    assert log.count() == 27
    assert list(reader.every(Wanted(), 24)) == before, "nothing is lost on the way"
    assert keeper(log, db, folder).run().archived == ()
    # The page goes on into the files, newest first, and says so.
    wanted = Wanted(actor="kim", subject="document:1", until=datetime(2026, 9, 1))
    page = reader.page(wanted)
    assert [e.seq for e in page.entries] == [10, 4] and page.files == 3
    walked, mark = [], None
    while True:
        page = reader.page(Wanted(), mark, size=5)
        walked += [e.seq for e in page.entries]
        mark = page.before
        if mark is None:
            break
    assert walked == list(range(27, 0, -1))
    found = reader.get(3)
    assert found is not None and found.seq == 3


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_damaged_file_is_found(log: AuditLog, db: Database, folder: Path) -> None:
    keeper(log, db, folder).run()
    file = path_of(folder / "segments", "2026-07")
    whole = file.read_bytes()
    with gzip.open(file, "rt") as source:
        lines = source.readlines()
    lines[2] = lines[2].replace("document:", "document:9", 1)
    file.write_bytes(gzip.compress("".join(lines).encode()))
    assert log.verify().first_bad == 6
    file.write_bytes(whole[:-20])
    bad = log.verify().first_bad
    assert bad is not None and 5 <= bad <= 9
    flipped = bytearray(whole)
    flipped[4] ^= 1  # the time in the header: the entries are the same, the file is not
    file.write_bytes(bytes(flipped))
    assert log.verify().first_bad == 5
    file.unlink()
    assert log.verify().first_bad == 5
    file.write_bytes(whole)
    assert log.verify().ok


def test_a_broken_chain_is_not_moved(log: AuditLog, db: Database, folder: Path) -> None:
    change(db, 2, actor="mallory")
    with pytest.raises(Conflict):
        keeper(log, db, folder).run()
    assert not list((folder / "segments").glob("*"))
    assert log.verify().first_bad == 2


def test_old_months_go_and_say_so(log: AuditLog, db: Database, folder: Path) -> None:
    keeper(log, db, folder).run()
    later = datetime(2027, 9, 15)
    done = keeper(log, db, folder, later, keep_months=12, live_months=24).run()
    assert done.removed == ("2026-06", "2026-07", "2026-08")
    file = path_of(folder / "segments", "2026-06")
    assert file.exists(), "a backup under way may still read it"
    result = log.verify()
    assert (result.ok, result.entries) == (True, 18)
    keeper(log, db, folder, later + timedelta(days=2), keep_months=12, live_months=24).run()
    assert not file.exists() and log.verify().ok
    # Marked as removed by hand, without an entry that says so: found.
    with db.write() as connection:
        mark = audit_segments.update().where(audit_segments.c.name == "2026-08")
        connection.execute(mark.values(name="2026-08-x"))
    assert log.verify().first_bad == 9
    with pytest.raises(InvalidInput):
        keeper(log, db, folder, keep_months=6)


class Killed(Exception):
    """The process ends here."""


def steps() -> Iterator[tuple[str, Callable[[pytest.MonkeyPatch, AuditCare], None]]]:
    def fail(*_: object, **__: object) -> None:
        raise Killed

    def after_file(patch: pytest.MonkeyPatch, care: AuditCare) -> None:
        real = care._write

        def write(*given: Any) -> None:
            real(*given)
            raise Killed

        patch.setattr(care, "_write", write)

    def sweeping(patch: pytest.MonkeyPatch, care: AuditCare) -> None:
        calls = iter([None])
        real = care._sweep
        patch.setattr(care, "_sweep", lambda: fail() if next(calls, 1) else real())

    yield "in the file", lambda p, c: p.setattr(care_module, "write_segment", fail)
    yield "after the file", after_file
    yield "within the transaction", lambda p, c: p.setattr(c._log, "append", fail)
    yield "before the table is swept", sweeping


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("how", [pytest.param(how, id=name) for name, how in steps()])
def test_killed_half_way_loses_nothing(
    log: AuditLog,
    db: Database,
    folder: Path,
    how: Callable[[pytest.MonkeyPatch, AuditCare], None],
) -> None:
    reader = AuditReader(db, folder)
    before = list(reader.every(Wanted(), 24))
    with pytest.MonkeyPatch.context() as patch:
        care = keeper(log, db, folder)
        how(patch, care)
        with pytest.raises(Killed):
            care.run()
    assert list(reader.every(Wanted(), 24)) == before
    assert [e.seq for e in reader.page(Wanted(), 25).entries] == list(range(24, 0, -1))
    assert log.verify().ok
    keeper(log, db, folder).run()
    result = log.verify()
    assert (result.ok, result.entries) == (True, 27)
    assert list(reader.every(Wanted(), 24)) == before
    assert not list((folder / "segments").glob(".*"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_two_at_once_move_each_month_once(log: AuditLog, db: Database, folder: Path) -> None:
    done: list[str] = []

    def work() -> None:
        done.extend(keeper(log, db, folder).run().archived)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(done) == ["2026-06", "2026-07", "2026-08"]
    assert (log.verify().ok, log.verify().entries) == (True, 27)


# --- appending --------------------------------------------------------------------------------
def test_a_group_that_fails_tells_everyone_and_breaks_nothing(
    log: AuditLog, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty threads; one write in three fails. Who was told it is written finds it, nobody else."""
    real, tries, told = log._append, iter(range(10_000)), []

    def sometimes(*given: Any) -> None:
        real(*given)
        if next(tries) % 3 == 1:
            raise Killed

    monkeypatch.setattr(log, "_append", sometimes)

    def work(thread: int) -> None:
        for number in range(5):
            try:
                log.record(OPERATOR, "search", f"hits:{thread * 100 + number}")
            except Killed:
                continue
            told.append(f"hits:{thread * 100 + number}")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with db.read() as connection:
        query = sa.select(audit_log.c.subject).where(audit_log.c.action == "search")
        kept = list(connection.execute(query).scalars())
    assert sorted(kept) == sorted(told) and 0 < len(told) < 100
    assert log.verify().ok
