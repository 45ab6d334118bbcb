"""Embedders at endpoints of the OpenAI protocol (``POST {base_url}/embeddings``)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import httpx2
import numpy as np

from mokmin.adapters.net.checked import CheckedTransport
from mokmin.base.errors import Unavailable
from mokmin.base.llm.breaker import Breaker
from mokmin.base.llm.ports import Vectors
from mokmin.base.net.hosts import AllowedHosts
from mokmin.governance.endpoints.model import Form

_DOWN = "임베딩 모델이 응답하지 않습니다. 잠시 뒤 다시 시도해 주세요."
CONNECT_SECONDS = 3.0
MOST_BYTES = 64 * 2**20
QUERY_SECONDS = 3.0


class HttpEmbedder:
    """Implements ``RemoteEmbedder``. ``hosts``: where it may lead."""

    def __init__(self, form: Form, key: str, hosts: AllowedHosts) -> None:
        self.name, self.grade = form.name, form.grade
        self.breaker = Breaker()
        self._model, self._url = form.model, form.base_url.rstrip("/") + "/embeddings"
        seconds = form.timeout_seconds
        self._client = httpx2.Client(
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds)),
            transport=CheckedTransport(hosts),
            headers={"Authorization": f"Bearer {key}"} if key else {},
        )

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See ``RemoteEmbedder.embed``."""
        if not self.breaker.allows():
            raise Unavailable(_DOWN, code="model-resting")
        began = self.breaker.moment()
        try:
            vectors = _vectors(self._answer(list(texts)), len(texts))
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError) as error:
            self.breaker.failed(began)
            raise Unavailable(_DOWN, code="model-unavailable") from error
        self.breaker.succeeded(began)
        return vectors

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def _answer(self, texts: list[str]) -> Any:
        """The answer's JSON. Raises ValueError, httpx2.HTTPError."""
        raw = b""
        body = {"model": self._model, "input": texts, "encoding_format": "float"}
        with self._client.stream("POST", self._url, json=body) as answer:
            answer.raise_for_status()
            for part in answer.iter_bytes():
                raw += part
                if len(raw) > MOST_BYTES:
                    raise ValueError("too long")
        return json.loads(raw)


class EndpointEmbedder:
    """Implements ``RawEmbedder``: a registered endpoint that the library is searched with. A question
    waits ``QUERY_SECONDS`` for it at most. ``redact`` masks for an endpoint without clearance for personal
    information."""

    local = False

    def __init__(
        self,
        endpoint_id: int,
        form: Form,
        key: str,
        hosts: AllowedHosts,
        redact: Callable[[str], str],
    ) -> None:
        self.endpoint_id, self.name, self.grade = endpoint_id, form.name, form.grade
        quick = replace(form, timeout_seconds=min(form.timeout_seconds, QUERY_SECONDS))
        self._queries = HttpEmbedder(quick, key, hosts)
        self._passages = HttpEmbedder(form, key, hosts)
        self._redact = None if form.profile.personal_data else redact

    def embed(self, texts: Sequence[str], *, query: bool) -> Vectors:
        """See ``RawEmbedder.embed``."""
        if self._redact is not None:
            texts = [self._redact(text) for text in texts]
        return (self._queries if query else self._passages).embed(texts)


def _vectors(answer: Any, count: int) -> Vectors:
    """Raises ValueError for what is not one finite vector of the same length for each text."""
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, list) or len(data) != count:
        raise ValueError("not as many as asked")
    try:
        items = [(n, d) for n, d in enumerate(data) if isinstance(d, dict)]
        placed = {d.get("index", n): d.get("embedding") for n, d in items}
        vectors = np.array([placed[n] for n in range(count)], np.float32)
    except (KeyError, TypeError) as error:
        raise ValueError("no vectors") from error
    if vectors.ndim != 2 or not vectors.shape[1] or not np.isfinite(vectors).all():
        raise ValueError("no vectors")
    return vectors
