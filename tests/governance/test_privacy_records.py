"""What is recorded and logged carries no personal information; the command says what it found."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from mokmin.app import App
from mokmin.base.logs import JsonFormatter
from mokmin.commands.cli import run
from mokmin.governance.audit.service import audit_log
from mokmin.governance.privacy.detection import detect
from mokmin.web import create_web

PERSONAL = "신청인 김민수 님 900101-1234568, 010-1234-5678, kim@example.com의 공유재산 사용료는?"
SECRETS = ("김민수", "1234568", "5678", "example.com")


class Lines(logging.Handler):
    """Log lines as the service writes them."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def test_audit_log_and_logs_carry_no_personal_information(app: App, people: Any, put: Any) -> None:
    """Search and ask with personal information in the question, over the web and below it."""
    put(app, "편람.md", "# 편람\n\n공유재산 사용료는 연 4회까지 나누어 낸다.\n")
    lines = Lines()
    root = logging.getLogger()
    level = root.level
    root.addHandler(lines)
    root.setLevel(logging.DEBUG)
    try:
        app.answers.answer(people.kim, PERSONAL)
        app.search.search(people.kim, PERSONAL)
        session = app.sign_in.with_password("kim", people.password)
        with TestClient(create_web(app), raise_server_exceptions=False) as client:
            client.cookies.set("mokmin_session", session.token)
            for url in ("/search", "/chat", "/none"):
                client.get(url, params={"q": PERSONAL})
            client.post(
                "/chat",
                data={"question": PERSONAL, "csrf_token": session.csrf_token},
                follow_redirects=False,
            )
            client.post("/signin", data={"login": "kim@example.com", "password": "x"})
    finally:
        root.removeHandler(lines)
        root.setLevel(level)
    with app.db.read() as connection:
        rows = connection.execute(sa.select(audit_log)).all()
    assert any(row.action.startswith("answer") or "ask" in row.action for row in rows), rows
    records = [f"{row.subject} {row.detail}" for row in rows]
    ours = [line for line in lines.lines if json.loads(line)["logger"].startswith("mokmin")]
    assert lines.lines
    for text in records + ours:
        assert not any(secret in text for secret in SECRETS), text
    assert not [s for text in records for s in detect(text)]


MARK = ("홍길순", "880808-2345678", "2345678", "010-9876-5432", "9876", "gilsun@mark.kr", "gilsun")
MARKED = "홍길순 880808-2345678 010-9876-5432 gilsun@mark.kr"
# Columns that hold what people wrote or brought, under rights; every other text column is metadata.
CONTENT = {
    ("documents", "title"), ("documents", "source"), ("versions", "filename"),
    ("passages", "header"), ("passages", "text"), ("passages", "tokens"),
    ("conversations", "title"), ("turns", "question"), ("turns", "answer"),
    ("recent_searches", "address"), ("saved_searches", "address"), ("saved_searches", "name"),
}  # fmt: skip


def test_marked_inputs_leave_no_trace_outside_contents(app: App, people: Any) -> None:
    """Personal data in every kind of input: addresses, query strings, file names, forms, headers, broken
    bodies, unforeseen errors. Logs, the audit log, problem bodies, jobs and metadata hold none."""
    lines = Lines()
    root = logging.getLogger()
    level = root.level
    root.addHandler(lines)
    root.setLevel(logging.DEBUG)
    bodies: list[str] = []
    session = app.sign_in.with_password("kim", people.password)
    try:
        web = create_web(app)

        @web.get("/boom/{what}")
        def boom(what: str) -> None:
            raise RuntimeError(f"cannot handle {what} {MARKED}")

        with TestClient(web, raise_server_exceptions=False) as client:
            client.cookies.set("mokmin_session", session.token)
            head = {"User-Agent": "gilsun@mark.kr", "X-Forwarded-For": "010-9876-5432"}
            token = {"csrf_token": session.csrf_token}

            def note(answer: Any) -> None:
                if answer.status_code >= 400:
                    bodies.append(answer.text)

            for url in (
                "/search", "/chat", f"/none/{MARKED}", f"/boom/{MARKED}", f"/library/{MARKED}",
                "/library/status", f"/chat/{MARKED}", "/search/suggest", "/privacy", "/audit",
            ):  # fmt: skip
                for kind in ("text/html", "application/json"):
                    query = {"q": MARKED, "ids": MARKED, "type": MARKED}
                    note(client.get(url, params=query, headers={**head, "Accept": kind}))
            for name, body in (("깨짐.pdf", b"%PDF-1.7 x"), ("x.exe", b"MZ"), ("빈.txt", b"")):
                files = {"file": (f"{MARKED} {name}", body + MARKED.encode())}
                form = token | {"grade": "O", "audience": "staff", "department": MARKED}
                note(client.post("/library/upload", files=files, data=form, headers=head))
                note(client.post("/library/upload", files=files, data={**form, "grade": MARKED}))
            note(client.post("/chat", data=token | {"question": MARKED}, follow_redirects=False))
            note(client.post("/chat", data=token | {"question": MARKED, "model": MARKED}))
            client.headers["x-csrf-token"] = session.csrf_token
            note(client.post("/api/v1/ask", content=f'{{"question": "{MARKED}'.encode()))
            note(client.post("/api/v1/ask", json={"query": MARKED}))
            note(client.post("/api/v1/search", json={"query": MARKED, "top": MARKED}))
            note(client.post("/privacy/decide", data=token | {"state": MARKED, "ids": MARKED}))
            note(client.post("/signin", data={"login": MARKED[:60], "password": MARKED}))
        for version in range(1, 4):
            app.ingestion.run(version)
    finally:
        root.removeHandler(lines)
        root.setLevel(level)
    assert len(bodies) > 15
    assert any('"RuntimeError"' in line for line in lines.lines)
    # The test's own client writes the addresses it calls; a service has none.
    ours = [line for line in lines.lines if not json.loads(line)["logger"].startswith("httpx")]
    for text in ours:
        assert not [m for m in MARK if m in text], f"log: {text}"
    for text in bodies:
        assert not [m for m in MARK if m in _without_form(text)], f"answer: {text[:3000]}"
    with app.db.read() as connection:
        tables = sa.inspect(connection)
        for table in tables.get_table_names():
            for column in tables.get_columns(table):
                if (table, column["name"]) in CONTENT:
                    continue
                query = sa.select(sa.column(column["name"])).select_from(sa.table(table))
                for (value,) in connection.execute(query):
                    if isinstance(value, str):
                        assert not [m for m in MARK if m in value], (table, column["name"], value)


def _without_form(text: str) -> str:
    """A page without what its own forms give back to the person who typed it."""
    text = re.sub(r"<(textarea|title)\b.*?</\1>", "", text, flags=re.S)
    return re.sub(r"<input[^>]*>", "", text)


def test_pii_reads_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The form of the contract, with offsets into the text as given."""

    class Input:
        buffer = io.BytesIO(PERSONAL.encode())

    monkeypatch.setattr(sys, "stdin", Input)
    assert run(["--home", str(tmp_path), "pii", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert [s["type"] for s in result["spans"]] == ["name", "rrn", "mobile", "email"]
    for span in result["spans"]:
        assert PERSONAL[span["start"] : span["end"]] == span["text"]
        assert set(span) == {"start", "end", "type", "text", "masked"}
    assert result["masked_text"].startswith("신청인 김○○ 님 900101-1******, 010-****-5678")


@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_pii_reads_a_file(
    encoding: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Plain text in the encodings of Korean offices; a missing file is said."""
    path = tmp_path / "글.txt"
    path.write_bytes("연락처 010-1234-5678\r\n끝.".encode(encoding))
    assert run(["--home", str(tmp_path), "pii", str(path), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["masked_text"] == "연락처 010-****-5678\r\n끝."
    assert run(["--home", str(tmp_path), "pii", str(tmp_path / "없음.txt"), "--json"]) == 2
    assert "없습니다" in capsys.readouterr().err
