"""Conversations that somebody shared: whoever takes over may go on reading them, under the own rights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import pairs, utcnow
from mokmin.features.assistant.organising_store import shares
from mokmin.features.assistant.store import conversations
from mokmin.governance.people.handover import Giving

CHUNK = 500


class SharedConversations:
    """Conversations that the giver shared with colleagues or the department that is left. What was
    never shared stays the giver's own."""

    name, unit = "공유한 대화", "건"

    def held(self, connection: Connection, givers: Sequence[Giving]) -> Mapping[int, int]:
        """See ``Handover``."""
        found: dict[int, int] = {}
        for begin in range(0, len(givers), CHUNK):
            ids = [giver.user_id for giver in givers[begin : begin + CHUNK]]
            query = (
                sa.select(shares.c.owner_id, sa.func.count(sa.distinct(shares.c.conversation_id)))
                .join(conversations, conversations.c.id == shares.c.conversation_id)
                .where(
                    shares.c.owner_id.in_(ids),
                    shares.c.ended_at.is_(None),
                    conversations.c.deleted_at.is_(None),
                )
                .group_by(shares.c.owner_id)
            )
            found |= pairs(connection, query)
        return found

    def hand_over(self, connection: Connection, givers: Sequence[Giving]) -> int:
        """See ``Handover``: the taker becomes a reader of what was shared last of each conversation."""
        takers = {giver.user_id: giver.taker_id for giver in givers if giver.taker_id is not None}
        owners = list(takers)
        fresh: list[dict[str, object]] = []
        for begin in range(0, len(owners), CHUNK):
            live = sa.select(shares).where(
                shares.c.owner_id.in_(owners[begin : begin + CHUNK]), shares.c.ended_at.is_(None)
            )
            rows = connection.execute(live.order_by(shares.c.shared_at)).all()
            newest = {row.conversation_id: row for row in rows}
            has = {(row.conversation_id, row.user_id) for row in rows}
            fresh += [
                {
                    "conversation_id": row.conversation_id,
                    "owner_id": row.owner_id,
                    "user_id": takers[row.owner_id],
                    "turns": row.turns,
                    "shared_at": utcnow(),
                }
                for row in newest.values()
                if (row.conversation_id, takers[row.owner_id]) not in has
            ]
        if fresh:
            connection.execute(shares.insert(), fresh)
        return len(fresh)
