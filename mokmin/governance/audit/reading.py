"""Looking through the log: newest first, a page at a time, on into the files of closed months."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from mokmin.base.db import Database
from mokmin.base.errors import Unavailable
from mokmin.governance.audit.chain import Entry
from mokmin.governance.audit.segments import (
    DAMAGE,
    Segment,
    archived_through,
    read_segment,
    segments_of,
)
from mokmin.governance.audit.store import audit_log

PAGE = 50
CHUNK = 2_000
# One request reads this many files at most; the next page goes on from there.
FILES_A_PAGE = 3
# Numbers follow the clock but for a clock that is set back; such a step is at most this long.
SKEW = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries. ``subject`` is one object (``document:17``); ``since`` is in, ``until`` is out,
    both UTC; empty or None: any."""

    actor: str = ""
    actions: tuple[str, ...] = ()
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def fits(self, entry: Entry) -> bool:
        """Whether an entry is one of them."""
        return (
            (not self.actor or entry.actor == self.actor)
            and (not self.actions or entry.action in self.actions)
            and (not self.subject or entry.subject == self.subject)
            and (self.since is None or entry.at >= stamp(self.since))
            and (self.until is None or entry.at < stamp(self.until))
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, newest first. ``before``: where the next page goes on (None: that was all);
    ``files``: how many files of closed months were read for it."""

    entries: tuple[Entry, ...]
    before: int | None
    files: int


def stamp(moment: datetime) -> str:
    """A UTC moment as entries write it."""
    return moment.isoformat(timespec="microseconds")


class AuditReader:
    """Reads; who may is the caller's business."""

    def __init__(self, db: Database, folder: Path | None) -> None:
        self._db = db
        self._files = folder / "segments" if folder is not None else None

    def page(self, wanted: Wanted, before: int | None = None, size: int = PAGE) -> Page:
        """The newest entries with a number below ``before``. Raises Unavailable for a broken file."""
        with self._db.read() as connection:
            done = archived_through(connection)
            segments = segments_of(connection)
            found = _live(connection, wanted, done, before, size + 1)
        read = 0
        for segment in reversed(segments):
            if len(found) > size:
                break
            if not _may_hold(segment, wanted, before):
                continue
            if read == FILES_A_PAGE:
                return Page(tuple(found[:size]), segment.last_seq + 1, read)
            read += 1
            found += self._in_file(segment, wanted, before, size + 1 - len(found))
        more = len(found) > size
        kept = found[:size]
        return Page(tuple(kept), kept[-1].seq if more else None, read)

    def get(self, seq: int) -> Entry | None:
        """One entry; None when there is none, or its time was over."""
        with self._db.read() as connection:
            row = connection.execute(sa.select(audit_log).where(audit_log.c.seq == seq)).first()
            segments = segments_of(connection)
        if row is not None:
            return Entry._make(row)
        for segment in segments:
            if segment.first_seq <= seq <= segment.last_seq and segment.removed_at is None:
                return next((e for e in self._entries(segment) if e.seq == seq), None)
        return None

    def every(self, wanted: Wanted, last: int) -> Iterator[Entry]:
        """All of them up to the number ``last``, oldest first, a few thousand at a time. Entries that
        move into a file meanwhile are neither missed nor told twice. Raises Unavailable."""
        after = 0
        while after < last:
            with self._db.read() as connection:
                segments = segments_of(connection)
                segment = next((s for s in segments if s.last_seq > after), None)
                rows = [] if segment else self._chunk(connection, wanted, after, last)
            if segment is not None:
                if _may_hold(segment, wanted, None):
                    for entry in self._entries(segment):
                        if after < entry.seq <= last and wanted.fits(entry):
                            yield entry
                after = segment.last_seq
                continue
            if not rows:
                return
            after = rows[-1].seq
            yield from rows

    def oldest(self) -> str:
        """When the oldest entry that is still kept was made (UTC); empty when there is none."""
        with self._db.read() as connection:
            for segment in segments_of(connection):
                if segment.removed_at is None:
                    return segment.first_at
            first = sa.select(audit_log.c.at).order_by(audit_log.c.seq).limit(1)
            return str(connection.execute(first).scalar_one_or_none() or "")

    @staticmethod
    def _chunk(connection: Connection, wanted: Wanted, after: int, last: int) -> list[Entry]:
        query = (
            sa.select(audit_log)
            .where(
                audit_log.c.seq > after,
                audit_log.c.seq <= last,
                *_conditions(connection, wanted),
            )
            .order_by(audit_log.c.seq)
            .limit(CHUNK)
        )
        if wanted.actions:
            query = query.where(audit_log.c.action.in_(wanted.actions))
        return [Entry._make(row) for row in connection.execute(query)]

    def _in_file(
        self, segment: Segment, wanted: Wanted, before: int | None, size: int
    ) -> list[Entry]:
        last: deque[Entry] = deque(maxlen=size)
        for entry in self._entries(segment):
            if before is not None and entry.seq >= before:
                break
            if wanted.fits(entry):
                last.append(entry)
        return list(reversed(last))

    def _entries(self, segment: Segment) -> Iterator[Entry]:
        if self._files is None:
            return
        try:
            yield from read_segment(self._files, segment.name)
        except DAMAGE as error:
            raise Unavailable(
                f"{segment.name}의 보관 파일을 읽지 못했습니다. 'mokmin audit verify'로 확인하고 "
                "백업에서 되살려 주세요. 다른 달의 기록은 그대로 볼 수 있습니다."
            ) from error


def _may_hold(segment: Segment, wanted: Wanted, before: int | None) -> bool:
    return (
        segment.removed_at is None
        and (before is None or segment.first_seq < before)
        and (wanted.since is None or segment.last_at >= stamp(wanted.since - SKEW))
        and (wanted.until is None or segment.first_at < stamp(wanted.until + SKEW))
    )


def _live(
    connection: Connection, wanted: Wanted, done: int, before: int | None, size: int
) -> list[Entry]:
    """The newest live entries. Several actions are asked for one by one and put together: each of
    them is then a short walk along an index, however rare it is."""
    conditions = [audit_log.c.seq > done, *_conditions(connection, wanted)]
    if before is not None:
        conditions.append(audit_log.c.seq < before)
    if not wanted.actions or wanted.actor or wanted.subject:
        if wanted.actions:
            conditions.append(audit_log.c.action.in_(wanted.actions))
        newest = sa.select(audit_log).where(*conditions)
        ordered = newest.order_by(audit_log.c.seq.desc()).limit(size)
        return [Entry._make(row) for row in connection.execute(ordered)]
    parts = [
        sa.select(audit_log)
        .where(audit_log.c.action == action, *conditions)
        .order_by(audit_log.c.seq.desc())
        .limit(size)
        .subquery()
        for action in dict.fromkeys(wanted.actions)
    ]
    together = sa.union_all(*(sa.select(part) for part in parts)).subquery()
    ordered = sa.select(together).order_by(together.c.seq.desc()).limit(size)
    return [Entry._make(row) for row in connection.execute(ordered)]


def _conditions(connection: Connection, wanted: Wanted) -> list[ColumnElement[bool]]:
    """All but the actions. A range of days becomes a range of numbers first, so that the walk in
    the order of numbers begins and ends near it."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.actor:
        conditions.append(audit_log.c.actor == wanted.actor)
    if wanted.subject:
        conditions.append(audit_log.c.subject == wanted.subject)
    if wanted.since is not None:
        conditions.append(audit_log.c.at >= stamp(wanted.since))
        low = _number(connection, wanted.since - SKEW)
        conditions.append(audit_log.c.seq >= low if low is not None else sa.false())
    if wanted.until is not None:
        conditions.append(audit_log.c.at < stamp(wanted.until))
        high = _number(connection, wanted.until + SKEW)
        if high is not None:
            conditions.append(audit_log.c.seq < high)
    return conditions


def _number(connection: Connection, moment: datetime) -> int | None:
    """The number of the first entry from a moment on."""
    query = (
        sa.select(audit_log.c.seq)
        .where(audit_log.c.at >= stamp(moment))
        .order_by(audit_log.c.at)
        .limit(1)
    )
    found = connection.execute(query).scalar_one_or_none()
    return int(found) if found is not None else None
