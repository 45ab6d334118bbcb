"""The rerank adapter against a real HTTP endpoint on loopback that misbehaves in every way."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mokmin.adapters.llm.rerank import MOST_BYTES, HttpReranker
from mokmin.base.errors import Unavailable

Answer = Callable[[BaseHTTPRequestHandler], None]
TEXTS = ["주차요금", "도서관", "수영장"]


def says(body: object, status: int = 200, raw: bytes | None = None) -> Answer:
    """An endpoint that always answers this."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        content = json.dumps(body).encode() if raw is None else raw
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def results(*pairs: tuple[object, object]) -> dict[str, object]:
    return {"results": [{"index": i, "relevance_score": s} for i, s in pairs]}


class Endpoint:
    """A server; ``seen`` holds (path, authorization, body) of each request."""

    def __init__(self, answer: Answer) -> None:
        self.seen: list[tuple[str, str | None, Any]] = []
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                seen.append((self.path, self.headers["Authorization"], body))
                answer(self)

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def endpoint() -> Iterator[Callable[[Answer], Endpoint]]:
    made: list[Endpoint] = []

    def start(answer: Answer) -> Endpoint:
        made.append(Endpoint(answer))
        return made[-1]

    yield start
    for one in made:
        one.server.shutdown()
        one.server.server_close()


def reranker(url: str, seconds: float = 3.0, key: str = "k") -> HttpReranker:
    return HttpReranker(base_url=url, model="m", api_key=key, grade="S", timeout_seconds=seconds)


@pytest.mark.parametrize("address", ["/v1", "/v1/", "/v1/rerank"])
def test_scores_come_back_in_the_order_of_the_texts(endpoint: Any, address: str) -> None:
    there = endpoint(says(results((2, -1.5), (0, 0.9), (1, 3))))
    assert reranker(there.url + address).rerank("질문", TEXTS) == [0.9, 3.0, -1.5]
    path, authorization, body = there.seen[0]
    assert (path, authorization) == ("/v1/rerank", "Bearer k")
    assert (body["model"], body["query"], body["documents"]) == ("m", "질문", TEXTS)
    assert body["top_n"] == 3


def test_without_a_key_none_is_sent(endpoint: Any) -> None:
    there = endpoint(says(results((0, 1), (1, 0))))
    assert reranker(there.url, key="").probe() == ""
    assert there.seen[0][1] is None


@pytest.mark.parametrize(
    "answer",
    [
        says(results((0, 0.1), (1, 0.2))),
        says(results((0, 0.1), (1, 0.2), (2, 0.3), (2, 0.4))),
        says(results((0, 0.1), (1, 0.2), (1, 0.3))),
        says(results((0, 0.1), (1, 0.2), (3, 0.3))),
        says(results((0, 0.1), (1, 0.2), (-1, 0.3))),
        says(results((0, 0.1), (1, 0.2), (2, None))),
        says(results((0, 0.1), (1, 0.2), (2, "0.3"))),
        says(results((0, 0.1), (1, 0.2), (2, True))),
        says(results((0, 0.1), (True, 0.2), (2, 0.3))),
        says(results((0, 0.1), (1, 0.2), (2, float("nan")))),
        says(results((0, 0.1), (1, 0.2), (2, float("inf")))),
        says(results((0, 0.1), (1, 0.2), (2, 10**400))),
        says({"results": {"0": 1}}),
        says({"results": [1, 2, 3]}),
        says({"error": "model not loaded"}),
        says([]),
        says(None),
        says(None, raw=b"<html>proxy error</html>"),
        says(None, raw=b""),
        says(None, raw=b"\xff\xfe\x00"),
        says(None, raw=b"[" * 200_000),
        says(None, raw=b" " * (MOST_BYTES + 10)),
        says(results((0, 0.1), (1, 0.2), (2, 0.3)), 500),
        says(results((0, 0.1), (1, 0.2), (2, 0.3)), 302),
    ],
)
def test_nonsense_is_unavailable(endpoint: Any, answer: Answer) -> None:
    with pytest.raises(Unavailable):
        reranker(endpoint(answer).url).rerank("질문", TEXTS)


def test_the_system_check_says_what_is_wrong(endpoint: Any) -> None:
    assert "재정렬" in reranker(endpoint(says({"error": "model not loaded"})).url).probe()


def test_an_answer_cut_off_is_unavailable(endpoint: Any) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "500")
        handler.end_headers()
        handler.wfile.write(b'{"results": [')

    with pytest.raises(Unavailable):
        reranker(endpoint(answer).url).rerank("질문", TEXTS)


def test_a_silent_endpoint_is_given_up(endpoint: Any) -> None:
    done = threading.Event()
    there = endpoint(lambda _handler: done.wait(10))
    begin = time.monotonic()
    with pytest.raises(Unavailable):
        reranker(there.url, 0.3).rerank("질문", TEXTS)
    seconds = time.monotonic() - begin
    done.set()
    assert seconds < 2


def test_an_answer_that_drips_is_given_up(endpoint: Any) -> None:
    stop = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        while not stop.wait(0.05):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    there = endpoint(answer)
    begin = time.monotonic()
    with pytest.raises(Unavailable):
        reranker(there.url, 0.3).rerank("질문", TEXTS)
    seconds = time.monotonic() - begin
    stop.set()
    assert seconds < 2


def test_nobody_listens() -> None:
    with pytest.raises(Unavailable):
        reranker("http://127.0.0.1:9").rerank("질문", TEXTS)
