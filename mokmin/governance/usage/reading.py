"""Looking at what was used: sums by day and by department, person, feature, channel or model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import sqlalchemy as sa

from mokmin.base.db import Database
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.people.store import users
from mokmin.governance.usage.metering import (
    NUMBERS,
    Counts,
    month_begin,
    next_month,
    usage_days,
    usage_totals,
)
from mokmin.governance.usage.places import Places

Key = Literal["department", "person", "feature", "channel", "model", "assistant"]
_COLUMNS: Mapping[Key, str] = {
    "department": "department_id",
    "person": "user_id",
    "feature": "feature",
    "channel": "channel",
    "model": "model",
    "assistant": "assistant_id",
}
# Fewer days than these tell too little to look ahead.
LEAST_DAYS = 3


@dataclass(frozen=True, slots=True)
class Share:
    """What one department, person, feature … used; ``value`` is its key, ``name`` for people."""

    value: int | str
    name: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Forecast:
    """Won in the month so far, and at its end if it goes on as in the days so far; ``None`` in the
    first days."""

    won: int
    at_end: int | None
    days_left: int


class UsageReader:
    """Sums of use. Others' use is told to those who may set limits."""

    def __init__(self, db: Database, places: Places) -> None:
        self._db, self._places = db, places

    def days(
        self,
        principal: Principal,
        since: date,
        until: date,
        *,
        department_id: int | None = None,
        mine: bool = False,
    ) -> list[tuple[date, Counts]]:
        """Every day from ``since`` to ``until``, both included, also those without use. Raises
        NotAllowed for others' use."""
        table = usage_days if mine else usage_totals
        query = (
            sa.select(table.c.day, *_sums(table))
            .where(*self._where(table, principal, since, until, department_id, mine))
            .group_by(table.c.day)
        )
        with self._db.read() as connection:
            found = {row.day: _counts(row) for row in connection.execute(query)}
        length = (until - since).days + 1
        every = (since + timedelta(days=n) for n in range(length))
        return [(day, found.get(day, Counts())) for day in every]

    def shares(
        self,
        principal: Principal,
        key: Key,
        since: date,
        until: date,
        *,
        department_id: int | None = None,
        mine: bool = False,
        most: int = 50,
    ) -> list[Share]:
        """Sums by one thing, the largest first. Raises NotAllowed for others' use."""
        table = usage_days if mine or key == "person" else usage_totals
        column = table.c[_COLUMNS[key]]
        order = [sa.desc("requests"), sa.desc("tokens_out"), column]
        query = (
            sa.select(column.label("value"), *_sums(table))
            .where(*self._where(table, principal, since, until, department_id, mine))
            .group_by(column)
            .order_by(*order)
            .limit(most)
        )
        if key == "model":
            query = query.where(column != "")
        if key == "assistant":
            query = query.where(column != 0)
        with self._db.read() as connection:
            rows = connection.execute(query).all()
            names = self._names(connection, key, [row.value for row in rows])
        return [Share(r.value, names.get(r.value, str(r.value)), _counts(r)) for r in rows]

    def forecast(self, principal: Principal, day: date) -> Forecast:
        """Money of the month that ``day`` is in. Raises NotAllowed."""
        begin, end = month_begin(day), next_month(day)
        days = self.days(principal, begin, day)
        spent = sum(counts.milliwon for _, counts in days) // 1000
        gone, left = len(days), (end - day).days - 1
        at_end = round(spent / gone * (gone + left)) if gone >= LEAST_DAYS else None
        return Forecast(spent, at_end, left)

    def _where(
        self,
        table: sa.Table,
        principal: Principal,
        since: date,
        until: date,
        department_id: int | None,
        mine: bool,
    ) -> list[sa.ColumnElement[bool]]:
        found = [table.c.day >= since, table.c.day <= until]
        if mine:
            return [*found, table.c.user_id == (principal.user_id or 0)]
        require(principal, Permission.SET_LIMITS)
        if department_id is not None:
            found.append(table.c.department_id.in_(sorted(self._places.below(department_id))))
        return found

    def _names(
        self, connection: sa.Connection, key: Key, values: Sequence[int | str]
    ) -> dict[int | str, str]:
        if key == "department":
            places: dict[int | str, str] = {0: "부서 없음"}
            return places | dict(self._places.names())
        if key == "person":
            query = sa.select(users.c.id, users.c.name).where(users.c.id.in_(values))
            names: dict[int | str, str] = {0: "시스템 운영자"}
            return names | {row.id: row.name for row in connection.execute(query)}
        return {}


def _sums(table: sa.Table) -> list[sa.ColumnElement[int]]:
    return [sa.func.sum(table.c[name]).label(name) for name in NUMBERS]


def _counts(row: sa.Row[tuple[object, ...]]) -> Counts:
    found = row._mapping
    return Counts(**{name: int(found[name] or 0) for name in NUMBERS})
