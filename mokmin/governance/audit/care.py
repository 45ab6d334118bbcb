"""What the log needs over time: a daily anchor, closed months into files, old files removed.

Every step can be cut off anywhere. A file is complete before its row names it, a live entry is removed
after that row is there, and a file is unlinked after the row says that its time is over; the next
turn does what was left. Readers go by the rows alone.

How long: 접속기록 of systems that handle personal information are kept for one year, and two years
where 50,000 people, unique identifiers or sensitive information are concerned (개인정보의 안전성
확보조치 기준 제8조 제1항); a city falls under the second, so two years are the default and one year is
the least that is taken.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import Conflict, InvalidInput
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.access.rules import KST
from mokmin.governance.audit.anchors import write_anchor
from mokmin.governance.audit.chain import Entry
from mokmin.governance.audit.segments import (
    Segment,
    archived_through,
    path_of,
    segments_of,
    write_segment,
)
from mokmin.governance.audit.service import LOCK_KEY, AuditLog
from mokmin.governance.audit.store import audit_log, audit_segments, streamed
from mokmin.governance.audit.verification import DISPOSE

LEAST_MONTHS = 12
ROWS = 2_000
# A file whose time is over stays this long: a backup or a check that began before may still read it.
GRACE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Done:
    """What a turn did: the day anchored (empty: it had been), months moved into files, months
    removed."""

    anchored: str
    archived: tuple[str, ...]
    removed: tuple[str, ...]


class AuditCare:
    """``live_months``: how many months, this one included, stay in the table; ``keep_months``: how
    long entries are kept, 0: for ever; ``held``: whether a month must stay all the same (legal holds,
    the retention schedule), asked in the transaction that would remove it. Raises InvalidInput for less than a year."""

    def __init__(
        self,
        db: Database,
        log: AuditLog,
        folder: Path,
        *,
        live_months: int = 3,
        keep_months: int = 24,
        now: Callable[[], datetime] = utcnow,
        held: Callable[[Connection, Segment, Path], bool] | None = None,
    ) -> None:
        if keep_months and keep_months < LEAST_MONTHS:
            raise InvalidInput(
                "감사 기록은 적어도 12개월 보관해야 합니다(개인정보의 안전성 확보조치 기준 제8조)."
            )
        self._db, self._log, self._folder = db, log, folder
        self._live = max(1, live_months)
        self._keep = keep_months
        self._now = now
        self._held = held

    def run(self) -> Done:
        """Do what is due; nothing when another process is at it. Raises OSError, Conflict."""
        with _alone(self._folder) as mine:
            if not mine:
                return Done("", (), ())
            anchored = self.anchor()
            archived = tuple(self._archive())
            return Done(anchored, archived, tuple(self._remove()))

    def anchor(self) -> str:
        """Anchor the day, once; its date when that was done now."""
        with self._db.read() as connection:
            seq, entry_hash = self._log.head(connection)
        if not seq:
            return ""
        made = write_anchor(self._folder / "anchors", f"{self._today():%Y-%m-%d}", seq, entry_hash)
        return made.date if made else ""

    # --- closed months --------------------------------------------------------------------
    def _archive(self) -> Iterator[str]:
        self._sweep()
        with self._db.read() as connection:
            head, _ = self._log.head(connection)
        while (month := self._closed_month()) is not None:
            name, last_seq = month
            if last_seq > head:  # entries about the archiving itself wait for the next turn
                return
            segment = self._write(name, last_seq)
            with self._db.write() as connection:
                self._db.lock(connection, LOCK_KEY)
                if archived_through(connection) != segment.first_seq - 1:
                    return
                connection.execute(audit_segments.insert().values(**asdict(segment)))
                self._log.append(
                    connection,
                    OPERATOR.login,
                    "audit.archive",
                    segment.subject,
                    {"entries": segment.entries, "sha256": segment.sha256},
                )
            self._sweep()
            yield name

    def _closed_month(self) -> tuple[str, int] | None:
        """The oldest month that may leave the table, and the number of its last entry."""
        with self._db.read() as connection:
            done = archived_through(connection)
            live = sa.select(audit_log.c.seq, audit_log.c.at).where(audit_log.c.seq > done)
            first = connection.execute(live.order_by(audit_log.c.seq).limit(1)).first()
            if first is None:
                return None
            begins = _months(_day(first.at), 0)
            ends = _months(begins, 1)
            if _months(self._today(), 1 - self._live) < ends:
                return None
            # By number, not by time: a clock that was set back must not tear the chain apart.
            later = live.where(audit_log.c.at >= _stamp(ends)).order_by(audit_log.c.seq).limit(1)
            following = connection.execute(later).first()
            last = following.seq - 1 if following is not None else self._log.head(connection)[0]
            name = f"{begins:%Y-%m}"
            taken = {segment.name for segment in segments_of(connection)}
        return (name if name not in taken else f"{name}-{first.seq}"), last

    def _write(self, name: str, last_seq: int) -> Segment:
        with self._db.snapshot() as connection:
            done = archived_through(connection)
            before = sa.select(audit_segments.c.last_hash).where(audit_segments.c.last_seq == done)
            previous = connection.execute(before).scalar_one_or_none() or ""
            entries = _rows(connection, done, last_seq)
            made = write_segment(self._folder / "segments", name, previous, entries)
        if isinstance(made, int):
            raise Conflict(
                f"감사 기록이 {made}번째에서 어긋나, {name}의 기록을 옮기지 않고 그대로 두었습니다. "
                "바로 감사 담당에게 알리세요."
            )
        return made

    def _sweep(self) -> None:
        """Take out of the table what a file holds, a little at a time: others write meanwhile."""
        while True:
            with self._db.write() as connection:
                done = archived_through(connection)
                some = sa.select(audit_log.c.seq).where(audit_log.c.seq <= done).limit(ROWS)
                gone = connection.execute(
                    audit_log.delete().where(audit_log.c.seq.in_(some.scalar_subquery()))
                )
            if gone.rowcount < ROWS:
                return

    # --- the end of their time ------------------------------------------------------------
    def _remove(self) -> Iterator[str]:
        with self._db.read() as connection:
            segments = segments_of(connection)
        if self._keep:
            limit = _stamp(_months(self._today(), -self._keep))
            for segment in segments:
                if segment.last_at >= limit:
                    break
                if segment.removed_at is None and self._dispose(segment):
                    yield segment.name
        for segment in segments:
            if segment.removed_at is not None and segment.removed_at < self._now() - GRACE:
                path_of(self._folder / "segments", segment.name).unlink(missing_ok=True)

    def _dispose(self, segment: Segment) -> bool:
        """False when the month is held."""
        with self._db.write() as connection:
            if self._held is not None and self._held(connection, segment, self._folder):
                return False
            connection.execute(
                audit_segments.update()
                .where(audit_segments.c.first_seq == segment.first_seq)
                .values(removed_at=self._now())
            )
            self._log.append(
                connection,
                OPERATOR.login,
                DISPOSE,
                segment.subject,
                {
                    "entries": segment.entries,
                    "first_seq": segment.first_seq,
                    "last_seq": segment.last_seq,
                    "sha256": segment.sha256,
                    "months": self._keep,
                },
            )
        return True

    def _today(self) -> datetime:
        return self._now().replace(tzinfo=UTC).astimezone(KST)


def _rows(connection: Connection, after: int, last: int) -> Iterator[Entry]:
    query = (
        sa.select(audit_log)
        .where(audit_log.c.seq > after, audit_log.c.seq <= last)
        .order_by(audit_log.c.seq)
    )
    return streamed(connection, query)


def _day(at: str) -> datetime:
    return datetime.fromisoformat(at).replace(tzinfo=UTC).astimezone(KST)


def _months(moment: datetime, count: int) -> datetime:
    """The first moment of a Korean month, ``count`` months on."""
    months = moment.year * 12 + moment.month - 1 + count
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=KST)


def _stamp(moment: datetime) -> str:
    """A moment as entries write it."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Whether this process is the only one at it; the system lets go when the process ends."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(descriptor)
