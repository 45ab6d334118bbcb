"""Files of closed months: ``2026-10.jsonl.gz``, one entry a line, after a line that says what it is.

The files are gzip because every machine can open them without us. They are written whole under
another name first, and their SHA-256 is kept in the database.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.governance.audit.anchors import sync_folder
from mokmin.governance.audit.chain import ChainCheck, Entry
from mokmin.governance.audit.store import audit_segments

# What reading a damaged file may raise.
DAMAGE = (OSError, EOFError, zlib.error, ValueError, TypeError, RecursionError)
_BLOCK = 2**20


@dataclass(frozen=True, slots=True)
class Segment:
    """A row of ``audit_segments``."""

    first_seq: int
    last_seq: int
    name: str
    first_at: str
    last_at: str
    previous: str
    last_hash: str
    sha256: str
    bytes: int
    removed_at: datetime | None = None

    @property
    def entries(self) -> int:
        """How many entries it holds."""
        return self.last_seq - self.first_seq + 1

    @property
    def subject(self) -> str:
        """How entries of the log name it."""
        return f"segment:{self.name}"


def segments_of(connection: Connection) -> list[Segment]:
    """All segments in their order, removed ones too."""
    rows = connection.execute(sa.select(audit_segments).order_by(audit_segments.c.first_seq))
    return [Segment(**row._mapping) for row in rows]


def archived_through(connection: Connection) -> int:
    """The number of the last entry that is kept in a file (or was, until its time was over); live
    rows up to it are leftovers. 0 when there is none."""
    found = connection.execute(sa.select(sa.func.max(audit_segments.c.last_seq))).scalar_one()
    return int(found or 0)


def path_of(folder: Path, name: str) -> Path:
    """The file of a segment."""
    return folder / f"{name}.jsonl.gz"


def read_segment(folder: Path, name: str) -> Iterator[Entry]:
    """The entries of a file. Raises one of ``DAMAGE`` when it is missing or broken."""
    with gzip.open(path_of(folder, name), "rt", encoding="utf-8") as source:
        next(source, "")
        for line in source:
            entry = Entry(*json.loads(line))
            yield entry


def file_hash(folder: Path, name: str) -> str:
    """SHA-256 of a file as it lies there. Raises OSError."""
    total = hashlib.sha256()
    with path_of(folder, name).open("rb") as source:
        while block := source.read(_BLOCK):
            total.update(block)
    return total.hexdigest()


def write_segment(
    folder: Path, name: str, previous: str, entries: Iterable[Entry]
) -> Segment | int:
    """Write a file from entries in their order and say what it holds; the number of the first bad
    entry when the chain is broken in them (then there is no file). Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    place = path_of(folder, name)
    part = folder / f".{name}.{os.getpid()}.part"
    try:
        with part.open("wb") as raw:
            # No name and no time inside: the same entries always make the same file.
            with gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
                result = _write_lines(packed, name, previous, entries)
            raw.flush()
            os.fsync(raw.fileno())
        if isinstance(result, int):
            return result
        part.replace(place)
        sync_folder(folder)
    finally:
        part.unlink(missing_ok=True)
    first, last = result
    return Segment(
        first_seq=first.seq,
        last_seq=last.seq,
        name=name,
        first_at=first.at,
        last_at=last.at,
        previous=previous,
        last_hash=last.hash,
        sha256=file_hash(folder, name),
        bytes=place.stat().st_size,
    )


def _write_lines(
    target: Any, name: str, previous: str, entries: Iterable[Entry]
) -> tuple[Entry, Entry] | int:
    first = last = None
    check = ChainCheck()
    for entry in entries:
        if first is None:
            first = entry
            check = ChainCheck(entry.seq - 1, previous)
            head = {"audit": name, "first_seq": entry.seq, "previous": previous}
            target.write((json.dumps(head) + "\n").encode())
        bad = check.first_bad([entry])
        if bad is not None:
            return bad
        target.write((json.dumps(entry, ensure_ascii=False) + "\n").encode())
        last = entry
    if first is None or last is None:
        raise ValueError("a segment without entries")
    return first, last
