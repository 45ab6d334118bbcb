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

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import metadata, utcnow
from mokmin.governance.audit.service import Recorded

usage_days = sa.Table(
    "usage_days",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("user_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("department_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("feature", sa.String(40), primary_key=True),
    sa.Column("channel", sa.String(10), primary_key=True),
    sa.Column("model", sa.String(120), primary_key=True),
    sa.Column("assistant_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("requests", sa.Integer, nullable=False),
    sa.Column("refused", sa.Integer, nullable=False),
    sa.Column("calls", sa.Integer, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("tokens_in", sa.BigInteger, nullable=False),
    sa.Column("tokens_out", sa.BigInteger, nullable=False),
    sa.Column("milliwon", sa.BigInteger, nullable=False),
    sa.Column("milliwatt_hours", sa.BigInteger, nullable=False),
    sa.Column("ms", sa.BigInteger, nullable=False),
    sa.Column("first_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_usage_days_user", "user_id", "day"),
    sa.Index("ix_usage_days_department", "department_id", "day"),
)
KST = timezone(timedelta(hours=9))
# What a person asked for, by the entry that tells of it. Calls of models stand for themselves only
# where a program asks a model and nothing else.
REQUESTS = {
    "answer": "assistant",
    "search": "search",
    "tool.run": "tools",
    "draft.suggest": "drafting",
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
    for key, counts in sums.items():
        _add(connection, dict(zip(KEYS, key, strict=True)), counts)


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


def _add(connection: Connection, key: dict[str, object], counts: Counts) -> None:
    table = usage_days
    same = sa.and_(*(table.c[name] == value for name, value in key.items()))
    numbers = {name: getattr(counts, name) for name in NUMBERS}
    more = {name: table.c[name] + number for name, number in numbers.items()}
    if not connection.execute(table.update().where(same).values(more)).rowcount:
        connection.execute(table.insert().values(key | numbers))
