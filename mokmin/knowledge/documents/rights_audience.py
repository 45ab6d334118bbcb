"""Readers of a document in words: names of groups, and groups from what a person typed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database
from mokmin.base.errors import InvalidInput
from mokmin.governance.access.rules import today
from mokmin.governance.people.posts import in_force, tree_name
from mokmin.governance.people.service import PeopleService
from mokmin.governance.people.store import departments, groups, users

STAFF = "staff"
STAFF_NAME = "전 직원"
BELOW = tree_name("")
MOST_PEOPLE = 300
_PERSON = re.compile(r"\((?P<login>[^()\s]{1,80})\)\s*$")


@dataclass(frozen=True, slots=True)
class Reader:
    """A group as people know it. ``kind``: staff, department, tree, person or group."""

    group_id: int
    key: str
    name: str

    @property
    def kind(self) -> str:
        """What sort of group it is."""
        head = self.key.partition(":")[0]
        names = {"staff": "staff", "dept": "department", "tree": "tree", "user": "person"}
        return names.get(head, "group")


class Audience:
    """Names of readers, and readers of names."""

    def __init__(self, db: Database, people: PeopleService) -> None:
        self._db = db
        self._people = people

    def readers(self, connection: Connection, ids: Iterable[int]) -> dict[int, Reader]:
        """Groups by id with the names that people read; one that is gone is left out."""
        query = sa.select(groups).where(groups.c.id.in_(list(ids)))
        found = {row.id: Reader(row.id, row.key, row.name) for row in connection.execute(query)}
        return {key: Reader(key, r.key, self._name(connection, r)) for key, r in found.items()}

    @staticmethod
    def _name(connection: Connection, reader: Reader) -> str:
        head, _, number = reader.key.partition(":")
        if head == "user" and number.isdigit():
            row = connection.execute(
                sa.select(users.c.name, users.c.login).where(users.c.id == int(number))
            ).first()
            return person(row.name, row.login) if row is not None else reader.name
        if head in ("tree", "dept") and number.isdigit():
            name = connection.execute(
                sa.select(departments.c.name).where(departments.c.id == int(number))
            ).scalar()
            if name is not None:
                return name + BELOW if head == "tree" else str(name)
        return reader.name

    def choices(self, department_id: int | None = None) -> list[str]:
        """What may be typed as a reader: all staff, departments, departments with all below them, free
        groups, persons (colleagues of the department first; others may be typed all the same)."""
        above = departments.alias("above")
        has_below = sa.exists().where(above.c.parent_id == departments.c.id)
        with self._db.read() as connection:
            rows = connection.execute(
                sa.select(departments.c.name, has_below.label("above"))
                .where(in_force(departments, today()))
                .order_by(departments.c.id)
            ).all()
            free = connection.execute(
                sa.select(groups.c.name).where(
                    groups.c.key.startswith("custom:"), in_force(groups, today())
                )
            ).scalars()
            names = [STAFF_NAME, *(row.name for row in rows)]
            names += [row.name + BELOW for row in rows if row.above]
            names += sorted(free)
            people = connection.execute(
                sa.select(users.c.name, users.c.login)
                .where(~users.c.disabled)
                .order_by(
                    sa.case((users.c.department_id == department_id, 0), else_=1),
                    users.c.name,
                    users.c.login,
                )
                .limit(MOST_PEOPLE)
            )
            return names + [person(row.name, row.login) for row in people]

    def resolve(self, connection: Connection, text: str) -> int:
        """The group of what was typed or chosen, made when the kind of group exists but not yet it.
        Raises InvalidInput."""
        text = " ".join(text.split())
        if text in (STAFF, STAFF_NAME):
            return self._people.ensure_group(connection, STAFF, STAFF_NAME)
        written = _PERSON.search(text)
        if written is not None:
            return self._person(connection, written.group("login").lower(), text)
        below = text.endswith(BELOW)
        name = text.removesuffix(BELOW)
        found = connection.execute(
            sa.select(departments.c.id).where(departments.c.name == name)
        ).scalar()
        if found is not None:
            key = f"{'tree' if below else 'dept'}:{found}"
            return self._people.ensure_group(connection, key, text[:120])
        free = connection.execute(
            sa.select(groups.c.id).where(
                groups.c.key.startswith("custom:"),
                sa.or_(groups.c.name == text, groups.c.key == text),
            )
        ).scalar()
        if free is not None:
            return int(free)
        return self._person(connection, text.lower(), text)

    def _person(self, connection: Connection, login: str, text: str) -> int:
        row = connection.execute(
            sa.select(users.c.id, users.c.name).where(users.c.login == login, ~users.c.disabled)
        ).first()
        if row is None:
            raise InvalidInput(
                f"‘{text[:60]}’이라는 부서·그룹·사람을 찾지 못했습니다. 목록에서 골라 주세요. "
                "아무것도 바꾸지 않았습니다."
            )
        return self._people.ensure_group(connection, f"user:{row.id}", row.name)


def person(name: str, login: str) -> str:
    """A person as a choice: ``윤아름 (yun.areum)``."""
    return f"{name} ({login})"
