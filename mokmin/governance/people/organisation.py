"""The tree of departments (조직도): made, renamed, moved, merged and abolished on a date.

A change for a later day is a plan until then and can be taken back; what was changed stays readable as
history. Names are unique among living departments: one that has ended carries its end in its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.base.db import Database, new_id, pairs, utcnow
from mokmin.base.errors import Conflict, InvalidInput, MokminError, NotFound
from mokmin.base.korean.josa import with_josa
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.people import organisation_changes as changes
from mokmin.governance.people.handover import PEOPLE_LOCK, Library, Recorder
from mokmin.governance.people.posts import (
    korean_today,
    tree_name,
)
from mokmin.governance.people.store import department_changes, departments, groups


@dataclass(frozen=True, slots=True)
class Department:
    """A department with its place in the tree: ``depth`` from 0, ``people`` with a post in force."""

    id: int
    name: str
    code: str
    phone: str
    parent_id: int | None
    depth: int
    people: int
    from_on: date | None
    until_on: date | None
    successor_id: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of a department's history, or a plan (``applied_at`` None)."""

    id: int
    department_id: int
    kind: str
    on_date: date
    text: str
    made_by: str
    applied_at: datetime | None
    problem: str


class OrganisationService:
    """Departments and their changes. Reading and changing need the permission to manage people."""

    def __init__(
        self,
        db: Database,
        recorder: Recorder,
        library: Library,
        *,
        today: Callable[[], date] = korean_today,
    ) -> None:
        self._db = db
        self._recorder = recorder
        self._library = library
        self.today = today

    # --- reading --------------------------------------------------------------------------
    def tree(self, principal: Principal, *, ended: bool = False) -> list[Department]:
        """Departments in the order of the tree, each below its parent; with ``ended`` those that are
        no more instead, newest first."""
        require(principal, Permission.MANAGE_PEOPLE)
        day = self.today()
        with self._db.read() as connection:
            rows = connection.execute(sa.select(departments).order_by(departments.c.id)).all()
            people = changes.people_of(connection, day)
        if ended:
            gone = [row for row in rows if row.until_on is not None and row.until_on < day]
            gone.sort(key=lambda row: row.until_on, reverse=True)
            return [_department(row, 0, people) for row in gone]
        living = [row for row in rows if row.until_on is None or row.until_on >= day]
        known = {row.id for row in living}
        below: dict[int | None, list[Row[Any]]] = {}
        for row in living:
            below.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)
        found: list[Department] = []
        stack = [(row, 0) for row in reversed(below.get(None, []))]
        while stack:
            row, depth = stack.pop()
            found.append(_department(row, depth, people))
            stack += [(child, depth + 1) for child in reversed(below.get(row.id, []))]
        return found

    def department(self, principal: Principal, department_id: int) -> Department:
        """One department, living or not. Raises NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.read() as connection:
            row = changes.row_of(connection, department_id)
            return _department(row, 0, changes.people_of(connection, self.today()))

    def history(self, principal: Principal, department_id: int) -> list[Change]:
        """What was changed on a department and what is planned, newest first."""
        require(principal, Permission.MANAGE_PEOPLE)
        return self._changes(department_changes.c.department_id == department_id)

    def plans(self, principal: Principal) -> list[Change]:
        """Everything that is planned, or whose day came and which could not be applied."""
        require(principal, Permission.MANAGE_PEOPLE)
        return self._changes(department_changes.c.applied_at.is_(None))

    def _changes(self, condition: sa.ColumnElement[bool]) -> list[Change]:
        query = (
            sa.select(department_changes)
            .where(condition)
            .order_by(department_changes.c.on_date.desc(), department_changes.c.id.desc())
        )
        with self._db.read() as connection:
            names = pairs(connection, sa.select(departments.c.id, departments.c.name))
            return [_change(row, names) for row in connection.execute(query)]

    # --- changing -------------------------------------------------------------------------
    def create(
        self,
        principal: Principal,
        name: str,
        *,
        parent_id: int | None = None,
        code: str = "",
        phone: str = "",
        from_on: date | None = None,
    ) -> int:
        """Make a department (신설); its id. Raises InvalidInput, Conflict."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            return self.insert(
                connection,
                principal.login,
                name,
                parent_id=parent_id,
                code=code,
                phone=phone,
                from_on=from_on,
            )

    def insert(
        self,
        connection: Connection,
        actor: str,
        name: str,
        *,
        parent_id: int | None = None,
        code: str = "",
        phone: str = "",
        from_on: date | None = None,
    ) -> int:
        """``create`` within the caller's transaction."""
        name, code = changes.clean_name(name), code.strip()[:40]
        day = self.today()
        changes.free(connection, name)
        if (
            code
            and connection.execute(
                sa.select(departments.c.id).where(departments.c.code == code)
            ).first()
        ):
            raise Conflict(
                f"부서 코드 {with_josa(code, '은/는')} 이미 쓰고 있습니다." + changes.KEPT
            )
        if parent_id is not None:
            changes.living(changes.row_of(connection, parent_id), day)
        department_id = new_id(
            connection,
            departments.insert().values(
                name=name,
                parent_id=parent_id,
                phone=phone.strip()[:40],
                code=code or None,
                from_on=from_on or day,
            ),
        )
        for key, label in (("dept", name), ("tree", tree_name(name))):
            connection.execute(groups.insert().values(key=f"{key}:{department_id}", name=label))
        self._journal(
            connection, actor, department_id, "create", from_on or day, name=name,
            parent_id=parent_id, applied_at=utcnow(),
        )  # fmt: skip
        return department_id

    def update(self, principal: Principal, department_id: int, *, code: str, phone: str) -> None:
        """Set number and telephone, which have no history. Raises Conflict, NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        code = code.strip()[:40]
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            changes.row_of(connection, department_id)
            same = sa.select(departments.c.id).where(
                departments.c.code == code, departments.c.id != department_id
            )
            if code and connection.execute(same).first():
                raise Conflict(
                    f"부서 코드 {with_josa(code, '은/는')} 이미 쓰고 있습니다." + changes.KEPT
                )
            connection.execute(
                departments.update()
                .where(departments.c.id == department_id)
                .values(code=code or None, phone=phone.strip()[:40])
            )
            self._recorder.append(
                connection, principal.login, "department.update", f"department:{department_id}", {}
            )

    def change(
        self,
        principal: Principal,
        department_id: int,
        kind: str,
        on: date | None = None,
        *,
        name: str = "",
        parent_id: int | None = None,
        successor_id: int | None = None,
    ) -> int:
        """Rename, move, merge or abolish from a day on (None: today); the entry's id. A later day
        makes a plan. Raises InvalidInput, Conflict, NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            return self.change_in(
                connection, principal.login, department_id, kind, on,
                name=name, parent_id=parent_id, successor_id=successor_id,
            )  # fmt: skip

    def change_in(
        self,
        connection: Connection,
        actor: str,
        department_id: int,
        kind: str,
        on: date | None = None,
        *,
        name: str = "",
        parent_id: int | None = None,
        successor_id: int | None = None,
    ) -> int:
        """``change`` within the caller's transaction."""
        day = self.today()
        on = on or day
        if kind not in changes.CHANGE_KINDS or kind == "create":
            raise InvalidInput("무엇을 바꿀지 알 수 없습니다. 단추를 다시 눌러 주세요.")
        if on < day:
            raise InvalidInput("지난 날짜로는 바꿀 수 없습니다. 오늘이나 앞날을 골라 주세요.")
        row = changes.row_of(connection, department_id)
        name = changes.clean_name(name) if kind == "rename" else ""
        change_id = self._journal(
            connection, actor, department_id, kind, on, name=name, old_name=row.name,
            parent_id=parent_id, old_parent_id=row.parent_id, successor_id=successor_id,
        )  # fmt: skip
        entry = connection.execute(
            sa.select(department_changes).where(department_changes.c.id == change_id)
        ).one()
        if on == day:
            changes.apply(self._library, connection, entry, day)
        else:
            changes.check(connection, entry, day, planned=True)
        return change_id

    def cancel(self, principal: Principal, change_id: int) -> int:
        """Take a plan back; the department's id. Raises NotFound, Conflict."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            row = connection.execute(
                sa.select(department_changes).where(department_changes.c.id == change_id)
            ).first()
            if row is None:
                raise NotFound("그 계획을 찾을 수 없습니다. 이미 취소했을 수 있습니다.")
            if row.applied_at is not None:
                raise Conflict("이미 적용된 변경입니다. 되돌리려면 새로 바꾸어 주세요.")
            connection.execute(
                department_changes.delete().where(department_changes.c.id == change_id)
            )
            subject = f"department:{row.department_id}"
            self._recorder.append(
                connection, principal.login, "department.cancel", subject, {"kind": row.kind}
            )
        return int(row.department_id)

    def apply_due(self, day: date) -> None:
        """Apply the plans whose day has come, each in a transaction of its own; one that no longer
        fits stays with its reason."""
        due = sa.and_(
            department_changes.c.applied_at.is_(None),
            department_changes.c.on_date <= day,
            department_changes.c.problem == "",
        )
        with self._db.read() as connection:
            query = sa.select(department_changes.c.id).where(due)
            ids = list(connection.execute(query.order_by(department_changes.c.on_date)).scalars())
        for change_id in ids:
            one = department_changes.c.id == change_id
            try:
                with self._db.write() as connection:
                    self._db.lock(connection, PEOPLE_LOCK)
                    row = connection.execute(sa.select(department_changes).where(one, due)).first()
                    if row is not None:
                        changes.apply(self._library, connection, row, day)
            except MokminError as error:
                with self._db.write() as connection:
                    connection.execute(
                        department_changes.update()
                        .where(one, department_changes.c.applied_at.is_(None))
                        .values(problem=error.message[:400])
                    )

    # --- parts ----------------------------------------------------------------------------
    def _journal(
        self,
        connection: Connection,
        actor: str,
        department_id: int,
        kind: str,
        on: date,
        **values: Any,
    ) -> int:
        self._recorder.append(
            connection, actor, f"department.{kind}", f"department:{department_id}",
            {"on": on.isoformat()},
        )  # fmt: skip
        return new_id(
            connection,
            department_changes.insert().values(
                department_id=department_id,
                kind=kind,
                on_date=on,
                made_by=actor,
                made_at=utcnow(),
                **values,
            ),
        )


def _department(row: Row[Any], depth: int, people: dict[int, int]) -> Department:
    return Department(
        row.id, row.name, row.code or "", row.phone, row.parent_id, depth, people.get(row.id, 0),
        row.from_on, row.until_on, row.successor_id,
    )  # fmt: skip


def _change(row: Row[Any], names: dict[int, str]) -> Change:
    above = names.get(row.parent_id, "최상위")
    text = {
        "create": f"{row.name} 신설",
        "rename": f"{row.old_name} → {row.name}",
        "move": f"{names.get(row.old_parent_id, '최상위')} 아래에서 {above} 아래로",
        "merge": f"{with_josa(names.get(row.successor_id, ''), '으로/로')} 통합, 업무와 문서 이어받음",
        "abolish": f"{row.old_name} 폐지",
    }[row.kind]
    return Change(
        row.id, row.department_id, row.kind, row.on_date, text, row.made_by, row.applied_at,
        row.problem,
    )  # fmt: skip
