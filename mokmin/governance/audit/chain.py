"""The chain of hashes: what an entry is, and what must hold from one to the next."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

Detail = Mapping[str, str | int | float | bool | None]
# One encoder for all entries: making one for each took as long as the rest of the check.
_encode = json.JSONEncoder(ensure_ascii=False).encode
_encode_sorted = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


class Entry(NamedTuple):
    """One entry. ``at``: UTC, ISO 8601 with microseconds; ``detail``: a JSON object as text;
    ``hash``: SHA-256 over the hash before it and all the other fields."""

    seq: int
    at: str
    actor: str
    action: str
    subject: str
    detail: str
    hash: str

    @property
    def values(self) -> dict[str, str | int | float | bool | None]:
        """The detail as a mapping."""
        loaded: dict[str, str | int | float | bool | None] = json.loads(self.detail)
        return loaded


def detail_text(detail: Detail) -> str:
    """A detail as it is stored."""
    return _encode_sorted(dict(detail))


def digest(
    previous: str, seq: int, at: str, actor: str, action: str, subject: str, detail: str
) -> str:
    """The hash of an entry that follows an entry with the hash ``previous`` (empty: the first)."""
    body = _encode([previous, seq, at, actor, action, subject, detail])
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()


class ChainCheck:
    """Follows entries in their order. ``seq`` and ``previous``: the last good entry; ``count``: how many
    were looked at."""

    def __init__(self, seq: int = 0, previous: str = "", marks: Mapping[int, str] | None = None):
        self.seq, self.previous = seq, previous
        self.count = 0
        self._marks = marks or {}

    def first_bad(self, entries: Iterable[Entry]) -> int | None:
        """The number of the first entry that does not follow, or that is not what an anchor says;
        None when all do."""
        seq, previous, marks = self.seq, self.previous, self._marks
        for entry in entries:
            good = digest(previous, *entry[:6])
            if entry.seq != seq + 1 or entry.hash != good:
                self.count += 1
                return int(entry.seq)
            seq, previous = seq + 1, good
            self.seq, self.previous = seq, previous
            self.count += 1
            if seq in marks and marks[seq] != good:
                return seq
        return None
