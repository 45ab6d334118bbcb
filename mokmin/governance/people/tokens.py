"""API tokens: keys with which a person's programs act, with at most that person's rights.

A token is shown once and kept as a hash. What it may do is what its scopes and the person's present
permissions have in common, so a token never outlives a right, and dies with the account.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import InvalidInput, NotFound
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.sessions import TOUCH, Session, hash_token
from mokmin.governance.people.sign_in_store import api_tokens
from mokmin.governance.people.store import users

PREFIX = "mok_"
MAX_DAYS = 365
MOST_TOKENS = 20
MAX_NAME = 80


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A key without its secret. ``state``: "live", "expired" or "revoked"."""

    id: int
    name: str
    scopes: tuple[Permission, ...]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class NewToken:
    """A key just made; ``token`` cannot be had again."""

    id: int
    token: str


class ApiTokens:
    """Make, list, revoke and recognise tokens."""

    def __init__(self, db: Database, principal: Callable[[Connection, int], Principal]) -> None:
        self._db = db
        self._principal = principal

    def issue(
        self, principal: Principal, name: str, scopes: Collection[str], days: int
    ) -> NewToken:
        """Make a token that ends after so many days. Raises InvalidInput."""
        name, wanted = name.strip(), sorted(set(scopes))
        if not name or len(name) > MAX_NAME:
            raise InvalidInput(f"토큰의 쓰임새를 {MAX_NAME}자 이하로 적어 주세요.")
        if not 1 <= days <= MAX_DAYS:
            raise InvalidInput(f"토큰은 1일에서 {MAX_DAYS}일까지 쓸 수 있습니다.")
        if not wanted or not set(wanted) <= {p.value for p in principal.permissions}:
            raise InvalidInput("내가 가진 권한 가운데서 하나 이상 골라 주세요.")
        now, token = utcnow(), PREFIX + secrets.token_urlsafe(32)
        with self._db.write() as connection:
            live = sa.select(sa.func.count()).where(
                api_tokens.c.user_id == principal.user_id,
                api_tokens.c.revoked_at.is_(None),
                api_tokens.c.expires_at > now,
            )
            if connection.execute(live).scalar_one() >= MOST_TOKENS:
                raise InvalidInput(
                    f"토큰은 {MOST_TOKENS}개까지 둘 수 있습니다. 쓰지 않는 것을 먼저 없애 주세요."
                )
            made = new_id(
                connection,
                api_tokens.insert().values(
                    user_id=principal.user_id,
                    token_hash=hash_token(token),
                    name=name,
                    scopes=" ".join(wanted),
                    created_at=now,
                    expires_at=now + timedelta(days=days),
                ),
            )
        return NewToken(made, token)

    def mine(self, principal: Principal) -> list[ApiToken]:
        """The person's tokens, live ones first, then the newest."""
        now = utcnow()
        query = sa.select(api_tokens).where(api_tokens.c.user_id == principal.user_id)
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(api_tokens.c.id.desc())).all()
        found = [
            ApiToken(
                r.id,
                r.name,
                _scopes(r.scopes),
                r.created_at,
                r.expires_at,
                r.used_at,
                "revoked" if r.revoked_at else "expired" if r.expires_at <= now else "live",
            )
            for r in rows
        ]
        return sorted(found, key=lambda token: token.state != "live")

    def revoke(self, principal: Principal, token_id: int) -> None:
        """End one of the person's own tokens. Raises NotFound, for others' tokens too."""
        with self._db.write() as connection:
            ended = connection.execute(
                api_tokens.update()
                .where(
                    api_tokens.c.id == token_id,
                    api_tokens.c.user_id == principal.user_id,
                    api_tokens.c.revoked_at.is_(None),
                )
                .values(revoked_at=utcnow())
            )
        if not ended.rowcount:
            raise NotFound("그런 토큰은 없거나 이미 없앴습니다. 목록을 새로 고쳐 주세요.")

    def find(self, token: str) -> Session | None:
        """What a live token stands for, or None."""
        now = utcnow()
        query = (
            sa.select(api_tokens)
            .join(users, users.c.id == api_tokens.c.user_id)
            .where(
                api_tokens.c.token_hash == hash_token(token),
                api_tokens.c.revoked_at.is_(None),
                api_tokens.c.expires_at > now,
                ~users.c.disabled,
            )
        )
        if not token.startswith(PREFIX):
            return None
        with self._db.read() as connection:
            row = connection.execute(query).first()
            if row is None:
                return None
            principal = self._principal(connection, row.user_id)
        if row.used_at is None or row.used_at < now - TOUCH:
            with self._db.write() as connection:
                connection.execute(
                    api_tokens.update().where(api_tokens.c.id == row.id).values(used_at=now)
                )
        allowed = principal.permissions & frozenset(_scopes(row.scopes))
        return Session(replace(principal, permissions=allowed, channel="api"), "", bearer=True)


def _scopes(text: str) -> tuple[Permission, ...]:
    """Permissions of that name; one that no longer exists gives nothing."""
    known = {p.value: p for p in Permission}
    return tuple(known[name] for name in text.split() if name in known)
