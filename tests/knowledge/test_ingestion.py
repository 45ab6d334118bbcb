"""From a queued file to passages, again after a crash, and the index from the database."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.errors import NotFound, Unavailable
from mokmin.base.formats.model import ParsedDocument
from mokmin.base.formats.reader import read_document
from mokmin.governance.access.model import OPERATOR
from mokmin.knowledge.documents.model import DocumentMeta, State
from mokmin.knowledge.documents.store import passages, versions
from mokmin.knowledge.ingestion.caches import DiskCache, ShippedCache
from mokmin.knowledge.ingestion.features import FeatureExtractor
from mokmin.knowledge.ingestion.service import Ingestion
from mokmin.knowledge.ingestion.worker import Worker, ingest_now
from mokmin.knowledge.search.ports import IndexFilter

TEXT = (
    "제1조(목적) 이 조례는 주차요금을 정한다.\n\n제2조(요금) 요금은 한 시간에 1,000원으로 한다.\n"
)
NEWER = TEXT.replace("1,000", "1,500")


def queued(app: App, name: str, content: bytes) -> Any:
    """A file that waits to be read."""
    return app.documents.take(OPERATOR, name, io.BytesIO(content), DocumentMeta())


def count(app: App, version_id: int) -> int:
    """How many passages of a version the database holds."""
    with app.db.read() as connection:
        query = sa.select(sa.func.count()).where(passages.c.version_id == version_id)
        return connection.execute(query).scalar_one()


def answers_of(app: App) -> list[tuple[int, str]]:
    """What some questions find."""
    questions = ("주차요금", "한 시간 요금은 얼마인가", "조례의 목적")
    return [(h.passage_id, h.text) for q in questions for h in app.search.search(OPERATOR, q).hits]


def test_a_read_file_is_found_with_its_place(app: App, put: Any) -> None:
    upload = put(app, "주차장 조례.txt", TEXT)
    hit = app.search.search(OPERATOR, "한 시간에 1,000원").hits[0]
    assert hit.document_id == upload.document_id
    assert hit.locator.article == "제2조"
    assert "1,000원" in hit.text
    document = app.documents.get(OPERATOR, upload.document_id)
    assert (document.state, document.progress, document.reason) == (State.READY, 100, "")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("빈.txt", b""),
        ("공백.txt", b" \n\t \n"),
        ("망가진.hwp", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600),
        ("망가진.pdf", b"%PDF-1.7\n garbage"),
        ("망가진.docx", b"PK\x03\x04 garbage"),
        ("프로그램.exe", b"MZ\x90\x00" + b"\x00" * 200),
    ],
)
def test_an_unreadable_file_has_a_reason_and_no_passages(
    app: App, put: Any, name: str, content: bytes
) -> None:
    upload = put(app, name, content, ready=False)
    document = app.documents.get(OPERATOR, upload.document_id)
    assert document.state is State.FAILED
    assert len(document.reason) > 10
    assert any("가" <= c <= "힣" for c in document.reason)
    assert count(app, upload.version_id) == 0
    assert app.index.health().passages == 0
    assert document.current_version_id is None


def test_a_failed_new_version_leaves_the_old_one_in_force(app: App, put: Any) -> None:
    first = put(app, "조례.txt", TEXT)
    broken = put(app, "조례.txt", b"", ready=False)
    assert broken.document_id == first.document_id
    assert app.documents.get(OPERATOR, first.document_id).current_version_id == first.version_id
    assert app.search.search(OPERATOR, "주차요금").hits


def test_a_file_read_twice_stays_the_same(app: App, put: Any) -> None:
    upload = put(app, "조례.txt", TEXT)
    before, hits = count(app, upload.version_id), answers_of(app)
    outcome = app.ingestion.run(upload.version_id)
    assert (outcome.state, outcome.passages) == (State.READY, before)
    assert answers_of(app) == hits


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("moment", ["reading", "embedding", "before the index", "after the index"])
def test_a_killed_run_starts_over_without_duplicates(
    app: App, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    upload = queued(app, "조례.txt", TEXT.encode())

    def die(*_arguments: object) -> Any:
        raise Killed

    add = app.index.add

    def add_and_die(entries: Any) -> None:
        add(entries)
        raise Killed

    with monkeypatch.context() as patch:
        if moment == "reading":
            patch.setattr(app.ingestion, "_reader", die)
        elif moment == "embedding":
            patch.setattr(app.embedder(), "embed_passages", die)
        else:
            patch.setattr(app.index, "add", die if moment == "before the index" else add_and_die)
        with pytest.raises(Killed):
            app.ingestion.run(upload.version_id)
    state = app.documents.get(OPERATOR, upload.document_id).state
    assert state not in (State.READY, State.FAILED)
    assert app.search.search(OPERATOR, "주차요금").hits == (), "nothing half-read is shown"
    outcome = app.ingestion.run(upload.version_id)
    assert outcome.state is State.READY
    assert count(app, upload.version_id) == outcome.passages == app.index.health().passages
    texts = [text for _, text in answers_of(app)[: outcome.passages]]
    assert len(set(texts)) == outcome.passages


def test_a_passing_fault_is_no_failure_of_the_file(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = queued(app, "조례.txt", TEXT.encode())

    def down(_texts: Any) -> Any:
        raise Unavailable("모델이 쉬고 있습니다.")

    with monkeypatch.context() as patch:
        patch.setattr(app.embedder(), "embed_passages", down)
        with pytest.raises(Unavailable):
            app.ingestion.run(upload.version_id)
    assert app.documents.get(OPERATOR, upload.document_id).state is State.QUEUED
    assert app.ingestion.run(upload.version_id).state is State.READY


def test_a_superseded_version_leaves_the_index(app: App, put: Any) -> None:
    first = put(app, "조례.txt", TEXT)
    second = put(app, "조례.txt", NEWER)
    assert app.index.health().passages == count(app, second.version_id) > 0
    texts = " ".join(text for _, text in answers_of(app))
    assert "1,500원" in texts
    assert "1,000원" not in texts
    assert count(app, first.version_id) > 0, "history stays in the database"


def test_an_older_version_read_late_does_not_stay_in_the_index(app: App) -> None:
    first = queued(app, "조례.txt", TEXT.encode())
    second = queued(app, "조례.txt", NEWER.encode())
    app.ingestion.run(second.version_id)
    app.ingestion.run(first.version_id)
    document = app.documents.get(OPERATOR, first.document_id)
    assert document.current_version_id == second.version_id
    assert app.index.health().passages == count(app, second.version_id)


def test_an_index_made_from_the_database_finds_the_same(app: App, put: Any) -> None:
    put(app, "조례.txt", TEXT)
    put(app, "조례.txt", NEWER)
    put(app, "편람.md", "# 편람\n\n## 요금\n\n주차요금은 조례로 정한다.\n")
    gone = put(app, "지운.txt", "지운 문서의 주차요금이다.\n")
    app.documents.delete(OPERATOR, gone.document_id)
    before = answers_of(app)
    assert before
    app.index.remove_version(app.documents.get(OPERATOR, 1).version_id)
    assert answers_of(app) != before
    made = app.ingestion.rebuild()
    assert made.passages == app.index.health().passages
    assert made.generation == app.index.health().generation > 1
    assert answers_of(app) == before


def test_a_rebuilt_index_keeps_rights(app: App, people: Any, put: Any) -> None:
    put(app, "비밀.txt", "정직을 의결하였다.\n", audience=("회계과",))
    app.ingestion.rebuild()
    assert app.search.search(people.kim, "정직 의결").hits
    where = IndexFilter(people.other.groups)
    assert app.index.search_text({"정직": 1.0}, where, 10) == {}


def test_the_title_comes_from_the_file_when_only_its_name_was_known(app: App, put: Any) -> None:
    named = put(app, "파일1.md", "# 주차장 운영 편람\n\n요금을 정한다.\n")
    given = put(app, "파일2.md", "# 다른 제목\n\n요금을 안 정한다.\n", title="내가 준 제목")
    assert app.documents.get(OPERATOR, named.document_id).title == "주차장 운영 편람"
    assert app.documents.get(OPERATOR, given.document_id).title == "내가 준 제목"


def test_an_unknown_version_is_no_file(app: App) -> None:
    with pytest.raises(NotFound):
        app.ingestion.run(4711)


def test_the_real_reader_in_its_own_process(app: App) -> None:
    """The wiring of the product: a killable reader, not the quick one of the other tests."""
    real = Ingestion(app.db, app.blobs, app.index, lambda: app.feature_extractor, app.read_file)
    good, bad = queued(app, "조례.txt", TEXT.encode()), queued(app, "망가진.pdf", b"%PDF-1.7 x")
    assert real.run(good.version_id).state is State.READY
    outcome = real.run(bad.version_id)
    assert outcome.state is State.FAILED
    assert outcome.reason


# --- the worker -------------------------------------------------------------------------------
def test_the_worker_reads_what_waits_and_leaves(app: App) -> None:
    uploads = [queued(app, "조례.txt", TEXT.encode()), queued(app, "망가진.pdf", b"%PDF-1.7 x")]
    assert Worker(app.queue, app.ingestion, app.index).run(idle_seconds=0) == 2
    states = [app.documents.get(OPERATOR, u.document_id).state for u in uploads]
    assert states == [State.READY, State.FAILED]
    assert app.queue.counts() == {"done": 2}, "an unreadable file is a job well done"


def test_a_job_whose_attempts_are_used_up_ends_with_a_reason(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = queued(app, "조례.txt", TEXT.encode())

    def broken(_path: Path, _name: str) -> ParsedDocument:
        raise OSError("disk")

    monkeypatch.setattr(app.ingestion, "_reader", broken)
    worker = Worker(app.queue, app.ingestion, app.index)
    from mokmin.base.jobs.queue import jobs

    for _ in range(3):
        worker.run(idle_seconds=0)
        with app.db.write() as connection:
            connection.execute(jobs.update().values(run_after=jobs.c.created_at))
    document = app.documents.get(OPERATOR, upload.document_id)
    assert document.state is State.FAILED
    assert "다시 시도" in document.reason
    assert app.queue.counts() == {"failed": 1}
    monkeypatch.setattr(app.ingestion, "_reader", lambda p, n: read_document(p, name=n))
    app.documents.retry(OPERATOR, upload.version_id)
    worker.run(idle_seconds=0)
    assert app.documents.get(OPERATOR, upload.document_id).state is State.READY


def test_what_is_read_at_once_leaves_no_job_behind(app: App) -> None:
    upload = queued(app, "조례.txt", TEXT.encode())
    assert ingest_now(app.queue, app.ingestion, upload.version_id).state is State.READY
    assert app.queue.counts() == {"done": 1}


def test_what_failed_at_once_for_a_while_waits_for_the_worker(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = queued(app, "조례.txt", TEXT.encode())

    def down(_texts: Any) -> Any:
        raise Unavailable("모델이 쉬고 있습니다.")

    with monkeypatch.context() as patch:
        patch.setattr(app.embedder(), "embed_passages", down)
        with pytest.raises(Unavailable):
            ingest_now(app.queue, app.ingestion, upload.version_id)
    assert app.queue.counts() == {"queued": 1}


def test_versions_without_a_job_are_adopted_once(app: App, put: Any) -> None:
    put(app, "다 읽은.txt", TEXT)
    put(app, "못 읽는.txt", b"", ready=False)
    waiting = queued(app, "기다리는.txt", NEWER.encode())
    orphan = app.documents.take(
        OPERATOR, "홀로.txt", io.BytesIO(b"orphan text"), DocumentMeta(), queue=False
    )
    assert app.ingestion.adopt() == 1
    assert app.ingestion.adopt() == 0
    assert Worker(app.queue, app.ingestion, app.index).run(idle_seconds=0) == 2
    states = [app.documents.get(OPERATOR, u.document_id).state for u in (waiting, orphan)]
    assert states == [State.READY, State.READY]


# --- features ---------------------------------------------------------------------------------
class Never:
    """A model that must not be asked."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, name: str) -> Any:
        raise AssertionError("everything is in the cache")


def test_features_of_a_shipped_cache_are_those_that_were_saved(app: App, tmp_path: Path) -> None:
    texts = ["첫째 글", "둘째 글", "첫째 글"]
    made = FeatureExtractor(app.analyser, app.embedder).extract(texts)
    ShippedCache.save(tmp_path, texts, made.tokens, made.vectors, model="모델", analyser="simple")
    cache = ShippedCache(tmp_path)
    cached = FeatureExtractor(
        lambda: cast("Any", Never("simple")), lambda: cast("Any", Never("모델")), shipped=[cache]
    ).extract(texts)
    assert cached.tokens == made.tokens
    assert (cached.vectors == made.vectors).all()
    assert cache.tokens("다른 분석기", texts) == {}
    assert cache.vectors("다른 모델", texts) == {}
    mixed = FeatureExtractor(app.analyser, app.embedder, shipped=[cache])
    assert mixed.extract(["셋째 글", "둘째 글"]).tokens == ["셋째 글", made.tokens[1]]


def test_a_disk_cache_is_filled_and_read_by_another_home(app: App, tmp_path: Path) -> None:
    texts = [f"{n}번째 글" for n in range(700)]
    first = FeatureExtractor(app.analyser, app.embedder, disk=DiskCache(tmp_path / "c"))
    made = first.extract(texts)
    analyser, model = Never(app.analyser().name), Never(app.embedder().name)
    second = FeatureExtractor(
        lambda: cast("Any", analyser), lambda: cast("Any", model), disk=DiskCache(tmp_path / "c")
    )
    again = second.extract(texts)
    assert again.tokens == made.tokens
    assert (again.vectors == made.vectors).all()


def test_every_passage_has_a_vector_in_the_database(app: App, put: Any) -> None:
    upload = put(app, "조례.txt", TEXT)
    with app.db.read() as connection:
        rows = connection.execute(sa.select(passages).order_by(passages.c.seq)).all()
        held = connection.execute(
            sa.select(versions.c.passages).where(versions.c.id == upload.version_id)
        ).scalar_one()
    assert held == len(rows)
    assert {len(row.vector) for row in rows} == {384 * 2}
