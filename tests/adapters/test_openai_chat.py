"""The chat adapter against a real HTTP endpoint on loopback: good, down, slow, nonsense, cut off."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mokmin.adapters.llm.openai_chat import OpenAIChat
from mokmin.base.errors import Unavailable
from mokmin.base.llm.ports import Message

Answer = Callable[[BaseHTTPRequestHandler], None]
TURNS = [Message("system", "규칙"), Message("user", "질문")]


def chunk(text: str, finish: str | None = None) -> bytes:
    delta: dict[str, Any] = {"content": text} if text else {}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    body = {
        "id": "1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [choice],
    }
    return f"data: {json.dumps(body)}\n\n".encode()


def head(
    handler: BaseHTTPRequestHandler, status: int = 200, kind: str = "text/event-stream"
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.end_headers()


@pytest.fixture
def endpoint() -> Iterator[Callable[[Answer], tuple[str, list[dict[str, Any]]]]]:
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Answer) -> tuple[str, list[dict[str, Any]]]:
        seen: list[dict[str, Any]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                seen.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                answer(self)

            def log_message(self, *_: object) -> None:
                return

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/v1", seen

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def chat(url: str, seconds: float = 5.0) -> OpenAIChat:
    return OpenAIChat(base_url=url, model="m", api_key="k", grade="S", timeout_seconds=seconds)


def test_a_stream_arrives_whole_and_the_request_is_what_was_asked(endpoint: Any) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        for part in (chunk("안녕"), chunk("하세요. [1]"), chunk("", "stop"), b"data: [DONE]\n\n"):
            handler.wfile.write(part)

    url, seen = endpoint(answer)
    assert "".join(chat(url).stream(TURNS, max_tokens=7)) == "안녕하세요. [1]"
    assert seen[0]["messages"] == [
        {"role": "system", "content": "규칙"},
        {"role": "user", "content": "질문"},
    ]
    assert seen[0]["stream"] is True and seen[0]["temperature"] == 0 and seen[0]["max_tokens"] == 7


def test_cut_off_in_the_middle_is_said(endpoint: Any) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        handler.wfile.write(chunk("여기까지"))

    stream = chat(endpoint(answer)[0]).stream(TURNS)
    assert next(stream) == "여기까지"
    with pytest.raises(Unavailable):
        next(stream)


def test_nonsense_is_said(endpoint: Any) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        head(handler, kind="text/html")
        handler.wfile.write(b"<html>proxy error</html>")

    with pytest.raises(Unavailable):
        list(chat(endpoint(answer)[0]).stream(TURNS))


def test_broken_events_are_said(endpoint: Any) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        handler.wfile.write(b"data: {not json\n\n")

    with pytest.raises(Unavailable):
        list(chat(endpoint(answer)[0]).stream(TURNS))


def test_an_error_status_is_said(endpoint: Any) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        head(handler, 500, "application/json")
        handler.wfile.write(b"{}")

    with pytest.raises(Unavailable):
        list(chat(endpoint(answer)[0]).stream(TURNS))


def test_a_silent_endpoint_is_given_up(endpoint: Any) -> None:
    done = threading.Event()

    def answer(_handler: BaseHTTPRequestHandler) -> None:
        done.wait(10)

    begin = time.monotonic()
    with pytest.raises(Unavailable):
        list(chat(endpoint(answer)[0], seconds=0.3).stream(TURNS))
    done.set()
    assert time.monotonic() - begin < 8


def test_nobody_listens() -> None:
    with pytest.raises(Unavailable) as caught:
        list(chat("http://127.0.0.1:9/v1").stream(TURNS))
    assert caught.value.retry and "언어모델" in caught.value.message
    assert chat("http://127.0.0.1:9/v1").probe()
