"""Daily anchors: the log's last entry of a day on record outside the database.

One small file a day in ``home/audit/anchors``. Each holds the hash of the one before, so the files
are a chain of their own; a copy of the newest kept elsewhere proves everything before it. Whoever
could rewrite the whole log cannot rewrite that copy.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from mokmin.base.errors import InvalidInput

MOST_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Anchor:
    """``date``: the Korean day it was made; ``seq`` and ``hash``: the last entry then; ``previous``:
    the ``anchor`` of the file before (empty: the first); ``anchor``: the hash over all of these."""

    date: str
    seq: int
    hash: str
    previous: str
    anchor: str


def sealed(date: str, seq: int, entry_hash: str, previous: str) -> Anchor:
    """An anchor with its own hash."""
    body = json.dumps([previous, date, seq, entry_hash])
    return Anchor(date, seq, entry_hash, previous, hashlib.sha256(body.encode()).hexdigest())


@dataclass(frozen=True, slots=True)
class Anchors:
    """The anchors of a folder in the order of their days; ``first_bad``: the entry named by the
    first of them that is damaged or whose forerunner is missing."""

    found: tuple[Anchor, ...]
    first_bad: int | None

    @property
    def last(self) -> Anchor | None:
        """The newest."""
        return self.found[-1] if self.found else None


def read_anchors(folder: Path) -> Anchors:
    """All anchors of a folder; none when it is not there. Files cut short or changed count as bad.

    A folder may begin anywhere (an operator's copy may hold the newest alone); from there on none may
    be missing.
    """
    found: list[Anchor] = []
    previous: str | None = None
    for path in sorted(folder.glob("????-??-??.json")):
        anchor = _read(path)
        whole = anchor is not None and previous in (None, anchor.previous)
        if anchor is None or not whole:
            last = found[-1].seq if found else 0
            return Anchors(tuple(found), anchor.seq if anchor else last + 1)
        found.append(anchor)
        previous = anchor.anchor
    return Anchors(tuple(found), None)


def _read(path: Path) -> Anchor | None:
    try:
        with path.open("rb") as source:
            values = json.loads(source.read(MOST_BYTES))
        anchor = Anchor(**values)
        good = sealed(anchor.date, int(anchor.seq), anchor.hash, anchor.previous)
    except (ValueError, TypeError):
        return None
    return anchor if anchor == good and anchor.date == path.stem else None


def write_anchor(folder: Path, date: str, seq: int, entry_hash: str) -> Anchor | None:
    """The anchor of a day; None when there is one already. A file is whole or not there.

    Raises InvalidInput when the day lies before the newest anchor (a clock set back).
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{date}.json"
    if place.exists():
        return None
    last = read_anchors(folder).last
    if last is not None and last.date > date:
        raise InvalidInput(f"시계가 마지막 앵커({last.date})보다 앞섭니다. 시각을 확인해 주세요.")
    anchor = sealed(date, seq, entry_hash, last.anchor if last else "")
    part = folder / f".{date}.{os.getpid()}.part"
    try:
        with part.open("w", encoding="utf-8") as target:
            target.write(json.dumps(asdict(anchor), indent=1) + "\n")
            target.flush()
            os.fsync(target.fileno())
        try:
            os.link(part, place)  # unlike a rename it never replaces one that another process made
        except FileExistsError:
            return None
        sync_folder(folder)
    finally:
        part.unlink(missing_ok=True)
    return anchor


def sync_folder(folder: Path) -> None:
    """Make new names in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
