"""The index agrees with the database: after every change, through a rebuild, after a kill."""

from __future__ import annotations

import io
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from mokmin.adapters.index.lance import LanceIndex
from mokmin.app import DIMENSIONS, App
from mokmin.base.db import utcnow
from mokmin.base.errors import Unavailable
from mokmin.base.formats.reader import read_document
from mokmin.base.korean.fakes import SimpleAnalyser
from mokmin.base.llm.fakes import HashEmbedder
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.access.rules import document_groups
from mokmin.knowledge.documents.model import DocumentMeta, Freshness
from mokmin.knowledge.documents.service import INDEX_JOB, mark_changed
from mokmin.knowledge.documents.store import documents, passages
from mokmin.knowledge.ingestion import indexing, worker
from mokmin.knowledge.ingestion.indexing import attributes_in
from mokmin.knowledge.ingestion.service import Ingestion
from mokmin.knowledge.ingestion.worker import Worker
from mokmin.knowledge.search.model import SearchFilters
from mokmin.knowledge.search.ports import IndexFilter, IndexHealth, PassageIndex
from mokmin.settings import Settings

FAR = np.eye(1, DIMENSIONS, dtype=np.float32)[0]


def made(home: Path, url: str) -> App:
    """A house with the index on disk."""
    app = App(
        Settings(home=home, database_url=url),
        embedder=HashEmbedder(),
        analyser=SimpleAnalyser(),
        models=[],
    )
    app.ingestion = Ingestion(
        app.db,
        app.blobs,
        app.index,
        lambda: app.feature_extractor,
        lambda path, name: read_document(path, name=name),
    )
    return app


@pytest.fixture
def house(home: Path, database_url: str) -> Iterator[App]:
    app = made(home, database_url)
    yield app
    app.db.close()


def text(name: str, version: int = 1) -> str:
    """A document of a few passages, different in each version."""
    return "\n\n".join(
        f"제{n}조(항목) {name}의 {n}번째 사용료는 {version}천원으로 정한다. " + f"{name} " * 60
        for n in range(1, 5)
    )


def found(index: PassageIndex, where: IndexFilter) -> set[int]:
    """All passages that pass a filter."""
    return set(index.search_vector(FAR, where, 10_000))


def assert_agrees(app: App, index: PassageIndex) -> int:
    """The index holds what the database says of every document, with its rights, and no more."""
    total = 0
    with app.db.read() as connection:
        for row in connection.execute(sa.select(documents)).all():
            expected: set[int] = set()
            if row.deleted_at is None and row.current_version_id is not None:
                of_version = passages.c.version_id == row.current_version_id
                expected = set(
                    connection.execute(sa.select(passages.c.id).where(of_version)).scalars()
                )
            total += len(expected)
            this = (row.id,)
            assert found(index, IndexFilter(None, this)) == expected, f"document {row.id}"
            attributes = attributes_in(connection, row.id)
            readers = IndexFilter(attributes.groups, this)
            assert found(index, readers) == (expected if attributes.groups else set())
            strangers = tuple(set(range(1, 30)) - set(attributes.groups))
            assert found(index, IndexFilter(strangers, this)) == set()
            in_force = SearchFilters(in_force_on=date(2026, 11, 22))
            shown = set() if attributes.superseded else expected
            assert found(index, IndexFilter(None, this, in_force)) == shown
    assert index.health().passages == total, "no passage twice, none of an unknown document"
    return total


def drain(app: App) -> None:
    """Do the jobs that wait."""
    Worker(app.queue, app.ingestion, app.index).run(idle_seconds=0)


def set_readers(app: App, document_id: int, groups: list[int]) -> None:
    """Change who may read a document, as whatever changes rights must."""
    with app.db.write() as connection:
        connection.execute(
            document_groups.delete().where(document_groups.c.document_id == document_id)
        )
        for group in groups:
            connection.execute(
                document_groups.insert().values(document_id=document_id, group_id=group)
            )
        mark_changed(connection, document_id)


# --- one document ---------------------------------------------------------------------------
def test_every_change_reaches_the_index(house: App, put: Any) -> None:
    ids = [put(house, f"{n}.txt", text(str(n))).document_id for n in range(5)]
    assert assert_agrees(house, house.index) > 10
    house.documents.delete(OPERATOR, ids[0])
    house.documents.supersede(OPERATOR, ids[1], ids[2])
    set_readers(house, ids[3], [7, 8])
    put(house, "4.txt", text("4", 2), dated_on=date(2025, 3, 1))
    assert house.queue.counts() == {"queued": 4}
    drain(house)
    assert_agrees(house, house.index)
    march = SearchFilters(dated_from=date(2025, 3, 1), dated_to=date(2025, 3, 1))
    assert found(house.index, IndexFilter(None, chosen=march)) == found(
        house.index, IndexFilter(None, (ids[4],))
    )
    house.documents.restore(OPERATOR, ids[0])
    drain(house)
    assert found(house.index, IndexFilter(None, (ids[0],)))
    assert_agrees(house, house.index)
    assert house.queue.counts() == {"done": 5}


def test_a_refresh_may_be_repeated_and_mends_whatever_is_there(house: App, put: Any) -> None:
    one, two = (put(house, f"{n}.txt", text(str(n))) for n in (1, 2))
    index = house.index
    index.remove_document(one.document_id)
    index.remove_version(4711)
    set_readers(house, two.document_id, [])
    for _ in range(3):
        house.ingestion.refresh(one.document_id)
        house.ingestion.refresh(two.document_id)
        assert_agrees(house, index)
    house.ingestion.refresh(4711)
    assert_agrees(house, index)


def test_a_document_of_unknown_beginning_is_never_in_force(house: App, put: Any) -> None:
    put(house, "예정.txt", text("예정"), freshness=Freshness.NOT_YET)
    put(house, "내일.txt", text("내일"), effective_on=date(2030, 1, 1))
    for day, count in ((date(2026, 1, 1), 0), (date(2030, 1, 1), 1)):
        chosen = SearchFilters(in_force_on=day)
        hits = found(house.index, IndexFilter(None, chosen=chosen))
        with house.db.read() as connection:
            query = sa.select(passages.c.document_id).where(passages.c.id.in_(hits)).distinct()
            assert len(connection.execute(query).all()) == count


def test_a_document_that_changes_during_its_refresh_is_read_again(
    house: App, put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = put(house, "1.txt", text("1"))
    replace, readers = house.index.replace_document, iter([[2], [3]])

    def replace_slowly(document_id: int, entries: Any, _model: int) -> None:
        replace(document_id, entries)
        for groups in readers:
            set_readers(house, document_id, groups)
            break

    with monkeypatch.context() as patch:
        patch.setattr(house.index, "replace_document", replace_slowly)
        house.ingestion.refresh(upload.document_id)
    assert found(house.index, IndexFilter((3,)))
    assert_agrees(house, house.index)

    groups = iter(range(10, 1000))

    def change_always(document_id: int, _entries: Any, _model: int) -> None:
        set_readers(house, document_id, [next(groups)])

    monkeypatch.setattr(house.index, "replace_document", change_always)
    with pytest.raises(Unavailable):
        house.ingestion.refresh(upload.document_id)


def test_a_broken_index_job_is_tried_again_and_fails_nothing(
    house: App, put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = put(house, "1.txt", text("1"))
    set_readers(house, upload.document_id, [5])

    def broken(_document_id: int) -> None:
        raise OSError("disk")

    with monkeypatch.context() as patch:
        patch.setattr(house.ingestion, "refresh", broken)
        drain(house)
    assert house.queue.counts() == {"queued": 1}
    assert house.documents.get(OPERATOR, upload.document_id).reason == ""


# --- a rebuild while things change ----------------------------------------------------------
def test_changes_during_a_rebuild_are_not_lost(
    house: App, put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BATCH", 5)
    ids = [put(house, f"{n}.txt", text(str(n))).document_id for n in range(8)]
    turns: list[int] = []

    def change(done: int, _everything: int) -> None:
        turns.append(done)
        if len(turns) == 3:
            house.documents.delete(OPERATOR, ids[0])
            set_readers(house, ids[1], [9])
            put(house, "2.txt", text("2", 2))
            put(house, "neu.txt", text("neu"))
            drain(house)

    begin, switch, built = house.index.begin_rebuild, house.index.switch, []

    def switch_to_what_agrees(**_how: Any) -> None:
        assert_agrees(house, built[0])
        switch()

    def keep(*_of: Any) -> PassageIndex:
        built.append(begin())
        return built[0]

    monkeypatch.setattr(house.index, "begin_rebuild", keep)
    monkeypatch.setattr(house.index, "switch", switch_to_what_agrees)
    made = house.ingestion.rebuild(change)
    assert len(turns) >= 4
    assert made.generation == 2
    assert made.passages == assert_agrees(house, house.index)


@pytest.mark.parametrize("moment", ["before the commit", "after the commit"])
def test_a_switch_in_the_middle_of_a_reading(
    house: App, put: Any, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    put(house, "1.txt", text("1"))
    other = made(house.settings.home, str(house.db.url.render_as_string(hide_password=False)))
    name = "add" if moment == "before the commit" else "replace_document"
    step = getattr(house.index, name)

    def step_and_switch(*arguments: Any) -> None:
        if moment == "before the commit":
            step(*arguments)
            other.ingestion.rebuild()
        else:
            other.ingestion.rebuild()
            step(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(house.index, name, step_and_switch)
        upload = put(house, "2.txt", text("2"))
    assert house.index.health().generation == 2
    assert found(house.index, IndexFilter(None, (upload.document_id,)))
    assert_agrees(house, other.index)
    other.db.close()


def test_many_changes_beside_rebuilds_leave_an_index_that_agrees(
    house: App, put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BATCH", 10)
    for n in range(14):
        put(house, f"{n}.txt", text(str(n)))
    house.search.search(OPERATOR, "사용료")
    chance, stop, wrong = random.Random(3), threading.Event(), []
    did: Counter[str] = Counter()

    def change() -> None:
        try:
            while not stop.is_set():
                action = chance.choice(("put", "delete", "readers"))
                # Of a document with other readers no new version is taken.
                n = chance.randrange(10, 14) if action == "readers" else chance.randrange(10)
                document = house.documents.by_source(OPERATOR, f"/{n}.txt")
                if action == "put" or document is None:
                    put(house, f"{n}.txt", text(str(n), chance.randrange(10**6)))
                elif action == "delete":
                    house.documents.delete(OPERATOR, document.id)
                else:
                    set_readers(house, document.id, chance.sample(range(1, 20), 2))
                did[action] += 1
                if chance.random() < 0.3:
                    drain(house)
        except Exception as error:
            wrong.append(error)

    def ask() -> None:
        try:
            while not stop.is_set():
                assert house.search.search(OPERATOR, "사용료").hits, "the service goes on"
                did["asked"] += 1
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=change), threading.Thread(target=ask)]
    for thread in threads:
        thread.start()
    generations = [house.ingestion.rebuild().generation for _ in range(3)]
    stop.set()
    for thread in threads:
        thread.join(60)
    assert wrong == []
    assert generations == [2, 3, 4]
    assert min(did[name] for name in ("put", "delete", "readers", "asked")) > 0, did
    drain(house)
    assert_agrees(house, house.index)


KILLED = """
import sys, time
from pathlib import Path
from mokmin.app import App
from mokmin.knowledge.ingestion import indexing, worker
from mokmin.settings import Settings

indexing.BATCH = 5
app = App(Settings(home=Path(sys.argv[1]), database_url=sys.argv[2]))

def slowly(done, everything):
    sys.stdout.write(f"{done}\\n")
    sys.stdout.flush()
    if done > 10:
        time.sleep(60)

app.ingestion.rebuild(slowly)
"""


def test_a_killed_rebuild_leaves_the_old_index_in_use(
    house: App, database_url: str, put: Any
) -> None:
    for n in range(5):
        put(house, f"{n}.txt", text(str(n)))
    command = [sys.executable, "-c", KILLED, str(house.settings.home), database_url]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    lines = [child.stdout.readline() for _ in range(3)]
    assert all(lines), lines
    child.send_signal(signal.SIGKILL)
    child.wait(timeout=60)
    child.stdout.close()
    assert (house.settings.home / "index" / "g000002").is_dir()
    reopened = LanceIndex(house.settings.home / "index", dimensions=DIMENSIONS)
    for index in (house.index, reopened):
        assert index.health().generation == 1
        assert_agrees(house, index)
    again = house.ingestion.rebuild()
    assert again.generation == 2
    assert again.passages == assert_agrees(house, reopened)


# --- an index of an older version -----------------------------------------------------------
def test_an_older_or_missing_index_is_known_without_opening_it(home: Path, put: Any) -> None:
    url = f"sqlite:///{home}/mokmin.db"
    empty = made(home / "empty", f"sqlite:///{home}/empty.db")
    empty.db.close()
    assert not empty.index_is_outdated()
    app = made(home, url)
    put(app, "1.txt", text("1"))
    assert not app.index_is_outdated()
    root = home / "index"
    (root / "CURRENT").rename(home / "CURRENT.away")
    (root / "g000001").rename(home / "g.away")
    assert app.index_is_outdated(), "missing, though there is something to index"
    (root / "passages.lance").mkdir()
    assert app.index_is_outdated(), "of the layout before generations"
    later = made(home, url)
    assert later.index.health().outdated
    later.ingestion.rebuild()
    assert not later.index_is_outdated()
    assert assert_agrees(later, later.index) > 0
    later.db.close()
    app.db.close()


# --- folding --------------------------------------------------------------------------------
class Counting:
    """Counts how often an index is folded while it reports many rows without an index."""

    def __init__(self, unindexed: int) -> None:
        self.unindexed, self.folds = unindexed, 0

    def optimise(self) -> None:
        """See ``PassageIndex.optimise``."""
        self.folds += 1

    def health(self) -> IndexHealth:
        """See ``PassageIndex.health``."""
        return IndexHealth(0, self.unindexed, 0)


@pytest.mark.parametrize(
    ("unindexed", "seconds", "folds"),
    [
        (worker.MANY_UNINDEXED, 0.0, 3),
        (worker.MANY_UNINDEXED, worker.BUSY_FOLD_SECONDS, 1),
        (worker.MANY_UNINDEXED - 1, 0.0, 1),
    ],
)
def test_a_busy_worker_folds_seldom_and_an_idle_one_once(
    app: App, monkeypatch: pytest.MonkeyPatch, unindexed: int, seconds: float, folds: int
) -> None:
    for n in range(2):
        app.documents.take(OPERATOR, f"{n}.txt", io.BytesIO(f"글 {n}".encode()), DocumentMeta())
    monkeypatch.setattr(worker, "BUSY_FOLD_SECONDS", seconds)
    index: Any = Counting(unindexed)
    assert Worker(app.queue, app.ingestion, index).run(idle_seconds=0) == 2
    assert index.folds == folds


def test_changed_at_is_set_by_every_change(house: App, put: Any) -> None:
    before = utcnow() - timedelta(seconds=1)
    upload = put(house, "1.txt", text("1"))

    def stamp() -> Any:
        with house.db.write() as connection:
            this = documents.c.id == upload.document_id
            value = connection.execute(sa.select(documents.c.changed_at).where(this)).scalar_one()
            connection.execute(documents.update().where(this).values(changed_at=None))
        return value

    assert stamp() >= before
    put(house, "1.txt", text("1", 2))
    assert stamp() >= before
    set_readers(house, upload.document_id, [3])
    assert stamp() >= before
    house.documents.delete(OPERATOR, upload.document_id)
    assert stamp() >= before
    assert house.queue.lease("w", first=INDEX_JOB) is not None
