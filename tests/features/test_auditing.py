"""The audit log's page and one's own record: who may, what is shown, what leaves, what is recorded."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.testclient import TestClient

from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.base.errors import NotAllowed
from mokmin.features.auditing.model import Asked
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.audit.store import audit_log
from mokmin.web import create_web

SECRET = "비밀회의록"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def city(app: App, people: Any, put: Any) -> App:
    """People at work: an upload, an answer, documents opened, a wrong password."""
    for login, name, role in (("tak", "탁감사", "auditor"), ("bos", "박보안", "privacy")):
        app.people.create_account(
            login=login, name=name, password=people.password, role=role, department="감사과"
        )
    put(app, f"{SECRET}.txt", f"{SECRET} 사용료 감면 기준.\n", by=people.kim, audience=("회계과",))
    app.answers.answer(people.kim, f"{SECRET} 사용료 감면 기준은?")
    return app


@pytest.fixture
def web(city: App) -> FastAPI:
    return create_web(city)


@pytest.fixture
def open_as(web: FastAPI, people: Any) -> Iterator[Any]:
    opened: list[TestClient] = []

    def enter(login: str, password: str = people.password) -> TestClient:
        client = TestClient(web, base_url="http://127.0.0.1", follow_redirects=False)
        page = client.get("/signin").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token is not None
        form = {"login": login, "password": password, "csrf_token": token[1]}
        client.post("/signin", data=form)
        opened.append(client)
        return client

    yield enter
    for client in opened:
        client.close()


def entries(app: App, action: str) -> list[tuple[str, str, dict[str, Any]]]:
    with app.db.read() as connection:
        query = sa.select(audit_log).where(audit_log.c.action == action).order_by(audit_log.c.seq)
        return [(r.actor, r.subject, json.loads(r.detail)) for r in connection.execute(query)]


def test_only_those_who_may_read_it_and_every_look_is_recorded(
    city: App, web: FastAPI, open_as: Any
) -> None:
    auditor, admin, official = open_as("tak"), open_as("admin"), open_as("kim")
    for path in ("/audit", "/audit/1", "/audit/export.csv", "/audit/export.json"):
        assert admin.get(path).status_code == official.get(path).status_code == 403, path
        assert auditor.get(path).status_code == 200, path
    assert [(who, what) for who, what, _ in entries(city, "audit.view")] == [
        ("tak", "log:page"),
        ("tak", "entry:1"),
    ]
    assert [w for w, _, _ in entries(city, "audit.export")] == ["tak", "tak"]
    assert "/audit" in auditor.get("/").text and '"/audit"' not in admin.get("/").text
    # The service says no by itself, whatever the route says.
    with pytest.raises(NotAllowed):
        city.auditing.page(city.people.principal("admin"), Asked())
    with pytest.raises(NotAllowed):
        city.auditing.export(city.people.principal("bos"), Asked(), "csv")
    # No route changes an entry.
    changing = {"POST", "PUT", "PATCH", "DELETE"}
    routes = [r for r in web.routes if getattr(r, "path", "").startswith("/audit")]
    assert not any(changing & (getattr(r, "methods", None) or set()) for r in routes)


def test_the_auditor_sees_no_contents(city: App, open_as: Any) -> None:
    kim = open_as("kim")
    assert kim.get("/library/1").status_code == 200
    pages = open_as("tak")
    shown = pages.get("/audit").text
    assert "김주무 주무관이 문서 1을 열었습니다." in shown and SECRET not in shown
    assert SECRET not in pages.get("/audit/export.json").text
    # Somebody who may read the document is told its title.
    with city.db.write() as connection:
        table = sa.table("users", sa.column("login"), sa.column("role"))
        connection.execute(sa.update(table).where(table.c.login == "lead").values(role="auditor"))
    told, _ = city.auditing.page(city.people.principal("lead"), Asked(thing="문서 1"))
    assert all(SECRET in t.title for t in told) and told


def test_filters_find_and_pages_go_on(city: App, open_as: Any) -> None:
    for number in range(120):
        city.audit.record(OPERATOR, "search", f"hits:{number}")
    auditor = city.people.principal("tak")
    first, page = city.auditing.page(auditor, Asked(category="ask", person="system-operator"))
    second, more = city.auditing.page(auditor, Asked(person="시스템"), None)
    assert (len(first), first[0].subject, first[-1].subject) == (50, "hits:119", "hits:70")
    assert not second and more.before is None
    rest, _ = city.auditing.page(
        auditor, Asked(category="ask", person="system-operator"), page.before
    )
    assert rest[0].subject == "hits:69"
    by_name, _ = city.auditing.page(auditor, Asked(person="김주무"))
    assert by_name and {t.actor for t in by_name} == {"kim"}
    things, _ = city.auditing.page(auditor, Asked(thing="document:1"))
    assert [t.code for t in things] == ["document.upload"]
    day = (utcnow() + timedelta(hours=9)).date()
    today = Asked(since=str(day), until=str(day), category="document")
    assert city.auditing.page(auditor, today)[0]
    yesterday = str(day - timedelta(days=1))
    assert not city.auditing.page(auditor, Asked(since=yesterday, until=yesterday))[0]
    pages = open_as("tak")
    for wrong in ("since=x", "category=nope", "thing=17", f"since={day}&until={yesterday}"):
        answer = pages.get(f"/audit?{wrong}")
        assert answer.status_code == 400 and "찾지 않았습니다" in answer.text, wrong
    assert pages.get("/audit/999999").status_code == 404
    assert pages.get(f"/audit?before={10**30}").status_code == 404


def test_an_export_is_whole_safe_and_on_the_record_first(city: App, open_as: Any) -> None:
    for login in ("=cmd|' /C calc'!A0", "@evil", "kim\n=1+1"):
        city.audit.record_as(login, "sign-in.failed", "user", {"method": "=HYPERLINK(1)"})
    pages = open_as("tak")
    answer = pages.get("/audit/export.csv?category=sign-in")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0][0] == "번호" and len(rows) == 1 + 4
    assert not [c for row in rows for c in row if c.startswith(("=", "@", "+", "-", "\t"))]
    assert [detail for _, _, detail in entries(city, "audit.export")] == [
        {"category": "sign-in", "last": int(rows[-1][0])}
    ]
    whole = json.loads(pages.get("/audit/export.json").text)
    assert [e["seq"] for e in whole] == list(range(1, len(whole) + 1))
    assert json.loads(pages.get("/audit/export.json?person=nobody").text) == []
    assert pages.get("/audit/export.exe").status_code == 400


def test_signing_in_and_out_is_recorded_without_what_was_typed(city: App, open_as: Any) -> None:
    client = open_as("kim")
    token = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/").text)
    assert token is not None
    client.post("/signout", data={"csrf_token": token[1]})
    open_as("kim", "틀린-비밀번호")
    open_as("나의-비밀번호-실수")
    assert [w for w, _, _ in entries(city, "sign-out")] == ["kim"]
    assert entries(city, "sign-in.failed") == [
        ("kim", "user:1", {"method": "password"}),
        ("unknown", "user", {"method": "password"}),
    ]
    with city.db.read() as connection:
        assert "실수" not in str(connection.execute(sa.select(audit_log)).all())


def test_my_own_record_is_mine(city: App, web: FastAPI, open_as: Any) -> None:
    turn = city.assistant.ask(city.people.principal("kim"), "사용료 감면 기준은?")
    city.audit.record(
        city.people.principal("kim"), "model.call", "model:m1", tokens_in=900, tokens_out=100
    )
    kim, other = open_as("kim"), open_as("other")
    kim.get("/library/1")
    mine = kim.get("/my-ai").text
    link = f'href="/chat/{turn.conversation_id}"'
    assert link in mine and "사용료 감면 기준은?" in mine and SECRET in mine
    assert "m1" in mine and "1,000" in mine
    theirs = other.get("/my-ai").text
    assert link not in theirs and SECRET not in theirs and "한 일이 없습니다" in theirs
    city.conversations.delete(city.people.principal("kim"), turn.conversation_id)
    assert link not in (after := kim.get("/my-ai").text)
    assert f"대화 {turn.conversation_id}에서 질문했습니다" in after
    rows = list(csv.reader(io.StringIO(kim.get("/my-ai/export.csv").text.removeprefix("\ufeff"))))
    assert ["m1", "1000"] in [row[-2:] for row in rows]
    assert [w for w, _, _ in entries(city, "activity.export")] == ["kim"]
    assert kim.get("/my-ai?month=2026-13").status_code == 400
    assert kim.get("/my-ai?month=2026-01").status_code == 200
    outside = TestClient(web, base_url="http://127.0.0.1", follow_redirects=False)
    assert outside.get("/my-ai").status_code in (303, 401)
