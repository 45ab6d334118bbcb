"""Through whose eyes a steward or an administrator may look: whose groups stand in for their own.

A steward may take a person of the own department, or rights that the steward has anyway. An
administrator may take anybody's. Looking never shows more than both may see: whoever uses a
viewpoint must still hide what the person who looks may not read.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from mokmin.base.db import Database
from mokmin.base.errors import NotAllowed, NotFound
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.people.posts import department_group_ids, has_not_ended
from mokmin.governance.people.service import PeopleService
from mokmin.governance.people.store import departments, groups, users

ME, STAFF = "me", "staff"
MOST_ACCOUNTS = 200
_REFUSED = (
    "그 눈으로는 볼 수 없습니다. 같은 부서의 계정이거나, 내가 볼 수 있는 것만 보는 부서와 계정만 "
    "고를 수 있습니다."
)


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """``key`` is ``me``, ``staff``, ``dept:<id>`` or ``user:<login>``; ``label`` for people."""

    key: str
    label: str


class Viewpoints:
    """Principals to look through. All methods raise NotAllowed without the right to curate."""

    def __init__(self, db: Database, people: PeopleService) -> None:
        self._db = db
        self._people = people

    def choices(self, principal: Principal) -> list[Viewpoint]:
        """The person, any employee, and the departments whose rights may be taken."""
        require(principal, Permission.CURATE)
        found = [Viewpoint(ME, f"나 ({principal.name})"), Viewpoint(STAFF, "전 직원 (부서 없이)")]
        query = (
            sa.select(departments.c.id, departments.c.name)
            .where(has_not_ended(departments, self._people.today()))
            .order_by(departments.c.id)
        )
        with self._db.read() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            if self._may(principal, self._member(row.id, row.name)):
                found.append(Viewpoint(f"dept:{row.id}", f"{row.name}의 직원"))
        return found

    def accounts(self, principal: Principal) -> list[Viewpoint]:
        """Accounts to suggest, at most 200: a steward's department, an administrator's city."""
        require(principal, Permission.CURATE)
        query = sa.select(users.c.login, users.c.name).where(~users.c.disabled)
        if principal.department_id is None and not principal.may(Permission.ADMINISTER):
            return []
        if not principal.may(Permission.ADMINISTER):
            query = query.where(users.c.department_id == principal.department_id)
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(users.c.login).limit(MOST_ACCOUNTS))
            return [Viewpoint(f"user:{row.login}", row.name) for row in rows]

    def principal(self, principal: Principal, key: str) -> Principal:
        """The principal of a viewpoint. Raises NotAllowed, also for an account that does not exist:
        a steward must not learn which do."""
        require(principal, Permission.CURATE)
        kind, _, name = key.partition(":")
        if key in ("", ME):
            return principal
        if key == STAFF:
            taken = self._member(None, "")
        elif kind == "dept" and name.isascii() and name.isdigit() and len(name) < 10:
            taken = self._department(int(name))
        elif kind == "user" and name:
            taken = self._account(name)
        else:
            raise NotAllowed(_REFUSED)
        if not self._may(principal, taken):
            raise NotAllowed(_REFUSED)
        return taken

    def group_names(self, ids: tuple[int, ...]) -> list[str]:
        """Names of groups, in the order of their making. A department's subtree is not named beside
        the department."""
        query = sa.select(groups.c.key, groups.c.name).where(groups.c.id.in_(ids))
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(groups.c.id)).all()
        own = {row.key.replace("dept:", "tree:") for row in rows if row.key.startswith("dept:")}
        return [row.name for row in rows if row.key not in own]

    def _account(self, login: str) -> Principal:
        try:
            return self._people.principal(login.strip())
        except NotFound as error:
            raise NotAllowed(_REFUSED) from error

    def _department(self, department_id: int) -> Principal:
        query = sa.select(departments.c.name).where(departments.c.id == department_id)
        with self._db.read() as connection:
            name = connection.execute(query).scalar()
        if name is None:
            raise NotAllowed(_REFUSED)
        return self._member(department_id, str(name))

    def _member(self, department_id: int | None, department: str) -> Principal:
        """Somebody of a department without any group beyond it."""
        with self._db.read() as connection:
            ids = department_group_ids(connection, department_id)
        return Principal(
            user_id=None,
            login="",
            name=f"{department}의 직원" if department else "전 직원",
            department_id=department_id,
            department=department,
            role="official",
            groups=ids,
            permissions=frozenset(),
        )

    @staticmethod
    def _may(principal: Principal, taken: Principal) -> bool:
        if principal.may(Permission.ADMINISTER) or set(taken.groups) <= set(principal.groups):
            return True
        # A department as such is no colleague: its members' rights are the subset above.
        same = taken.department_id is not None and taken.department_id == principal.department_id
        return same and taken.user_id is not None
