"""What a person did, out of the audit log, in disclosure packs: a table of times and actions alone.

Contents are not in the log; objects are left out here too, as their numbers would tell of documents
that the officer may not know of.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import islice

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.governance.access.rules import today
from mokmin.governance.audit.actions import name_of
from mokmin.governance.audit.reading import AuditReader
from mokmin.governance.audit.reading import Wanted as WantedEntries
from mokmin.governance.people.store import users
from mokmin.governance.records.model import (
    KST_OFFSET,
    Content,
    Found,
    Item,
    Wanted,
    korean_day,
    start_of,
)

MOST = 20_000
NEWEST = 2**31 - 1


class DisclosableActivity:
    """``governance.records.ports.Disclosable`` of the log, one item a person (its account's number).
    Only a request that names a person and no words finds any: entries hold none."""

    kind = "audit"

    def __init__(self, reader: AuditReader) -> None:
        self._reader = reader

    def find(self, connection: Connection, _principal: object, wanted: Wanted) -> Sequence[Found]:
        """See ``Disclosable``."""
        if not wanted.logins or wanted.words:
            return []
        query = sa.select(users.c.id, users.c.login, users.c.created_at)
        found = []
        for row in connection.execute(query.where(users.c.login.in_(wanted.logins))):
            begins = korean_day(wanted.begin or row.created_at)
            ends = korean_day(wanted.end) - timedelta(days=1) if wanted.end else today()
            found.append(Found(Item("audit", row.id, row.login, begins, ends), "part"))
        return found

    def content(self, connection: Connection, _principal: object, item_id: int) -> Content | None:
        """See ``Disclosable``: of all days; ``between`` narrows it."""
        return self.between(connection, item_id, None, None)

    def between(
        self, connection: Connection, item_id: int, begins: date | None, ends: date | None
    ) -> Content | None:
        """What the person did on these days, both included; ``MOST`` entries at most, with a remark."""
        row = connection.execute(
            sa.select(users.c.login, users.c.created_at).where(users.c.id == item_id)
        ).first()
        if row is None:
            return None
        wanted = WantedEntries(
            actor=row.login,
            since=start_of(begins) if begins else None,
            until=start_of(ends + timedelta(days=1)) if ends else None,
        )
        entries = list(islice(self._reader.every(wanted, NEWEST), MOST + 1))
        lines = tuple((_korean(e.at), name_of(e.action)) for e in entries[:MOST])
        item = Item(
            "audit", item_id, row.login, begins or korean_day(row.created_at), ends or today()
        )
        remark = (
            f"처음 {MOST:,}건만 넣음: 기간을 나누어 다시 만들 것" if len(entries) > MOST else ""
        )
        return Content("감사 기록", None, lines, item, None, remark)


def _korean(at: str) -> str:
    """A moment of an entry (UTC) as a table shows it."""
    return f"{datetime.fromisoformat(at) + KST_OFFSET:%Y-%m-%d %H:%M}"
