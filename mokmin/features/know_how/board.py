"""The board of the week: points for contributions that others used."""

from __future__ import annotations

from collections import Counter
from datetime import date

import sqlalchemy as sa

from mokmin.base.db import Database
from mokmin.features.know_how.model import POINTS, Board, Place, week_of
from mokmin.features.know_how.store import know_how, marks, seen_by
from mokmin.governance.access.model import Principal
from mokmin.governance.people.store import departments, users

PEOPLE, DEPARTMENTS = 5, 3


def board(db: Database, principal: Principal, day: date) -> Board:
    """Points of the week that ``day`` is in, from entries that the reader may see: nobody learns of one
    that is not open to them. One's own use and likes never count."""
    begin, end = week_of(day)
    query = (
        sa.select(
            marks.c.kind,
            users.c.name,
            users.c.id,
            departments.c.name.label("department"),
            sa.func.count().label("times"),
        )
        .join(know_how, know_how.c.id == marks.c.entry_id)
        .join(users, users.c.id == know_how.c.author_id)
        .outerjoin(departments, departments.c.id == know_how.c.department_id)
        .where(
            marks.c.day >= begin,
            marks.c.day <= end,
            marks.c.user_id != know_how.c.author_id,
            know_how.c.hidden_at.is_(None),
            seen_by(principal),
        )
        .group_by(marks.c.kind, users.c.name, users.c.id, departments.c.name)
    )
    people: Counter[tuple[int, str, str]] = Counter()
    places: Counter[str] = Counter()
    with db.read() as connection:
        for row in connection.execute(query):
            points = POINTS[row.kind] * row.times
            people[row.id, row.name, row.department or ""] += points
            if row.department:
                places[row.department] += points
    return Board(
        begin,
        end,
        tuple(
            Place(name, points, where) for (_, name, where), points in people.most_common(PEOPLE)
        ),
        tuple(Place(name, points) for name, points in places.most_common(DEPARTMENTS)),
    )
