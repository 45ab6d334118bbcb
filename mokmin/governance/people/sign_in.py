"""Signing in: a password, then a second factor where there is one; and what administrators can help
with.

A wrong login, a wrong password and a disabled account say the same and take the same time. Five
failures lock a login for five minutes, whether it exists or not; an address that fails too often waits
as well.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import InvalidInput, NotAllowed, NotFound, NotSignedIn, RateLimited
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.people.attempts import BY_CODE, BY_LOGIN, Attempts, Bar, by_address
from mokmin.governance.people.passwords import Passwords
from mokmin.governance.people.second_factor import WRONG_CODE, SecondFactors
from mokmin.governance.people.sessions import Client, Session, Sessions, hash_token
from mokmin.governance.people.sign_in_store import sign_in_steps
from mokmin.governance.people.store import users

WRONG = "아이디 또는 비밀번호가 맞지 않습니다. 다시 확인해 주세요."
LOCKED = "여러 번 틀려 잠시 잠겼습니다. 5분 뒤에 다시 시도해 주세요."
STEP_LIFE = timedelta(minutes=10)
ADDRESS_FAILURES = 60


@dataclass(frozen=True, slots=True)
class Step:
    """A sign-in that waits for something more; ``token`` goes into the browser's cookie."""

    token: str


class Steps:
    """Sign-ins under way. Each is taken at most once to its end and lives ten minutes."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def begin(self, kind: str, user_id: int | None, data: Mapping[str, object]) -> Step:
        """Keep where a sign-in stands."""
        token, now = secrets.token_urlsafe(32), utcnow()
        with self._db.write() as connection:
            connection.execute(
                sign_in_steps.delete().where(sign_in_steps.c.created_at < now - STEP_LIFE)
            )
            connection.execute(
                sign_in_steps.insert().values(
                    token_hash=hash_token(token),
                    kind=kind,
                    user_id=user_id,
                    data=json.dumps(dict(data)),
                    created_at=now,
                )
            )
        return Step(token)

    def peek(self, kind: str, token: str) -> tuple[int | None, dict[str, str]] | None:
        """Account and data of a live step, which stays."""
        query = sa.select(sign_in_steps).where(
            sign_in_steps.c.token_hash == hash_token(token),
            sign_in_steps.c.kind == kind,
            sign_in_steps.c.created_at > utcnow() - STEP_LIFE,
        )
        with self._db.read() as connection:
            row = connection.execute(query).first()
        return (row.user_id, json.loads(row.data)) if row is not None else None

    def take(self, kind: str, token: str) -> tuple[int | None, dict[str, str]] | None:
        """The same, and the step is over; of two at once only one gets it."""
        found = self.peek(kind, token)
        with self._db.write() as connection:
            gone = connection.execute(
                sign_in_steps.delete().where(sign_in_steps.c.token_hash == hash_token(token))
            )
        return found if gone.rowcount == 1 else None


class SignIn:
    """The way in with a local account."""

    def __init__(
        self,
        db: Database,
        sessions: Sessions,
        passwords: Passwords,
        factors: SecondFactors,
        *,
        address_failures: int = ADDRESS_FAILURES,
    ) -> None:
        self._db = db
        self._sessions = sessions
        self._passwords = passwords
        self._factors = factors
        self._attempts = Attempts(db)
        self._steps = Steps(db)
        self._by_address = by_address(address_failures)

    def with_password(
        self, login: str, password: str, client: Client | None = None
    ) -> Session | Step:
        """A session, or a step that waits for the second factor.

        Raises NotSignedIn or, for a locked login or address, RateLimited.
        """
        client, now = client or Client(), utcnow()
        self._check_address(client)
        with self._db.read() as connection:
            row = connection.execute(
                sa.select(users).where(users.c.login == login.strip().lower())
            ).first()
        if self._attempts.locked(BY_LOGIN, login, now):
            self._attempts.failed(*self._counted(client))
            raise RateLimited(LOCKED)
        good = self._passwords.verify(row.password_hash if row is not None else "", password)
        if row is None or row.disabled or not good:
            self._attempts.failed((BY_LOGIN, login), *self._counted(client))
            raise NotSignedIn(WRONG)
        with self._db.write() as connection:
            self._attempts.forget(connection, BY_LOGIN, login)
            if self._passwords.outdated(row.password_hash):
                connection.execute(
                    users.update()
                    .where(users.c.id == row.id, users.c.password_hash == row.password_hash)
                    .values(password_hash=self._passwords.hash(password))
                )
            if not self._factors.active(connection, row.id):
                return self._sessions.open(connection, row.id, client)
        return self._steps.begin("code", row.id, {})

    def waits_for_code(self, token: str) -> bool:
        """Whether the step is live."""
        return self._steps.peek("code", token) is not None

    def with_code(self, token: str, code: str, client: Client | None = None) -> Session:
        """Finish a sign-in with a code of the second factor.

        Raises NotSignedIn (code ``sign-in-again`` when the step is over), RateLimited.
        """
        client = client or Client()
        self._check_address(client)
        step = self._steps.peek("code", token)
        if step is None or step[0] is None:
            raise NotSignedIn(
                "로그인한 지 오래되어 다시 시작해야 합니다. 아이디와 비밀번호를 다시 넣어 주세요.",
                code="sign-in-again",
            )
        user_id = step[0]
        if self._attempts.locked(BY_CODE, str(user_id), utcnow()):
            raise RateLimited(LOCKED)
        with self._db.write() as connection:
            disabled = sa.select(users.c.disabled).where(users.c.id == user_id)
            if not connection.execute(disabled).scalar_one() and self._factors.check(
                connection, user_id, code
            ):
                connection.execute(
                    sign_in_steps.delete().where(sign_in_steps.c.token_hash == hash_token(token))
                )
                self._attempts.forget(connection, BY_CODE, str(user_id))
                return self._sessions.open(connection, user_id, client)
        self._attempts.failed((BY_CODE, str(user_id)), *self._counted(client))
        raise NotSignedIn(WRONG_CODE)

    def change_password(
        self, principal: Principal, current: str, new: str, client: Client | None = None
    ) -> Session:
        """Set a new password and end all sessions; a new one for this browser. Raises InvalidInput."""
        if self._attempts.locked(BY_LOGIN, principal.login, utcnow()):
            raise RateLimited(LOCKED)
        with self._db.read() as connection:
            hashed = connection.execute(
                sa.select(users.c.password_hash).where(users.c.id == principal.user_id)
            ).scalar()
        if principal.user_id is None or not self._passwords.verify(hashed or "", current):
            self._attempts.failed((BY_LOGIN, principal.login))
            raise InvalidInput("지금 비밀번호가 맞지 않습니다.")
        with self._db.write() as connection:
            self._passwords.change(connection, principal.user_id, new)
            return self._sessions.open(connection, principal.user_id, client or Client())

    # --- an administrator helps -----------------------------------------------------------
    def reset_second_factor(self, principal: Principal, user_id: int) -> None:
        """Take somebody's second factor away (a lost phone); all sessions end. Raises NotAllowed,
        NotFound."""
        self._other(principal, user_id)
        with self._db.write() as connection:
            self._factors.remove(connection, user_id)
            self._attempts.forget(connection, BY_CODE, str(user_id))
            self._sessions.end_all(connection, user_id)

    def sign_out_everywhere(self, principal: Principal, user_id: int) -> int:
        """End all of somebody's sessions; how many they were. Raises NotAllowed, NotFound."""
        self._other(principal, user_id)
        with self._db.write() as connection:
            return self._sessions.end_all(connection, user_id)

    def find(self, principal: Principal, login: str) -> tuple[int, str] | None:
        """Number and name of the account of a login. Raises NotAllowed."""
        require(principal, Permission.MANAGE_PEOPLE)
        query = sa.select(users.c.id, users.c.name).where(users.c.login == login.strip().lower())
        with self._db.read() as connection:
            row = connection.execute(query).first()
        return (row.id, row.name) if row is not None else None

    def _other(self, principal: Principal, user_id: int) -> None:
        """Raises NotAllowed, NotFound unless it is another person whom the principal may help."""
        require(principal, Permission.MANAGE_PEOPLE)
        if user_id == principal.user_id:
            raise NotAllowed("자기 계정은 내 계정 화면에서 바꿔 주세요. 바뀐 것은 없습니다.")
        with self._db.read() as connection:
            found = connection.execute(sa.select(users.c.id).where(users.c.id == user_id)).first()
        if found is None:
            raise NotFound("그런 계정은 없습니다. 목록을 새로 고쳐 주세요.")

    def _counted(self, client: Client) -> list[tuple[Bar, str]]:
        return [(self._by_address, client.address)] if client.address else []

    def _check_address(self, client: Client) -> None:
        if client.address and self._attempts.locked(self._by_address, client.address, utcnow()):
            raise RateLimited(
                "이 컴퓨터나 회선에서 로그인이 너무 많이 실패해 잠시 막았습니다. "
                "5분 뒤에 다시 시도해 주세요."
            )
