"""The check of the whole log: files of closed months, live entries, anchors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database
from mokmin.governance.audit.anchors import read_anchors
from mokmin.governance.audit.chain import ChainCheck, Entry
from mokmin.governance.audit.segments import DAMAGE, Segment, file_hash, read_segment, segments_of
from mokmin.governance.audit.store import audit_log, streamed

DISPOSE = "audit.dispose"


@dataclass(frozen=True, slots=True)
class Verification:
    """Result of checking the chain. ``entries``: those that were looked at; ``first_bad``: the number
    of the first that is wrong or missing; ``live``: those in the table; ``anchors``: how many
    anchors were compared; ``anchored``: the day of the newest one (empty: none)."""

    entries: int
    ok: bool
    first_bad: int | None
    live: int = 0
    anchors: int = 0
    anchored: str = ""


@dataclass(frozen=True, slots=True)
class _Marks:
    """What anchors say: hashes by number, the first number that they show to be wrong, how many days
    they cover and the newest of them."""

    hashes: dict[int, str]
    first_bad: int | None
    count: int
    newest: str


def verify(db: Database, folder: Path | None, more_anchors: Path | None = None) -> Verification:
    """See ``AuditLog.verify``."""
    # Anchors before the snapshot: they speak of entries that were there already.
    marks = _marks([folder / "anchors"] if folder else [], more_anchors)
    told: set[str] = set()
    with db.snapshot() as connection:
        segments = segments_of(connection)
        check = ChainCheck(marks=marks.hashes)
        bad = _check_segments(folder, segments, check, told)
        kept = check.count
        if bad is None:
            bad = check.first_bad(_noting(_live(connection, check.seq), told))
    live = check.count - kept
    if bad is None:
        bad = _earliest(
            marks.first_bad,
            _untold(segments, told),
            check.seq + 1 if max(marks.hashes, default=0) > check.seq else None,
        )
    return Verification(check.count, bad is None, bad, live, marks.count, marks.newest)


def _untold(segments: list[Segment], told: set[str]) -> int | None:
    """The first entry of a month that is gone without an entry that says so. That entry may itself lie in
    a month that was removed later: then the day of the removal must be one of that month, after the end
    of the month that is gone."""
    known: list[Segment] = []
    bad: int | None = None
    for segment in reversed([s for s in segments if s.removed_at is not None]):
        day = segment.removed_at.date().isoformat() if segment.removed_at else ""
        within = any(s.first_at[:10] <= day <= s.last_at[:10] for s in known)
        if segment.subject in told or (within and segment.last_at[:10] < day):
            known.append(segment)
        else:
            bad = segment.first_seq
    return bad


def _earliest(*numbers: int | None) -> int | None:
    return min((n for n in numbers if n is not None), default=None)


def _marks(folders: list[Path], more: Path | None) -> _Marks:
    """All anchors together; two that say different things of one entry speak against it."""
    hashes: dict[int, str] = {}
    bad: list[int | None] = []
    days: set[str] = set()
    for folder in [*folders, *([more] if more else [])]:
        anchors = read_anchors(folder)
        bad.append(anchors.first_bad)
        for anchor in anchors.found:
            if hashes.setdefault(anchor.seq, anchor.hash) != anchor.hash:
                bad.append(anchor.seq)
            days.add(anchor.date)
    return _Marks(hashes, _earliest(*bad), len(days), max(days, default=""))


def _check_segments(
    folder: Path | None, segments: list[Segment], check: ChainCheck, told: set[str]
) -> int | None:
    """Files in their order; those whose time was over are passed by what the register keeps."""
    for segment in segments:
        if segment.first_seq != check.seq + 1 or segment.previous != check.previous:
            return check.seq + 1
        if segment.removed_at is not None:
            check.seq, check.previous = segment.last_seq, segment.last_hash
            continue
        if folder is None:
            return segment.first_seq
        bad = _first_bad_in(folder / "segments", segment, check, told)
        if bad is not None:
            return bad
    return None


def _first_bad_in(folder: Path, segment: Segment, check: ChainCheck, told: set[str]) -> int | None:
    try:
        bad = check.first_bad(_noting(read_segment(folder, segment.name), told))
        same = bad is None and file_hash(folder, segment.name) == segment.sha256
    except DAMAGE:
        return check.seq + 1
    if bad is not None:
        return bad
    if check.seq != segment.last_seq or check.previous != segment.last_hash:
        return min(check.seq, segment.last_seq) + 1
    return None if same else segment.first_seq


def _live(connection: Connection, after: int) -> Iterator[Entry]:
    """The live entries behind the archived ones, streamed."""
    query = sa.select(audit_log).where(audit_log.c.seq > after).order_by(audit_log.c.seq)
    return streamed(connection, query)


def _noting(entries: Iterable[Entry], told: set[str]) -> Iterator[Entry]:
    """The entries as they are; ``told`` gets the months that they say were removed."""
    for entry in entries:
        if entry.action == DISPOSE:
            told.add(entry.subject)
        yield entry
