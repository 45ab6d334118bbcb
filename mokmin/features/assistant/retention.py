"""Conversations as records; closed on the day of their last change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.base.db import metadata
from mokmin.features.assistant.store import conversations, turns
from mokmin.governance.access.rules import attachments
from mokmin.governance.people.store import users
from mokmin.governance.records.model import Item, korean_day
from mokmin.governance.records.ports import Holding
from mokmin.knowledge.answering.review_store import answer_reviews, review_documents


class ConversationHolding:
    """``governance.records.ports.Holding`` of conversations, with the files attached to them, what is
    shared of them, and reports of their answers (which hold the words)."""

    kind = "conversation"

    def __init__(self, files: Holding) -> None:
        self._files = files

    def due(
        self, connection: Connection, cutoffs: Mapping[str, datetime], period: str
    ) -> Sequence[Item]:
        """See ``Holding``."""
        if period not in cutoffs:
            return []
        query = _items().where(conversations.c.updated_at < cutoffs[period])
        rows = connection.execute(query.order_by(conversations.c.id)).all()
        return [_item(connection, row) for row in rows]

    def item(self, connection: Connection, item_id: int) -> Item | None:
        """See ``Holding``."""
        row = connection.execute(_items().where(conversations.c.id == item_id)).first()
        return None if row is None else _item(connection, row)

    def dispose(self, connection: Connection, item_id: int) -> Sequence[str]:
        """See ``Holding``."""
        left: list[str] = []
        for document_id in _attached(connection, item_id):
            left += self._files.dispose(connection, document_id)
        own = sa.select(turns.c.id).where(turns.c.conversation_id == item_id).scalar_subquery()
        reviews = sa.select(answer_reviews.c.id).where(answer_reviews.c.turn_id.in_(own))
        connection.execute(
            review_documents.delete().where(
                review_documents.c.review_id.in_(reviews.scalar_subquery())
            )
        )
        connection.execute(answer_reviews.delete().where(answer_reviews.c.turn_id.in_(own)))
        for table in reversed(metadata.sorted_tables):
            if "conversation_id" in table.c:
                connection.execute(table.delete().where(table.c.conversation_id == item_id))
        connection.execute(conversations.delete().where(conversations.c.id == item_id))
        return left

    def clean(self, connection: Connection, files: Sequence[str]) -> None:
        """See ``Holding``."""
        self._files.clean(connection, files)


def _items() -> sa.Select[Any]:
    c = conversations.c
    return sa.select(c.id, users.c.login, c.created_at, c.updated_at).join(
        users, users.c.id == c.user_id
    )


def _attached(connection: Connection, conversation_id: int) -> list[int]:
    query = sa.select(attachments.c.document_id).where(
        attachments.c.conversation_id == conversation_id, attachments.c.adopted_at.is_(None)
    )
    return list(connection.execute(query).scalars())


def _item(connection: Connection, row: Row[Any]) -> Item:
    return Item(
        "conversation",
        row.id,
        row.login,
        korean_day(row.created_at),
        korean_day(row.updated_at),
        parts=tuple(f"document:{key}" for key in _attached(connection, row.id)),
    )
