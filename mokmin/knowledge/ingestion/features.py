"""Tokens and vectors of passages: taken from a cache by content, else computed and remembered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mokmin.base.korean.ports import Analyser
from mokmin.base.llm.ports import Embedder
from mokmin.knowledge.ingestion.caches import DiskCache, FeatureCache

BATCH = 128
DIMENSIONS = 384
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Features:
    """Space-joined morphemes and a float32 matrix, one row a passage."""

    tokens: list[str]
    vectors: NDArray[np.float32]


class FeatureExtractor:
    """Analyses and embeds, the two side by side since both leave the interpreter lock."""

    def __init__(
        self,
        analyser: Callable[[], Analyser],
        embedder: Callable[[], Embedder],
        *,
        shipped: Sequence[FeatureCache] = (),
        disk: DiskCache | None = None,
    ) -> None:
        self._analyser = analyser
        self._embedder = embedder
        self._caches: list[FeatureCache] = [*shipped, *([disk] if disk is not None else [])]
        self._disk = disk

    def extract(self, texts: Sequence[str], progress: Progress = lambda _d, _n: None) -> Features:
        """Features of all texts, in order; ``progress(done, all)`` after each batch."""
        tokens: dict[str, str] = {}
        vectors: dict[str, NDArray[np.float32]] = {}
        if self._caches:
            analyser, model = self._analyser().name, self._embedder().name
            for cache in self._caches:
                tokens |= cache.tokens(analyser, [t for t in texts if t not in tokens])
                vectors |= cache.vectors(model, [t for t in texts if t not in vectors])
        missing = [t for t in dict.fromkeys(texts) if t not in tokens or t not in vectors]
        done = len(texts) - len(missing)
        with ThreadPoolExecutor(1) as pool:
            for begin in range(0, len(missing), BATCH):
                batch = missing[begin : begin + BATCH]
                analysed = pool.submit(self._analyse, [t for t in batch if t not in tokens])
                vectors |= self._embed([t for t in batch if t not in vectors])
                tokens |= analysed.result()
                done += len(batch)
                progress(done, len(texts))
        matrix = np.zeros((len(texts), DIMENSIONS), np.float32)
        for row, text in enumerate(texts):
            matrix[row] = vectors[text]
        return Features([tokens[text] for text in texts], matrix)

    def _analyse(self, texts: list[str]) -> dict[str, str]:
        analyser = self._analyser()
        terms = analyser.morphemes(texts)
        made = {text: " ".join(words) for text, words in zip(texts, terms, strict=True)}
        if self._disk is not None and made:
            self._disk.keep_tokens(analyser.name, made)
        return made

    def _embed(self, texts: list[str]) -> dict[str, NDArray[np.float32]]:
        if not texts:
            return {}
        embedder = self._embedder()
        # Rounded as stored, so that a vector is the same fresh, from a cache or from the database.
        rows = embedder.embed_passages(texts).astype(np.float16).astype(np.float32)
        made = dict(zip(texts, rows, strict=True))
        if self._disk is not None:
            self._disk.keep_vectors(embedder.name, made)
        return made
