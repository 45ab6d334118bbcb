"""The retention schedule and legal holds. A hold wins over everything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import InvalidInput, NotFound
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.records.model import KINDS, PERIODS, Hold, Item, Rule, Scope
from mokmin.governance.records.store import record_holds, retention_rules

LOCK_KEY = 4231
"""Serialises holds with disposal, so that a hold either comes before a deletion or after it."""
MAX_REASON = 300


def reason_of(text: str) -> str:
    """A reason as it is kept. Raises InvalidInput."""
    reason = " ".join(text.split())
    if not 2 <= len(reason) <= MAX_REASON:
        raise InvalidInput(f"까닭을 2자 이상 {MAX_REASON}자 이하로 적어 주세요. 바꾸지 않았습니다.")
    return reason


def rules_in(connection: Connection) -> dict[str, Rule]:
    """The schedule as it holds now."""
    found = {k.key: Rule(k, k.period, k.ground) for k in KINDS.values()}
    rows = connection.execute(sa.select(retention_rules).order_by(retention_rules.c.id))
    for row in rows:
        if row.kind in KINDS:
            found[row.kind] = Rule(
                KINDS[row.kind], row.period, row.reason, row.changed_by, row.changed_at
            )
    return found


def holds_in(connection: Connection) -> list[Hold]:
    """Holds that are not lifted."""
    query = sa.select(record_holds).where(record_holds.c.lifted_at.is_(None))
    return [_hold(row) for row in connection.execute(query)]


def held(holds: Sequence[Hold], item: Item) -> bool:
    """Whether any of them keeps the record."""
    return any(hold.holds(item) for hold in holds)


class RecordsSchedule:
    """Periods and holds, for the records officer."""

    def __init__(self, db: Database, audit: AuditLog) -> None:
        self._db = db
        self._audit = audit

    def rules(self) -> list[Rule]:
        """The schedule."""
        with self._db.read() as connection:
            return list(rules_in(connection).values())

    def change(self, principal: Principal, kind: str, period: str, reason: str) -> None:
        """Another period for a kind. Raises NotAllowed, InvalidInput."""
        require(principal, Permission.KEEP_RECORDS)
        if kind not in KINDS or period not in PERIODS:
            raise InvalidInput("보존기간 목록에 없는 값입니다. 바꾸지 않았습니다.")
        reason = reason_of(reason)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            before = rules_in(connection)[kind].period
            connection.execute(
                retention_rules.insert().values(
                    kind=kind,
                    period=period,
                    reason=reason,
                    changed_by=principal.login,
                    changed_at=utcnow(),
                )
            )
            self._audit.append(
                connection,
                principal.login,
                "retention.change",
                f"retention:{kind}",
                {"before": before, "after": period},
            )

    def holds(self, principal: Principal) -> list[Hold]:
        """All holds, the newest first, lifted ones too."""
        require(principal, Permission.KEEP_RECORDS)
        with self._db.read() as connection:
            rows = connection.execute(sa.select(record_holds).order_by(record_holds.c.id.desc()))
            return [_hold(row) for row in rows]

    def place(
        self,
        principal: Principal,
        scope: str,
        target: str,
        reason: str,
        from_on: date | None = None,
        until_on: date | None = None,
    ) -> int:
        """Keep what it names until it is lifted. Raises NotAllowed, InvalidInput."""
        require(principal, Permission.KEEP_RECORDS)
        target = _target(scope, target.strip(), from_on, until_on)
        reason = reason_of(reason)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            key = new_id(
                connection,
                record_holds.insert().values(
                    scope=scope,
                    target=target,
                    from_on=from_on if scope == Scope.DATES else None,
                    until_on=until_on if scope == Scope.DATES else None,
                    reason=reason,
                    made_by=principal.login,
                    made_at=utcnow(),
                ),
            )
            self._audit.append(
                connection, principal.login, "hold.place", f"hold:{key}", {"scope": scope}
            )
        return key

    def lift(self, principal: Principal, hold_id: int) -> None:
        """End a hold. Raises NotAllowed, NotFound."""
        require(principal, Permission.KEEP_RECORDS)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            changed = connection.execute(
                record_holds.update()
                .where(record_holds.c.id == hold_id, record_holds.c.lifted_at.is_(None))
                .values(lifted_by=principal.login, lifted_at=utcnow())
            )
            if not changed.rowcount:
                raise NotFound("그런 보존 조치가 없거나 이미 풀렸습니다.")
            self._audit.append(connection, principal.login, "hold.lift", f"hold:{hold_id}", {})


def _target(scope: str, target: str, from_on: date | None, until_on: date | None) -> str:
    if scope not in list(Scope):
        raise InvalidInput("무엇을 보존할지 골라 주세요.")
    if scope == Scope.DATES:
        if from_on is None and until_on is None:
            raise InvalidInput("보존할 기간의 첫날이나 마지막 날을 적어 주세요.")
        if from_on and until_on and until_on < from_on:
            raise InvalidInput("마지막 날이 첫날보다 앞섭니다. 날짜를 다시 적어 주세요.")
        return ""
    if not target or len(target) > 80:
        raise InvalidInput("보존할 사람의 아이디나 문서·대화 번호를 적어 주세요.")
    if scope != Scope.PERSON and not (target.isascii() and target.isdigit()):
        raise InvalidInput("문서와 대화는 번호로 적어 주세요. 주소 끝의 숫자입니다.")
    return target if scope == Scope.PERSON else str(int(target))


def _hold(row: Row[Any]) -> Hold:
    return Hold(
        row.id,
        Scope(row.scope),
        row.target,
        row.from_on,
        row.until_on,
        row.reason,
        row.made_by,
        row.made_at,
        row.lifted_by,
        row.lifted_at,
    )
