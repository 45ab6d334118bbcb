"""Which months of the audit log must stay beyond the time that the settings give them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection

from mokmin.base.db import Database
from mokmin.governance.audit.segments import DAMAGE, Segment, read_segment
from mokmin.governance.records.holds import LOCK_KEY, holds_in, rules_in
from mokmin.governance.records.model import Hold, Scope, due_on, korean_day


def log_is_held(
    db: Database, today: Callable[[], date]
) -> Callable[[Connection, Segment, Path], bool]:
    """What ``AuditCare`` asks before it removes a month: a hold by dates keeps every month that
    touches them, one by person or object a month with an entry of it (or one that cannot be read); the
    schedule keeps what is not due yet. Holds placed at the same moment wait for the answer."""

    def is_held(connection: Connection, segment: Segment, folder: Path) -> bool:
        db.lock(connection, LOCK_KEY)
        first, last = _day(segment.first_at), _day(segment.last_at)
        due = due_on(last, rules_in(connection)["audit"].period)
        if due is None or due > today():
            return True
        holds = holds_in(connection)
        if any(h.scope is Scope.DATES and _touches(h, first, last) for h in holds):
            return True
        people = {h.target for h in holds if h.scope is Scope.PERSON}
        objects = {
            f"{h.scope.value}:{h.target}"
            for h in holds
            if h.scope in (Scope.DOCUMENT, Scope.CONVERSATION)
        }
        if not people and not objects:
            return False
        try:
            return any(
                e.actor in people or e.subject in objects
                for e in read_segment(folder / "segments", segment.name)
            )
        except DAMAGE:
            return True

    return is_held


def _touches(hold: Hold, first: date, last: date) -> bool:
    begins = hold.from_on is None or last >= hold.from_on
    return begins and (hold.until_on is None or first <= hold.until_on)


def _day(at: str) -> date:
    return korean_day(datetime.fromisoformat(at))
