"""``mokmin eval`` as other programs call it, with the real models."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mokmin.commands.cli import run

pytestmark = pytest.mark.xdist_group("models")

CORPUS = [
    {"id": "주차", "title": "주차장 조례", "text": "주차요금은 한 시간에 1,000원으로 한다."},
    {"id": "수영", "title": "수영장 안내", "text": "수영장 이용료는 하루에 3,000원이다."},
    {"id": "도서", "title": "도서관 규칙", "text": "책은 한 사람이 다섯 권까지 14일 동안 빌린다."},
]
QUESTIONS = [
    {
        "id": "1",
        "text": "주차요금은 한 시간에 얼마인가요?",
        "relevant": ["주차"],
        "answer": "1000원",
    },
    {"id": "2", "text": "책은 며칠 동안 빌릴 수 있나요?", "relevant": ["도서"], "answer": "14일"},
    {"id": "3", "text": "비트코인 시세가 얼마야?", "relevant": [], "answer": None},
]
FIGURES = {
    "questions", "answer_contained", "citation_precision", "citation_recall", "source_precision",
    "source_recall", "abstained_right",
    "abstained_wrong", "unsupported_sentences", "p50_seconds",
}  # fmt: skip


@pytest.fixture(autouse=True)
def mokmin_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The data folder of this test."""
    home = tmp_path / "home"
    monkeypatch.setenv("MOKMIN_HOME", str(home))
    monkeypatch.setenv("MOKMIN_CACHE", str(tmp_path / "cache"))
    for name in ("MOKMIN_DATABASE_URL", "MOKMIN_CHAT_BASE_URL", "MOKMIN_RERANK_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A corpus and questions on it."""
    paths = (tmp_path / "corpus.jsonl", tmp_path / "questions.jsonl")
    for path, items in zip(paths, (CORPUS, QUESTIONS), strict=True):
        path.write_text(
            "".join(json.dumps(x, ensure_ascii=False) + "\n" for x in items), encoding="utf-8"
        )
    return str(paths[0]), str(paths[1])


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Exit status, the one object on standard output, and standard error."""
    status = run(["eval", *arguments, "--json"])
    captured = capsys.readouterr()
    return status, json.loads(captured.out), captured.err


def test_answers(
    capsys: pytest.CaptureFixture[str], files: tuple[str, str], tmp_path: Path
) -> None:
    details = tmp_path / "details.jsonl"
    status, found, _ = call(
        capsys,
        *("answers", "--corpus", files[0], "--questions", files[1], "--details", str(details)),
    )
    assert status == 0
    assert set(found) == FIGURES
    assert (found["questions"], found["answer_contained"]) == (3, 1.0)
    assert found["source_recall"] == 1.0
    assert (found["abstained_wrong"], found["unsupported_sentences"]) == (0.0, 0.0)
    rows = [json.loads(line) for line in details.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert "1,000원" in rows[0]["answer"]


def test_retrieval(
    capsys: pytest.CaptureFixture[str], files: tuple[str, str], mokmin_home: Path
) -> None:
    status, found, told = call(
        capsys, "retrieval", "--corpus", files[0], "--queries", files[1], "--mode", "dense"
    )
    assert status == 0
    assert (found["queries"], found["recall@10"], found["mode"]) == (2, 1.0, "dense")
    assert found["passages"] == 3
    assert "1건은 빼고" in told, "the question without an answer is left out, and that is said"
    assert not (mokmin_home / "mokmin.db").exists(), "the real library is left alone"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--questions", "{corpus}"], "1행에 answer 항목이 없습니다"),
        (["--questions", "없음.jsonl"], "읽을 수 없습니다"),
        (["--questions", "{questions}", "--limit", "0"], "1 이상"),
        (["--questions", "{questions}", "--model", "없는 모델"], "쓸 수 있는 모델: 발췌"),
    ],
)
def test_a_wrong_call_is_told_in_korean(
    capsys: pytest.CaptureFixture[str],
    files: tuple[str, str],
    arguments: list[str],
    told: str,
) -> None:
    given = [a.format(corpus=files[0], questions=files[1]) for a in arguments]
    status, found, error = call(capsys, "answers", "--corpus", files[0], *given)
    assert status == 2
    assert told in found["error"]["detail"]
    assert told in error


@pytest.fixture
def rerank_url() -> Iterator[str]:
    """An endpoint that puts the hits upside down."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found = [
                {"index": n, "relevance_score": 9.0 * n * n} for n in range(len(body["documents"]))
            ]
            content = json.dumps({"results": found}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_reranker_is_measured_against_the_search_without_it(
    capsys: pytest.CaptureFixture[str],
    files: tuple[str, str],
    rerank_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MOKMIN_RERANK_BASE_URL", rerank_url)
    status, found, _ = call(
        capsys, "retrieval", "--corpus", files[0], "--queries", files[1], "--rerank"
    )
    assert status == 0
    assert (found["queries"], found["reranked"]) == (2, 2)
    assert found["without_ndcg@10"] == 1.0
    assert found["gain"] == pytest.approx(found["ndcg@10"] - 1.0, abs=2e-4)
    assert found["gain_low"] <= found["gain"] <= found["gain_high"] <= 0


def test_a_dead_reranker_costs_no_quality_and_is_counted(
    capsys: pytest.CaptureFixture[str], files: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOKMIN_RERANK_BASE_URL", "http://127.0.0.1:9")
    status, found, _ = call(capsys, "retrieval", "--corpus", files[0], "--queries", files[1])
    assert (status, found["ndcg@10"], found["reranked"]) == (0, 1.0, 0)
    assert "gain" not in found


def test_comparing_needs_a_reranker(
    capsys: pytest.CaptureFixture[str], files: tuple[str, str]
) -> None:
    status = run(["eval", "retrieval", "--corpus", files[0], "--queries", files[1], "--rerank"])
    assert status == 2
    assert "MOKMIN_RERANK_BASE_URL" in capsys.readouterr().err


def test_before_and_after_question_by_question(
    capsys: pytest.CaptureFixture[str], files: tuple[str, str], tmp_path: Path, mokmin_home: Path
) -> None:
    details = [tmp_path / "before.jsonl", tmp_path / "after.jsonl"]
    for path, mode in zip(details, ("lexical", "hybrid"), strict=True):
        arguments = ["--corpus", files[0], "--queries", files[1], "--mode", mode]
        status, _, _ = call(capsys, "retrieval", *arguments, "--details", str(path))
        assert status == 0
    status, found, _ = call(capsys, "compare", *map(str, details), "--keep")
    assert status == 0
    changes = {change["name"]: change for change in found["changes"]}
    assert changes["ndcg"]["questions"] == 2
    assert changes["recall"]["after"] == 1.0
    assert Path(found["kept"]).parent == mokmin_home / "evaluations"
    status, found, error = call(capsys, "compare", str(details[0]), "없음.jsonl")
    assert status == 2 and "읽을 수 없습니다" in error
