"""What is used, counted with the log: by day, person, department, feature, channel and model.

A call of a model and what a person does with AI are entries of the audit log; the sums are written in
the same transaction. So they agree with the log, and a crash leaves neither without the other. Money is
counted in thousandths of a won, energy in thousandths of a watt-hour, both as integers, so that sums
are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import metadata, utcnow
from mokmin.governance.audit.service import Recorded
from mokmin.governance.usage.quality import count_answers


def _numbers() -> list[sa.Column[int]]:
    small = ("requests", "refused", "calls", "failures")
    large = ("tokens_in", "tokens_out", "milliwon", "milliwatt_hours", "ms", "first_ms")
    return [
        *(sa.Column(name, sa.Integer, nullable=False) for name in small),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in large),
    ]


def _keys() -> list[sa.Column[Any]]:
    return [
        sa.Column("department_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("feature", sa.String(40), primary_key=True),
        sa.Column("channel", sa.String(10), primary_key=True),
        sa.Column("model", sa.String(120), primary_key=True),
        sa.Column("assistant_id", sa.Integer, primary_key=True, autoincrement=False),
    ]


usage_days = sa.Table(
    "usage_days",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("user_id", sa.Integer, primary_key=True, autoincrement=False),
    *_keys(),
    *_numbers(),
    sa.Index("ix_usage_days_user", "user_id", "day"),
)
# The same without persons: what a whole city used is summed in a fraction of the time.
usage_totals = sa.Table(
    "usage_totals",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    *_keys(),
    *_numbers(),
)
KST = timezone(timedelta(hours=9))
# What a person asked for, by the entry that tells of it. Calls of models stand for themselves only
# where a program asks a model and nothing else.
REQUESTS = {
    "answer": "assistant",
    "search": "search",
    "tool.run": "tools",
    "draft.suggest": "drafting",
    "draft.opinion": "drafting",
}
PURPOSES = {"answer": "assistant", "tool": "tools", "draft": "drafting"}
GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class Counts:
    """Sums of use. ``milliwon``: thousandths of a won; ``milliwatt_hours``: an estimate; ``ms`` and
    ``first_ms``: time of all calls, whole and until the first piece."""

    requests: int = 0
    refused: int = 0
    calls: int = 0
    failures: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    milliwon: int = 0
    milliwatt_hours: int = 0
    ms: int = 0
    first_ms: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, n) + getattr(other, n) for n in NUMBERS))

    @property
    def tokens(self) -> int:
        """Tokens in both directions."""
        return self.tokens_in + self.tokens_out


NUMBERS = tuple(f.name for f in fields(Counts))
KEYS = ("day", "user_id", "department_id", "feature", "channel", "model", "assistant_id")


def meter(connection: Connection, told: Sequence[Recorded]) -> None:
    """Add what was just recorded to the sums. The caller holds the lock of the log."""
    sums: dict[tuple[object, ...], Counts] = {}
    for entry in told:
        counted = _counted(entry)
        if counted is not None:
            feature, model, counts = counted
            assistant = entry.detail.get("assistant") or 0
            key: tuple[object, ...] = (
                today(),
                entry.who.user_id or 0,
                entry.who.department_id or 0,
                feature,
                entry.who.channel,
                model,
                assistant if isinstance(assistant, int) else 0,
            )
            sums[key] = sums.get(key, Counts()) + counts
    count_answers(connection, today(), told)
    for key, counts in sums.items():
        named = dict(zip(KEYS, key, strict=True))
        _add(connection, usage_days, named, counts)
        _add(connection, usage_totals, {k: v for k, v in named.items() if k != "user_id"}, counts)


def today() -> date:
    """The day in Korea."""
    return utcnow().replace(tzinfo=UTC).astimezone(KST).date()


def month_begin(day: date) -> date:
    """The first day of the month."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """The first day of the month after."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def midnight(day: date) -> datetime:
    """The beginning of a day in Korea, as UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=KST).astimezone(UTC).replace(tzinfo=None)


def _counted(entry: Recorded) -> tuple[str, str, Counts] | None:
    """(feature, model, counts) of an entry that is use of AI."""
    if entry.action in REQUESTS:
        refused = int(bool(entry.detail.get("refused")))
        return REQUESTS[entry.action], "", Counts(requests=1, refused=refused)
    if entry.action != "model.call":
        return None
    purpose = str(entry.detail.get("purpose", ""))
    feature = PURPOSES.get(purpose, GATEWAY)

    def number(name: str) -> int:
        value = entry.detail.get(name)
        return int(value) if isinstance(value, int | float) else 0

    return (
        feature,
        entry.subject.removeprefix("model:")[:120],
        Counts(
            requests=int(feature == GATEWAY),
            calls=1,
            failures=int(entry.detail.get("outcome", "done") not in ("done", "stopped")),
            tokens_in=number("tokens_in"),
            tokens_out=number("tokens_out"),
            milliwon=number("milliwon"),
            milliwatt_hours=number("milliwatt_hours"),
            ms=number("ms"),
            first_ms=number("first_ms"),
        ),
    )


def _add(connection: Connection, table: sa.Table, key: dict[str, object], counts: Counts) -> None:
    same = sa.and_(*(table.c[name] == value for name, value in key.items()))
    numbers = {name: getattr(counts, name) for name in NUMBERS}
    more = {name: table.c[name] + number for name, number in numbers.items()}
    if not connection.execute(table.update().where(same).values(more)).rowcount:
        connection.execute(table.insert().values(key | numbers))
