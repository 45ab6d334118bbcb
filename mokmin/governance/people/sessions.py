"""Sessions: opened by a sign-in, ended by an idle and an absolute limit, seen as a list of devices.

Only a hash of a session's token is stored. Every sign-in makes a new token, so that one that somebody
else planted in the browser beforehand opens nothing (session fixation).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import NotFound
from mokmin.governance.access.model import Principal
from mokmin.governance.people.sign_in_store import second_factors
from mokmin.governance.people.store import sessions, users

TOUCH = timedelta(minutes=1)
PASSWORD, SECOND_FACTOR = "password", "second-factor"
BY_PROVIDER = "oidc"


@dataclass(frozen=True, slots=True)
class Client:
    """The browser of a request: its address and how it calls itself."""

    address: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """When sessions end, and for whom they begin with setting up a second factor."""

    idle: timedelta = timedelta(hours=2)
    absolute: timedelta = timedelta(hours=12)
    second_factor_roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in session; ``token`` is set only when it is made.

    ``todo`` names what comes before anything else ("password", "second-factor" or nothing).
    ``bearer`` is true for a program with an API token: no cookie, so no form token either.
    ``idle_ends`` and ``ends`` are the moments (UTC) at which it ends unused and in any case.
    """

    principal: Principal
    csrf_token: str
    token: str = ""
    todo: str = ""
    bearer: bool = False
    handle: str = ""
    idle_ends: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """One of a person's sessions."""

    handle: str
    address: str
    agent: str
    method: str
    created_at: datetime
    seen_at: datetime
    this: bool


class Sessions:
    """Opens, finds and ends sessions. ``principal`` gives an account's present rights."""

    def __init__(
        self,
        db: Database,
        principal: Callable[[Connection, int], Principal],
        limits: SessionLimits,
    ) -> None:
        self._db = db
        self._principal = principal
        self.limits = limits

    def open(
        self,
        connection: Connection,
        user_id: int,
        client: Client,
        *,
        method: str = PASSWORD,
        id_token: str | None = None,
    ) -> Session:
        """A new session of somebody who has proved who they are, within a sign-in's transaction."""
        now = utcnow()
        token, csrf, handle = (secrets.token_urlsafe(n) for n in (32, 24, 12))
        connection.execute(
            sessions.delete().where(
                sa.or_(
                    sessions.c.created_at < now - self.limits.absolute,
                    sessions.c.seen_at < now - self.limits.idle,
                )
            )
        )
        connection.execute(
            sessions.insert().values(
                token_hash=hash_token(token),
                user_id=user_id,
                csrf_token=csrf,
                created_at=now,
                seen_at=now,
                handle=handle,
                address=client.address[:64],
                agent=client.agent[:300],
                method=method,
                id_token=id_token,
            )
        )
        row = connection.execute(sa.select(sessions).where(sessions.c.handle == handle)).one()
        return self._session(connection, row, token=token)

    def find(self, token: str, *, touch: bool = True) -> Session | None:
        """The live session of a token, or None when it has ended. ``touch`` counts as use."""
        now = utcnow()
        query = (
            sa.select(sessions)
            .join(users, users.c.id == sessions.c.user_id)
            .where(sessions.c.token_hash == hash_token(token), ~users.c.disabled)
        )
        with self._db.read() as connection:
            row = connection.execute(query).first()
            if row is None or self._ends(row, row.seen_at) <= now:
                return None
            found = self._session(connection, row, seen=now if touch else row.seen_at)
        if touch and row.seen_at < now - TOUCH:
            with self._db.write() as connection:
                connection.execute(
                    sessions.update()
                    .where(sessions.c.token_hash == row.token_hash)
                    .values(seen_at=now)
                )
        return found

    def end(self, token: str) -> str | None:
        """End a session; the provider's token that it was opened with, when there is one."""
        query = sa.select(sessions.c.id_token).where(sessions.c.token_hash == hash_token(token))
        with self._db.write() as connection:
            id_token = connection.execute(query).scalar()
            connection.execute(sessions.delete().where(sessions.c.token_hash == hash_token(token)))
        return str(id_token) if id_token else None

    def devices(self, principal: Principal, current: str) -> list[Device]:
        """The person's live sessions, the one with handle ``current`` first, then the latest used."""
        now = utcnow()
        query = sa.select(sessions).where(
            sessions.c.user_id == principal.user_id,
            sessions.c.seen_at > now - self.limits.idle,
            sessions.c.created_at > now - self.limits.absolute,
        )
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(sessions.c.seen_at.desc())).all()
        found = [
            Device(
                r.handle, r.address, r.agent, r.method, r.created_at, r.seen_at, r.handle == current
            )
            for r in rows
        ]
        return sorted(found, key=lambda device: not device.this)

    def end_device(self, principal: Principal, handle: str) -> None:
        """End one of the person's own sessions. Raises NotFound, for others' sessions too."""
        with self._db.write() as connection:
            ended = connection.execute(
                sessions.delete().where(
                    sessions.c.user_id == principal.user_id, sessions.c.handle == handle
                )
            )
        if not ended.rowcount:
            raise NotFound("이미 로그아웃한 기기입니다. 목록을 새로 고쳐 주세요.")

    def end_others(self, principal: Principal, current: str) -> int:
        """End all of the person's sessions but that with handle ``current``; how many they were."""
        with self._db.write() as connection:
            ended = connection.execute(
                sessions.delete().where(
                    sessions.c.user_id == principal.user_id, sessions.c.handle != current
                )
            )
        return int(ended.rowcount)

    def end_all(self, connection: Connection, user_id: int) -> int:
        """End all sessions of an account; how many they were."""
        ended = connection.execute(sessions.delete().where(sessions.c.user_id == user_id))
        return int(ended.rowcount)

    def _ends(self, row: Row[tuple[object, ...]], seen: datetime) -> datetime:
        created: datetime = row.created_at
        return min(seen + self.limits.idle, created + self.limits.absolute)

    def _session(
        self,
        connection: Connection,
        row: Row[tuple[object, ...]],
        *,
        token: str = "",
        seen: datetime | None = None,
    ) -> Session:
        principal = self._principal(connection, row.user_id)
        return Session(
            principal,
            row.csrf_token,
            token,
            todo=self._todo(connection, row, principal),
            handle=row.handle,
            idle_ends=self._ends(row, seen or row.seen_at),
            ends=row.created_at + self.limits.absolute,
        )

    def _todo(
        self, connection: Connection, row: Row[tuple[object, ...]], principal: Principal
    ) -> str:
        """The identity provider's own rules stand in for ours where it signed the person in."""
        if row.method == BY_PROVIDER:
            return ""
        must_change = sa.select(users.c.must_change_password).where(users.c.id == row.user_id)
        if connection.execute(must_change).scalar():
            return PASSWORD
        if principal.role not in self.limits.second_factor_roles:
            return ""
        active = sa.select(second_factors.c.user_id).where(
            second_factors.c.user_id == row.user_id, second_factors.c.confirmed_at.is_not(None)
        )
        return "" if connection.execute(active).first() else SECOND_FACTOR


def hash_token(token: str) -> str:
    """What is stored of a token: 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
