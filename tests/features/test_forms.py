"""The library of forms: who may keep and use them; lists of recipients that survive a kill."""

from __future__ import annotations

import io
import threading
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.base.db import utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from mokmin.features.forms.batches import JOB
from mokmin.features.forms.folder import BatchFolder
from mokmin.features.forms.model import FieldUse, file_name
from mokmin.features.forms.store import form_batches
from mokmin.knowledge.documents.retention import DocumentHolding
from mokmin.knowledge.ingestion.worker import Worker

NS = 'xmlns:hs="http://x/section" xmlns:hp="http://x/paragraph"'
LINES = ("수신: {{수신}}", "성명: {{성명}}", "□ 찬성  □ 반대")


def form_file(*lines: str) -> bytes:
    sink = io.BytesIO()
    text = "".join(f'<hp:p><hp:run charPrIDRef="0"><hp:t>{x}</hp:t></hp:run></hp:p>' for x in lines)
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("mimetype", "application/hwp+zip")
        archive.writestr("Contents/section0.xml", f"<hs:sec {NS}>{text}</hs:sec>")
    return sink.getvalue()


def words(package: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return archive.read("Contents/section0.xml").decode()


@pytest.fixture
def published(app: Any, people: Any) -> int:
    """A form of 회계과 for its own department."""
    made: int = app.forms.upload(
        people.lead, "위임장", "", "O", ["회계과"], "a.hwpx", form_file(*LINES)
    )
    app.forms.change_state(people.lead, made, "published")
    return made


def test_only_its_readers_see_a_form_and_only_its_steward_keeps_it(
    app: Any, people: Any, published: int
) -> None:
    assert [t.name for t in app.forms.library(people.kim)] == ["위임장"]
    assert app.forms.library(people.other) == []
    with pytest.raises(NotFound):
        app.forms.fill(people.other, published, {"수신": "가"})
    with pytest.raises(NotFound):
        app.form_batches.prepare(people.other, published, "a.csv", b"x")
    with pytest.raises(NotAllowed):
        app.forms.upload(people.kim, "n", "", "O", [], "a.hwpx", form_file(*LINES))
    with pytest.raises(NotAllowed):
        app.forms.change_state(people.kim, published, "retired")
    app.forms.describe(people.lead, published, "위임장", "", "O", ["복지과"])
    assert app.forms.library(people.kim) == [] and app.forms.library(people.other)
    app.forms.change_state(people.lead, published, "retired")
    assert app.forms.library(people.other) == [] and app.forms.library(people.lead)


def test_mapping_filling_and_a_new_edition(app: Any, people: Any, published: int) -> None:
    uses = [
        FieldUse("수신", "받는 곳", "받는 곳", required=True),
        FieldUse("성명", "받는 곳", "이름", default="홍"),
    ]
    app.forms.map_fields(people.lead, published, uses)
    with pytest.raises(InvalidInput):
        app.forms.fill(people.kim, published, {})
    template, filled = app.forms.fill(people.kim, published, {"받는 곳": "해온시"})
    assert words(filled.package).count("해온시") == 2
    new, gone = app.forms.renew(
        people.lead, published, "b.hwpx", form_file(*LINES[:1], "{{새 자리}}")
    )
    template = app.forms.open(people.kim, published)
    assert (new, gone, template.version) == (1, 2, 2)
    assert template.names == ("받는 곳", "새 자리")
    assert app.forms.try_out(people.lead, published)[2] == []


def csv_of(count: int, extra: str = "") -> bytes:
    lines = [f"{n}동,사람{n},찬성,=1+{n}" for n in range(1, count + 1)]
    return ("수신,성명,빈칸,비고\n" + "\n".join(lines) + extra).encode()


def test_a_batch_that_was_killed_goes_on_where_it_stopped(
    app: Any, people: Any, published: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = app.form_batches
    uses = [FieldUse("수신", "수신", "수신", required=True)]
    app.forms.map_fields(people.lead, published, uses)
    made = batches.prepare(people.kim, published, "명단.csv", csv_of(6, "\n,빈사람,찬성,"))
    _, plan = batches.plan(people.kim, batches.open(people.kim, made))
    assert [p.row for p in plan.problems if p.stops] == [8]
    batches.start(people.kim, made, "{{순번}}_{{성명}}/../{{비고}}")
    put = BatchFolder.put
    written: list[int] = []

    def dying(self: BatchFolder, number: int, package: bytes) -> None:
        if number == 4 and len(written) == 3:
            raise KeyboardInterrupt
        written.append(number)
        put(self, number, package)

    monkeypatch.setattr(BatchFolder, "put", dying)
    with pytest.raises(KeyboardInterrupt):
        batches.run(made)
    written.append(0)
    worker = Worker(app.queue, app.ingestion, app.index, (), {JOB: batches})
    assert worker.run(idle_seconds=0) == 1
    assert written == [1, 2, 3, 0, 4, 5, 6]  # what was whole is not made again
    batch, path = batches.result(people.kim, made)
    assert (batch.state, batch.made, batch.wrong) == ("done", 6, 1)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert names[0] == "001_사람1_.._=1+1.hwpx" and names[-2:] == ["목록.csv", "확인할 것.csv"]
        assert "빈사람" not in "".join(names) and "사람6" in words(archive.read(names[5]))
        assert "꼭 채울 칸이 비었습니다" in archive.read(names[-1]).decode("utf-8-sig")


def test_a_batch_is_its_owners_begins_once_and_goes(app: Any, people: Any, published: int) -> None:
    batches = app.form_batches
    made = batches.prepare(people.kim, published, "명단.csv", csv_of(3))
    for act in (batches.open, batches.cancel, batches.delete, batches.result):
        with pytest.raises(NotFound):
            act(people.lead, made)
    outcomes: list[str] = []

    def begin() -> None:
        try:
            batches.start(people.kim, made, "")
            outcomes.append("began")
        except Conflict:
            outcomes.append("refused")

    threads = [threading.Thread(target=begin) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["began", "refused"]
    with pytest.raises(Conflict):
        batches.delete(people.kim, made)
    batches.cancel(people.kim, made)
    batches.run(made)
    assert batches.open(people.kim, made).state == "cancelled"
    folder: Path = app.settings.home / "forms" / str(made)
    assert not folder.exists()
    with app.db.write() as connection:
        old = utcnow() - timedelta(days=8)
        connection.execute(form_batches.update().values(created_at=old))
    batches.sweep()
    with app.db.read() as connection:
        assert (
            connection.execute(sa.select(sa.func.count()).select_from(form_batches)).scalar() == 0
        )


@pytest.mark.parametrize(
    "data", [b"", b"\x00\x01", "없는 열\n값".encode(), "수신,수신\n1,2".encode()]
)
def test_a_list_that_cannot_be_used_is_refused(
    app: Any, people: Any, published: int, data: bytes, request: pytest.FixtureRequest
) -> None:
    if "postgresql" in request.node.name:
        pytest.skip("reading files has nothing to do with the database")
    with pytest.raises(InvalidInput):
        app.form_batches.prepare(people.kim, published, "명단.csv", data)


def test_names_of_files_are_safe() -> None:
    assert file_name("{{성명}}", 1, {"성명": "../../etc/passwd"}) == "_.._etc_passwd"
    assert file_name("{{성명}}", 7, {"성명": " . "}) == "007"
    assert file_name("{{ 성 명 }}", 2, {"성명": "CON"}) == "002_CON"
    assert len(file_name("{{성명}}", 3, {"성명": "가" * 500})) == 80
    assert "\u202e" not in file_name("a{{성명}}", 3, {"성명": "\u202excod.exe"})


def test_the_pages(app: Any, people: Any, signed_in: Any, database_url: str) -> None:
    steward, kim = signed_in("lead"), signed_in("kim")
    files = {"file": ("위임장.hwpx", form_file(*LINES), "application/hwp+zip")}
    data = {"grade": "S", "readers": "회계과", "name": "", "about": "<script>"}
    assert kim.post("/forms", data, files=files).status_code == 403
    sent = steward.post("/forms", data, files=files)
    place = sent.headers["location"].removesuffix("/setup")
    assert sent.status_code == 303 and kim.get(place).status_code == 404
    bad = {"file": ("a.hwpx", b"PK", "application/zip")}
    assert steward.post("/forms", data, files=bad).status_code == 400
    assert "채운 자리 밖은" in steward.post(f"{place}/setup", {"test": "1"}).text
    assert steward.post(f"{place}/state", {"state": "published"}).status_code == 303
    shown = kim.get(place).text
    assert "위임장" in shown and "<script>" not in shown.split("<main")[1]
    made = kim.post(f"{place}/fill", {"f:수신": "해온시", "f:위임장": "찬성"})
    assert made.headers["content-type"] == "application/hwp+zip" and "해온시" in words(made.content)
    rows = {"file": ("명단.csv", csv_of(2), "text/csv")}
    batch = kim.post(f"{place}/batch", {}, files=rows).headers["location"]
    assert "사람1" in kim.get(batch).text and steward.get(batch).status_code == 404
    assert kim.post(f"{batch}/start", {"pattern": "{{성명}}"}).status_code == 303
    Worker(app.queue, app.ingestion, app.index, (), {JOB: app.form_batches}).run(idle_seconds=0)
    assert zipfile.ZipFile(io.BytesIO(kim.get(f"{batch}/result.zip").content)).namelist()[:2] == [
        "사람1.hwpx",
        "사람2.hwpx",
    ]
    assert kim.post(f"{batch}/delete").status_code == 303 and kim.get(batch).status_code == 404


def test_a_form_with_hundreds_of_places_can_be_mapped(
    app: Any, people: Any, signed_in: Any
) -> None:
    """More fields than a form usually may have (1,000)."""
    lines = [f"항목{n}: {{{{자리{n}}}}}" for n in range(400)]
    made = app.forms.upload(people.lead, "긴 서식", "", "O", [], "a.hwpx", form_file(*lines))
    data = {f"{what}:{n}": f"값{n}" for n in range(400) for what in ("used", "name", "label")}
    assert signed_in("lead").post(f"/forms/{made}/setup", data).status_code == 303
    assert app.forms.open(people.lead, made).names[399] == "값399"


def test_forms_are_backed_up_and_outlive_a_document_of_the_same_file(
    app: Any, people: Any, published: int, put: Any, tmp_path: Path
) -> None:
    template = app.forms.open(people.kim, published)
    made = app.form_batches.prepare(people.kim, published, "명단.csv", csv_of(1))
    document = put(app, "a.txt", "같은 번호의 판을 가진 문서", by=people.kim)
    assert document.version_id == template.version_id  # numbers of different tables
    holding = DocumentHolding(app.blobs, tmp_path)
    with app.db.write() as connection:
        holding.dispose(connection, document.document_id)
        holding.clean(connection, [template.blob])
    assert app.form_batches.open(people.kim, made).edition_id == template.version_id
    assert app.blobs.path(template.blob).is_file()
    app.backup.make(tmp_path / "backup.zip", lambda *_: None)
    with zipfile.ZipFile(tmp_path / "backup.zip") as archive:
        assert f"files/{template.blob}" in archive.namelist()
