"""Port to the store of original files."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Protocol


class BlobStore(Protocol):
    """Content-addressed files; a key is the SHA-256 of the content in hex."""

    def put(self, stream: BinaryIO, *, max_bytes: int) -> tuple[str, int]:
        """Store a stream whole or not at all; return (key, bytes). Raises TooLarge."""
        ...

    def path(self, key: str) -> Path:
        """A local path that holds the content. Raises NotFound."""
        ...
