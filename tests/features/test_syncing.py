"""Folders of the network: WebDAV, S3 and web sites kept in step with the library."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotFound
from mokmin.base.jobs.queue import jobs
from mokmin.features.stewardship import syncing
from mokmin.features.stewardship.collecting import CollectionDraft
from mokmin.features.stewardship.reaching import FolderDraft
from mokmin.features.stewardship.watch_store import Folder, watched_folders
from mokmin.governance.audit.store import audit_log
from mokmin.knowledge.documents.service import LibraryQuery
from tests.places import Bucket, Dav, Site, serving

ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BODY = "<html><body><main><h1>{}</h1><p>{}</p></main></body></html>"


@pytest.fixture
def collection(app: App, people: Any, monkeypatch: pytest.MonkeyPatch) -> int:
    """A collection of 회계과, and 127.0.0.1 allowed by the operator."""
    monkeypatch.setattr("mokmin.adapters.sources.site.PAUSE", 0.0)
    object.__setattr__(app.settings, "sync_hosts", "127.0.0.1")
    for name in ("source_reach", "watch_desk", "folder_sync"):
        app.__dict__.pop(name, None)
    until = app.people.today() + timedelta(days=90)
    draft = CollectionDraft("공유 자료", "", people.lead.department_id, review_on=until)
    return app.collection_desk.add(people.lead, draft)


@pytest.fixture
def dav() -> Iterator[Dav]:
    made = Dav()
    made.login = "sync:열쇠 말"
    made.files = {f"업무/{n}.txt": f"주차요금 {n}번 안내문이다.\n".encode() for n in range(4)}
    with serving(made):
        yield made


def draft(place: Any, collection: int, type: str, path: str, **more: Any) -> FolderDraft:
    return FolderDraft(place.url + path, collection, type=type, **more)


def begun(app: App, who: Any, made: FolderDraft) -> int:
    folder = app.watch_desk.add(who, made)
    app.watch_desk.start(who, folder)
    app.folder_sync.run(folder)
    return folder


def titles(app: App, who: Any) -> list[str]:
    return sorted(d.filename for d in app.documents.page(who, LibraryQuery()).documents)


def figures(app: App, who: Any, folder: int) -> tuple[int, ...]:
    found = app.watch_desk.get(who, folder).summary
    return tuple(found[name] for name in ("added", "changed", "removed", "failed"))


def test_a_webdav_folder_is_followed_and_its_password_stays_sealed(
    app: App, people: Any, collection: int, dav: Dav, signed_in: Any
) -> None:
    steward = signed_in("lead")
    form = {"type": "webdav", "path": f"{dav.url}/dav/업무", "collection": str(collection),
            "login": "sync", "secret": "틀림", "every": "night"}  # fmt: skip
    said = steward.post("/stewardship/folders/check", form, headers={"X-Partial": "1"}).json()
    assert said == {
        "ok": False,
        "text": "계정이나 비밀번호가 맞지 않습니다(401). 다시 적어 주세요.",
    }
    form["secret"] = "열쇠 말"
    page = steward.post("/stewardship/folders/check", form).text
    assert "파일 4개" in page and "열쇠 말" not in page
    made = steward.post("/stewardship/folders", form)
    url = made.headers["location"]
    page, folder = steward.get(url).text, int(url.rsplit("/", 1)[1])
    assert "3.txt" in page and "열쇠 말" not in page and "새벽 2시" in page
    assert not dav.got and titles(app, people.lead) == []
    with pytest.raises(Conflict):
        app.watch_desk.add(people.lead, draft(dav, collection, "webdav", "/dav/%EC%97%85무/"))
    assert steward.post(url, {"action": "start"}).status_code == 303
    app.folder_sync.run(folder)
    assert titles(app, people.lead) == ["0.txt", "1.txt", "2.txt", "3.txt"]
    assert titles(app, people.other) == []  # the department's alone
    dav.asked.clear()
    app.folder_sync.run(folder)
    assert not dav.got, "what is unchanged is not sent again"
    dav.shift = 1  # other ETags, the same files
    app.folder_sync.run(folder)
    assert len(dav.got) == 4 and figures(app, people.lead, folder) == (0, 0, 0, 0)
    dav.files["업무/0.txt"] = "주차요금이 바뀌었다.\n".encode()
    del dav.files["업무/3.txt"]
    app.folder_sync.run(folder)
    assert figures(app, people.lead, folder) == (0, 1, 1, 0)
    (first,) = [
        d
        for d in app.documents.page(people.lead, LibraryQuery()).documents
        if d.filename == "0.txt"
    ]
    assert first.version_count == 2 and len(titles(app, people.lead)) == 3
    found = app.watch_desk.get(people.lead, folder)
    assert found.next_at is not None and (found.next_at + timedelta(hours=9)).hour == 2
    with app.db.read() as connection:
        stored = str(connection.execute(sa.select(watched_folders)).all())
        told = connection.execute(sa.select(audit_log)).all()
    assert "열쇠" not in stored + str(told)
    assert {"folder.check", "folder.add", "folder.start", "folder.sync"} <= {e.action for e in told}


@ONE_DATABASE
def test_a_place_that_is_down_leaves_everything_and_says_since_when(
    app: App, people: Any, collection: int, dav: Dav, signed_in: Any
) -> None:
    folder = begun(
        app, people.lead, draft(dav, collection, "webdav", "/dav", login="sync", secret="열쇠 말")
    )
    before, steward = titles(app, people.lead), signed_in("lead")
    for odd, word in (
        (lambda _: (503, {}, b""), "답하지 못합니다"),
        (lambda _: (302, {"Location": "http://169.254.169.254/"}, b""), "다른 곳"),
    ):
        dav.odd["/dav/"] = odd
        app.folder_sync.run(folder)
        found = app.watch_desk.get(people.lead, folder)
        assert word in found.problem and found.state == "active" and found.started_at is None
        assert found.next_at is not None and found.next_at < utcnow() + timedelta(minutes=61)
    since = found.down_since
    assert since is not None and titles(app, people.lead) == before
    assert "부터 닿지 않습니다" in steward.get(f"/stewardship/folders/{folder}").text
    assert "다른 곳" in steward.get("/stewardship/documents").text
    dav.odd.clear()
    url = f"/stewardship/folders/{folder}"
    assert steward.post(f"{url}/login", {"login": "sync", "secret": "다름"}).status_code == 303
    app.folder_sync.run(folder)
    found = app.watch_desk.get(people.lead, folder)
    assert "(401)" in found.problem and found.down_since == since
    assert "계정이나 비밀번호" in steward.post(f"{url}/check").text
    assert steward.post(f"{url}/login", {"login": "sync", "secret": ""}).status_code == 400
    app.watch_desk.change_login(people.lead, folder, "sync", "열쇠 말")
    del dav.files["업무/0.txt"]
    dav.odd["/dav/업무/1.txt"] = lambda _: (200, {"Content-Length": "40"}, b"half")
    dav.shift = 1
    app.folder_sync.run(folder)
    found = app.watch_desk.get(people.lead, folder)
    assert (found.problem, found.down_since) == ("", None)
    assert figures(app, people.lead, folder) == (0, 0, 1, 1) and len(titles(app, people.lead)) == 3
    page = steward.get(url).text
    assert "받다가 끊겼습니다" in page and "1.txt" in page
    assert "일부 파일을 올리지 못했습니다" in steward.get("/stewardship/documents").text
    dav.odd.clear()
    app.folder_sync.run(folder)
    assert app.watch_desk.problems(people.lead, folder) == []
    dav.files.clear()  # not mounted: the folder is there and empty
    dav.files = {"z.txt": b"1"} | {}
    app.folder_sync.run(folder)
    assert len(titles(app, people.lead)) == 1


@ONE_DATABASE
def test_a_run_that_is_killed_sliced_or_doubled_loses_and_repeats_nothing(
    app: App, people: Any, collection: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = Bucket()
    bucket.files = {f"{n}.txt": f"{n}번 문서".encode() for n in range(6)}
    login = {"login": bucket.key, "secret": bucket.secret}
    with serving(bucket):
        made = FolderDraft(bucket.url, collection, type="s3", bucket="docs", **login)
        folder = app.watch_desk.add(people.lead, made)
        app.watch_desk.start(people.lead, folder)
        take, taken = app.documents.take, [0]

        def dies(*args: Any, **more: Any) -> Any:
            taken[0] += 1
            if taken[0] == 3:
                raise KeyboardInterrupt
            return take(*args, **more)

        monkeypatch.setattr(app.documents, "take", dies)
        with pytest.raises(KeyboardInterrupt):
            app.folder_sync.run(folder)
        monkeypatch.undo()
        assert len(titles(app, people.lead)) == 2
        bucket.asked.clear()
        monkeypatch.setattr(syncing, "SLICE_SECONDS", 0.0)
        app.folder_sync.run(folder)  # one file, then room for others
        assert [path for path in bucket.got if "?" not in path] == ["/docs/2.txt"]
        with app.db.read() as connection:
            queued = connection.execute(
                sa.select(sa.func.count()).where(jobs.c.kind == "watch", jobs.c.state == "queued")
            ).scalar()
        assert queued == 2 and app.watch_desk.get(people.lead, folder).started_at is not None
        monkeypatch.setattr(syncing, "SLICE_SECONDS", 60.0)
        both = [Thread(target=app.folder_sync.run, args=(folder,)) for _ in range(2)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join(30)
        assert titles(app, people.lead) == [f"{n}.txt" for n in range(6)]
        bucket.asked.clear()
        app.folder_sync.run(folder)
        assert not [path for path in bucket.got if "?" not in path]
        assert app.watch_desk.get(people.lead, folder).started_at is None


@ONE_DATABASE
def test_pages_that_vanish_from_a_site_are_marked_and_not_deleted(
    app: App, people: Any, collection: int, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site()
    long = "주차요금은 하루 {}원이며 장애인 차량은 주차요금을 받지 않습니다."
    site.files = {
        f"/안내/{n}": BODY.format(f"주차 안내 {n}", long.format(n)).encode() for n in range(6)
    }
    site.changed = {"/안내/1": "2026-01-01T00:00:00Z"}
    with serving(site):
        made = draft(site, collection, "site", "/sitemap.xml", audience="staff")
        folder = app.watch_desk.add(people.lead, made)
        app.watch_desk.start(people.lead, folder)
        monkeypatch.setattr(syncing, "SLICE_SECONDS", 0.0)
        for _ in range(6):  # a page, then room for other jobs
            app.folder_sync.run(folder)
        assert len([path for path, _ in site.sent if "안내" in path]) == 6, "each once a round"
        monkeypatch.undo()
        monkeypatch.setattr("mokmin.adapters.sources.site.PAUSE", 0.0)
        app.folder_sync.run(folder)
        assert app.watch_desk.get(people.lead, folder).summary["files"] == 6
        assert titles(app, people.other) == [f"{n}.html" for n in range(6)]
        site.sent.clear()
        site.files["/안내/1"] = BODY.format("주차 안내 1", long.format(900)).encode()
        app.folder_sync.run(folder)
        assert not [path for path, status in site.sent if status == 200 and "안내" in path]
        site.changed["/안내/1"] = "2026-02-01T00:00:00Z"
        for n in (2, 3, 4, 5):
            del site.files[f"/안내/{n}"]
        app.folder_sync.run(folder)
        assert figures(app, people.lead, folder) == (0, 1, 4, 0)
        assert len(titles(app, people.lead)) == 6
        marked = app.watch_desk.marked(people.lead, folder)
        assert [path for path, _ in marked] == [f"안내/{n}" for n in (2, 3, 4, 5)]
        page = signed_in("lead").get(f"/stewardship/folders/{folder}").text
        assert "사이트에서 사라진 쪽" in page and f'href="/library/{marked[0][1]}"' in page
        app.watch_desk.pause(people.lead, folder)
        site.asked.clear()
        app.folder_sync.run(folder)
        assert not site.asked


@ONE_DATABASE
def test_others_and_other_machines_are_kept_out(
    app: App, people: Any, collection: int, dav: Dav, signed_in: Any
) -> None:
    login = {"login": "sync", "secret": "열쇠 말"}
    folder = begun(app, people.lead, draft(dav, collection, "webdav", "/dav/업무", **login))
    app.people.create_account(
        login="welfare",
        name="최복지",
        password=people.password,
        role="steward",
        department="복지과",
    )
    welfare = signed_in("welfare")
    url = f"/stewardship/folders/{folder}"
    for path, form in ((url, {"action": "start"}), (f"{url}/check", {}), (f"{url}/login", login)):
        assert welfare.post(path, form).status_code == 404
        assert signed_in("kim").post(path, form).status_code == 403
    assert dav.url not in welfare.get("/stewardship/folders").text
    with pytest.raises(NotFound):
        app.watch_desk.marked(app.people.principal("welfare"), folder)
    before = len(dav.asked)
    for path in (
        "http://169.254.169.254/latest/meta-data", "http://10.0.0.1/", "file:///etc",
        f"http://a:b@127.0.0.1:{dav.url.rsplit(':', 1)[1]}/dav", f"{dav.url}/dav/../x", f"{dav.url}/dav?x",
        "http://127.0.0.1:99999/", "https://[::1]/",
    ):  # fmt: skip
        bad = FolderDraft(path, collection, type="webdav")
        for refused in (app.watch_desk.add, app.watch_desk.check):
            with pytest.raises(InvalidInput):
                refused(people.lead, bad)
    assert len(dav.asked) == before
    with pytest.raises(InvalidInput):
        app.watch_desk.add(people.lead, FolderDraft(f"{dav.url}/x", collection, type="ftp"))
    # A sealed secret copied to another row does not open there.
    other = app.watch_desk.add(people.lead, draft(dav, collection, "webdav", "/dav2", **login))
    with app.db.write() as connection:
        mine = sa.select(watched_folders.c.secret).where(watched_folders.c.id == folder)
        sealed = connection.execute(mine).scalar()
        here = watched_folders.c.id == other
        connection.execute(
            watched_folders.update().where(here).values(secret=sealed, state="active")
        )
    app.folder_sync.run(other)
    assert "열 수 없어 멈췄습니다" in app.watch_desk.get(people.lead, other).problem
    assert len(dav.asked) == before


def test_the_hour_of_the_night_is_korean_and_ahead() -> None:
    folder = Folder(
        3, 1, "", 1, "", 1, "", "", "O", 1_440, "active", "", None, None, {}, False, at_hour=2
    )
    for now in (
        datetime(2026, 11, 23, 16, 0),
        datetime(2026, 11, 23, 17, 21),
        datetime(2026, 11, 23, 18),
    ):
        then = folder.next_run(now)
        assert now < then <= now + timedelta(days=1) and (then.hour, then.minute) == (17, 21)
