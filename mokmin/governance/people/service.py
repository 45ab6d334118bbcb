"""Departments, groups and accounts, and the principal that each account acts as."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy import Connection

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotFound
from mokmin.governance.access.model import ROLES, Principal
from mokmin.governance.people import posts
from mokmin.governance.people.passwords import Passwords, check_password
from mokmin.governance.people.store import (
    departments,
    groups,
    users,
)


class PeopleService:
    """Departments, groups and accounts."""

    def __init__(
        self,
        db: Database,
        *,
        hasher: PasswordHasher | None = None,
        today: Callable[[], date] = posts.korean_today,
    ) -> None:
        self.today = today
        self._db = db
        self.passwords = Passwords(hasher)

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
        self.ensure_group(connection, f"tree:{made}", posts.tree_name(name))
        return made

    def department_names(self) -> list[str]:
        """All departments that have not ended, in the order in which they were made."""
        query = sa.select(departments.c.name).where(posts.has_not_ended(departments, self.today()))
        with self._db.read() as connection:
            return list(connection.execute(query.order_by(departments.c.id)).scalars())

    def department_phone(self, name: str) -> str:
        """The department's telephone number, or an empty string."""
        with self._db.read() as connection:
            query = sa.select(departments.c.phone).where(departments.c.name == name)
            return str(connection.execute(query).scalar() or "")

    def department_phones(self) -> list[str]:
        """The numbers that departments publish of themselves."""
        with self._db.read() as connection:
            query = sa.select(departments.c.phone).where(departments.c.phone != "")
            return [str(phone) for phone in connection.execute(query).scalars()]

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
    def account_id(self, login: str) -> int | None:
        """The account of a login, as it is typed; None when there is none. One query in either case."""
        query = sa.select(users.c.id).where(users.c.login == login.strip().lower())
        with self._db.read() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return int(found) if found is not None else None

    def has_accounts(self) -> bool:
        """Whether anybody can sign in yet."""
        with self._db.read() as connection:
            return connection.execute(sa.select(users.c.id).limit(1)).first() is not None

    def create_account(
        self,
        *,
        login: str,
        name: str,
        password: str | None,
        role: str,
        department: str | None = None,
        post: str = "",
        must_change_password: bool = False,
    ) -> int:
        """Make an account; without a password (None) it signs in at the identity provider alone.

        Raises InvalidInput for a weak password, Conflict for a used login.
        """
        login = login.strip().lower()
        if not login or len(login) > 80 or any(c.isspace() for c in login):
            raise InvalidInput("아이디는 빈칸 없이 1~80자로 적어 주세요.")
        if password is not None:
            check_password(login, password)
        if role not in ROLES:
            raise InvalidInput(f"'{role}'이라는 역할은 없습니다.")
        hashed = self.passwords.hash(password) if password is not None else ""
        with self._db.write() as connection:
            if connection.execute(sa.select(users.c.id).where(users.c.login == login)).first():
                raise Conflict("이미 있는 아이디입니다. 다른 아이디를 정해 주세요.")
            self.ensure_group(connection, "staff", "전 직원")
            department_id = self.ensure_department(connection, department) if department else None
            user_id = new_id(
                connection,
                users.insert().values(
                    login=login,
                    name=name,
                    post=post,
                    department_id=department_id,
                    role=role,
                    password_hash=hashed,
                    must_change_password=must_change_password,
                    created_at=utcnow(),
                ),
            )
            if department_id is not None:
                posts.add_post(connection, user_id, department_id, posts.MAIN, post, None)
            return user_id

    def principal(self, login: str) -> Principal:
        """The principal of an account by login. Raises NotFound."""
        with self._db.read() as connection:
            row = connection.execute(
                sa.select(users.c.id).where(users.c.login == login.lower(), ~users.c.disabled)
            ).first()
            if row is None:
                raise NotFound(f"'{login}' 계정이 없습니다.")
            return self.principal_of_account(connection, row.id)

    def principal_of_account(self, connection: Connection, user_id: int) -> Principal:
        """The principal of an account, with the rights that it has today."""
        day = self.today()
        row = connection.execute(posts.PERSON, {"user_id": user_id, "day": day}).one()
        return Principal(
            user_id=row.id,
            login=row.login,
            name=row.name,
            department_id=row.place,
            department=row.department or "",
            role=row.role,
            groups=posts.group_ids(connection, user_id, day),
            permissions=ROLES[row.role],
        )
