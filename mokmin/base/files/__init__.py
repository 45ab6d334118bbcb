"""Blobs: the original files, addressed by their SHA-256."""

from mokmin.base.files.ports import BlobStore

__all__ = ["BlobStore"]
