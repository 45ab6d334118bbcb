"""How answers came out, by day and department: counted with the log, like use.

Times are kept as counts in steps, so that a share of any span can be read without its single answers; a
percentile is interpolated within its step (at most one step off).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, metadata
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import Recorded

_K = TypeVar("_K")
# Upper ends of the steps of time in seconds; the last is open.
STEPS = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 15.0, 30.0, 60.0)
NUMBERS = ("answers", "refused", "verified", "partial", "unverified", "ms")
TIMES = tuple(f"t{n}" for n in range(len(STEPS) + 1))

answer_days = sa.Table(
    "answer_days",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("department_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("mode", sa.String(12), primary_key=True),
    *(sa.Column(name, sa.BigInteger, nullable=False) for name in (*NUMBERS, *TIMES)),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Sums over answers. ``verified``, ``partial``, ``unverified``: sentences by support; ``times``: answers
    by step of ``STEPS``."""

    answers: int = 0
    refused: int = 0
    verified: int = 0
    partial: int = 0
    unverified: int = 0
    ms: int = 0
    times: tuple[int, ...] = (0,) * len(TIMES)

    def __add__(self, other: Outcome) -> Outcome:
        return _outcome(
            [getattr(self, n) + getattr(other, n) for n in NUMBERS],
            [a + b for a, b in zip(self.times, other.times, strict=True)],
        )

    @property
    def refusal(self) -> float | None:
        """Share of answers that said there was no basis."""
        return self.refused / self.answers if self.answers else None

    @property
    def support(self) -> float | None:
        """Share of sentences whose source bears them out."""
        sentences = self.verified + self.partial + self.unverified
        return self.verified / sentences if sentences else None

    def seconds(self, share: float) -> float | None:
        """The time that a share of the answers took at most, about; None without answers."""
        wanted, seen = share * sum(self.times), 0
        for n, count in enumerate(self.times):
            if count and seen + count >= wanted:
                low = STEPS[n - 1] if n else 0.0
                high = STEPS[n] if n < len(STEPS) else STEPS[-1] * 2
                return low + (high - low) * max(0.0, wanted - seen) / count
            seen += count
        return None


def _outcome(numbers: Sequence[int], times: Sequence[int]) -> Outcome:
    answers, refused, verified, partial, unverified, ms = numbers
    return Outcome(answers, refused, verified, partial, unverified, ms, tuple(times))


def count_answers(connection: Connection, day: date, told: Sequence[Recorded]) -> None:
    """Add the answers among what was just recorded. The caller holds the lock of the log."""
    for entry in told:
        if entry.action != "answer":
            continue
        key = {
            "day": day,
            "department_id": entry.who.department_id or 0,
            "mode": str(entry.detail.get("mode") or "")[:12],
        }
        numbers = {name: 0 for name in (*NUMBERS, *TIMES)} | _of(entry)
        same = sa.and_(*(answer_days.c[name] == value for name, value in key.items()))
        more = {name: answer_days.c[name] + number for name, number in numbers.items()}
        if not connection.execute(answer_days.update().where(same).values(more)).rowcount:
            connection.execute(answer_days.insert().values(key | numbers))


def _of(entry: Recorded) -> dict[str, int]:
    def number(name: str) -> int:
        value = entry.detail.get(name)
        return max(0, int(value)) if isinstance(value, int | float) else 0

    ms = number("ms")
    step = next((n for n, end in enumerate(STEPS) if ms <= end * 1000), len(STEPS))
    counted = {name: number(name) for name in ("verified", "partial", "unverified")}
    return {
        "answers": 1,
        "refused": int(bool(entry.detail.get("refused"))),
        "ms": ms,
        f"t{step}": 1,
        **counted,
    }


class QualityReader:
    """How answers came out, for those who run the system."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def days(
        self, principal: Principal, since: date, until: date, *, department_id: int | None = None
    ) -> dict[date, Outcome]:
        """By day, those without answers left out. Raises NotAllowed."""
        return self._by(principal, answer_days.c.day, since, until, department_id)

    def departments(self, principal: Principal, since: date, until: date) -> dict[int, Outcome]:
        """By department. Raises NotAllowed."""
        return self._by(principal, answer_days.c.department_id, since, until, None)

    def _by(
        self,
        principal: Principal,
        column: sa.Column[_K],
        since: date,
        until: date,
        department_id: int | None,
    ) -> dict[_K, Outcome]:
        require(principal, Permission.ADMINISTER)
        sums = [sa.func.sum(answer_days.c[name]).label(name) for name in (*NUMBERS, *TIMES)]
        query = sa.select(column.label("key"), *sums).where(answer_days.c.day.between(since, until))
        if department_id is not None:
            query = query.where(answer_days.c.department_id == department_id)
        with self._db.read() as connection:
            rows = connection.execute(query.group_by(column)).all()
        return {
            row.key: _outcome(
                [int(getattr(row, n)) for n in NUMBERS], [int(getattr(row, n)) for n in TIMES]
            )
            for row in rows
        }
