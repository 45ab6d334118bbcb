"""Rerankers at HTTP endpoints that speak the ``/rerank`` protocol of Jina, Cohere, vLLM and llama.cpp.

``POST {base_url}/rerank`` with ``{model, query, documents, top_n}`` answers
``{results: [{index, relevance_score}, …]}`` in any order. Everything else counts as nonsense.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from typing import Any

import httpx2

from mokmin.adapters.net.checked import CheckedTransport
from mokmin.base.errors import Unavailable
from mokmin.base.net.hosts import AllowedHosts

_DOWN = "재정렬 모델이 응답하지 않습니다. 찾은 차례는 재정렬 없이 그대로 씁니다."
_NONSENSE = "재정렬 모델이 알 수 없는 답을 보냈습니다. 찾은 차례는 재정렬 없이 그대로 씁니다."
CONNECT_SECONDS = 0.5
MOST_BYTES = 2**20
"""More than any honest answer: thirty scores take less than 4 KB, with the texts echoed 300 KB."""


class HttpReranker:
    """Implements ``Reranker``. ``grade`` is the highest grade that the endpoint may see.

    ``timeout_seconds`` bounds each wait and, while the body arrives, the whole answer. ``hosts``: where it
    may lead at all; None: the operator named it.
    """

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        api_key: str,
        grade: str,
        timeout_seconds: float,
        hosts: AllowedHosts | None = None,
    ) -> None:
        self.name = model
        self.grade = grade
        self._url = base_url.rstrip("/").removesuffix("/rerank") + "/rerank"
        self._seconds = timeout_seconds
        # trust_env off: a proxy in the environment must not carry the city's text elsewhere.
        self._client = httpx2.Client(
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(timeout_seconds, connect=min(CONNECT_SECONDS, timeout_seconds)),
            transport=CheckedTransport(hosts) if hosts is not None else None,
            headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
        )

    def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """See ``Reranker.rerank``."""
        body = {
            "model": self.name,
            "query": query,
            "documents": list(texts),
            "top_n": len(texts),
            "return_documents": False,
        }
        try:
            answer = json.loads(self._answer(body))
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise Unavailable(_DOWN, code="rerank-unavailable") from error
        except (ValueError, RecursionError) as error:
            raise Unavailable(_NONSENSE, code="rerank-unavailable") from error
        return _scores(answer, len(texts))

    def _answer(self, body: dict[str, Any]) -> bytes:
        deadline = time.monotonic() + self._seconds
        parts: list[bytes] = []
        with self._client.stream("POST", self._url, json=body) as response:
            response.raise_for_status()
            for part in response.iter_bytes():
                parts.append(part)
                if time.monotonic() > deadline:
                    raise Unavailable(_DOWN, code="rerank-unavailable")
                if sum(map(len, parts)) > MOST_BYTES:
                    raise Unavailable(_NONSENSE, code="rerank-unavailable")
        return b"".join(parts)

    def probe(self) -> str:
        """Empty when the endpoint scores a sample, else why not (in Korean)."""
        try:
            self.rerank("점검", ["점검하는 글", "다른 글"])
        except Unavailable as error:
            return error.message
        return ""


def _scores(answer: object, count: int) -> list[float]:
    """One finite score for each of ``count`` texts. Raises Unavailable."""
    results = answer.get("results") if isinstance(answer, dict) else None
    scores: dict[int, float] = {}
    for item in results if isinstance(results, list) else ():
        scores |= _score(item)
    if not isinstance(results, list) or len(results) != count or set(scores) != set(range(count)):
        raise Unavailable(_NONSENSE, code="rerank-unavailable")
    return [scores[index] for index in range(count)]


def _score(item: object) -> dict[int, float]:
    """The score by its place; nothing when the item holds none."""
    if not isinstance(item, dict):
        return {}
    index, value = item.get("index"), item.get("relevance_score")
    # A bool is an int to isinstance, but neither a place nor a score.
    if isinstance(index, bool) or not isinstance(index, int):
        return {}
    if isinstance(value, bool) or not isinstance(value, int | float):
        return {}
    # An integer may be too large for a float.
    number = float(value) if abs(value) < 1e300 else math.inf
    return {index: number} if math.isfinite(number) else {}
