"""Accounts: found, made, given roles and posts, disabled. Everything goes on the audit log.

First passwords are made by the system, shown once, and must be changed at the first sign-in. Nobody
changes the own role, and one administrator who can sign in always remains.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy import ColumnElement, Connection, Row

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from mokmin.governance.access.model import ROLE_NAMES, ROLES, Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.people.handover import PEOPLE_LOCK, Recorder
from mokmin.governance.people.posts import (
    MAIN,
    Post,
    add_post,
    follow_main_posts,
    in_force,
    korean_today,
    posts_of,
)
from mokmin.governance.people.store import departments, posts, sessions, users

PAGE = 50
MOST_PASSWORDS = 300
"""First passwords made at once: each costs one slow hash."""
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
KEPT = " 아무것도 바꾸지 않았습니다."


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the administrator sees it."""

    id: int
    login: str
    name: str
    role: str
    department: str
    post: str
    disabled: bool
    has_password: bool
    created_at: datetime
    posts: tuple[Post, ...] = ()

    @property
    def role_name(self) -> str:
        """The role in Korean."""
        return ROLE_NAMES.get(self.role, self.role)


@dataclass(frozen=True, slots=True)
class Filters:
    """What to show; empty means any. ``state``: "on", "off" or "new" (no password yet)."""

    text: str = ""
    department_id: int | None = None
    role: str = ""
    state: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Found:
    """One page of accounts."""

    accounts: list[Account]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class FirstPassword:
    """A password that is shown once."""

    login: str
    name: str
    password: str


def first_password() -> str:
    """Sixteen characters that cannot be mistaken for each other: about 79 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


def clean_login(login: str) -> str:
    """A login in lower case. Raises InvalidInput."""
    login = login.strip().lower()
    if not login or len(login) > 80 or not login.isprintable() or any(c.isspace() for c in login):
        raise InvalidInput("아이디는 빈칸 없이 1~80자로 적어 주세요." + KEPT)
    return login


def clean_person(name: str) -> str:
    """A person's name. Raises InvalidInput."""
    name = " ".join(name.split())
    if not name or len(name) > 80 or not name.isprintable():
        raise InvalidInput("이름은 1~80자로 적어 주세요." + KEPT)
    return name


def check_role(role: str) -> str:
    """A role of staff. Raises InvalidInput."""
    if role not in ROLES or role == "citizen":
        raise InvalidInput(f"'{role}'이라는 역할은 없습니다." + KEPT)
    return role


def insert_account(connection: Connection, login: str, name: str, role: str) -> int:
    """Make an account that has no password yet, within the caller's transaction; its id.
    Raises InvalidInput, Conflict."""
    login = clean_login(login)
    if connection.execute(sa.select(users.c.id).where(users.c.login == login)).first():
        raise Conflict(f"'{login}': 이미 있는 아이디입니다." + KEPT)
    values = {
        "login": login,
        "name": clean_person(name),
        "role": check_role(role),
        "password_hash": "",
        "must_change_password": True,
        "created_at": utcnow(),
    }
    return new_id(connection, users.insert().values(**values))


class AccountService:
    """Accounts and their posts. Every method needs the permission to manage people."""

    def __init__(
        self,
        db: Database,
        recorder: Recorder,
        *,
        today: Callable[[], date] = korean_today,
        hash_password: Callable[[str], str] | None = None,
    ) -> None:
        self._db = db
        self._recorder = recorder
        self.today = today
        self._hash = hash_password or PasswordHasher().hash

    # --- reading --------------------------------------------------------------------------
    def find(self, principal: Principal, filters: Filters) -> Found:
        """One page of accounts by name."""
        require(principal, Permission.MANAGE_PEOPLE)
        where = sa.and_(sa.true(), *self._conditions(filters))
        with self._db.read() as connection:
            counted = sa.select(sa.func.count()).select_from(users).where(where)
            total = int(connection.execute(counted).scalar_one())
            pages = max(1, -(-total // PAGE))
            page = min(max(1, filters.page), pages)
            rows = connection.execute(_accounts(where).limit(PAGE).offset((page - 1) * PAGE)).all()
            held = posts_of(connection, [row.id for row in rows])
        return Found([_account(row, held.get(row.id, [])) for row in rows], total, page, pages)

    def _conditions(self, filters: Filters) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if filters.text.strip():
            text = filters.text.strip().lower()
            found.append(
                sa.or_(
                    sa.func.lower(users.c.login).contains(text, autoescape=True),
                    sa.func.lower(users.c.name).contains(text, autoescape=True),
                )
            )
        if filters.department_id is not None:
            serving = sa.select(posts.c.user_id).where(
                posts.c.department_id == filters.department_id, in_force(posts, self.today())
            )
            found.append(users.c.id.in_(serving))
        if filters.role:
            found.append(users.c.role == filters.role)
        states = {
            "on": ~users.c.disabled,
            "off": users.c.disabled,
            "new": users.c.password_hash == "",
        }
        if filters.state in states:
            found.append(states[filters.state])
        return found

    def get(self, principal: Principal, user_id: int) -> Account:
        """One account with all its posts. Raises NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.read() as connection:
            row = connection.execute(_accounts(users.c.id == user_id)).first()
            if row is None:
                raise NotFound(_NO_ACCOUNT)
            return _account(row, posts_of(connection, [user_id]).get(user_id, []))

    # --- changing -------------------------------------------------------------------------
    def create(
        self,
        principal: Principal,
        *,
        login: str,
        name: str,
        role: str = "official",
        department_id: int | None = None,
        title: str = "",
        from_on: date | None = None,
    ) -> tuple[int, FirstPassword]:
        """Make an account; its id and first password. Raises InvalidInput, Conflict, NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        password = first_password()
        hashed = self._hash(password)
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            user_id = insert_account(connection, login, name, role)
            if department_id is not None:
                self._post(connection, user_id, department_id, MAIN, title, from_on, None)
            connection.execute(
                users.update().where(users.c.id == user_id).values(password_hash=hashed)
            )
            self._note(connection, principal, "account.create", user_id, role=role)
        return user_id, FirstPassword(clean_login(login), clean_person(name), password)

    def change(self, principal: Principal, user_id: int, *, name: str, role: str) -> None:
        """Set name and role. Raises NotAllowed, InvalidInput, NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            row = _row(connection, user_id)
            self.change_in(connection, principal, row, name=name, role=role)

    def change_in(
        self, connection: Connection, principal: Principal, row: Row[Any], *, name: str, role: str
    ) -> None:
        """``change`` within the caller's transaction."""
        name = clean_person(name)
        if role != row.role:
            check_role(role)
            if row.id == principal.user_id:
                raise NotAllowed(
                    "내 역할은 내가 바꿀 수 없습니다. 다른 관리자에게 요청하세요." + KEPT
                )
            if row.role == "admin":
                self._not_the_last(connection, row.id)
        if (name, role) == (row.name, row.role):
            return
        connection.execute(users.update().where(users.c.id == row.id).values(name=name, role=role))
        self._note(connection, principal, "account.change", row.id, role=role, before=row.role)

    def disable(self, principal: Principal, user_id: int) -> None:
        """Close an account and end its sessions at once. Raises NotAllowed, NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            self.disable_in(connection, principal, _row(connection, user_id))

    def disable_in(self, connection: Connection, principal: Principal, row: Row[Any]) -> None:
        """``disable`` within the caller's transaction."""
        if row.id == principal.user_id:
            raise NotAllowed("내 계정은 내가 끌 수 없습니다. 다른 관리자에게 요청하세요." + KEPT)
        if row.disabled:
            return
        if row.role == "admin":
            self._not_the_last(connection, row.id)
        connection.execute(users.update().where(users.c.id == row.id).values(disabled=True))
        connection.execute(sessions.delete().where(sessions.c.user_id == row.id))
        self._note(connection, principal, "account.disable", row.id)

    def enable(self, principal: Principal, user_id: int) -> None:
        """Open a closed account again. Raises NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            _row(connection, user_id)
            connection.execute(users.update().where(users.c.id == user_id).values(disabled=False))
            self._note(connection, principal, "account.enable", user_id)

    def give_post(
        self,
        principal: Principal,
        user_id: int,
        department_id: int,
        kind: str,
        *,
        title: str = "",
        from_on: date | None = None,
        until_on: date | None = None,
    ) -> None:
        """Give a post; a main one ends the main one before. Raises InvalidInput, NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            _row(connection, user_id)
            self._post(connection, user_id, department_id, kind, title, from_on, until_on)
            self._note(
                connection, principal, "post.give", user_id, department=department_id, kind=kind
            )

    def end_post(self, principal: Principal, user_id: int, post_id: int, last: date) -> None:
        """End a post: its last day is given; one that has not begun is taken away.
        Raises InvalidInput, NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            row = connection.execute(
                sa.select(posts).where(posts.c.id == post_id, posts.c.user_id == user_id)
            ).first()
            if row is None:
                raise NotFound("그 보직을 찾을 수 없습니다. 화면을 새로 고쳐 주세요.")
            one = posts.c.id == post_id
            if row.from_on is not None and row.from_on > last:
                connection.execute(posts.delete().where(one))
            else:
                connection.execute(posts.update().where(one).values(until_on=last))
            follow_main_posts(connection, self.today(), [user_id])
            self._note(connection, principal, "post.end", user_id, post=post_id)

    def issue_passwords(self, principal: Principal, user_ids: Sequence[int]) -> list[FirstPassword]:
        """Make new first passwords for some accounts and end their sessions; shown this once.
        Raises InvalidInput, NotAllowed."""
        require(principal, Permission.MANAGE_PEOPLE)
        if not user_ids or len(user_ids) > MOST_PASSWORDS:
            raise InvalidInput(
                f"첫 비밀번호는 한 번에 {MOST_PASSWORDS}명까지 만듭니다. 나누어 해 주세요." + KEPT
            )
        if principal.user_id in user_ids:
            raise NotAllowed("내 비밀번호는 내 설정에서 바꿔 주세요." + KEPT)
        made = {user_id: first_password() for user_id in user_ids}
        with ThreadPoolExecutor(2) as pool:
            hashes = dict(zip(made, pool.map(self._hash, made.values()), strict=True))
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            rows = connection.execute(
                sa.select(users.c.id, users.c.login, users.c.name)
                .where(users.c.id.in_(list(made)), ~users.c.disabled)
                .order_by(users.c.login)
            ).all()
            for row in rows:
                connection.execute(
                    users.update()
                    .where(users.c.id == row.id)
                    .values(password_hash=hashes[row.id], must_change_password=True)
                )
            connection.execute(sessions.delete().where(sessions.c.user_id.in_(list(made))))
            self._recorder.append(
                connection, principal.login, "account.first_password", f"accounts:{len(rows)}", {}
            )
        return [FirstPassword(row.login, row.name, made[row.id]) for row in rows]

    def without_password(self, principal: Principal) -> list[int]:
        """Ids of the next accounts that have no password yet, as many as can be made at once."""
        require(principal, Permission.MANAGE_PEOPLE)
        query = sa.select(users.c.id).where(users.c.password_hash == "", ~users.c.disabled)
        with self._db.read() as connection:
            return list(
                connection.execute(query.order_by(users.c.id).limit(MOST_PASSWORDS)).scalars()
            )

    # --- parts ----------------------------------------------------------------------------
    def _post(
        self,
        connection: Connection,
        user_id: int,
        department_id: int,
        kind: str,
        title: str,
        from_on: date | None,
        until_on: date | None,
    ) -> None:
        day = self.today()
        check_departments(connection, [department_id], day)
        add_post(connection, user_id, department_id, kind, title, from_on or day, until_on)
        follow_main_posts(connection, day, [user_id])

    def _not_the_last(self, connection: Connection, user_id: int) -> None:
        others = sa.select(users.c.id).where(
            users.c.role == "admin", ~users.c.disabled, users.c.id != user_id
        )
        if connection.execute(others).first() is None:
            raise NotAllowed("마지막 시스템 관리자입니다. 다른 관리자를 먼저 정해 주세요." + KEPT)

    def _note(
        self,
        connection: Connection,
        principal: Principal,
        action: str,
        user_id: int,
        **detail: str | int,
    ) -> None:
        self._recorder.append(connection, principal.login, action, f"user:{user_id}", detail)


def check_departments(connection: Connection, ids: Collection[int], day: date) -> None:
    """Raise InvalidInput unless all departments exist and have not ended."""
    wanted = set(ids)
    living = sa.select(departments.c.id).where(
        departments.c.id.in_(wanted),
        sa.or_(departments.c.until_on.is_(None), departments.c.until_on >= day),
    )
    if len(connection.execute(living).scalars().all()) < len(wanted):
        raise InvalidInput("없거나 이미 없어진 부서가 있습니다. 부서를 다시 골라 주세요." + KEPT)


def yesterday(day: date) -> date:
    """The day before."""
    return day - timedelta(days=1)


_NO_ACCOUNT = "그 계정을 찾을 수 없습니다. 계정 목록에서 다시 골라 주세요."


def _row(connection: Connection, user_id: int) -> Row[Any]:
    row = connection.execute(sa.select(users).where(users.c.id == user_id)).first()
    if row is None:
        raise NotFound(_NO_ACCOUNT)
    return row


def _accounts(where: ColumnElement[bool]) -> sa.Select[Any]:
    return (
        sa.select(users, departments.c.name.label("department"))
        .outerjoin(departments, departments.c.id == users.c.department_id)
        .where(where)
        .order_by(users.c.disabled, users.c.name, users.c.id)
    )


def _account(row: Row[Any], held: Sequence[Post]) -> Account:
    return Account(
        row.id, row.login, row.name, row.role, row.department or "", row.post, row.disabled,
        row.password_hash != "", row.created_at, tuple(held),
    )  # fmt: skip
