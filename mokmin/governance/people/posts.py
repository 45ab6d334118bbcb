"""Posts: who serves where, from when until when; and the groups that follow from them.

A post gives access from its first to its last day, both included, in Korean time. Whoever took the
business of a department over (``successor_id``) reads what was open to it: records follow the business
(공공기록물 관리에 관한 법률 제25조).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from mokmin.base.errors import InvalidInput
from mokmin.governance.people.store import departments, group_members, groups, posts, users

KST = timezone(timedelta(hours=9))
MAIN = "main"
POST_KINDS: dict[str, str] = {
    MAIN: "주 보직",
    "additional": "겸직",
    "secondment": "파견",
    "acting": "직무대리",
}


@dataclass(frozen=True, slots=True)
class Post:
    """A post of a person; dates are the first and the last day, None for open ends."""

    id: int
    user_id: int
    department_id: int
    department: str
    kind: str
    title: str
    from_on: date | None
    until_on: date | None

    @property
    def kind_name(self) -> str:
        """The kind as people call it."""
        return POST_KINDS.get(self.kind, self.kind)

    def in_force(self, day: date) -> bool:
        """Whether the post counts on a day."""
        return (self.from_on is None or self.from_on <= day) and (
            self.until_on is None or self.until_on >= day
        )


def korean_today() -> date:
    """Today's date in Korea, where the city is."""
    return datetime.now(UTC).astimezone(KST).date()


def tree_name(name: str) -> str:
    """What the group of a department with all below it is called."""
    return f"{name} (아래 부서 포함)"


def in_force(table: sa.Table, day: date) -> ColumnElement[bool]:
    """SQL condition on a table with ``from_on`` and ``until_on``: it counts on a day."""
    return sa.and_(
        sa.or_(table.c.from_on.is_(None), table.c.from_on <= day),
        sa.or_(table.c.until_on.is_(None), table.c.until_on >= day),
    )


def has_not_ended(table: sa.Table, day: date) -> ColumnElement[bool]:
    """SQL condition: its last day is not over."""
    return sa.or_(table.c.until_on.is_(None), table.c.until_on >= day)


# --- groups of a person ---------------------------------------------------------------------------
_DAY = sa.bindparam("day", type_=sa.Date)
_IN_FORCE = sa.and_(
    sa.or_(posts.c.from_on.is_(None), posts.c.from_on <= _DAY),
    sa.or_(posts.c.until_on.is_(None), posts.c.until_on >= _DAY),
)
# An account with the department of its main post on a day; parameters ``user_id`` and ``day``.
PERSON = (
    sa.select(users, departments.c.id.label("place"), departments.c.name.label("department"))
    .outerjoin(posts, sa.and_(posts.c.user_id == users.c.id, posts.c.kind == MAIN, _IN_FORCE))
    .outerjoin(departments, departments.c.id == posts.c.department_id)
    .where(users.c.id == sa.bindparam("user_id"))
    .order_by(posts.c.id.desc())
    .limit(1)
)
_own = sa.select(posts.c.department_id.label("id")).where(
    posts.c.user_id == sa.bindparam("user_id"), _IN_FORCE
)
_one = sa.select(departments.c.id).where(departments.c.id == sa.bindparam("department_id"))


def _reach(start: sa.Select[Any]) -> sa.CompoundSelect[Any]:
    """(id, own) of the departments in ``start`` with those they took over from (own true), and of all
    above them (own false)."""
    heirs = start.cte("heirs", recursive=True)
    before = departments.alias("before")
    heirs = heirs.union(
        sa.select(before.c.id).where(
            before.c.successor_id == heirs.c.id, before.c.until_on.is_not(None)
        )
    )
    up = start.cte("up", recursive=True)
    child = departments.alias("child")
    up = up.union(
        sa.select(child.c.parent_id).where(child.c.id == up.c.id, child.c.parent_id.is_not(None))
    )
    return sa.select(heirs.c.id, sa.true().label("own")).union_all(
        sa.select(up.c.id, sa.false().label("own"))
    )


# Built once: building them costs more than running them.
_REACH_OF_USER, _REACH_OF_DEPARTMENT = _reach(_own), _reach(_one)
_BY_KEY = sa.select(groups.c.id).where(groups.c.key.in_(sa.bindparam("keys", expanding=True)))
_IDS_OF_USER = _BY_KEY.union(
    sa.select(groups.c.id)
    .join(group_members, group_members.c.group_id == groups.c.id)
    .where(
        group_members.c.user_id == sa.bindparam("user_id"),
        sa.or_(groups.c.from_on.is_(None), groups.c.from_on <= _DAY),
        sa.or_(groups.c.until_on.is_(None), groups.c.until_on >= _DAY),
    )
)


def _keys(rows: Iterable[Any]) -> set[str]:
    found = {"staff", "public"}
    for row in rows:
        found.add(f"tree:{row.id}")
        if row.own:
            found.add(f"dept:{row.id}")
    return found


def group_ids(connection: Connection, user_id: int, day: date) -> tuple[int, ...]:
    """Ids of all groups that a person is in on a day, ascending. Read anew at every request, so that
    what ends, ends at the next one, in every process."""
    given: dict[str, Any] = {"user_id": user_id, "day": day}
    keys = _keys(connection.execute(_REACH_OF_USER, given)) | {f"user:{user_id}"}
    rows = connection.execute(_IDS_OF_USER, given | {"keys": sorted(keys)})
    return tuple(sorted(rows.scalars()))


def department_group_ids(connection: Connection, department_id: int | None) -> tuple[int, ...]:
    """Ids of the groups of somebody who only serves in a department; of any employee for None."""
    rows: Iterable[Any] = ()
    if department_id is not None:
        rows = connection.execute(_REACH_OF_DEPARTMENT, {"department_id": department_id})
    return tuple(sorted(connection.execute(_BY_KEY, {"keys": sorted(_keys(rows))}).scalars()))


# --- posts ----------------------------------------------------------------------------------------
def posts_of(connection: Connection, user_ids: Iterable[int]) -> dict[int, list[Post]]:
    """All posts of some people, main ones first, the newest first."""
    query = (
        sa.select(posts, departments.c.name.label("department"))
        .join(departments, departments.c.id == posts.c.department_id)
        .order_by(posts.c.kind != MAIN, posts.c.from_on.desc(), posts.c.id.desc())
    )
    found: dict[int, list[Post]] = {}
    wanted = list(user_ids)
    for begin in range(0, len(wanted), 500):
        chosen = query.where(posts.c.user_id.in_(wanted[begin : begin + 500]))
        for row in connection.execute(chosen):
            found.setdefault(row.user_id, []).append(
                Post(
                    row.id,
                    row.user_id,
                    row.department_id,
                    row.department,
                    row.kind,
                    row.title,
                    row.from_on,
                    row.until_on,
                )
            )
    return found


def add_post(
    connection: Connection,
    user_id: int,
    department_id: int,
    kind: str,
    title: str,
    from_on: date | None,
    until_on: date | None = None,
) -> None:
    """Give a person a post. A new main post ends the one before it on the day before.
    Raises InvalidInput."""
    if kind not in POST_KINDS:
        raise InvalidInput(f"'{kind}'이라는 보직 종류는 없습니다.")
    if from_on is not None and until_on is not None and until_on < from_on:
        raise InvalidInput("끝나는 날이 시작하는 날보다 빠릅니다. 날짜를 확인해 주세요.")
    if kind == MAIN:
        end_main(connection, [user_id], from_on)
    connection.execute(
        posts.insert().values(
            user_id=user_id,
            department_id=department_id,
            kind=kind,
            title=title.strip()[:80],
            from_on=from_on,
            until_on=until_on,
        )
    )


def end_main(connection: Connection, user_ids: Iterable[int], on: date | None) -> None:
    """End the main posts of some people the day before ``on``; those that would begin later, or that
    have not begun, are taken away."""
    wanted = list(user_ids)
    for begin in range(0, len(wanted), 500):
        mine = sa.and_(posts.c.kind == MAIN, posts.c.user_id.in_(wanted[begin : begin + 500]))
        if on is None:
            connection.execute(posts.delete().where(mine))
            continue
        connection.execute(posts.delete().where(mine, posts.c.from_on >= on))
        open_ = sa.or_(posts.c.until_on.is_(None), posts.c.until_on >= on)
        connection.execute(
            posts.update().where(mine, open_).values(until_on=on - timedelta(days=1))
        )


def follow_main_posts(
    connection: Connection, day: date, user_ids: Iterable[int] | None = None
) -> None:
    """Bring the department and post of accounts in line with the main posts in force on a day."""
    main = sa.and_(posts.c.user_id == users.c.id, posts.c.kind == MAIN, in_force(posts, day))

    def newest(column: sa.Column[Any]) -> sa.ScalarSelect[Any]:
        chosen = sa.select(column).where(main).order_by(posts.c.id.desc()).limit(1)
        return chosen.correlate(users).scalar_subquery()

    place, title = newest(posts.c.department_id), sa.func.coalesce(newest(posts.c.title), "")
    stale = sa.or_(
        users.c.department_id.is_distinct_from(place),
        sa.and_(place.is_not(None), users.c.post != title),
    )
    change = users.update().where(stale).values(department_id=place, post=title)
    if user_ids is None:
        connection.execute(change)
        return
    wanted = list(user_ids)
    for begin in range(0, len(wanted), 500):
        connection.execute(change.where(users.c.id.in_(wanted[begin : begin + 500])))
