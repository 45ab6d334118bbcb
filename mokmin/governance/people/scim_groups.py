"""Departments and free groups as SCIM Groups."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.base.db import Database, pairs
from mokmin.base.errors import InvalidInput, NotFound
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.people import scim_model as model
from mokmin.governance.people.groups import PREFIX, GroupService, change_members
from mokmin.governance.people.handover import PEOPLE_LOCK, Recorder
from mokmin.governance.people.organisation import OrganisationService
from mokmin.governance.people.posts import in_force
from mokmin.governance.people.scim import (
    externals,
    last_day,
    members_of,
    place_main,
    set_external,
)
from mokmin.governance.people.scim_model import GroupChange, Json, Query
from mokmin.governance.people.store import departments, group_members, groups, users


class ScimGroups:
    """Every method needs the permission to manage people."""

    def __init__(
        self,
        db: Database,
        recorder: Recorder,
        organisation: OrganisationService,
        free: GroupService,
    ) -> None:
        self._db = db
        self._recorder = recorder
        self._organisation = organisation
        self._free = free

    def find(
        self, principal: Principal, query: Query, *, members: bool = True
    ) -> tuple[list[Json], int]:
        """One page of Groups, departments first, and the number of all. Raises InvalidInput."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.read() as connection:
            external = externals(connection, "Group")
            both = self._all(connection)
            found = [
                (key, row)
                for key, row in both
                if all(_holds(key, row, external.get(key, ""), term) for term in query.terms)
            ]
            page = found[query.start - 1 : query.start - 1 + query.count]
            return [
                self._shown(connection, key, row, external.get(key), members=members)
                for key, row in page
            ], len(found)

    def get(self, principal: Principal, key: str) -> Json:
        """One Group. Raises NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.read() as connection:
            row = self._row(connection, key)
            return self._shown(connection, key, row, externals(connection, "Group").get(key))

    def create(self, principal: Principal, change: GroupChange) -> Json:
        """Make a free group, or a department when the extension says so. Raises InvalidInput,
        Conflict."""
        require(principal, Permission.MANAGE_PEOPLE)
        if not change.name:
            raise InvalidInput("displayName이 없습니다.", code="invalidValue")
        if change.kind == "department":
            parent = None
            if change.parent:
                with self._db.read() as connection:
                    parent = int(self._row(connection, change.parent).id)
            made = self._organisation.create(
                principal, change.name, parent_id=parent, code=change.code
            )
            key = f"d-{made}"
        else:
            key = f"g-{self._free.save(principal, change.name)}"
        return self.change(principal, key, change)

    def change(self, principal: Principal, key: str, change: GroupChange) -> Json:
        """Change what is given. Raises InvalidInput, Conflict, NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            row = self._row(connection, key)
            if change.name is not None and change.name.strip() != row.name:
                self._rename(connection, principal, key, row, change.name)
            if change.external_id is not None:
                set_external(connection, "Group", key, change.external_id)
            present = {m.id for m in self._members(connection, key, row.id)}
            add = _people(connection, change.add)
            remove = _people(connection, change.remove)
            if change.members is not None:
                wanted = _people(connection, change.members)
                add, remove = add | wanted, remove | (present - wanted)
            self._set_members(connection, principal, key, row.id, add - present, remove & present)
            fresh = self._row(connection, key)
            return self._shown(connection, key, fresh, externals(connection, "Group").get(key))

    def delete(self, principal: Principal, key: str) -> None:
        """End a free group; abolish a department that nobody serves in. Raises Conflict, NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.read() as connection:
            row_id = int(self._row(connection, key).id)
        if key.startswith("d-"):
            self._organisation.change(principal, row_id, "abolish")
        else:
            self._free.end(principal, row_id, last_day(self._organisation))

    # --- parts ----------------------------------------------------------------------------
    def _rename(
        self, connection: Connection, principal: Principal, key: str, row: Row[Any], name: str
    ) -> None:
        if key.startswith("d-"):
            self._organisation.change_in(connection, principal.login, row.id, "rename", name=name)
            return
        name = " ".join(name.split())[:60]
        taken = sa.select(groups.c.id).where(groups.c.name == name, groups.c.id != row.id)
        if not name or connection.execute(taken).first():
            raise InvalidInput("비었거나 이미 있는 이름입니다.", code="uniqueness")
        connection.execute(groups.update().where(groups.c.id == row.id).values(name=name))
        self._note(connection, principal, "group.save", key)

    def _set_members(
        self,
        connection: Connection,
        principal: Principal,
        key: str,
        row_id: int,
        add: set[int],
        remove: set[int],
    ) -> None:
        if not add and not remove:
            return
        if key.startswith("g-"):
            change_members(connection, row_id, add, remove)
        else:
            for user_id in sorted(remove):
                place_main(connection, user_id, None, "", self._organisation)
            titles = pairs(
                connection, sa.select(users.c.id, users.c.post).where(users.c.id.in_(add))
            )
            for user_id in sorted(add):
                place_main(connection, user_id, row_id, titles[user_id], self._organisation)
        self._note(connection, principal, "group.members", key, added=len(add), removed=len(remove))

    def _all(self, connection: Connection) -> list[tuple[str, Row[Any]]]:
        day = self._organisation.today()
        living = sa.or_(departments.c.until_on.is_(None), departments.c.until_on >= day)
        places = connection.execute(
            sa.select(departments).where(living).order_by(departments.c.id)
        ).all()
        free = connection.execute(
            sa.select(groups)
            .where(groups.c.key.startswith(PREFIX), in_force(groups, day))
            .order_by(groups.c.id)
        ).all()
        return [(f"d-{row.id}", row) for row in places] + [(f"g-{row.id}", row) for row in free]

    def _row(self, connection: Connection, key: str) -> Row[Any]:
        found = dict(self._all(connection)).get(key)
        if found is None:
            raise NotFound(f"Group {key[:40]} 없음.")
        return found

    def _members(self, connection: Connection, key: str, row_id: int) -> list[Any]:
        if key.startswith("d-"):
            return members_of(connection, row_id, self._organisation.today())
        query = (
            sa.select(users.c.id, users.c.name)
            .join(group_members, group_members.c.user_id == users.c.id)
            .where(group_members.c.group_id == row_id)
            .order_by(users.c.id)
        )
        return list(connection.execute(query).all())

    def _shown(
        self,
        connection: Connection,
        key: str,
        row: Row[Any],
        external_id: str | None,
        *,
        members: bool = True,
    ) -> Json:
        ours: Json = {"kind": "group"}
        if key.startswith("d-"):
            ours = {"kind": "department", "code": row.code or ""}
            if row.parent_id is not None:
                ours["parent"] = f"d-{row.parent_id}"
        people = self._members(connection, key, row.id) if members else []
        return model.group(key, row.name, people, external_id, ours)

    def _note(
        self, connection: Connection, principal: Principal, action: str, key: str, **detail: int
    ) -> None:
        self._recorder.append(connection, principal.login, action, f"group:{key}", detail)


def _holds(key: str, row: Row[Any], external_id: str, term: tuple[str, str, str | bool]) -> bool:
    attribute, operator, value = term
    texts = {"id": key, "displayname": str(row.name), "externalid": external_id}
    if attribute not in texts or not isinstance(value, str):
        raise InvalidInput(f"{attribute}로는 거를 수 없습니다.", code="invalidFilter")
    text, wanted = texts[attribute], value
    if attribute == "displayname":
        text, wanted = text.lower(), wanted.lower()
    if operator == "eq":
        return text == wanted
    return wanted in text if operator == "co" else text.startswith(wanted)


def _people(connection: Connection, ids: tuple[str, ...]) -> set[int]:
    wanted = {int(i) for i in ids if i.isascii() and i.isdigit() and len(i) < 10}
    known = set(connection.execute(sa.select(users.c.id).where(users.c.id.in_(wanted))).scalars())
    if len(wanted) < len(set(ids)) or known != wanted:
        raise InvalidInput("members에 없는 User가 있습니다.", code="invalidValue")
    return known
