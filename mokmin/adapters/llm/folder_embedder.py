"""An embedding model out of a folder that declares itself: ONNX graph, tokenizer, manifest.

``manifest.json`` holds ``name``, ``dimensions``, ``max_tokens``, ``pooling`` (``mean``, ``cls``, or ``none``
where the graph gives one vector), ``model`` and ``tokenizer`` (file names), and ``sha256`` by file name. A
file that is not what the manifest says is not opened. One text is one run, so a vector depends on it alone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer

from mokmin.base.errors import Unavailable
from mokmin.base.llm.ports import Vectors

MANIFEST = "manifest.json"
MANIFEST_BYTES = 2**16
POOLINGS = ("mean", "cls", "none")
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,78}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a folder declares of its model."""

    name: str
    dimensions: int
    max_tokens: int
    pooling: str
    model: str
    tokenizer: str
    sha256: dict[str, str]


def folders(models: Path) -> list[str]:
    """Folders below the models of a home that hold a manifest."""
    if not models.is_dir():
        return []
    return sorted(
        path.name
        for path in models.iterdir()
        if _FOLDER.fullmatch(path.name) and (path / MANIFEST).is_file() and not path.is_symlink()
    )


def read_manifest(folder: Path) -> Manifest:
    """What a folder declares. Raises Unavailable with what is wrong."""
    path = folder / MANIFEST
    try:
        if path.stat().st_size > MANIFEST_BYTES:
            raise ValueError("too long")
        told = json.loads(path.read_text(encoding="utf-8"))
        made = Manifest(
            str(told["name"])[:80],
            int(told["dimensions"]),
            int(told["max_tokens"]),
            str(told["pooling"]),
            str(told["model"]),
            str(told["tokenizer"]),
            {str(k): str(v).lower() for k, v in told["sha256"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _bad(folder, "manifest.json을 읽을 수 없습니다") from error
    files = (made.model, made.tokenizer)
    if made.pooling not in POOLINGS or not made.name.strip() or made.max_tokens < 8:
        raise _bad(folder, "manifest.json의 값이 맞지 않습니다")
    if not all(_FILE.fullmatch(name) and name in made.sha256 for name in files):
        raise _bad(folder, "파일 이름이나 sha256이 없습니다")
    return made


class FolderEmbedder:
    """Implements ``RawEmbedder``; safe to share between threads. Opened at the first text. Raises
    Unavailable when the folder is not what it declares."""

    grade = "C"
    local = True

    def __init__(self, models: Path, folder: str, threads: int) -> None:
        if not _FOLDER.fullmatch(folder):
            raise _bad(Path(folder), "폴더 이름이 맞지 않습니다")
        self._folder = models / folder
        self._manifest = read_manifest(self._folder)
        self.name = self._manifest.name
        self._pool = ThreadPoolExecutor(max(1, threads), thread_name_prefix="folder-embed")
        self._session: Any = None
        self._tokenizer: Any = None
        self._inputs: frozenset[str] = frozenset()

    def embed(self, texts: Sequence[str], *, query: bool) -> Vectors:
        """See ``RawEmbedder.embed``."""
        del query
        if self._session is None:
            self._open()
        rows = list(self._pool.map(self._one, texts))
        if any(row.shape != (self._manifest.dimensions,) for row in rows):
            raise _bad(self._folder, "벡터가 적힌 차원이 아닙니다")
        return np.asarray(np.stack(rows), np.float32)

    def _open(self) -> None:
        held = self._manifest
        for name in (held.model, held.tokenizer):
            path = self._folder / name
            if not path.is_file() or _sha256(path) != held.sha256[name]:
                raise _bad(self._folder, f"{name}의 내용이 적힌 해시와 다릅니다")
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            session = ort.InferenceSession(
                str(self._folder / held.model), options, providers=["CPUExecutionProvider"]
            )
            tokenizer = Tokenizer.from_file(str(self._folder / held.tokenizer))
        # Both raise plain exceptions of their own for files that they cannot read.
        except Exception as error:
            raise _bad(self._folder, "모델 파일을 열 수 없습니다") from error
        tokenizer.enable_truncation(held.max_tokens)
        tokenizer.no_padding()
        self._inputs = frozenset(item.name for item in session.get_inputs())
        self._session, self._tokenizer = session, tokenizer

    def _one(self, text: str) -> Vectors:
        ids = self._tokenizer.encode(text).ids or [0]
        given = {
            "input_ids": np.array([ids], np.int64),
            "attention_mask": np.ones((1, len(ids)), np.int64),
            "token_type_ids": np.zeros((1, len(ids)), np.int64),
        }
        try:
            out = self._session.run(None, {k: v for k, v in given.items() if k in self._inputs})[0]
        except (RuntimeError, ValueError) as error:
            raise _bad(self._folder, "모델이 계산하지 못했습니다") from error
        if self._manifest.pooling == "none":
            return np.asarray(out[0], np.float32)
        rows = out[0]
        return np.asarray(
            rows[0] if self._manifest.pooling == "cls" else rows.mean(axis=0), np.float32
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _bad(folder: Path, why: str) -> Unavailable:
    return Unavailable(
        f"모델 폴더 ‘{folder.name[:80]}’을(를) 쓸 수 없습니다: {why}. 폴더를 확인한 뒤 다시 해 주세요.",
        code="model-unavailable",
    )
