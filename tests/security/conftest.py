"""One house for all attacks: accounts of every role, and a person who owns one of everything."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from mokmin.app import App
from mokmin.features.work_assistants.model import Content
from mokmin.governance.access.model import ROLES, Principal
from mokmin.governance.people.sessions import Client
from mokmin.knowledge.documents.model import DocumentMeta
from mokmin.knowledge.documents.store import versions
from mokmin.web import create_web

PASSWORD = "시험용-비밀번호-1234"
SECRET = "은하수"
# Owned by one person: what another must not be able to tell from what does not exist.
OWNED = (
    "conversations turns folders saved_searches tool_runs api_tokens sessions documents versions "
    "document_groups shares users user_secrets"
)


@dataclass
class Estate:
    """An application, its clients, and the ids of what ``kim`` owns."""

    app: App
    web: Any
    client: TestClient
    ids: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, tuple[str, str]] = field(default_factory=dict)

    def who(self, login: str) -> Principal:
        """A person of the house."""
        return self.app.people.principal(login)

    def account(self, login: str, role: str, department: str | None) -> None:
        """One more person."""
        self.app.people.create_account(
            login=login, name=f"이름 {login}", password=PASSWORD, role=role, department=department
        )

    def session(self, login: str) -> tuple[str, str]:
        """A live session: its token and its form token."""
        kept = self.sessions.get(login)
        if kept is None or self.app.sessions.find(kept[0], touch=False) is None:
            user = self.who(login).user_id
            assert user is not None
            with self.app.db.write() as connection:
                made = self.app.sessions.open(connection, user, Client())
            kept = self.sessions[login] = (made.token, made.csrf_token)
        return kept

    def send(self, login: str | None, method: str, url: str, **more: Any) -> Any:
        """A request of a person, with the form token."""
        headers = {"Accept": "text/html"}
        self.client.cookies.clear()
        if login:
            session, csrf = self.session(login)
            headers |= {"Cookie": f"mokmin_session={session}", "X-CSRF-Token": csrf}
        headers |= more.pop("headers", {})
        return self.client.request(method, url, headers=headers, follow_redirects=False, **more)

    def put(self, login: str, name: str, content: bytes, **meta: Any) -> int:
        """A document that is read to its end."""
        made = self.app.documents.take(
            self.who(login), name, io.BytesIO(content), DocumentMeta(**meta), queue=False
        )
        self.app.ingestion.run(made.version_id)
        return int(made.document_id)

    def read_waiting(self) -> None:
        """Read whatever was uploaded through the web."""
        query = sa.select(versions.c.id).where(versions.c.state == "queued")
        with self.app.db.read() as connection:
            waiting = list(connection.execute(query).scalars())
        for key in waiting:
            self.app.ingestion.run(key)


def _last(answer: Any) -> str:
    assert answer.status_code == 303, answer.text[:2000]
    found = re.findall(r"\d+", answer.headers["location"])
    return str(found[0]) if found else ""


def _form_file() -> bytes:
    """A form with one place to fill."""
    names = 'xmlns:hs="http://x/section" xmlns:hp="http://x/paragraph"'
    text = '<hp:p><hp:run charPrIDRef="0"><hp:t>수신: {{수신}}</hp:t></hp:run></hp:p>'
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("mimetype", "application/hwp+zip")
        archive.writestr("Contents/section0.xml", f"<hs:sec {names}>{text}</hs:sec>")
    return sink.getvalue()


def _furnish(house: Estate) -> None:
    """One of everything for kim."""
    app, ids = house.app, house.ids
    text = f"# {SECRET} 계획\n\n{SECRET} 사업의 보증금은 7,300만원이다.\n".encode()
    mine = house.put(
        "kim", f"{SECRET}.md", text, title=f"{SECRET} 계획", grade="S", department="회계과",
        audience=("회계과",),
    )  # fmt: skip
    ids["document_id"] = str(mine)
    with app.db.read() as connection:
        query = sa.select(versions.c.id).where(versions.c.document_id == mine)
        ids["version_id"] = str(connection.execute(query).scalar_one())
    ids["cid"] = _last(house.send("kim", "POST", "/chat", data={"question": f"{SECRET} 보증금은?"}))
    app.assistant.close(20)
    with app.db.read() as connection:
        ids["mid"] = str(connection.execute(sa.text("select max(id) from turns")).scalar_one())
    _, attached = app.attaching.attach(
        house.who("kim"), int(ids["cid"]), f"{SECRET} 덧붙임.txt", io.BytesIO(text), grade="S"
    )
    house.read_waiting()
    ids["attached"] = str(attached)
    house.send("kim", "POST", "/chat/folders", data={"name": SECRET})
    house.send("kim", "POST", "/search/saved", data={"name": SECRET, "address": f"q={SECRET}"})
    ids["run_id"] = _last(
        house.send("kim", "POST", "/tools/summary", data={"document": ids["document_id"]})
    )
    app.tools.wait(int(ids["run_id"]), 10)
    shared = house.send("kim", "POST", f"/chat/{ids['cid']}/share", data={"to": "colleague"})
    assert shared.status_code == 303, shared.text[:500]
    ids["share_id"] = str(app.sharing.given(house.who("kim"), int(ids["cid"]))[-1].id)
    ids["token_id"] = str(app.api_tokens.issue(house.who("kim"), "시험", ["ask"], 30).token and 1)
    ids["folder_id"] = ids["saved_id"] = "1"
    open_one = house.put(
        "kim", "열린.md", f"# {SECRET} 알림".encode(), department="회계과", audience=("회계과",)
    )
    changed = house.send(
        "kim", "POST", "/library/rights",
        data={"ids": open_one, "retention": "10", "grade": "-", "mode": "keep",
              "step": "apply"},
    )  # fmt: skip
    ids["batch_id"] = _last(changed)
    facts = {"제목": f"{SECRET} 알림", "수신": "각 부서장", "내용": [f"{SECRET} 보증금 7,300만원"]}
    ids["draft_id"] = str(app.drafting.begin(house.who("kim"), "letter", facts, grade="S"))
    app.draft_comments.add(house.who("kim"), int(ids["draft_id"]), "", f"{SECRET} 의견")
    app.draft_writers.add(
        house.who("kim"), int(ids["draft_id"]), house.who("colleague").user_id or 0
    )
    ids["comment_id"] = ids["number"] = "1"
    # An administrator sees the forms of all departments (features/forms/store.py), never a list.
    form = app.forms.upload(
        house.who("keeper"), "위임장", "", "O", ["회계과"], "a.hwpx", _form_file()
    )
    app.forms.change_state(house.who("keeper"), form, "published")
    rows = f"수신,비고\n{SECRET},없음\n".encode()
    ids["template_id"] = str(form)
    ids["form_batch"] = str(app.form_batches.prepare(house.who("kim"), form, "a.csv", rows))
    about = Content(name=f"{SECRET} 도우미", documents=(mine,))
    ids["assistant_id"] = str(app.work_assistants.make(house.who("kim"), about, "회계과"))
    app.work_assistants.ask(house.who("kim"), int(ids["assistant_id"]), 1)
    house.sessions.pop("kim")  # a second device, so that the first can be ended
    handle = re.search(
        r"/account/devices/([^/\"]+)/end\"", house.send("kim", "GET", "/account").text
    )
    ids["handle"] = handle.group(1) if handle else "none"


@pytest.fixture(scope="session")
def estate(
    tmp_path_factory: pytest.TempPathFactory, blank_sqlite: Path, quick_app: Any
) -> Iterator[Estate]:
    """The house, made once."""
    folder = tmp_path_factory.mktemp("estate")
    path = folder / "mokmin.db"
    path.write_bytes(blank_sqlite.read_bytes())
    app = quick_app(folder / "home", f"sqlite:///{path}")
    web = create_web(app)
    with TestClient(web, raise_server_exceptions=False) as client:
        house = Estate(app, web, client)
        house.account("kim", "official", "회계과")
        house.account("colleague", "official", "회계과")
        house.account("other", "official", "복지과")
        house.account("keeper", "steward", "회계과")
        for role in ROLES:
            house.account(f"a-{role}", role, "복지과")
        _furnish(house)
        yield house
    app.db.close()
