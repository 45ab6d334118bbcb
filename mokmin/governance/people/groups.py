"""Free groups: sets of people across departments (a task force, a committee), for a time or for good."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, new_id
from mokmin.base.errors import Conflict, InvalidInput, NotFound
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.people.handover import PEOPLE_LOCK, Recorder
from mokmin.governance.people.store import group_members, groups, users

PREFIX = "custom:"
LONGEST = 60
KEPT = " 아무것도 바꾸지 않았습니다."


@dataclass(frozen=True, slots=True)
class FreeGroup:
    """A free group with the number of its members; first and last day, None for open ends."""

    id: int
    name: str
    from_on: date | None
    until_on: date | None
    members: int


class GroupService:
    """Free groups and their members. Every method needs the permission to manage people."""

    def __init__(self, db: Database, recorder: Recorder) -> None:
        self._db = db
        self._recorder = recorder

    def all(self, principal: Principal) -> list[FreeGroup]:
        """All free groups by name."""
        require(principal, Permission.MANAGE_PEOPLE)
        members = sa.func.count(group_members.c.user_id)
        query = (
            sa.select(groups, members.label("members"))
            .outerjoin(group_members, group_members.c.group_id == groups.c.id)
            .where(groups.c.key.startswith(PREFIX))
            .group_by(groups.c.id)
            .order_by(groups.c.name)
        )
        with self._db.read() as connection:
            return [
                FreeGroup(row.id, row.name, row.from_on, row.until_on, row.members)
                for row in connection.execute(query)
            ]

    def members(self, principal: Principal, group_id: int) -> list[tuple[int, str, str]]:
        """(id, login, name) of a free group's members. Raises NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        query = (
            sa.select(users.c.id, users.c.login, users.c.name)
            .join(group_members, group_members.c.user_id == users.c.id)
            .where(group_members.c.group_id == group_id)
            .order_by(users.c.name)
        )
        with self._db.read() as connection:
            _free(connection, group_id)
            return [(row.id, row.login, row.name) for row in connection.execute(query)]

    def save(
        self,
        principal: Principal,
        name: str,
        *,
        group_id: int | None = None,
        from_on: date | None = None,
        until_on: date | None = None,
    ) -> int:
        """Make or change a free group; its id. Raises InvalidInput, Conflict, NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        name = " ".join(name.split())
        if not name or len(name) > LONGEST or not name.isprintable():
            raise InvalidInput(f"그룹 이름은 1~{LONGEST}자로 적어 주세요." + KEPT)
        if from_on is not None and until_on is not None and until_on < from_on:
            raise InvalidInput("끝나는 날이 시작하는 날보다 빠릅니다." + KEPT)
        values = {"name": name, "from_on": from_on, "until_on": until_on}
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            taken = sa.select(groups.c.id).where(
                sa.or_(groups.c.name == name, groups.c.key == PREFIX + name),
                groups.c.id.is_distinct_from(group_id),
            )
            if connection.execute(taken).first():
                raise Conflict(f"'{name}'이라는 부서나 그룹이 이미 있습니다." + KEPT)
            if group_id is None:
                group_id = new_id(connection, groups.insert().values(key=PREFIX + name, **values))
            else:
                _free(connection, group_id)
                connection.execute(groups.update().where(groups.c.id == group_id).values(**values))
            self._note(connection, principal, "group.save", group_id)
        return group_id

    def set_members(
        self,
        principal: Principal,
        group_id: int,
        *,
        add: Collection[str] = (),
        remove: Collection[int] = (),
    ) -> None:
        """Add people by login and remove them by id, all or nothing. Raises InvalidInput, NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            _free(connection, group_id)
            wanted = {login.strip().lower() for login in add if login.strip()}
            rows = connection.execute(
                sa.select(users.c.id, users.c.login).where(users.c.login.in_(wanted))
            ).all()
            unknown = sorted(wanted - {row.login for row in rows})
            if unknown:
                raise InvalidInput(f"이런 아이디가 없습니다: {', '.join(unknown)}." + KEPT)
            change_members(connection, group_id, {row.id for row in rows}, set(remove))
            self._note(
                connection, principal, "group.members", group_id,
                added=len(rows), removed=len(remove),
            )  # fmt: skip

    def end(self, principal: Principal, group_id: int, last: date) -> None:
        """End a group: its last day is given; who is in it stays on record. Raises NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            _free(connection, group_id)
            connection.execute(groups.update().where(groups.c.id == group_id).values(until_on=last))
            self._note(connection, principal, "group.end", group_id)

    def _note(
        self,
        connection: Connection,
        principal: Principal,
        action: str,
        group_id: int,
        **detail: int,
    ) -> None:
        self._recorder.append(connection, principal.login, action, f"group:{group_id}", detail)


def change_members(connection: Connection, group_id: int, add: set[int], remove: set[int]) -> None:
    """Add and remove members by id, within the caller's transaction."""
    mine = group_members.c.group_id == group_id
    present = set(
        connection.execute(sa.select(group_members.c.user_id).where(mine)).scalars().all()
    )
    if remove:
        connection.execute(group_members.delete().where(mine, group_members.c.user_id.in_(remove)))
    fresh = [{"group_id": group_id, "user_id": user_id} for user_id in sorted(add - present)]
    if fresh:
        connection.execute(group_members.insert(), fresh)


def _free(connection: Connection, group_id: int) -> None:
    found = sa.select(groups.c.id).where(groups.c.id == group_id, groups.c.key.startswith(PREFIX))
    if connection.execute(found).first() is None:
        raise NotFound("그 그룹을 찾을 수 없습니다. 그룹 목록에서 다시 골라 주세요.")
