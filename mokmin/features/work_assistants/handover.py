"""Assistants at a rotation: whoever takes over owns them from then on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import utcnow
from mokmin.features.work_assistants.store import assistants
from mokmin.governance.people.handover import Giving

CHUNK = 500


class OwnedAssistants:
    """Assistants of the department that is left, which the giver owns or stands in for."""

    name, unit = "업무봇", "개"

    def held(self, connection: Connection, givers: Sequence[Giving]) -> Mapping[int, int]:
        """See ``Handover``."""
        c, found = assistants.c, dict[int, int]()
        places = {giver.user_id: giver.department_id for giver in givers}
        for begin in range(0, len(givers), CHUNK):
            ids = [giver.user_id for giver in givers[begin : begin + CHUNK]]
            query = (
                sa.select(c.owner_id, c.department_id, sa.func.count().label("number"))
                .where(c.owner_id.in_(ids), c.deleted_at.is_(None))
                .group_by(c.owner_id, c.department_id)
            )
            for row in connection.execute(query):
                if row.department_id == places[row.owner_id]:
                    found[row.owner_id] = int(row.number)
        return found

    def hand_over(self, connection: Connection, givers: Sequence[Giving]) -> int:
        """See ``Handover``. A taker who was the deputy stays the owner alone; what waits for approval is
        asked for anew."""
        c = assistants.c
        takers = {g.user_id: g for g in givers if g.taker_id is not None}
        ids = list(takers)
        rows: list[Any] = []
        for begin in range(0, len(ids), CHUNK):
            some = ids[begin : begin + CHUNK]
            held = sa.or_(c.owner_id.in_(some), c.deputy_id.in_(some))
            query = sa.select(c.id, c.owner_id, c.deputy_id, c.department_id).where(held)
            rows += connection.execute(query).all()
        changed: dict[int, dict[str, object]] = {}
        # All are found before any is changed: one may take over from another who takes over.
        for row in rows:
            owner, deputy = (
                takers[person].taker_id
                if person in takers and takers[person].department_id == row.department_id
                else person
                for person in (row.owner_id, row.deputy_id)
            )
            if (owner, deputy) == (row.owner_id, row.deputy_id):
                continue
            values: dict[str, object] = {
                "owner_id": owner,
                "deputy_id": None if deputy == owner else deputy,
                "updated_at": utcnow(),
            }
            if owner != row.owner_id:
                values |= {"asked": None, "asked_by": None}
            changed[row.id] = values
        for assistant_id, values in changed.items():
            connection.execute(assistants.update().where(c.id == assistant_id).values(**values))
        return len(changed)
