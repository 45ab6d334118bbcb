"""Departments that a steward looks after: the own one and all below it; an administrator: all."""

from __future__ import annotations

import sqlalchemy as sa

from mokmin.base.db import Database, pairs
from mokmin.base.errors import NotAllowed
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.store import departments
from mokmin.governance.usage.places import Places


class Homes:
    """The departments that a person answers for at this desk."""

    def __init__(self, db: Database, places: Places) -> None:
        self._db = db
        self._places = places

    def ids(self, principal: Principal) -> frozenset[int] | None:
        """Ids of the departments; None: all of them."""
        if principal.may(Permission.ADMINISTER):
            return None
        return self.tree(principal)

    def tree(self, principal: Principal) -> frozenset[int]:
        """The own department and all below it, with those whose business they took over; for
        administrators too: whose people's words may be read."""
        if principal.department_id is None or not principal.may(Permission.CURATE):
            return frozenset()
        found = set(self._places.below(principal.department_id))
        c = departments.c
        query = sa.select(c.id, c.successor_id).where(c.successor_id.is_not(None))
        with self._db.read() as connection:
            heirs = pairs(connection, query)
        while more := {key for key, heir in heirs.items() if heir in found} - found:
            found |= more
        return frozenset(found)

    def choices(self, principal: Principal) -> list[tuple[int, str]]:
        """(id, name) of the departments, the own one first."""
        names, mine = self._places.names(), self.ids(principal)
        found = [(key, name) for key, name in names.items() if mine is None or key in mine]
        return sorted(found, key=lambda pair: (pair[0] != principal.department_id, pair[1]))

    def holds(self, principal: Principal, department_id: int | None) -> bool:
        """Whether a department is the person's to look after."""
        mine = self.ids(principal)
        return mine is None or (department_id is not None and department_id in mine)

    def require(self, principal: Principal, department_id: int | None) -> int:
        """The department. Raises NotAllowed unless it is the person's to look after."""
        if department_id is None or not self.holds(principal, department_id):
            raise NotAllowed(
                "내 부서와 그 아래 부서의 것만 돌볼 수 있습니다. 저장하지 않았습니다. "
                "다른 부서의 것은 그 부서 관리자에게 부탁해 주세요."
            )
        return department_id

    def name(self, department_id: int | None) -> str:
        """The name of a department; empty for none."""
        return self._places.names().get(department_id, "") if department_id is not None else ""
