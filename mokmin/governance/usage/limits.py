"""Limits of use: how many requests, tokens or won a person, a department or the city may use.

A limit in requests stops the feature; one in tokens or won stops models alone, and answers are then
quoted from the documents. Before the end comes a warning. Limits count what ``metering`` counted, so
work that is under way when a limit is reached is finished.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, metadata, new_id, pairs, utcnow
from mokmin.base.errors import InvalidInput, NotFound, RateLimited
from mokmin.base.korean.josa import with_josa
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog, Detail
from mokmin.governance.people.store import departments, users
from mokmin.governance.usage.metering import (
    month_begin,
    next_month,
    today,
    usage_days,
    usage_totals,
)
from mokmin.governance.usage.places import Places
from mokmin.governance.usage.switches import Feature

usage_limits = sa.Table(
    "usage_limits",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("scope", sa.String(12), nullable=False),
    sa.Column("scope_id", sa.Integer, nullable=False),
    sa.Column("feature", sa.String(40), nullable=False),
    sa.Column("unit", sa.String(10), nullable=False),
    sa.Column("period", sa.String(6), nullable=False),
    sa.Column("soft", sa.BigInteger, nullable=False),
    sa.Column("hard", sa.BigInteger, nullable=False),
    sa.Column("changed_by", sa.String(80), nullable=False),
    sa.Column("changed_at", sa.DateTime, nullable=False),
    sa.UniqueConstraint("scope", "scope_id", "feature", "unit", "period", name="uq_usage_limits"),
)
FRESH_SECONDS = 1.5
MOST = 10**15
SCOPES = {"city": "시 전체", "department": "부서", "people": "한 사람마다", "person": "사람"}
UNITS = {"requests": "건", "tokens": "토큰", "won": "원"}
PERIODS = {"day": "하루", "month": "한 달"}
State = Literal["under", "near", "reached"]


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit. ``feature`` is empty for all; ``soft``: from where it warns; ``scope_id``: the
    department (with all below it) or the person, else 0."""

    id: int
    scope: str
    scope_id: int
    feature: str
    unit: str
    period: str
    soft: int
    hard: int
    changed_by: str = ""

    @property
    def rule(self) -> tuple[str, str, str]:
        """What of a person's own limit takes the place of that of everyone."""
        return (self.feature, self.unit, self.period)


@dataclass(frozen=True, slots=True)
class Standing:
    """How much of a limit is used, and when it begins anew."""

    limit: Limit
    used: int
    anew: date

    @property
    def state(self) -> State:
        """``near`` from the warning on, ``reached`` at the end."""
        if self.used >= self.limit.hard:
            return "reached"
        return "near" if self.used >= self.limit.soft else "under"


class Limits:
    """Asked before every use; kept by those who may set limits."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        places: Places,
        features: Sequence[Feature],
        day: Callable[[], date] = today,
    ) -> None:
        self._db, self._audit, self._places, self._day = db, audit, places, day
        self._features = {feature.key: feature.name for feature in features}
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._known: tuple[Limit, ...] = ()

    # --- asked ----------------------------------------------------------------------------
    def check(self, principal: Principal, feature: str) -> None:
        """Raise RateLimited when a limit in requests is reached."""
        for standing in self._standings(principal, feature, ("requests",)):
            if standing.state == "reached":
                raise RateLimited(self.sentence(standing), code="limit-reached")

    def models_stopped(self, principal: Principal, feature: str) -> str:
        """Why no model is asked now; empty while models may be."""
        for standing in self._standings(principal, feature, ("tokens", "won")):
            if standing.state == "reached":
                return self.sentence(standing)
        return ""

    def warnings(self, principal: Principal) -> list[str]:
        """What a person should know: limits that are near or reached, of whatever feature."""
        found = self._standings(principal, None, tuple(UNITS))
        return [self.sentence(s) for s in found if s.state != "under"]

    def standings(self, principal: Principal) -> list[Standing]:
        """All limits that apply to a person."""
        return self._standings(principal, None, tuple(UNITS))

    def whose(self, limit: Limit) -> str:
        """Whose use a limit counts, without the name of a person."""
        if limit.scope == "department":
            return self._places.names().get(limit.scope_id, "부서")
        return "시 전체" if limit.scope == "city" else "한 사람"

    def what(self, limit: Limit) -> str:
        """What of AI a limit counts."""
        return self._features.get(limit.feature, "AI 기능")

    def sentence(self, standing: Standing) -> str:
        """What a standing means, in words."""
        limit = standing.limit
        what = self.what(limit)
        amount = (
            f"{self.whose(limit)} {PERIODS[limit.period]} 한도 {limit.hard:,}{UNITS[limit.unit]}"
        )
        when = "내일" if limit.period == "day" else f"{standing.anew.month}월 {standing.anew.day}일"
        if standing.state == "reached":
            rest = (
                f"{when}부터 다시 쓸 수 있습니다."
                if limit.unit == "requests"
                else f"{when}까지는 언어모델 없이 문서에서 뽑아 답합니다."
            )
            spent = with_josa(amount, "을/를")
            return f"{what}의 {spent} 다 썼습니다. {rest} 더 필요하면 관리자에게 알려 주세요."
        used = with_josa(f"{standing.used:,}{UNITS[limit.unit]}", "을/를")
        return f"{what}의 {amount} 가운데 {used} 썼습니다."

    def _standings(
        self, principal: Principal, feature: str | None, units: Sequence[str]
    ) -> list[Standing]:
        limits = [
            limit
            for limit in self._applying(principal)
            if limit.unit in units and (feature is None or limit.feature in ("", feature))
        ]
        if not limits:
            return []
        day = self._day()
        with self._db.read() as connection:
            return [self._standing(connection, principal, limit, day) for limit in limits]

    def _applying(self, principal: Principal) -> list[Limit]:
        known = self._current()
        if not known:
            return []
        above = self._places.above(principal.department_id)
        own = [k for k in known if k.scope == "person" and k.scope_id == principal.user_id]
        replaced = {limit.rule for limit in own}
        return own + [
            limit
            for limit in known
            if limit.scope == "city"
            or (limit.scope == "department" and limit.scope_id in above)
            or (limit.scope == "people" and limit.rule not in replaced)
        ]

    def _standing(
        self, connection: Connection, principal: Principal, limit: Limit, day: date
    ) -> Standing:
        begin = day if limit.period == "day" else month_begin(day)
        anew = day + timedelta(days=1) if limit.period == "day" else next_month(day)
        personal = limit.scope in ("people", "person")
        table = usage_days if personal else usage_totals
        amount = {
            "requests": table.c.requests,
            "tokens": table.c.tokens_in + table.c.tokens_out,
            "won": table.c.milliwon,
        }[limit.unit]
        query = sa.select(sa.func.coalesce(sa.func.sum(amount), 0)).where(
            table.c.day >= begin, table.c.day < anew
        )
        if limit.feature:
            query = query.where(table.c.feature == limit.feature)
        if personal:
            query = query.where(table.c.user_id == (principal.user_id or 0))
        elif limit.scope == "department":
            below = sorted(self._places.below(limit.scope_id))
            query = query.where(table.c.department_id.in_(below))
        used = int(connection.execute(query).scalar_one())
        return Standing(limit, used // 1000 if limit.unit == "won" else used, anew)

    # --- kept -----------------------------------------------------------------------------
    def all(self, principal: Principal) -> list[tuple[Limit, str]]:
        """Every limit with the name of whom it is for. Raises NotAllowed."""
        require(principal, Permission.SET_LIMITS)
        with self._db.read() as connection:
            found = self._read(connection)
            persons = [limit.scope_id for limit in found if limit.scope == "person"]
            named = sa.select(users.c.id, users.c.name + " (" + users.c.login + ")")
            people = pairs(connection, named.where(users.c.id.in_(persons)))
        places = self._places.names()

        def whom(limit: Limit) -> str:
            names = {"department": places, "person": people}.get(limit.scope, {})
            return str(names.get(limit.scope_id, SCOPES[limit.scope]))

        return [(limit, whom(limit)) for limit in found]

    def put(
        self,
        principal: Principal,
        *,
        scope: str,
        whom: str = "",
        feature: str = "",
        unit: str,
        period: str,
        hard: int,
        warn_percent: int = 80,
    ) -> None:
        """Set a limit, or change the one there is. ``whom``: the login of a person or the id of a
        department. Raises NotAllowed, InvalidInput."""
        require(principal, Permission.SET_LIMITS)
        if scope not in SCOPES or unit not in UNITS or period not in PERIODS:
            raise InvalidInput("한도의 대상, 단위, 기간을 목록에서 골라 주세요.")
        if feature and feature not in self._features:
            raise InvalidInput("그런 기능이 없습니다. 목록에서 골라 주세요.")
        if not 1 <= hard <= MOST:
            raise InvalidInput(
                "한도는 1 이상의 수로 적어 주세요. 아주 쓰지 못하게 하려면 기능을 끄세요."
            )
        if not 1 <= warn_percent <= 100:
            raise InvalidInput("알릴 때는 1에서 100%까지 적어 주세요.")
        key = {"scope": scope, "feature": feature, "unit": unit, "period": period}
        table = usage_limits
        with self._db.write() as connection:
            key_id = {"scope_id": _whom(connection, scope, whom)}
            same = sa.and_(*(table.c[n] == v for n, v in (key | key_id).items()))
            values = {
                "hard": hard,
                "soft": max(1, hard * warn_percent // 100),
                "changed_by": principal.login,
                "changed_at": utcnow(),
            }
            if not connection.execute(table.update().where(same).values(values)).rowcount:
                new_id(connection, table.insert().values(key | key_id | values))
            subject = f"limit:{scope}:{key_id['scope_id']}"
            detail: Detail = {"feature": feature, "unit": unit, "period": period, "hard": hard}
            self._audit.append(connection, principal, "limit.set", subject, detail)
        self._forget()

    def remove(self, principal: Principal, limit_id: int) -> Limit:
        """Lift a limit and return it. Raises NotAllowed, NotFound."""
        require(principal, Permission.SET_LIMITS)
        with self._db.write() as connection:
            found = next((k for k in self._read(connection) if k.id == limit_id), None)
            if found is None:
                raise NotFound("그 한도는 이미 없습니다.")
            connection.execute(usage_limits.delete().where(usage_limits.c.id == limit_id))
            detail: Detail = {"unit": found.unit, "period": found.period, "hard": found.hard}
            subject = f"limit:{found.scope}:{found.scope_id}"
            self._audit.append(connection, principal, "limit.lift", subject, detail)
        self._forget()
        return found

    def _current(self) -> tuple[Limit, ...]:
        with self._lock:
            now = time.monotonic()
            if now - self._read_at >= FRESH_SECONDS:
                with self._db.read() as connection:
                    self._known = tuple(self._read(connection))
                self._read_at = now
            return self._known

    def _forget(self) -> None:
        with self._lock:
            self._read_at = float("-inf")

    @staticmethod
    def _read(connection: Connection) -> list[Limit]:
        table = usage_limits
        columns = [c for c in table.c if c.name != "changed_at"]
        rows: Iterable[sa.Row[tuple[object, ...]]] = connection.execute(
            sa.select(*columns).order_by(table.c.id)
        )
        return [Limit(**row._mapping) for row in rows]


def _whom(connection: Connection, scope: str, whom: str) -> int:
    """The id that a limit is for. Raises InvalidInput."""
    whom = whom.strip()
    if scope == "person":
        query = sa.select(users.c.id).where(users.c.login == whom.lower())
        sentence = f"'{whom[:60]}' 계정이 없습니다. 로그인 이름을 적어 주세요."
    elif scope == "department":
        query = sa.select(departments.c.id).where(
            departments.c.id == (int(whom) if whom.isdecimal() and len(whom) < 10 else -1)
        )
        sentence = "그 부서가 없습니다. 목록에서 골라 주세요."
    else:
        return 0
    found = connection.execute(query).scalar_one_or_none()
    if found is None:
        raise InvalidInput(sentence)
    return int(found)
