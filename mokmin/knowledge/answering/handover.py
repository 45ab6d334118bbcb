"""The desk of a department's steward: its terms and the answers that wait for a grade. Both belong to the
department; they are shown so that somebody is named who goes on with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.governance.people.handover import Giving
from mokmin.knowledge.answering.review_store import answer_reviews
from mokmin.knowledge.search.entries import dictionary_entries


class StewardDesk:
    """What a steward looks after; the rotation itself passes the role on."""

    name, unit = "행정 용어와 검토할 답변", "건"

    def held(self, connection: Connection, givers: Sequence[Giving]) -> Mapping[int, int]:
        """See ``Handover``."""
        terms, reviews = dictionary_entries.c.department_id, answer_reviews.c.department_id
        entries = sa.select(terms, sa.func.count()).where(dictionary_entries.c.deleted_at.is_(None))
        waiting = sa.select(reviews, sa.func.count()).where(answer_reviews.c.state == "open")
        counts: dict[int | None, int] = {}
        for query in (entries.group_by(terms), waiting.group_by(reviews)):
            for department_id, count in connection.execute(query):
                counts[department_id] = counts.get(department_id, 0) + count
        return {
            giver.user_id: counts[giver.department_id]
            for giver in givers
            if giver.role == "steward" and giver.department_id in counts
        }

    def hand_over(self, connection: Connection, givers: Sequence[Giving]) -> int:
        """See ``Handover``: the department keeps them."""
        return sum(self.held(connection, givers).values())
