"""Accounts and sign-in.

Passwords are hashed with argon2id. Five failures lock an account for five minutes; a wrong login
and a wrong password take the same time and say the same. Sessions end after an idle and an
absolute limit; only a hash of the session token is stored.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Connection

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotFound, NotSignedIn, RateLimited
from mokmin.governance.access.model import ROLES, Principal
from mokmin.governance.people.store import (
    departments,
    failures,
    group_members,
    groups,
    sessions,
    users,
)

IDLE = timedelta(hours=2)
ABSOLUTE = timedelta(hours=12)
MAX_FAILURES = 5
LOCK = timedelta(minutes=5)
MIN_PASSWORD = 10
FORGET = timedelta(hours=1)
LOCK_KEY = 4215
_WRONG = "아이디 또는 비밀번호가 맞지 않습니다. 다시 확인해 주세요."


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in session; ``token`` is set only when it is made."""

    principal: Principal
    csrf_token: str
    token: str = ""


class PeopleService:
    """Departments, groups, accounts and sessions."""

    def __init__(self, db: Database, *, hasher: PasswordHasher | None = None) -> None:
        self._db = db
        self._hasher = hasher or PasswordHasher()
        self._decoy = self._hasher.hash(secrets.token_hex(8))

    # --- organisation ---------------------------------------------------------------------
    def ensure_group(self, connection: Connection, key: str, name: str) -> int:
        """The id of a group, made when it does not exist yet."""
        found = connection.execute(sa.select(groups.c.id).where(groups.c.key == key)).scalar()
        if found is not None:
            return int(found)
        return new_id(connection, groups.insert().values(key=key, name=name))

    def ensure_department(
        self, connection: Connection, name: str, *, parent: str | None = None, phone: str = ""
    ) -> int:
        """The id of a department, made with its group when it does not exist yet."""
        found = connection.execute(
            sa.select(departments.c.id).where(departments.c.name == name)
        ).scalar()
        if found is not None:
            return int(found)
        parent_id = self.ensure_department(connection, parent) if parent else None
        made = new_id(
            connection, departments.insert().values(name=name, parent_id=parent_id, phone=phone)
        )
        self.ensure_group(connection, f"dept:{made}", name)
        return made

    def department_names(self) -> list[str]:
        """All departments, in the order in which they were made."""
        with self._db.read() as connection:
            return list(
                connection.execute(
                    sa.select(departments.c.name).order_by(departments.c.id)
                ).scalars()
            )

    def department_phone(self, name: str) -> str:
        """The department's telephone number, or an empty string."""
        with self._db.read() as connection:
            query = sa.select(departments.c.phone).where(departments.c.name == name)
            return str(connection.execute(query).scalar() or "")

    def group_for(self, connection: Connection, name: str) -> int:
        """Group id of ``staff`` or of a department or custom group by its name."""
        if name in ("staff", "전 직원"):
            return self.ensure_group(connection, "staff", "전 직원")
        found = connection.execute(
            sa.select(groups.c.id).where(sa.or_(groups.c.name == name, groups.c.key == name))
        ).scalar()
        if found is None:
            raise InvalidInput(f"'{name}'이라는 부서나 그룹이 없습니다. 이름을 확인해 주세요.")
        return int(found)

    # --- accounts -------------------------------------------------------------------------
    def has_accounts(self) -> bool:
        """Whether anybody can sign in yet."""
        with self._db.read() as connection:
            return connection.execute(sa.select(users.c.id).limit(1)).first() is not None

    def create_account(
        self,
        *,
        login: str,
        name: str,
        password: str,
        role: str,
        department: str | None = None,
        post: str = "",
    ) -> int:
        """Make an account. Raises InvalidInput for a weak password, Conflict for a used login."""
        login = login.strip().lower()
        if not login or len(login) > 80 or any(c.isspace() for c in login):
            raise InvalidInput("아이디는 빈칸 없이 1~80자로 적어 주세요.")
        _check_password(login, password)
        if role not in ROLES:
            raise InvalidInput(f"'{role}'이라는 역할은 없습니다.")
        hashed = self._hasher.hash(password)
        with self._db.write() as connection:
            if connection.execute(sa.select(users.c.id).where(users.c.login == login)).first():
                raise Conflict("이미 있는 아이디입니다. 다른 아이디를 정해 주세요.")
            self.ensure_group(connection, "staff", "전 직원")
            department_id = self.ensure_department(connection, department) if department else None
            return new_id(
                connection,
                users.insert().values(
                    login=login,
                    name=name,
                    post=post,
                    department_id=department_id,
                    role=role,
                    password_hash=hashed,
                    created_at=utcnow(),
                ),
            )

    def principal(self, login: str) -> Principal:
        """The principal of an account by login. Raises NotFound."""
        with self._db.read() as connection:
            row = connection.execute(
                sa.select(users.c.id).where(users.c.login == login.lower(), ~users.c.disabled)
            ).first()
            if row is None:
                raise NotFound(f"'{login}' 계정이 없습니다.")
            return self._principal(connection, row.id)

    def _principal(self, connection: Connection, user_id: int) -> Principal:
        row = connection.execute(
            sa.select(users, departments.c.name.label("department"))
            .join(departments, departments.c.id == users.c.department_id, isouter=True)
            .where(users.c.id == user_id)
        ).one()
        keys = ["staff"]
        if row.department_id is not None:
            keys.append(f"dept:{row.department_id}")
        own = sa.select(group_members.c.group_id).where(group_members.c.user_id == user_id)
        ids = connection.execute(
            sa.select(groups.c.id)
            .where(sa.or_(groups.c.key.in_(keys), groups.c.id.in_(own)))
            .order_by(groups.c.id)
        ).scalars()
        return Principal(
            user_id=row.id,
            login=row.login,
            name=row.name,
            department_id=row.department_id,
            department=row.department or "",
            role=row.role,
            groups=tuple(ids),
            permissions=ROLES[row.role],
        )

    # --- sessions -------------------------------------------------------------------------
    def sign_in(self, login: str, password: str) -> Session:
        """Open a session. Raises NotSignedIn or, for a locked account, RateLimited."""
        now = utcnow()
        with self._db.read() as connection:
            row = connection.execute(
                sa.select(users).where(users.c.login == login.strip().lower())
            ).first()
        if self._locked(login, now):
            raise RateLimited("여러 번 틀려 잠시 잠겼습니다. 5분 뒤에 다시 시도해 주세요.")
        good = self._verify(row.password_hash if row is not None else self._decoy, password)
        if row is None or row.disabled or not good:
            self._record_failure(login)
            raise NotSignedIn(_WRONG)
        token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
        with self._db.write() as connection:
            connection.execute(failures.delete().where(failures.c.login_hash == _login_hash(login)))
            connection.execute(sessions.delete().where(sessions.c.created_at < now - ABSOLUTE))
            connection.execute(
                sessions.insert().values(
                    token_hash=_hash(token),
                    user_id=row.id,
                    csrf_token=csrf,
                    created_at=now,
                    seen_at=now,
                )
            )
            principal = self._principal(connection, row.id)
        return Session(principal, csrf, token)

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerifyMismatchError, InvalidHashError):
            return False

    def _locked(self, login: str, now: datetime) -> bool:
        query = sa.select(failures.c.locked_until).where(
            failures.c.login_hash == _login_hash(login)
        )
        with self._db.read() as connection:
            until = connection.execute(query).scalar()
        return until is not None and until > now

    def _record_failure(self, login: str) -> None:
        """Count a failure for a login, whether it exists or not: a lock must not tell which do."""
        key, now = _login_hash(login), utcnow()
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            connection.execute(failures.delete().where(failures.c.at < now - FORGET))
            row = connection.execute(
                sa.select(failures).where(failures.c.login_hash == key)
            ).first()
            count = (row.tries if row is not None else 0) + 1
            locked = now + LOCK if count >= MAX_FAILURES else None
            values = {"tries": 0 if locked else count, "locked_until": locked, "at": now}
            if row is None:
                connection.execute(failures.insert().values(login_hash=key, **values))
            else:
                connection.execute(
                    failures.update().where(failures.c.login_hash == key).values(**values)
                )

    def session(self, token: str) -> Session | None:
        """The live session of a token, or None when it has ended."""
        now = utcnow()
        with self._db.read() as connection:
            row = connection.execute(
                sa.select(sessions).where(sessions.c.token_hash == _hash(token))
            ).first()
            if row is None or row.seen_at < now - IDLE or row.created_at < now - ABSOLUTE:
                return None
            disabled = sa.select(users.c.disabled).where(users.c.id == row.user_id)
            if connection.execute(disabled).scalar():
                return None
            principal = self._principal(connection, row.user_id)
        if row.seen_at < now - timedelta(minutes=1):
            with self._db.write() as connection:
                connection.execute(
                    sessions.update()
                    .where(sessions.c.token_hash == row.token_hash)
                    .values(seen_at=now)
                )
        return Session(principal, row.csrf_token)

    def change_password(self, principal: Principal, current: str, new: str) -> None:
        """Set a new password and end all sessions. Raises InvalidInput."""
        with self._db.read() as connection:
            hashed = connection.execute(
                sa.select(users.c.password_hash).where(users.c.id == principal.user_id)
            ).scalar()
        if hashed is None or not self._verify(hashed, current):
            raise InvalidInput("지금 비밀번호가 맞지 않습니다.")
        _check_password(principal.login, new)
        fresh = self._hasher.hash(new)
        with self._db.write() as connection:
            connection.execute(
                users.update().where(users.c.id == principal.user_id).values(password_hash=fresh)
            )
            connection.execute(sessions.delete().where(sessions.c.user_id == principal.user_id))

    def sign_out(self, token: str) -> None:
        """End a session."""
        with self._db.write() as connection:
            connection.execute(sessions.delete().where(sessions.c.token_hash == _hash(token)))


def _login_hash(login: str) -> str:
    return _hash("login:" + login.strip().lower())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _check_password(login: str, password: str) -> None:
    if len(password) < MIN_PASSWORD or password.lower() == login:
        raise InvalidInput(f"비밀번호는 {MIN_PASSWORD}자 이상이어야 하고 아이디와 달라야 합니다.")
