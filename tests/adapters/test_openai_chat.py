"""The chat adapter against a real HTTP endpoint on loopback: good, down, slow, nonsense, cut off."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mokmin.adapters.llm.openai_chat import THINKING_TOKENS, OpenAIChat
from mokmin.base.errors import Unavailable
from mokmin.base.llm.breaker import Breaker
from mokmin.base.llm.ports import Message, ModelProfile, Usage

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


# --- misbehaviour -----------------------------------------------------------------------------
def events(*parts: bytes) -> Answer:
    """Answers with these bytes."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        for part in parts:
            handler.wfile.write(part)
            handler.wfile.flush()

    return answer


DONE = b"data: [DONE]\n\n"


def refusing(times: int, status: int, after: str = "") -> Answer:
    """Refuses so many times, then answers well."""
    left = [times]

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if left[0]:
            left[0] -= 1
            handler.send_response(status)
            if after:
                handler.send_header("Retry-After", after)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        else:
            events(chunk("됩니다"), chunk("", "stop"), DONE)(handler)

    return answer


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_endpoint_is_asked_again(
    endpoint: Any, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("mokmin.adapters.llm.openai_chat.time.sleep", waits.append)
    url, seen = endpoint(refusing(2, status))
    assert list(chat(url).stream(TURNS)) == ["됩니다"]
    assert len(seen) == 3 and waits == [0.5, 1.0]


def test_retry_after_is_honoured_up_to_a_limit(
    endpoint: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("mokmin.adapters.llm.openai_chat.time.sleep", waits.append)
    url, _ = endpoint(refusing(1, 429, "3"))
    assert list(chat(url).stream(TURNS)) == ["됩니다"]
    url, seen = endpoint(refusing(1, 429, "3600"))
    with pytest.raises(Unavailable):
        list(chat(url).stream(TURNS))
    assert waits == [3.0] and len(seen) == 1


def test_always_busy_is_given_up(endpoint: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mokmin.adapters.llm.openai_chat.time.sleep", lambda _: None)
    url, seen = endpoint(refusing(99, 503))
    with pytest.raises(Unavailable):
        list(chat(url).stream(TURNS))
    assert len(seen) == 3


def test_a_character_cut_at_any_byte_arrives_whole(endpoint: Any) -> None:
    text = "가나다 한글 완성"
    body = json.loads(chunk(text)[6:])
    raw = f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode()
    for at in range(1, len(raw), 7):
        url, _ = endpoint(events(raw[:at], raw[at:], chunk("", "stop")))
        assert "".join(chat(url).stream(TURNS)) == text


def test_halves_of_one_character_are_joined(endpoint: Any) -> None:
    url, _ = endpoint(events(chunk("좋음 \ud83d"), chunk("\ude00 끝\ud83d"), chunk("", "stop")))
    assert "".join(chat(url).stream(TURNS)) == "좋음 \U0001f600 끝"


def test_a_broken_line_among_good_ones_is_passed_over(endpoint: Any) -> None:
    bad = (
        b"data: {broken\n\n",
        b"data: 17\n\n",
        b'data: {"choices": 1}\n\n',
        b": ping\n\n",
        b"x\n",
    )
    url, _ = endpoint(events(chunk("가"), *bad, chunk("나"), chunk("", "stop")))
    assert "".join(chat(url).stream(TURNS)) == "가나"


def test_thoughts_in_a_field_of_their_own_are_left_out(endpoint: Any) -> None:
    def thought(key: str) -> bytes:
        delta = {key: "속으로"}
        return f"data: {json.dumps({'choices': [{'delta': delta, 'finish_reason': None}]})}\n\n".encode()

    parts = (thought("reasoning_content"), thought("reasoning"), chunk("답"), chunk("", "stop"))
    assert "".join(chat(endpoint(events(*parts))[0]).stream(TURNS)) == "답"


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ((chunk("", "stop"), DONE), "model-empty"),
        ((DONE,), "model-empty"),
        ((chunk("가"), b'data: {"error": {"message": "no"}}\n\n'), "model-unavailable"),
        ((chunk("가"), chunk("", "length")), "model-cut"),
        ((b"data: nonsense\n\n" * 30,), "model-unavailable"),
        ((b"data: " + b"x" * (2**20 + 99),), "model-unavailable"),
    ],
)
def test_what_is_no_answer_is_said(endpoint: Any, parts: tuple[bytes, ...], code: str) -> None:
    with pytest.raises(Unavailable) as caught:
        list(chat(endpoint(events(*parts))[0]).stream(TURNS))
    assert caught.value.code == code


def test_an_endless_answer_is_ended(endpoint: Any) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        try:
            while True:
                handler.wfile.write(chunk("또 "))
        except OSError:
            return

    with pytest.raises(Unavailable) as caught:
        list(chat(endpoint(answer)[0]).stream(TURNS, max_tokens=20))
    assert caught.value.code == "model-cut"


def test_signs_of_life_without_words_are_a_stall(endpoint: Any) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        handler.wfile.write(chunk("여기까지"))
        try:
            for _ in range(100):
                handler.wfile.write(b": ping\n\n")
                time.sleep(0.05)
        except OSError:
            return

    stream = chat(endpoint(answer)[0], seconds=0.4).stream(TURNS)
    assert next(stream) == "여기까지"
    begin = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        next(stream)
    assert caught.value.code == "model-stalled" and time.monotonic() - begin < 3


def test_an_answer_that_is_not_streamed_is_taken(endpoint: Any) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        head(handler, kind="application/json")
        body = {"choices": [{"message": {"role": "assistant", "content": "한 번에"}}]}
        handler.wfile.write(json.dumps(body).encode())

    assert list(chat(endpoint(answer)[0]).stream(TURNS)) == ["한 번에"]


def test_a_dead_endpoint_rests_and_is_tried_again(endpoint: Any) -> None:
    now = [0.0]
    broken = [True]

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if broken[0]:
            head(handler, 500)
        else:
            events(chunk("됩니다"), chunk("", "stop"))(handler)

    url, seen = endpoint(answer)
    model = OpenAIChat(
        base_url=url, model="m", api_key="k", grade="S", breaker=Breaker(clock=lambda: now[0])
    )
    codes = []
    for _ in range(4):
        with pytest.raises(Unavailable) as caught:
            list(model.stream(TURNS))
        codes.append(caught.value.code)
    assert codes == ["model-unavailable"] * 2 + ["model-resting"] * 2 and len(seen) == 2
    broken[0], now[0] = False, 31.0
    assert list(model.stream(TURNS)) == ["됩니다"]
    assert list(model.stream(TURNS)) == ["됩니다"]


def test_a_request_that_is_refused_does_not_make_the_endpoint_rest(endpoint: Any) -> None:
    # Each call asks once more without what an old endpoint may not know.
    url, seen = endpoint(refusing(10, 400))
    model = chat(url)
    for _ in range(5):
        with pytest.raises(Unavailable):
            list(model.stream(TURNS))
    assert list(model.stream(TURNS)) == ["됩니다"] and len(seen) == 11


def test_tokens_are_those_that_the_endpoint_counted(endpoint: Any) -> None:
    used = {"choices": [], "usage": {"prompt_tokens": 41, "completion_tokens": 7}}
    told = f"data: {json.dumps(used)}\n\n".encode()
    url, seen = endpoint(events(chunk("답"), chunk("", "stop"), told, b"data: [DONE]\n\n"))
    pieces = chat(url).stream(TURNS)
    assert list(pieces) == ["답"]
    assert pieces.usage == Usage(41, 7)  # type: ignore[attr-defined]
    assert seen[0]["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("usage", ["many", {}, {"prompt_tokens": -1}, {"prompt_tokens": True}])
def test_a_count_that_is_none_is_passed_over(endpoint: Any, usage: Any) -> None:
    told = f"data: {json.dumps({'choices': [], 'usage': usage})}\n\n".encode()
    url, _ = endpoint(events(chunk("답"), chunk("", "stop"), told, b"data: [DONE]\n\n"))
    pieces = chat(url).stream(TURNS)
    assert list(pieces) == ["답"] and pieces.usage is None  # type: ignore[attr-defined]


def test_an_endpoint_of_before_the_options_is_asked_without_them(endpoint: Any) -> None:
    url, seen = endpoint(refusing(1, 400))
    model = chat(url)
    assert list(model.stream(TURNS)) == ["됩니다"]
    assert list(model.stream(TURNS)) == ["됩니다"]
    assert ["stream_options" in body for body in seen] == [True, False, False]


def test_a_thinking_model_gets_room_for_its_thoughts(endpoint: Any) -> None:
    url, seen = endpoint(events(chunk("답"), chunk("", "stop")))
    profile = ModelProfile(thinking=True)
    model = OpenAIChat(
        base_url=url, model="m", api_key="k", grade="S", name="이름", profile=profile
    )
    list(model.stream(TURNS, max_tokens=100))
    assert model.name == "이름"
    assert seen[0]["model"] == "m" and seen[0]["max_tokens"] == 100 + THINKING_TOKENS
