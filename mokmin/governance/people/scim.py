"""SCIM 2.0 (RFC 7643, RFC 7644): accounts, departments and free groups for a city's identity system.

A User is an account; its enterprise ``department`` is the main post. A Group is a department (id ``d-…``,
its members are those with their main post there) or a free group (id ``g-…``). Deleting disables an
account, ends a group, abolishes an empty department: nothing that is on record disappears. Administrators
are made on the page of accounts alone, and logins do not change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Row

from mokmin.base.db import Database, pairs
from mokmin.base.errors import InvalidInput, NotAllowed, NotFound
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.people import scim_model as model
from mokmin.governance.people.accounts import AccountService, insert_account
from mokmin.governance.people.handover import PEOPLE_LOCK, Recorder
from mokmin.governance.people.organisation import OrganisationService
from mokmin.governance.people.posts import (
    MAIN,
    add_post,
    end_main,
    follow_main_posts,
    in_force,
)
from mokmin.governance.people.scim_model import Json, Query, UserChange
from mokmin.governance.people.store import departments, posts, scim_ids, users

_USER_FILTERS: dict[str, ColumnElement[Any]] = {
    "id": sa.cast(users.c.id, sa.String),
    "username": users.c.login,
    "displayname": users.c.name,
    "name.formatted": users.c.name,
    "title": users.c.post,
    "active": ~users.c.disabled,
}


class ScimUsers:
    """Accounts as SCIM Users. Every method needs the permission to manage people."""

    def __init__(
        self,
        db: Database,
        recorder: Recorder,
        accounts: AccountService,
        organisation: OrganisationService,
    ) -> None:
        self._db = db
        self._recorder = recorder
        self._accounts = accounts
        self._organisation = organisation

    def find(self, principal: Principal, query: Query) -> tuple[list[Json], int]:
        """One page of Users and the number of all. Raises InvalidInput."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.read() as connection:
            where = sa.and_(
                sa.true(), *(self._condition(attribute, op, v) for attribute, op, v in query.terms)
            )
            total = connection.execute(
                sa.select(sa.func.count()).select_from(users).where(where)
            ).scalar_one()
            chosen = sa.select(users).where(where).order_by(users.c.id)
            rows = connection.execute(chosen.limit(query.count).offset(query.start - 1)).all()
            return self._shown(connection, rows), int(total)

    def get(self, principal: Principal, user_id: str) -> Json:
        """One User. Raises NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.read() as connection:
            return self._shown(connection, [_user(connection, user_id)])[0]

    def create(self, principal: Principal, body: Json) -> Json:
        """Make an account without a password. Raises InvalidInput, Conflict, NotAllowed."""
        require(principal, Permission.MANAGE_PEOPLE)
        change = model.user_change(body)
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            if not change.login:
                raise InvalidInput("userName이 없습니다.", code="invalidValue")
            role = _granted(change.role or "official", "")
            name = change.name or change.login
            user_id = insert_account(connection, change.login, name, role)
            subject = f"user:{user_id}"
            self._recorder.append(
                connection, principal.login, "account.create", subject, {"role": role, "by": "scim"}
            )
            row = _user(connection, str(user_id))
            self._apply(connection, principal, row, change)
            return self._shown(connection, [_user(connection, str(user_id))])[0]

    def change(self, principal: Principal, user_id: str, change: UserChange) -> Json:
        """Change what is given of an account. Raises InvalidInput, NotAllowed, NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            row = _user(connection, user_id)
            if change.login and change.login.strip().lower() != row.login:
                raise InvalidInput("userName은 바꿀 수 없습니다.", code="mutability")
            self._apply(connection, principal, row, change)
            return self._shown(connection, [_user(connection, user_id)])[0]

    def delete(self, principal: Principal, user_id: str) -> None:
        """Disable an account. Raises NotAllowed, NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            self._accounts.disable_in(connection, principal, _user(connection, user_id))

    # --- parts ----------------------------------------------------------------------------
    def _apply(
        self, connection: Connection, principal: Principal, row: Row[Any], change: UserChange
    ) -> None:
        role = _granted(change.role, row.role) if change.role is not None else row.role
        name = change.name if change.name is not None else row.name
        self._accounts.change_in(connection, principal, row, name=name, role=role)
        if change.external_id is not None:
            set_external(connection, "User", str(row.id), change.external_id)
        if change.department is not None or change.title is not None:
            self._place(connection, principal, row, change)
        if change.active is False:
            self._accounts.disable_in(connection, principal, row)
        elif change.active and row.disabled:
            one = users.c.id == row.id
            connection.execute(users.update().where(one).values(disabled=False))
            subject = f"user:{row.id}"
            self._recorder.append(connection, principal.login, "account.enable", subject, {})

    def _place(
        self, connection: Connection, principal: Principal, row: Row[Any], change: UserChange
    ) -> None:
        day = self._organisation.today()
        place = row.department_id
        if change.department is not None:
            place = _department(connection, change.department)
        title = change.title if change.title is not None else row.post
        if (place, title) == (row.department_id, row.post):
            return
        place_main(connection, row.id, place, title, self._organisation)
        self._recorder.append(
            connection, principal.login, "post.give", f"user:{row.id}",
            {"department": place, "kind": MAIN, "on": day.isoformat()},
        )  # fmt: skip

    def _condition(self, attribute: str, operator: str, value: Any) -> ColumnElement[bool]:
        if attribute == "externalid":
            mine = sa.select(sa.cast(scim_ids.c.resource, sa.Integer)).where(
                scim_ids.c.kind == "User",
                model.compare(scim_ids.c.external_id, operator, value, exact=True),
            )
            return users.c.id.in_(mine)
        column = _USER_FILTERS.get(attribute)
        if column is None:
            raise InvalidInput(f"{attribute}로는 거를 수 없습니다.", code="invalidFilter")
        return model.compare(column, operator, value)

    def _shown(self, connection: Connection, rows: Sequence[Row[Any]]) -> list[Json]:
        names = pairs(connection, sa.select(departments.c.id, departments.c.name))
        external = externals(connection, "User")
        return [
            model.user(row, names.get(row.department_id), external.get(str(row.id))) for row in rows
        ]


def place_main(
    connection: Connection,
    user_id: int,
    department_id: int | None,
    title: str,
    organisation: OrganisationService,
) -> None:
    """Give the main post from today, or end it for no department."""
    day = organisation.today()
    if department_id is None:
        end_main(connection, [user_id], day)
    else:
        add_post(connection, user_id, department_id, MAIN, title, day)
    follow_main_posts(connection, day, [user_id])


def externals(connection: Connection, kind: str) -> Mapping[str, str]:
    """Names that other systems gave, by our id."""
    query = sa.select(scim_ids.c.resource, scim_ids.c.external_id).where(scim_ids.c.kind == kind)
    return pairs(connection, query)


def set_external(connection: Connection, kind: str, resource: str, external_id: str) -> None:
    """Keep what another system calls a resource; empty forgets it."""
    one = sa.and_(scim_ids.c.kind == kind, scim_ids.c.resource == resource)
    connection.execute(scim_ids.delete().where(one))
    if external_id:
        connection.execute(
            scim_ids.insert().values(kind=kind, resource=resource, external_id=external_id[:200])
        )


def members_of(connection: Connection, department_id: int, day: date) -> list[Any]:
    """Those with their main post in a department on a day."""
    query = (
        sa.select(users.c.id, users.c.name)
        .join(posts, posts.c.user_id == users.c.id)
        .where(posts.c.department_id == department_id, posts.c.kind == MAIN, in_force(posts, day))
        .order_by(users.c.id)
    )
    return list(connection.execute(query).all())


def _granted(role: str, present: str) -> str:
    if "admin" in (role, present) and role != present:
        raise NotAllowed("시스템 관리자 역할은 계정 화면에서만 주고 거둡니다.")
    return role


def _user(connection: Connection, user_id: str) -> Row[Any]:
    row = None
    if user_id.isascii() and user_id.isdigit() and len(user_id) < 10:
        row = connection.execute(sa.select(users).where(users.c.id == int(user_id))).first()
    if row is None:
        raise NotFound(f"User {user_id[:40]} 없음.")
    return row


def _department(connection: Connection, name: str) -> int | None:
    if not name.strip():
        return None
    found = connection.execute(
        sa.select(departments.c.id).where(
            sa.or_(departments.c.name == name.strip(), departments.c.code == name.strip()),
            departments.c.until_on.is_(None),
        )
    ).scalar()
    if found is None:
        raise InvalidInput(f"'{name[:60]}'이라는 부서가 없습니다.", code="invalidValue")
    return int(found)


def last_day(organisation: OrganisationService) -> date:
    """Yesterday: the last day of what ends at once."""
    return organisation.today() - timedelta(days=1)
