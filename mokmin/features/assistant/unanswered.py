"""Questions of conversations that are still there, for stewards: ``knowledge.answering.gaps``."""

from __future__ import annotations

import json
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.features.assistant.store import conversations, turns


class AskedQuestions:
    """Implements ``AskedTexts``."""

    def texts(self, connection: Connection, turn_ids: Collection[int]) -> dict[int, str]:
        """See ``AskedTexts``: a follow-up as it was understood; none of a conversation that its person
        deleted."""
        query = (
            sa.select(turns.c.id, turns.c.question, turns.c.answer)
            .join(conversations, conversations.c.id == turns.c.conversation_id)
            .where(
                turns.c.id.in_(list(turn_ids)),
                turns.c.state == "done",
                conversations.c.deleted_at.is_(None),
            )
        )
        return {
            row.id: json.loads(row.answer or "{}").get("standalone") or row.question
            for row in connection.execute(query)
        }
