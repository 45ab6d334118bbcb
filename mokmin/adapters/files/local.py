"""Blobs in a local folder: written to a temporary file, synced, then renamed into place."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import BinaryIO

from mokmin.base.errors import NotFound, TooLarge

CHUNK = 1 << 20


class LocalBlobStore:
    """Implements ``BlobStore`` under one folder, two hex digits a level."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    def put(self, stream: BinaryIO, *, max_bytes: int) -> tuple[str, int]:
        """See ``BlobStore.put``."""
        digest, size = hashlib.sha256(), 0
        handle, name = tempfile.mkstemp(dir=self._root, prefix=".incoming-")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as target:
                while chunk := stream.read(CHUNK):
                    size += len(chunk)
                    if size > max_bytes:
                        raise TooLarge(
                            f"파일이 너무 큽니다. 한 파일은 {max_bytes // 2**20:,} MB까지 올릴 수 "
                            "있습니다. 파일을 나누어 다시 올려 주세요."
                        )
                    digest.update(chunk)
                    target.write(chunk)
                target.flush()
                os.fsync(target.fileno())
            key = digest.hexdigest()
            final = self._place(key)
            final.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(final)
        finally:
            temporary.unlink(missing_ok=True)
        return key, size

    def path(self, key: str) -> Path:
        """See ``BlobStore.path``."""
        place = self._place(key)
        if not place.is_file():
            raise NotFound("원본 파일을 찾을 수 없습니다. 관리자에게 알려 주세요.")
        return place

    def _place(self, key: str) -> Path:
        if len(key) != 64 or not all(c in "0123456789abcdef" for c in key):
            raise NotFound("원본 파일을 찾을 수 없습니다. 관리자에게 알려 주세요.")
        return self._root / key[:2] / key
