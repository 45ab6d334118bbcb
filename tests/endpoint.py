"""A model endpoint on loopback that does what a test wants of it: answer, fail, break off, redirect."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Mode = Literal["well", "broken", "cut", "away", "slow"]


class Endpoint:
    """``mode`` may be changed at any time. ``keys``, ``paths``, ``bodies`` and ``hosts`` hold what was sent, oldest first."""

    def __init__(self, words: str = "답입니다.", model: str = "m") -> None:
        self.mode: Mode = "well"
        self.words, self.model = words, model
        self.keys: list[str] = []
        self.paths: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.hosts: list[str] = []
        self.target = ""
        self.url = ""
        self.port = 0

    def answer(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        """One request."""
        self.keys.append(handler.headers.get("Authorization", ""))
        self.paths.append(handler.path)
        self.bodies.append(body)
        self.hosts.append(handler.headers.get("Host", ""))
        if self.mode == "broken":
            return _send(handler, 500, {"secret": "inside"})
        if self.mode == "away":
            handler.send_response(307)
            handler.send_header("Location", self.target)
            handler.end_headers()
            return None
        if handler.path.endswith("/models"):
            listed = {"id": self.model, "object": "model", "max_model_len": 4096}
            return _send(handler, 200, {"object": "list", "data": [listed]})
        if handler.path.endswith("/embeddings"):
            vectors = [{"embedding": [0.1, 0.2, 0.3]} for _ in body["input"]]
            return _send(handler, 200, {"data": vectors})
        if handler.path.endswith("/rerank"):
            scores = [{"index": n, "relevance_score": -n} for n in range(len(body["documents"]))]
            return _send(handler, 200, {"results": scores})
        return self._complete(handler, body)

    def _complete(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        if not body.get("stream"):
            text = '{"city": "서울"}' if "response_format" in body else self.words
            return _send(handler, 200, {"choices": [{"message": {"content": text}}]})
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        pieces = self.words.split(" ")
        for number, word in enumerate(pieces):
            if self.mode == "cut" and number == len(pieces) // 2:
                return None
            if self.mode == "slow":
                time.sleep(0.2)
            delta = {"content": word + (" " if number + 1 < len(pieces) else "")}
            _event(handler, {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        _event(handler, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        if "stream_options" in body:
            used = {"prompt_tokens": 11, "completion_tokens": 7}
            _event(handler, {"choices": [], "usage": used})
        handler.wfile.write(b"data: [DONE]\n\n")
        return None


def _send(handler: BaseHTTPRequestHandler, status: int, body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(raw)))
    handler.end_headers()
    handler.wfile.write(raw)


def _event(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
    handler.wfile.write(f"data: {json.dumps(body)}\n\n".encode())


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


@contextmanager
def serving(endpoint: Endpoint, port: int = 0) -> Iterator[Endpoint]:
    """Run an endpoint; afterwards its port refuses connections. ``port`` 0: any that is free."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            endpoint.answer(self, json.loads(self.rfile.read(size) or b"{}"))

        def do_GET(self) -> None:
            endpoint.answer(self, {})

        def log_message(self, *_: object) -> None:
            return

    server = _Server(("127.0.0.1", port), Handler)
    endpoint.port = server.server_port
    endpoint.url = f"http://127.0.0.1:{endpoint.port}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
