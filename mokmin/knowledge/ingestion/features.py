"""Tokens and vectors of passages, computed or taken from a shipped cache by content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mokmin.base.korean.ports import Analyser
from mokmin.base.llm.ports import Embedder

BATCH = 128
DIMENSIONS = 384


@dataclass(frozen=True, slots=True)
class Features:
    """Space-joined morphemes and a float32 matrix, one row a passage."""

    tokens: list[str]
    vectors: NDArray[np.float32]


def content_key(text: str) -> bytes:
    """16 bytes that name a text."""
    return hashlib.sha256(text.encode()).digest()[:16]


class FeatureCache:
    """Precomputed features that ship with the package: ``keys.npy`` sorted (n, 16) uint8,
    ``vectors.npy`` (n, d) float16, ``tokens.txt`` one line each. Valid for one model alone."""

    @staticmethod
    def holds(folder: Path, model: str) -> bool:
        """Whether a cache is there and was made by this model."""
        mark = folder / "model.txt"
        return mark.is_file() and mark.read_text(encoding="utf-8").strip() == model

    def __init__(self, folder: Path) -> None:
        keys = np.load(folder / "keys.npy")
        self._rows = {bytes(key): row for row, key in enumerate(keys)}
        self._vectors: NDArray[np.float16] = np.load(folder / "vectors.npy", mmap_mode="r")
        self._tokens = (folder / "tokens.txt").read_text(encoding="utf-8").split("\n")

    @staticmethod
    def save(folder: Path, texts: Sequence[str], features: Features, model: str) -> None:
        """Write a cache (each distinct text once)."""
        folder.mkdir(parents=True, exist_ok=True)
        first = {content_key(text): row for row, text in enumerate(texts)}
        order = sorted(first)
        rows = [first[key] for key in order]
        np.save(folder / "keys.npy", np.array([list(key) for key in order], np.uint8))
        np.save(folder / "vectors.npy", features.vectors[rows].astype(np.float16))
        lines = "\n".join(features.tokens[row] for row in rows)
        (folder / "tokens.txt").write_text(lines, encoding="utf-8")
        (folder / "model.txt").write_text(model + "\n", encoding="utf-8")

    def get(self, text: str) -> tuple[str, NDArray[np.float32]] | None:
        """Tokens and vector of a text, or None."""
        row = self._rows.get(content_key(text))
        if row is None:
            return None
        return self._tokens[row], self._vectors[row].astype(np.float32)


class FeatureExtractor:
    """Analyses and embeds, the two side by side since both leave the interpreter lock."""

    def __init__(
        self,
        analyser: Callable[[], Analyser],
        embedder: Callable[[], Embedder],
        caches: Sequence[FeatureCache] = (),
    ) -> None:
        self._analyser = analyser
        self._embedder = embedder
        self._caches = caches

    def extract(
        self, texts: Sequence[str], progress: Callable[[int, int], None] = lambda _d, _n: None
    ) -> Features:
        """Features of all texts, in order; ``progress(done, all)`` after each batch."""
        tokens: list[str] = [""] * len(texts)
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        missing: list[int] = []
        for row, text in enumerate(texts):
            known = next((hit for c in self._caches if (hit := c.get(text)) is not None), None)
            if known is None:
                missing.append(row)
            else:
                tokens[row], vectors[row] = known
        done = len(texts) - len(missing)
        if not missing:
            return Features(tokens, vectors)
        analyser, embedder = self._analyser(), self._embedder()
        with ThreadPoolExecutor(1) as pool:
            for begin in range(0, len(missing), BATCH):
                rows = missing[begin : begin + BATCH]
                batch = [texts[row] for row in rows]
                analysed = pool.submit(analyser.morphemes, batch)
                vectors[rows] = embedder.embed_passages(batch)
                for row, terms in zip(rows, analysed.result(), strict=True):
                    tokens[row] = " ".join(terms)
                done += len(rows)
                progress(done, len(texts))
        return Features(tokens, vectors)
