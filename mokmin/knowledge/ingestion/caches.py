"""Tokens and vectors by content: the cache that ships with the package, and the one on disk that
several homes share."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_AT_ONCE = 500
_BUSY_SECONDS = 60.0


def content_key(text: str) -> bytes:
    """16 bytes that name a text."""
    return hashlib.sha256(text.encode()).digest()[:16]


class FeatureCache(Protocol):
    """Where tokens and vectors may already be; a cache answers only for the model that made it."""

    def tokens(self, analyser: str, texts: Sequence[str]) -> dict[str, str]:
        """Space-joined terms of those texts that are known."""
        ...

    def vectors(self, model: str, texts: Sequence[str]) -> dict[str, Floats]:
        """Vectors of those texts that are known."""
        ...


class ShippedCache:
    """Read-only, made by ``tools/build_features.py``: ``keys.npy`` sorted (n, 16) uint8,
    ``vectors.npy`` (n, d) float16, ``tokens.txt`` one line each, ``model.txt`` and ``analyser.txt``
    with the names of what made them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.model, self.analyser = _line(folder / "model.txt"), _line(folder / "analyser.txt")
        keys = np.load(folder / "keys.npy") if self.model else []
        self._rows = {bytes(key): row for row, key in enumerate(keys)}
        self._lines: list[str] = []

    def tokens(self, analyser: str, texts: Sequence[str]) -> dict[str, str]:
        """See ``FeatureCache.tokens``."""
        if analyser != self.analyser:
            return {}
        if not self._lines:
            self._lines = (self._folder / "tokens.txt").read_text(encoding="utf-8").split("\n")
        return {text: self._lines[row] for text, row in self._known(texts)}

    def vectors(self, model: str, texts: Sequence[str]) -> dict[str, Floats]:
        """See ``FeatureCache.vectors``."""
        if model != self.model:
            return {}
        matrix: NDArray[np.float16] = np.load(self._folder / "vectors.npy", mmap_mode="r")
        return {text: matrix[row].astype(np.float32) for text, row in self._known(texts)}

    def _known(self, texts: Sequence[str]) -> Iterator[tuple[str, int]]:
        for text in texts:
            row = self._rows.get(content_key(text))
            if row is not None:
                yield text, row

    @staticmethod
    def save(
        folder: Path,
        texts: Sequence[str],
        tokens: Sequence[str],
        vectors: Floats,
        *,
        model: str,
        analyser: str,
    ) -> None:
        """Write a cache (each distinct text once)."""
        folder.mkdir(parents=True, exist_ok=True)
        first = {content_key(text): row for row, text in enumerate(texts)}
        order = sorted(first)
        rows = [first[key] for key in order]
        np.save(folder / "keys.npy", np.array([list(key) for key in order], np.uint8))
        np.save(folder / "vectors.npy", vectors[rows].astype(np.float16))
        lines = "\n".join(tokens[row] for row in rows)
        (folder / "tokens.txt").write_text(lines, encoding="utf-8")
        (folder / "model.txt").write_text(model + "\n", encoding="utf-8")
        (folder / "analyser.txt").write_text(analyser + "\n", encoding="utf-8")


def _line(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


class DiskCache:
    """One SQLite file that any number of processes read and fill (``MOKMIN_CACHE``).

    It holds analysed words of documents: it deserves the same protection as the library itself.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "features.sqlite"
        with self._open() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            for kind in ("tokens", "vectors"):
                connection.execute(
                    f"CREATE TABLE IF NOT EXISTS {kind} (maker TEXT NOT NULL, key BLOB NOT NULL, "
                    "value BLOB NOT NULL, PRIMARY KEY (maker, key)) WITHOUT ROWID"
                )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=_BUSY_SECONDS)) as connection, connection:
            yield connection

    def tokens(self, analyser: str, texts: Sequence[str]) -> dict[str, str]:
        """See ``FeatureCache.tokens``."""
        return {text: data.decode() for text, data in self._get("tokens", analyser, texts).items()}

    def vectors(self, model: str, texts: Sequence[str]) -> dict[str, Floats]:
        """See ``FeatureCache.vectors``."""
        found = self._get("vectors", model, texts)
        return {t: np.frombuffer(data, np.float16).astype(np.float32) for t, data in found.items()}

    def keep_tokens(self, analyser: str, values: Mapping[str, str]) -> None:
        """Remember terms."""
        self._put("tokens", analyser, {text: value.encode() for text, value in values.items()})

    def keep_vectors(self, model: str, values: Mapping[str, Floats]) -> None:
        """Remember vectors, as float16."""
        self._put(
            "vectors", model, {text: v.astype(np.float16).tobytes() for text, v in values.items()}
        )

    def _get(self, kind: str, maker: str, texts: Sequence[str]) -> dict[str, bytes]:
        by_key = {content_key(text): text for text in texts}
        found: dict[str, bytes] = {}
        everything = list(by_key)
        with self._open() as connection:
            for begin in range(0, len(everything), _AT_ONCE):
                keys = everything[begin : begin + _AT_ONCE]
                marks = ", ".join("?" * len(keys))
                rows = connection.execute(
                    f"SELECT key, value FROM {kind} WHERE maker = ? AND key IN ({marks})",
                    (maker, *keys),
                )
                found |= {by_key[key]: value for key, value in rows}
        return found

    def _put(self, kind: str, maker: str, values: Mapping[str, bytes]) -> None:
        with self._open() as connection:
            connection.executemany(
                f"INSERT OR IGNORE INTO {kind} VALUES (?, ?, ?)",
                [(maker, content_key(text), value) for text, value in values.items()],
            )
