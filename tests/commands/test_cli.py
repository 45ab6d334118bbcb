"""The command line as other programs call it, with the real models (docs: CONTRACTS)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mokmin.app import App
from mokmin.commands import serving
from mokmin.commands.cli import run
from mokmin.commands.output import Output
from mokmin.settings import load_settings

pytestmark = pytest.mark.xdist_group("models")

BYLAW = (
    "주차장 조례\n\n제1조(목적) 이 조례는 주차요금을 정함을 목적으로 한다.\n\n"
    "제2조(요금) 주차요금은 한 시간에 1,000원으로 한다.\n"
)
HIT = {
    "rank", "score", "passage_id", "document_id", "title", "text", "locator", "grade",
    "department", "date",
}  # fmt: skip


@pytest.fixture(autouse=True)
def mokmin_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The data folder of this test, named by the environment."""
    home = tmp_path / "home"
    monkeypatch.setenv("MOKMIN_HOME", str(home))
    monkeypatch.delenv("MOKMIN_DATABASE_URL", raising=False)
    return home


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two good files, a broken one and a hidden one."""
    made = tmp_path / "자료"
    (made / "하위 폴더").mkdir(parents=True)
    (made / "주차장 조례.txt").write_text(BYLAW, encoding="utf-8")
    (made / "하위 폴더" / "수영장.md").write_text(
        "# 수영장 안내\n\n수영장 이용료는 하루에 3,000원이다.\n", encoding="utf-8"
    )
    (made / ".숨김.txt").write_text("숨긴 글이다.", encoding="utf-8")
    return made


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command with ``--json``; its exit status and the objects on standard output."""

    def do(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
        status = run([*arguments, "--json"])
        return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return do


def test_read_a_good_file(call: Any, folder: Path, mokmin_home: Path) -> None:
    status, (found,) = call("read", str(folder / "주차장 조례.txt"))
    assert status == 0
    assert set(found) == {"file", "format", "title", "status", "reason", "blocks"}
    assert (found["status"], found["reason"], found["format"]) == ("ready", "", "txt")
    assert found["title"] == "주차장 조례"
    articles = {block["locator"]["article"] for block in found["blocks"]}
    assert {"제1조", "제2조"} <= articles
    for block in found["blocks"]:
        assert {"type", "level", "text", "rows", "locator"} <= set(block)
        assert {"page", "section", "article", "paragraph"} <= set(block["locator"])
    assert not (mokmin_home / "mokmin.db").exists(), "reading stores nothing"


def test_read_a_broken_file(call: Any, tmp_path: Path) -> None:
    path = tmp_path / "망가진.pdf"
    path.write_bytes(b"%PDF-1.7 broken")
    status, (found,) = call("read", str(path))
    assert status == 1
    assert (found["status"], found["blocks"]) == ("failed", [])
    assert found["reason"]


def test_wrong_calls(call: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("read", str(tmp_path / "없음.txt"))[0] == 2
    assert call("ingest", str(tmp_path / "없음"))[0] == 2
    assert call("search", "   ")[0] == 2
    for arguments in ([], ["없는-명령"], ["read"], ["ingest", "x", "--grade", "X"], ["audit"]):
        with pytest.raises(SystemExit) as caught:
            run(arguments)
        assert caught.value.code == 2
    assert capsys.readouterr().out == ""


def test_a_wrong_setting_is_a_wrong_call(
    call: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MOKMIN_PORT", "여덟")
    status, (found,) = call("migrate")
    assert status == 2
    assert found["error"]["code"] == "invalid-input"
    assert "MOKMIN_PORT" in found["error"]["detail"]


def test_migrate_and_audit(call: Any) -> None:
    status, (first,) = call("migrate")
    assert status == 0
    assert first["before"] is None
    assert first["after"]
    assert call("migrate") == (0, [{"before": first["after"], "after": first["after"]}])
    assert call("audit", "verify") == (0, [{"entries": 0, "ok": True, "first_bad": None}])


def test_a_changed_log_is_told(call: Any, mokmin_home: Path) -> None:
    from mokmin.base.db import Database
    from mokmin.governance.access.model import OPERATOR
    from mokmin.governance.audit.service import AuditLog, audit_log

    call("migrate")
    db = Database(f"sqlite:///{mokmin_home}/mokmin.db")
    AuditLog(db).record(OPERATOR, "search", "hits:1")
    with db.write() as connection:
        connection.execute(audit_log.update().values(actor="other"))
    db.close()
    assert call("audit", "verify") == (1, [{"entries": 1, "ok": False, "first_bad": 1}])


def test_the_house_from_files_to_answers(call: Any, folder: Path) -> None:
    """ingest, ingest again, search, ask, reindex, doctor: one after another, real models."""
    (folder / "망가진.pdf").write_bytes(b"%PDF-1.7 broken")
    status, lines = call("ingest", str(folder))
    *files, last = lines
    assert status == 1, "one file could not be read"
    assert set(last["summary"]) == {"ready", "failed", "duplicate", "passages", "seconds"}
    assert (last["summary"]["ready"], last["summary"]["failed"]) == (2, 1)
    keys = {"file", "document_id", "status", "reason", "passages", "seconds"}
    assert all(set(line) == keys for line in files)
    assert sum(line["passages"] for line in files) == last["summary"]["passages"] > 0
    (failed,) = (line for line in files if line["status"] == "failed")
    assert failed["reason"]
    (folder / "망가진.pdf").unlink()

    status, lines = call("ingest", str(folder))
    assert status == 0
    assert [line["status"] for line in lines[:-1]] == ["duplicate", "duplicate"]
    assert lines[-1]["summary"]["duplicate"] == 2

    status, (found,) = call("search", "차를 한 시간 세우면 얼마인가요?", "--top", "1")
    assert status == 0
    assert set(found) == {"query", "seconds", "hits"}
    (hit,) = found["hits"]
    assert set(hit) == HIT
    assert "1,000원" in hit["text"]
    assert hit["locator"]["article"] == "제2조"

    status, (answer,) = call("ask", "주차요금은 한 시간에 얼마인가요?")
    assert status == 0
    assert {
        "question", "answer", "refused", "reason", "model", "mode", "sentences", "citations",
        "seconds",
    } <= set(answer)  # fmt: skip
    assert (answer["refused"], answer["mode"]) == (False, "extractive")
    assert "1,000원" in answer["answer"]
    assert all({"text", "support", "citations"} <= set(s) for s in answer["sentences"])
    first, *quoted = answer["sentences"]
    assert first["text"] == "금액·비율: 1,000원"
    assert quoted
    assert all(s["text"] in BYLAW for s in quoted if s["citations"] == [1])
    assert {
        "n", "passage_id", "document_id", "title", "locator", "quote", "grade", "date",
    } <= set(answer["citations"][0])  # fmt: skip

    status, (made,) = call("reindex")
    assert status == 0
    assert set(made) == {"passages", "seconds", "generation"}
    assert (made["passages"], made["generation"]) == (last["summary"]["passages"], 2)
    assert call("search", "차를 한 시간 세우면 얼마인가요?", "--top", "1")[1][0]["hits"] == [hit]

    status, (health,) = call("doctor")
    assert all(set(c) == {"name", "ok", "message"} for c in health["checks"])
    assert status == (0 if all(c["ok"] for c in health["checks"]) else 1)
    names = {c["name"]: c for c in health["checks"]}
    assert names["데이터베이스"]["ok"]
    assert names["임베딩 모델"]["ok"]
    assert names["형태소 분석"]["ok"]


def test_an_index_of_an_older_version_is_made_anew_at_the_start(
    call: Any, folder: Path, mokmin_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call("ingest", str(folder))
    _, (before,) = call("search", "주차요금")
    assert before["hits"]
    index = mokmin_home / "index"
    (index / "CURRENT").unlink()
    (index / "g000001" / "passages.lance").rename(index / "passages.lance")
    status, (health,) = call("doctor")
    assert status == 1
    (check,) = (c for c in health["checks"] if c["name"] == "검색 색인")
    assert not check["ok"]
    assert "mokmin reindex" in check["message"]
    app = App(load_settings(mokmin_home))
    serving.renew_index(app, Output(json=False))
    assert "문서는 그대로" in capsys.readouterr().out
    assert not app.index_is_outdated()
    assert call("search", "주차요금")[1][0]["hits"] == before["hits"]
    serving.renew_index(app, Output(json=False))
    assert capsys.readouterr().out == "", "only once"
    app.db.close()


def test_an_account_is_made_once(
    call: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("긴-비밀번호-12345\n", encoding="utf-8")
    arguments = ("account", "kim", "--name", "김주무", "--password-file", str(secret))
    assert call(*arguments) == (0, [{"login": "kim", "role": "official"}])
    status, (found,) = call(*arguments)
    assert status == 1
    assert found["error"]["code"] == "conflict"
    status, (found,) = call("search", "주차", "--as", "nobody")
    assert status == 1
    assert found["error"]["code"] == "not-found"


def test_without_json_the_output_is_for_people(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["read", str(folder / "주차장 조례.txt")]) == 0
    out = capsys.readouterr().out
    assert out.startswith("주차장 조례")
    assert "제2조" in out
