"""Models without a model: for tests, and as the twins that need no network."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence

import numpy as np

from mokmin.base.errors import Unavailable
from mokmin.base.korean.bigrams import bigrams
from mokmin.base.llm.ports import Message, ModelProfile, Vectors


class HashEmbedder:
    """Implements ``Embedder``: counts of character bigrams hashed into 384 dimensions.

    The same text always has the same vector, on every machine; texts that share words are near.
    """

    name = "hash-bigrams-384"
    dimensions = 384

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """See ``Embedder.embed_passages``."""
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text: str) -> Vectors:
        """See ``Embedder.embed_query``; a text without letters has the first unit vector."""
        vector = np.zeros(self.dimensions, np.float32)
        for gram in bigrams(text):
            digest = hashlib.blake2b(gram.encode(), digest_size=4).digest()
            vector[int.from_bytes(digest, "little") % self.dimensions] += 1
        if not vector.any():
            vector[0] = 1
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


class ScriptedChatModel:
    """Implements ``ChatModel``: yields the given pieces, and remembers what it was asked.

    ``fail_after`` raises Unavailable after that many pieces (0: at once); ``pause_seconds`` sleeps
    before each piece. ``requests`` holds the messages of all calls, oldest first.
    """

    def __init__(
        self,
        pieces: Sequence[str],
        *,
        name: str = "scripted",
        grade: str = "C",
        fail_after: int | None = None,
        pause_seconds: float = 0.0,
        profile: ModelProfile | None = None,
    ) -> None:
        self.name = name
        self.grade = grade
        self.profile = profile or ModelProfile()
        self.requests: list[tuple[Message, ...]] = []
        self._pieces = tuple(pieces)
        self._fail_after = fail_after
        self._pause = pause_seconds

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 1024) -> Iterator[str]:
        """See ``ChatModel.stream``; one piece counts as one token."""
        self.requests.append(tuple(messages))
        return self._answer(max_tokens)

    def _answer(self, max_tokens: int) -> Iterator[str]:
        for count, piece in enumerate(self._pieces[:max_tokens]):
            if count == self._fail_after:
                self._fail()
            if self._pause:
                time.sleep(self._pause)
            yield piece
        if self._fail_after is not None and self._fail_after >= len(self._pieces):
            self._fail()

    def _fail(self) -> None:
        raise Unavailable(
            "언어 모델이 응답하지 않습니다. 질문은 그대로 남아 있으니 잠시 뒤 다시 시도해 주세요.",
            code="model-unavailable",
        )


class WordReranker:
    """Implements ``Reranker``: the share of the question's character bigrams that a text holds.

    ``down`` makes it fail, ``seconds`` slow. ``requests`` holds the (query, texts) of all calls.
    """

    name = "bigram-overlap"

    def __init__(self, *, grade: str = "C", down: bool = False, seconds: float = 0.0) -> None:
        self.grade = grade
        self.down = down
        self.requests: list[tuple[str, tuple[str, ...]]] = []
        self._seconds = seconds

    def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """See ``Reranker.rerank``."""
        self.requests.append((query, tuple(texts)))
        if self._seconds:
            time.sleep(self._seconds)
        if self.down:
            raise Unavailable("재정렬 모델이 응답하지 않습니다.", code="rerank-unavailable")
        wanted = set(bigrams(query))
        return [len(wanted & set(bigrams(text))) / max(1, len(wanted)) for text in texts]

    def probe(self) -> str:
        """See ``Reranker.probe``."""
        return "재정렬 모델이 응답하지 않습니다." if self.down else ""
