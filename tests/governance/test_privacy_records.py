"""What is recorded and logged carries no personal information; the command says what it found."""

from __future__ import annotations

import io
import json
import logging
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
        session = app.people.sign_in("kim", people.password)
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
