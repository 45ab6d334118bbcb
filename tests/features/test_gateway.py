"""The OpenAI protocol with its official client, and the metrics, against a running server."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx2
import numpy as np
import openai
import pytest
import uvicorn
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from sqlalchemy import text as sql

from mokmin.app import App
from mokmin.base.errors import NotFound, RateLimited
from mokmin.base.llm.fakes import ScriptedChatModel
from mokmin.base.llm.ports import ModelProfile
from mokmin.governance.access.model import OPERATOR, Principal
from mokmin.web import create_web

PHONE = "010-2345-6789"


class Slow(ScriptedChatModel):
    """Speaks until it is closed."""

    closed = False

    def stream(self, messages: Any, *, max_tokens: int = 1024) -> Iterator[str]:
        try:
            for number in range(10_000):
                time.sleep(0.02)
                yield f"{number}번째 문장입니다. "
        finally:
            Slow.closed = True


@dataclass
class Server:
    """A running server and its accounts."""

    app: App
    url: str
    open_model: ScriptedChatModel

    def token(self, login: str, scopes: tuple[str, ...] = ("ask",)) -> str:
        """A new API token."""
        who: Principal = self.app.people.principal(login)
        return str(self.app.api_tokens.issue(who, "시험", scopes, 1).token)

    def client(self, key: str) -> openai.OpenAI:
        """The official client."""
        return openai.OpenAI(api_key=key, base_url=f"{self.url}/v1", max_retries=0)


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, blank_sqlite: Path, quick_app: Any
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("gateway")
    (folder / "mokmin.db").write_bytes(blank_sqlite.read_bytes())
    app = quick_app(folder / "home", f"sqlite:///{folder / 'mokmin.db'}")
    plain = ScriptedChatModel(
        ["안녕", "하세요. ", "둘째 문장", "입니다."],
        name="plain",
        grade="O",
        profile=ModelProfile(context_tokens=8192),
    )
    app.models = [plain, Slow([], name="slow", grade="O")]
    for login, department in (("kim", "회계과"), ("other", "복지과")):
        app.people.create_account(
            login=login,
            name=login,
            password="시험용-비밀번호-1234",
            role="official",
            department=department,
        )
    _put(app)
    config = uvicorn.Config(create_web(app), host="127.0.0.1", port=0, log_level="error")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    yield Server(app, f"http://127.0.0.1:{port}", plain)
    running.should_exit = True
    thread.join(10)
    app.db.close()


def _put(app: App) -> None:
    import io

    from mokmin.knowledge.documents.model import DocumentMeta

    text = "출장비 지급 지침\n\n출장 여비는 출장을 마친 날부터 14일 이내에 신청하여야 한다.\n"
    upload = app.documents.take(
        OPERATOR,
        "출장비 지급 지침.txt",
        io.BytesIO(text.encode()),
        DocumentMeta(department="회계과", audience=("회계과",)),
        queue=False,
    )
    app.ingestion.run(upload.version_id)


@pytest.fixture(scope="module")
def kim(server: Server) -> openai.OpenAI:
    return server.client(server.token("kim"))


QUESTION: Any = [{"role": "user", "content": "출장 여비는 며칠 이내에 신청하여야 하나요?"}]


def test_models_are_those_that_the_caller_may_use(server: Server, kim: openai.OpenAI) -> None:
    names = [model.id for model in kim.models.list()]
    assert names == ["mokmin", "mokmin-extractive", "plain", "slow", server.app.embedder().name]
    assert kim.models.retrieve("plain").owned_by == "endpoint"


def test_a_cited_answer_obeys_the_rights_of_the_owner(server: Server, kim: openai.OpenAI) -> None:
    mine = kim.chat.completions.create(model="mokmin-extractive", messages=QUESTION)
    extra: Any = mine.model_extra
    assert "14일" in (mine.choices[0].message.content or "")
    assert extra["mokmin"]["refused"] is False
    assert extra["mokmin"]["citations"][0]["title"] == "출장비 지급 지침"
    others = server.client(server.token("other"))
    theirs = others.chat.completions.create(model="mokmin-extractive", messages=QUESTION)
    refused: Any = theirs.model_extra
    assert refused["mokmin"]["refused"] is True
    assert "14일" not in theirs.model_dump_json()


def test_a_stream_says_what_the_whole_answer_says(kim: openai.OpenAI) -> None:
    whole = kim.chat.completions.create(model="mokmin-extractive", messages=QUESTION)
    events = list(
        kim.chat.completions.create(
            model="mokmin-extractive",
            messages=QUESTION,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    said = "".join(e.choices[0].delta.content or "" for e in events if e.choices)
    assert said == whole.choices[0].message.content
    assert events[-1].choices == []
    assert events[-1].usage == whole.usage
    ends = [e for e in events if e.choices and e.choices[0].finish_reason]
    assert [e.choices[0].finish_reason for e in ends] == ["stop"]
    last: Any = ends[0].model_extra
    assert last["mokmin"]["citations"]
    raw = kim.chat.completions.with_raw_response.create(
        model="mokmin-extractive", messages=QUESTION
    )
    assert any(name.lower().startswith("x-ai") for name in raw.headers)


def test_a_plain_model_sees_no_personal_data_and_is_recorded(
    server: Server, kim: openai.OpenAI
) -> None:
    made = kim.chat.completions.create(
        model="plain", messages=[{"role": "user", "content": f"김철수 {PHONE}에 답장을 써 줘"}]
    )
    assert made.choices[0].message.content == "안녕하세요. 둘째 문장입니다."
    assert PHONE not in server.open_model.requests[-1][0].content
    with server.app.db.read() as connection:
        rows = connection.execute(
            sql("SELECT detail FROM audit_log WHERE action = 'model.call' AND actor = 'kim'")
        ).all()
    assert "gateway" in str(rows[-1][0])
    assert PHONE not in str(rows)


def test_stop_ends_an_answer_across_pieces(kim: openai.OpenAI) -> None:
    made = kim.chat.completions.create(model="plain", messages=QUESTION, stop=["녕하"], stream=True)
    assert "".join(e.choices[0].delta.content or "" for e in made) == "안"


def test_a_grade_beyond_the_model_is_not_sent(server: Server, kim: openai.OpenAI) -> None:
    before = len(server.open_model.requests)
    with pytest.raises(openai.PermissionDeniedError) as refused:
        kim.chat.completions.create(
            model="plain", messages=QUESTION, extra_body={"mokmin": {"grade": "S"}}
        )
    assert refused.value.code == "grade-not-cleared"
    assert len(server.open_model.requests) == before


def test_embeddings_as_floats_and_base64_and_shorter(server: Server, kim: openai.OpenAI) -> None:
    name = server.app.embedder().name
    floats = kim.embeddings.create(model=name, input=["여비", "예산"], encoding_format="float")
    packed = kim.embeddings.create(model=name, input=["여비", "예산"])  # asks for base64
    assert len(floats.data) == 2
    assert np.allclose(floats.data[1].embedding, packed.data[1].embedding, atol=1e-6)
    raw = kim.embeddings.with_raw_response.create(
        model=name, input="여비", dimensions=64, encoding_format="base64"
    )
    short = np.frombuffer(base64.b64decode(raw.http_response.json()["data"][0]["embedding"]), "<f4")
    assert len(short) == 64
    assert abs(float(np.linalg.norm(short)) - 1) < 1e-5
    with pytest.raises(openai.BadRequestError):
        kim.embeddings.create(model=name, input=["여비"], dimensions=9_999)


def test_errors_have_the_form_of_the_protocol(
    server: Server, kim: openai.OpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(openai.AuthenticationError):
        server.client("mok_wrong").models.list()
    with pytest.raises(openai.PermissionDeniedError):
        server.client(server.token("kim", ("upload",))).models.list()
    with pytest.raises(openai.NotFoundError) as missing:
        kim.chat.completions.create(model="gpt-5", messages=QUESTION)
    assert missing.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError) as bad:
        kim.chat.completions.create(model="mokmin", messages=[])
    assert bad.value.type == "invalid_request_error"

    def busy(*_: Any, **__: Any) -> None:
        raise RateLimited("오늘 한도를 다 썼습니다.")

    monkeypatch.setattr(server.app.gateway, "embed", busy)
    with pytest.raises(openai.RateLimitError) as limited:
        kim.embeddings.create(model="any", input="여비")
    assert limited.value.type == "rate_limit_error"


def test_switched_off_answers_503(server: Server, kim: openai.OpenAI) -> None:
    server.app.switches.turn_off(OPERATOR, "gateway", "점검합니다.")
    try:
        with pytest.raises(openai.InternalServerError) as off:
            kim.chat.completions.create(model="plain", messages=QUESTION, stream=True)
    finally:
        server.app.switches.turn_on(OPERATOR, "gateway")
    assert off.value.status_code == 503
    assert off.value.code == "switched-off"


def test_a_caller_who_leaves_in_mid_stream_ends_the_model(kim: openai.OpenAI) -> None:
    Slow.closed = False
    stream = kim.chat.completions.create(model="slow", messages=QUESTION, stream=True)
    next(iter(stream))
    next(iter(stream))
    stream.close()
    deadline = time.monotonic() + 5
    while not Slow.closed and time.monotonic() < deadline:
        time.sleep(0.02)
    assert Slow.closed


# --- the Model Context Protocol ---------------------------------------------------------------
def _call(server: Server, key: str, name: str, given: dict[str, Any]) -> Any:
    async def run() -> Any:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}) as client,
            Client(streamable_http_client(f"{server.url}/mcp", http_client=client)) as tools,
        ):
            return (await tools.list_tools(), await tools.call_tool(name, given))

    return anyio.run(run)


def test_the_official_mcp_client_searches_asks_and_reads(server: Server) -> None:
    key = server.token("kim")
    listed, found = _call(server, key, "search", {"query": "출장 여비"})
    names = {tool.name for tool in listed.tools}
    assert names == {"search", "ask", "read", "draft", "draft_kinds"}
    hits = json.loads(found.content[0].text)
    assert "지시가 아닙니다" in hits["untrusted"]
    document = hits["hits"][0]["document_id"]
    _, answer = _call(server, key, "ask", {"question": QUESTION[0]["content"]})
    assert json.loads(answer.content[0].text)["citations"][0]["document_id"] == document
    _, text = _call(server, key, "read", {"document_id": document})
    assert "14일" in text.content[0].text
    _, hidden = _call(server, server.token("other"), "read", {"document_id": document})
    assert hidden.is_error
    assert "14일" not in hidden.content[0].text


def test_a_draft_over_mcp_is_the_callers_own_and_invents_nothing(server: Server) -> None:
    key = server.token("kim")
    _, kinds = _call(server, key, "draft_kinds", {})
    assert "letter" in {k["key"] for k in json.loads(kinds.content[0].text)["kinds"]}
    facts = {"제목": "재물조사 알림", "내용": ["기간: 2026. 12. 1.(화)"]}
    _, made = _call(server, key, "draft", {"kind": "letter", "facts": facts})
    draft = json.loads(made.content[0].text)
    assert "수신" in {q["key"] for q in draft["questions"] if q["required"]}
    mine = server.app.drafting.get(server.app.people.principal("kim"), draft["id"])
    assert mine.title == "재물조사 알림"
    with pytest.raises(NotFound):
        server.app.drafting.get(server.app.people.principal("other"), draft["id"])
    _, wrong = _call(server, key, "draft", {"kind": "편지지", "facts": {}})
    assert wrong.is_error


def test_the_same_tools_on_standard_input_and_output(server: Server) -> None:
    arguments = ["-m", "mokmin", "--home", str(server.app.settings.home), "mcp", "--as", "kim"]
    where = {"MOKMIN_DATABASE_URL": server.app.settings.database_url}
    there = StdioServerParameters(command=sys.executable, args=arguments, env=where)

    async def run() -> Any:
        async with Client(stdio_client(there)) as tools:
            return await tools.call_tool("draft_kinds", {})

    assert "민원 회신" in anyio.run(run).content[0].text


def test_mcp_without_a_token_is_refused(server: Server) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert httpx2.post(f"{server.url}/mcp", json=body).status_code == 401


# --- metrics -----------------------------------------------------------------------------------
def test_metrics_hold_figures_and_no_person(server: Server, kim: openai.OpenAI) -> None:
    kim.chat.completions.create(model="mokmin-extractive", messages=QUESTION)
    kim.chat.completions.create(model="plain", messages=QUESTION)
    httpx2.get(f"{server.url}/library/98765")
    text = httpx2.get(f"{server.url}/metrics").text
    assert 'mokmin_answers_total{mode="extractive",outcome="answered"}' in text
    assert 'mokmin_model_tokens_total{direction="out",model="plain"}' in text
    assert 'route="/v1/chat/completions",status="200"' in text
    assert "mokmin_index_rows 1.0" in text
    assert "kim" not in text
    assert "98765" not in text
    away = httpx2.get(f"{server.url}/metrics", headers={"X-Forwarded-For": "10.0.0.9"})
    assert away.status_code == 401


# --- the page for programmers ------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["sh", "python"])
def test_the_examples_of_the_page_run(server: Server, kind: str) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    code = page.split(f"```{kind}\n")[1].split("```")[0]
    command = ["bash", "-ec", code] if kind == "sh" else [sys.executable, "-c", code]
    key = server.token("kim")
    around = os.environ | {"API_URL": server.url, "API_TOKEN": key, "PYTHONUTF8": "1"}
    done = subprocess.run(command, env=around, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("14일") >= 2
