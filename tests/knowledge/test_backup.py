"""A backup made while people work, and a restore that is whole or not at all."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
import struct
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin import migrations
from mokmin.app import App
from mokmin.base.db import Database, metadata
from mokmin.base.errors import Conflict, InvalidInput, Unavailable, UnreadableFile
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.people.store import departments, sessions
from mokmin.knowledge.backup.archive import Progress
from mokmin.knowledge.backup.restore import Restore
from mokmin.knowledge.backup.service import Summary
from mokmin.knowledge.documents.model import State
from mokmin.knowledge.documents.store import documents, passages, versions
from mokmin.knowledge.search.fakes import MemoryIndex
from mokmin.settings import Settings

POOL = "# 수영장 안내\n\n수영장 이용료는 하루에 3,000원이다.\n\n주차장은 없다.\n"
PARKING = "# 주차 안내\n\n주차요금은 한 시간에 1,000원이다.\n\n경차는 절반을 낸다.\n"
QUESTIONS = ("수영장 이용료는 얼마인가?", "주차요금은 한 시간에 얼마인가?", "경차")
_names = iter(range(1, 1000))


def quiet(_label: str, _done: int, _everything: int) -> None:
    """No progress."""


@dataclasses.dataclass
class Target:
    """A place to restore to, and what was built there."""

    home: Path
    url: str
    like: App
    index: MemoryIndex = dataclasses.field(default_factory=MemoryIndex)
    opened: list[App] = dataclasses.field(default_factory=list)

    def open(self, home: Path, url: str) -> App:
        """The home with the quick models of the tests and this target's index."""
        return App(
            Settings(home=home, database_url=url),
            embedder=self.like.embedder(),
            analyser=self.like.analyser(),
            index=self.index,
            models=[],
        )

    def restore(self, file: Path, progress: Progress = quiet) -> Summary:
        """Restore into it."""
        return Restore(self.home, self.url, migrations, self.open).run(file, progress)

    def restored(self) -> App:
        """The restored home, in place."""
        self.opened.append(self.open(self.home, self.url))
        return self.opened[-1]


@pytest.fixture
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """``databases(kind)``: the address of a database that does not even have a schema."""
    made = []

    def make(kind: str) -> str:
        if kind == "sqlite":
            return ""
        if kind == "sqlite-elsewhere":
            return f"sqlite:///{tmp_path / f'elsewhere-{next(_names)}.db'}"
        server = request.getfixturevalue("cluster")
        name = f"restore{next(_names)}"
        server.create(name, "template0")
        made.append((server, name))
        return str(server.url(name))

    yield make
    for server, name in made:
        server.drop(name)


@pytest.fixture
def target(
    app: App, tmp_path: Path, databases: Callable[[str], str]
) -> Iterator[Callable[..., Target]]:
    """``target(kind)``: an empty place for a restore."""
    places: list[Target] = []

    def make(kind: str = "sqlite") -> Target:
        home = tmp_path / f"target-{next(_names)}"
        url = databases(kind)
        places.append(Target(home, url or f"sqlite:///{home / 'mokmin.db'}", app))
        return places[-1]

    yield make
    for place in places:
        for opened in place.opened:
            opened.db.close()


@pytest.fixture
def city(app: App, people: Any, put: Any) -> App:
    """Documents of two departments, one deleted, one with two versions, one unreadable; a
    conversation; a session; a mark and a code in the home."""
    put(app, "수영.md", POOL, audience=("복지과",))
    put(app, "주차.md", PARKING, source="주차")
    put(app, "주차.md", PARKING.replace("1,000", "1,200"), source="주차")
    gone = put(app, "옛글.md", "# 옛글\n\n주차요금은 없다.\n")
    app.documents.delete(OPERATOR, gone.document_id)
    put(app, "망가진.pdf", b"%PDF-1.7 broken", ready=False)
    app.sign_in.with_password("kim", people.password)
    turn = app.assistant.ask(people.kim, QUESTIONS[1])
    for _ in app.assistant.follow(people.kim, turn.conversation_id, turn.id):
        pass
    with app.db.write() as connection:
        # A parent that was made after its child.
        late = connection.execute(departments.insert().values(name="안전국")).inserted_primary_key
        connection.execute(
            departments.update().where(departments.c.name == "회계과").values(parent_id=late[0])
        )
    (app.settings.home / "demo-loaded").write_text("그 지문", encoding="utf-8")
    (app.settings.home / "setup-code").write_text("비밀", encoding="utf-8")
    (app.settings.home / "service.log").write_text("기록", encoding="utf-8")
    return app


def back_up(app: App, file: Path, **more: Any) -> Summary:
    """A backup without progress."""
    return app.backup.make(file, quiet, **more)


def rows(app: App) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables."""
    with app.db.read() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))
            ]
            for table in metadata.sorted_tables
        }


def rounded(value: Any) -> Any:
    """Without the last digits of fractions: an index rebuilt from stored half floats differs there."""
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list | tuple) else value


def answers(app: App) -> list[Any]:
    """What three people find and are told, without times."""
    found: list[Any] = []
    for login in ("kim", "other", "admin"):
        who = app.people.principal(login)
        for question in QUESTIONS:
            found.append([(h.passage_id, h.score) for h in app.search.search(who, question).hits])
            said = app.answers.answer(who, question)
            found.append(dataclasses.asdict(said) | {"seconds": 0, "trace": None})
    return list(rounded(found))


# --- the same before and after -----------------------------------------------------------------
@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "sqlite-elsewhere"])
def test_everything_is_the_same_after_a_restore(
    city: App, tmp_path: Path, target: Callable[..., Target], kind: str
) -> None:
    before = rows(city)
    file = tmp_path / "backup.zip"
    made = back_up(city, file)
    assert file.stat().st_mode & 0o077 == 0, "only its owner reads it"
    assert not (tmp_path / "backup.zip.part").exists()
    said = answers(city)

    place = target(kind)
    summary = place.restore(file)
    inside = {p.name for p in place.home.iterdir()}
    assert inside == {"demo-loaded", "files"} | ({"mokmin.db"} if kind == "sqlite" else set())
    found = place.restored()
    after = rows(found)

    log, log_before = after.pop("audit_log"), before.pop("audit_log")
    assert log[:-1] == log_before
    assert log[-1][3] == "backup.restore"
    assert found.audit.verify().ok
    assert before.pop("sessions") != []
    assert after.pop("sessions") == []
    assert after == before
    assert answers(found) == said
    assert any(any(hits) for hits in said)
    assert (summary.documents, summary.passages) == (made.documents, made.passages)
    assert (made.documents, made.files) == (len(before["documents"]), 5)
    for row in before["versions"]:
        key = str(row[3])
        assert hashlib.sha256(found.blobs.path(key).read_bytes()).hexdigest() == key
    assert (place.home / "demo-loaded").read_text(encoding="utf-8") == "그 지문"
    assert not [p for p in tmp_path.iterdir() if "restoring" in p.name]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_work_goes_on_after_a_restore(
    city: App, people: Any, put: Any, tmp_path: Path, target: Callable[..., Target], kind: str
) -> None:
    """New rows take new keys; the key of a passage that was deleted does not come back."""
    with city.db.write() as connection:
        last = connection.execute(sa.select(sa.func.max(passages.c.id))).scalar_one()
        connection.execute(passages.delete().where(passages.c.id == last))
    back_up(city, tmp_path / "b.zip")
    place = target(kind)
    place.restore(tmp_path / "b.zip")
    found = place.restored()
    found.ingestion = type(city.ingestion)(
        found.db, found.blobs, found.index, lambda: found.feature_extractor, city.ingestion._reader
    )
    upload = put(found, "새글.md", "# 새글\n\n주민센터는 아홉 시에 연다.\n")
    with found.db.read() as connection:
        keys = connection.execute(
            sa.select(passages.c.id).where(passages.c.version_id == upload.version_id)
        ).scalars()
        assert min(keys) > last
    (first, *_) = found.search.search(OPERATOR, "주민센터는 아홉 시에 연다").hits
    assert first.document_id == upload.document_id
    found.people.create_account(login="new", name="새", password=people.password, role="official")
    found.sign_in.with_password("kim", people.password)
    assert found.audit.verify().ok


def test_a_backup_among_writers_is_of_one_moment(
    app: App, put: Any, tmp_path: Path, target: Callable[..., Target]
) -> None:
    stop = threading.Event()
    broken: list[BaseException] = []

    def write(name: str) -> None:
        number = 0
        try:
            while not stop.is_set():
                number += 1
                put(app, f"{name}{number}.md", f"# {name} {number}\n\n{POOL * (number % 5 + 1)}")
        except BaseException as error:
            broken.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in ("가", "나")]
    for thread in threads:
        thread.start()
    try:
        for number in range(6):
            back_up(app, tmp_path / f"{number}.zip")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert broken == []
    seen = []
    for number in range(6):
        place = target()
        place.restore(tmp_path / f"{number}.zip")
        found = place.restored()
        with found.db.read() as connection:
            taken = connection.execute(sa.select(versions)).all()
            uploads = connection.execute(
                sa.text("SELECT count(*) FROM audit_log WHERE action = 'document.upload'")
            ).scalar_one()
            assert uploads == len(taken), "a version and its audit entry are one transaction"
            for row in taken:
                assert found.blobs.path(row.sha256).stat().st_size == row.bytes
                held = connection.execute(
                    sa.select(sa.func.count()).where(passages.c.version_id == row.id)
                ).scalar_one()
                assert held == row.passages or row.state != State.READY
            assert (
                connection.execute(
                    sa.select(sa.func.count())
                    .select_from(documents)
                    .where(documents.c.newest_version_id.not_in(sa.select(versions.c.id)))
                ).scalar_one()
                == 0
            )
        seen.append(len(taken))
    assert seen == sorted(seen)
    assert seen[-1] > seen[0], "people worked meanwhile"


def test_all_tables_of_the_schema_are_known_to_a_backup(app: App) -> None:
    with app.db.read() as connection:
        present = set(sa.inspect(connection).get_table_names())
    assert present == set(metadata.tables) | {"alembic_version"}


# --- refusals ----------------------------------------------------------------------------------
def test_an_existing_file_is_kept_unless_forced(city: App, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    file.write_bytes(b"mine")
    with pytest.raises(Conflict, match="이미 있습니다"):
        back_up(city, file)
    assert file.read_bytes() == b"mine"
    back_up(city, file, force=True)
    assert zipfile.is_zipfile(file)
    with pytest.raises(InvalidInput, match="폴더"):
        back_up(city, tmp_path)


def test_a_lost_or_changed_original_does_not_stop_a_backup(
    city: App, tmp_path: Path, target: Callable[..., Target]
) -> None:
    with city.db.read() as connection:
        lost, changed, *_ = connection.execute(sa.select(versions.c.sha256)).scalars()
    city.blobs.path(lost).unlink()
    city.blobs.path(changed).write_bytes(b"bits rotted")
    assert set(back_up(city, tmp_path / "b.zip").missing) == {lost, changed}
    place = target()
    assert set(place.restore(tmp_path / "b.zip").missing) == {lost, changed}
    assert answers(place.restored()) == answers(city)


def test_a_log_that_was_already_broken_does_not_forbid_the_rescue(
    city: App, tmp_path: Path, target: Callable[..., Target]
) -> None:
    with city.db.write() as connection:
        connection.execute(sa.text("UPDATE audit_log SET actor = 'x' WHERE seq = 3"))
    back_up(city, tmp_path / "b.zip")
    place = target()
    place.restore(tmp_path / "b.zip")
    assert place.restored().audit.verify().first_bad == 3


def test_a_home_with_anything_in_it_is_left_alone(
    city: App, tmp_path: Path, target: Callable[..., Target]
) -> None:
    back_up(city, tmp_path / "b.zip")
    place = target()
    place.home.mkdir()
    (place.home / "내 파일").write_text("그대로", encoding="utf-8")
    with pytest.raises(Conflict, match="비어 있지 않습니다"):
        place.restore(tmp_path / "b.zip")
    assert [p.name for p in place.home.iterdir()] == ["내 파일"]
    (place.home / "내 파일").unlink()
    place.restore(tmp_path / "b.zip")


@pytest.mark.parametrize("kind", ["postgresql", "sqlite-elsewhere"])
def test_a_database_with_rows_is_left_alone(
    city: App, tmp_path: Path, target: Callable[..., Target], kind: str
) -> None:
    back_up(city, tmp_path / "b.zip")
    place = target(kind)
    db = Database(place.url)
    migrations.upgrade(db)
    with db.write() as connection:
        connection.execute(departments.insert().values(name="남의 부서"))
    with pytest.raises(Conflict, match="이미 자료가 있습니다"):
        place.restore(tmp_path / "b.zip")
    assert not place.home.exists()
    with db.write() as connection:
        names = connection.execute(sa.select(departments.c.name)).scalars().all()
        assert names == ["남의 부서"]
        connection.execute(departments.delete())
    db.close()
    place.restore(tmp_path / "b.zip")
    assert place.restored().audit.verify().ok


def test_a_session_token_is_nowhere_in_the_file(city: App, tmp_path: Path) -> None:
    back_up(city, tmp_path / "b.zip")
    with city.db.read() as connection:
        (hashed,) = connection.execute(sa.select(sessions.c.token_hash)).scalars()
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert "tables/sessions.arrow" not in archive.namelist()
        assert "home/setup-code" not in archive.namelist()
    assert hashed.encode() not in (tmp_path / "b.zip").read_bytes()


# --- hostile and damaged files -----------------------------------------------------------------
Change = Callable[[dict[str, bytes], dict[str, Any]], None]


def _rewrite(file: Path, change: Change, method: int = zipfile.ZIP_STORED) -> None:
    """The archive with changed members and manifest (hashes and sizes made to fit again)."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members.pop("manifest.json"))
    before = dict(members)
    change(members, manifest)
    for name, data in members.items():
        if name in manifest["members"] and before.get(name) is not data:
            manifest["members"][name] = {
                "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
            }
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.writestr("manifest.json", json.dumps(manifest))


def _traversal(name: str) -> Change:
    def change(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
        members[name] = b"evil"
        manifest["members"][name] = {}

    return change


def _without(name: str) -> Change:
    return lambda members, manifest: (members.pop(name), manifest["members"].pop(name))[:0]


def _wrong_original(members: dict[str, bytes], _manifest: dict[str, Any]) -> None:
    name = next(n for n in members if n.startswith("files/"))
    members[name] = b"another text"


def _fewer_rows(members: dict[str, bytes], _manifest: dict[str, Any]) -> None:
    members["tables/passages.arrow"] = members["tables/passages.arrow"][:900]


def _other_table(members: dict[str, bytes], _manifest: dict[str, Any]) -> None:
    members["tables/passages.arrow"] = members["tables/users.arrow"]


def _shorter_log(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["audit_first_bad"] = 2


def _set(**values: Any) -> Change:
    return lambda _members, manifest: manifest.update(values)


HOSTILE: dict[str, Change] = {
    "up and out": _traversal("../evil"),
    "absolute": _traversal("/evil"),
    "home up": _traversal("home/../../evil"),
    "hidden": _traversal("home/.profile"),
    "database": _traversal("home/mokmin.db"),
    "backslash": _traversal("home\\..\\evil"),
    "not listed": lambda members, _: members.update({"files/" + "0" * 64: b"x"}),
    "table lost": _without("tables/users.arrow"),
    "newer format": _set(format=2),
    "newer schema": _set(revision="9999"),
    "other product": _set(product="x"),
    "manifest of nonsense": _set(members=[]),
    "negative count": _set(tables={"users": -1}),
    "table renamed": lambda _m, manifest: manifest["tables"].pop("users"),
    "table invented": lambda _m, manifest: manifest["left_out"].append("users2"),
    "original is another": _wrong_original,
    "rows cut": _fewer_rows,
    "other columns": _other_table,
    "count differs": lambda _m, manifest: manifest["tables"].update(passages=1),
    "log broken": _shorter_log,
}


@pytest.fixture
def untouched(tmp_path: Path) -> Iterator[None]:
    """Nothing is left behind beside what was there."""
    yield
    left = {p.name for p in tmp_path.iterdir()}
    assert not [n for n in left if "restoring" in n or n.startswith(("target", "evil"))], left
    assert not (tmp_path.parent / "evil").exists()


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_hostile_archive_is_refused_and_leaves_nothing(
    city: App, tmp_path: Path, target: Callable[..., Target], name: str, untouched: None
) -> None:
    file = tmp_path / "b.zip"
    back_up(city, file)
    _rewrite(file, HOSTILE[name])
    with pytest.raises(UnreadableFile) as caught:
        target().restore(file)
    assert "바뀐 것은 없습니다" in caught.value.message


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_damaged_file_is_refused_wherever_the_damage_is(
    city: App, tmp_path: Path, target: Callable[..., Target], untouched: None
) -> None:
    file = tmp_path / "b.zip"
    back_up(city, file)
    whole = file.read_bytes()
    place = target()
    for share in range(0, 100, 3):
        file.write_bytes(whole[: len(whole) * share // 100])
        with pytest.raises(UnreadableFile):
            place.restore(file)
    with zipfile.ZipFile(_put(file, whole)) as archive:
        members = archive.infolist()
    for member in members:
        # Into the data of each member: its hash no longer fits.
        head = member.header_offset
        name_size, extra_size = struct.unpack("<HH", whole[head + 26 : head + 30])
        broken = bytearray(whole)
        broken[head + 30 + name_size + extra_size + member.file_size // 2] ^= 0x40
        with pytest.raises(UnreadableFile):
            place.restore(_put(file, bytes(broken)))
    for bad in (b"", b"no archive at all", whole[1000:], whole + b"x" * 70_000):
        with pytest.raises(UnreadableFile):
            place.restore(_put(file, bad))
    with pytest.raises(InvalidInput, match="없습니다"):
        place.restore(tmp_path / "no such file")
    assert not place.home.exists()
    place.restore(_put(file, whole))
    shutil.rmtree(place.home)


def _put(file: Path, data: bytes) -> Path:
    file.write_bytes(data)
    return file


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_compressed_member_is_refused(
    city: App, tmp_path: Path, target: Callable[..., Target], untouched: None
) -> None:
    """Members are stored: nothing can unfold to more than the file's own size."""
    file = tmp_path / "b.zip"
    back_up(city, file)
    _rewrite(
        file,
        lambda members, _: members.update({"home/demo-loaded": b"0" * 10_000_000}),
        zipfile.ZIP_DEFLATED,
    )
    with pytest.raises(UnreadableFile):
        target().restore(file)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "sqlite-elsewhere"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_restore_that_fails_late_leaves_nothing_and_can_be_repeated(
    city: App, tmp_path: Path, target: Callable[..., Target], kind: str
) -> None:
    """The folder cannot take its place: neither does the database."""
    file = tmp_path / "b.zip"
    back_up(city, file)
    place = target(kind)

    def intrude(label: str, _done: int, _everything: int) -> None:
        """Somebody puts a file into the home while the last step but one goes on."""
        if label.startswith("색인"):
            place.home.mkdir(exist_ok=True)
            (place.home / "intruder").write_text("x", encoding="utf-8")

    with pytest.raises(Unavailable, match="쓰지 못했습니다"):
        place.restore(file, intrude)
    assert [p.name for p in place.home.iterdir()] == ["intruder"]
    shutil.rmtree(place.home)
    place.index = MemoryIndex()
    place.restore(file)
    assert answers(place.restored()) == answers(city)
