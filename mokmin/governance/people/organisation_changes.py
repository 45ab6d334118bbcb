"""Changes of departments: whether one fits the tree as it is, and what applying it does."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.base.db import pairs, utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotFound
from mokmin.governance.people.handover import Library
from mokmin.governance.people.posts import add_post, follow_main_posts, in_force, tree_name
from mokmin.governance.people.store import department_changes, departments, groups, posts

CHANGE_KINDS: dict[str, str] = {
    "create": "신설",
    "rename": "이름 바꿈",
    "move": "상위 부서 바꿈",
    "merge": "통합",
    "abolish": "폐지",
}
LONGEST_NAME = 60
KEPT = " 아무것도 바꾸지 않았습니다."


def check(connection: Connection, entry: Row[Any], day: date, *, planned: bool = False) -> Row[Any]:
    """Raise unless the change fits the tree as it is; the department's row."""
    row = row_of(connection, entry.department_id)
    living(row, day)
    if entry.kind == "rename":
        free(connection, entry.name, entry.department_id)
    elif entry.kind == "move" and entry.parent_id is not None:
        living(row_of(connection, entry.parent_id), day)
        if entry.parent_id in _below(connection, row.id):
            raise InvalidInput("부서를 그 부서 자신이나 아래 부서 밑으로 옮길 수 없습니다." + KEPT)
    elif entry.kind == "merge":
        if entry.successor_id is None or entry.successor_id == row.id:
            raise InvalidInput("업무를 이어받을 다른 부서를 골라 주세요." + KEPT)
        heir = row_of(connection, entry.successor_id)
        living(heir, day)
        if heir.parent_id == row.id:
            raise InvalidInput("아래 부서와 통합하려면 먼저 그 부서를 옮겨 주세요." + KEPT)
    if entry.kind in ("merge", "abolish") and not planned:
        _check_empty(connection, row, entry, day)
    return row


def _check_empty(connection: Connection, row: Row[Any], entry: Row[Any], day: date) -> None:
    below = sa.select(departments.c.id).where(
        departments.c.parent_id == row.id,
        sa.or_(departments.c.until_on.is_(None), departments.c.until_on >= day),
    )
    if connection.execute(below).first():
        raise Conflict(f"{row.name} 아래에 부서가 있습니다. 먼저 옮기거나 폐지해 주세요." + KEPT)
    serving = sa.select(posts.c.id).where(
        posts.c.department_id == row.id,
        sa.or_(posts.c.until_on.is_(None), posts.c.until_on >= entry.on_date),
    )
    if entry.kind == "abolish" and connection.execute(serving).first():
        raise Conflict(
            f"{row.name}에 아직 사람이 있습니다. 인사이동으로 먼저 옮기거나, 다른 부서와 "
            "통합해 주세요." + KEPT
        )


def apply(library: Library, connection: Connection, entry: Row[Any], day: date) -> None:
    """Bring a change about, within the caller's transaction. Raises Conflict, InvalidInput, NotFound."""
    row = check(connection, entry, day)
    one = departments.c.id == row.id
    if entry.kind == "rename":
        connection.execute(departments.update().where(one).values(name=entry.name))
        _name_groups(connection, row.id, entry.name)
        library.rename_department(connection, row.name, entry.name)
    elif entry.kind == "move":
        connection.execute(departments.update().where(one).values(parent_id=entry.parent_id))
    else:
        _end(library, connection, row, entry, day)
    connection.execute(
        department_changes.update()
        .where(department_changes.c.id == entry.id)
        .values(applied_at=utcnow(), old_name=row.name, old_parent_id=row.parent_id)
    )


def _end(
    library: Library, connection: Connection, row: Row[Any], entry: Row[Any], day: date
) -> None:
    """Close a department; with a successor its people and documents go there."""
    last = entry.on_date - timedelta(days=1)
    if entry.kind == "merge":
        _move_people(connection, row.id, entry.successor_id, entry.on_date, day)
        heir = row_of(connection, entry.successor_id)
        library.rename_department(connection, row.name, heir.name)
    mark = f"{row.name[:LONGEST_NAME]} ({last:%Y. %-m. %-d.} {CHANGE_KINDS[entry.kind]})"
    taken = connection.execute(
        sa.select(departments.c.id).where(departments.c.name == mark)
    ).first()
    name = mark if taken is None else f"{mark[:74]} #{row.id}"
    connection.execute(
        departments.update()
        .where(departments.c.id == row.id)
        .values(name=name, until_on=last, successor_id=entry.successor_id)
    )
    _name_groups(connection, row.id, name)


def clean_name(name: str) -> str:
    """A department's name without odd spaces. Raises InvalidInput."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"부서 이름은 1~{LONGEST_NAME}자로 적어 주세요." + KEPT)
    if name in ("staff", "전 직원", "public"):
        raise InvalidInput(f"'{name}'은 부서 이름으로 쓸 수 없습니다." + KEPT)
    return name


def row_of(connection: Connection, department_id: int) -> Row[Any]:
    """The department's row. Raises NotFound."""
    row = connection.execute(
        sa.select(departments).where(departments.c.id == department_id)
    ).first()
    if row is None:
        raise NotFound("그 부서를 찾을 수 없습니다. 조직도에서 다시 골라 주세요.")
    return row


def living(row: Row[Any], day: date) -> None:
    """Raise Conflict when the department has ended."""
    if row.until_on is not None and row.until_on < day:
        raise Conflict(f"{row.name}: 이미 없어진 부서입니다." + KEPT)


def free(connection: Connection, name: str, but: int | None = None) -> None:
    """Raise Conflict when another department (than ``but``) has the name."""
    taken = sa.select(departments.c.id).where(departments.c.name == name)
    if connection.execute(taken.where(departments.c.id.is_distinct_from(but))).first():
        raise Conflict(f"'{name}'이라는 부서가 이미 있습니다." + KEPT)


def _below(connection: Connection, department_id: int) -> set[int]:
    """A department and all below it."""
    parents = connection.execute(sa.select(departments.c.id, departments.c.parent_id)).all()
    found = {department_id}
    while more := {row.id for row in parents if row.parent_id in found} - found:
        found |= more
    return found


def people_of(connection: Connection, day: date) -> dict[int, int]:
    """Number of people with a post in force, by department."""
    query = (
        sa.select(posts.c.department_id, sa.func.count(sa.distinct(posts.c.user_id)))
        .where(in_force(posts, day))
        .group_by(posts.c.department_id)
    )
    return pairs(connection, query)


def _name_groups(connection: Connection, department_id: int, name: str) -> None:
    for key, label in (("dept", name), ("tree", tree_name(name))):
        connection.execute(
            groups.update().where(groups.c.key == f"{key}:{department_id}").values(name=label)
        )


def _move_people(connection: Connection, old: int, new: int, on: date, day: date) -> None:
    """End all posts of a department the day before, with the same posts in another from then on."""
    still = sa.and_(
        posts.c.department_id == old,
        sa.or_(posts.c.until_on.is_(None), posts.c.until_on >= on),
    )
    moved = connection.execute(sa.select(posts).where(still)).all()
    for row in moved:
        begin = on if row.from_on is None or row.from_on < on else row.from_on
        if row.kind != "main":
            one = posts.c.id == row.id
            if begin == on:
                last = on - timedelta(days=1)
                connection.execute(posts.update().where(one).values(until_on=last))
            else:
                connection.execute(posts.delete().where(one))
        add_post(connection, row.user_id, new, row.kind, row.title, begin, row.until_on)
    follow_main_posts(connection, day, {row.user_id for row in moved})
