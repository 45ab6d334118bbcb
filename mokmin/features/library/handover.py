"""Saved searches at a rotation: whoever takes over gets a copy, which finds what the own rights allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import pairs, utcnow
from mokmin.features.library.store import saved_searches
from mokmin.governance.people.handover import Giving

CHUNK = 500


class SavedSearches:
    """Searches that the giver kept, not the latest ones. The giver's own stay; what the search had
    shown before (``seen``) does not go along."""

    name, unit = "저장한 검색", "건"

    def held(self, connection: Connection, givers: Sequence[Giving]) -> Mapping[int, int]:
        """See ``Handover``."""
        c, found = saved_searches.c, dict[int, int]()
        ids = [giver.user_id for giver in givers]
        for begin in range(0, len(ids), CHUNK):
            mine = c.user_id.in_(ids[begin : begin + CHUNK])
            query = sa.select(c.user_id, sa.func.count()).where(mine, c.deleted_at.is_(None))
            found |= pairs(connection, query.group_by(c.user_id))
        return found

    def hand_over(self, connection: Connection, givers: Sequence[Giving]) -> int:
        """See ``Handover``; the same search is not given twice."""
        takers = {giver.user_id: giver.taker_id for giver in givers if giver.taker_id is not None}
        logins = {giver.user_id: giver.login for giver in givers}
        c = saved_searches.c
        people = sorted({*takers, *takers.values()})
        rows: list[Any] = []
        for begin in range(0, len(people), CHUNK):
            mine = c.user_id.in_(people[begin : begin + CHUNK])
            query = sa.select(c.user_id, c.name, c.address).where(mine, c.deleted_at.is_(None))
            rows += connection.execute(query.order_by(c.id)).all()
        has = {(row.user_id, row.address) for row in rows}
        fresh: list[dict[str, object]] = []
        for row in rows:
            taker = takers.get(row.user_id)
            if taker is None or (taker, row.address) in has:
                continue
            has.add((taker, row.address))
            name = f"{row.name} ({logins[row.user_id]})"[:80]
            fresh.append(
                {"user_id": taker, "name": name, "address": row.address, "created_at": utcnow()}
            )
        if fresh:
            connection.execute(saved_searches.insert(), fresh)
        return len(fresh)
