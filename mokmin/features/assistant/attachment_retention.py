"""Files attached to conversations as records of their own: they go with their conversation, or before it
where their period is shorter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.features.assistant.store import conversations
from mokmin.governance.access.rules import attachments
from mokmin.governance.people.store import users
from mokmin.governance.records.holds import rules_in
from mokmin.governance.records.model import Item, korean_day
from mokmin.governance.records.ports import Holding


class AttachmentHolding:
    """``governance.records.ports.Holding`` of attached files; ``files``: that of documents."""

    kind = "attachment"

    def __init__(self, files: Holding) -> None:
        self._files = files

    def due(
        self, connection: Connection, cutoffs: Mapping[str, datetime], period: str
    ) -> Sequence[Item]:
        """See ``Holding``; none while their conversations are due as soon."""
        limit = cutoffs.get(period)
        whole = cutoffs.get(rules_in(connection)["conversation"].period)
        if limit is None or (whole is not None and limit <= whole):
            return []
        query = _items().where(conversations.c.updated_at < limit)
        return [_item(r) for r in connection.execute(query.order_by(attachments.c.document_id))]

    def item(self, connection: Connection, item_id: int) -> Item | None:
        """See ``Holding``."""
        row = connection.execute(_items().where(attachments.c.document_id == item_id)).first()
        return None if row is None else _item(row)

    def dispose(self, connection: Connection, item_id: int) -> Sequence[str]:
        """See ``Holding``."""
        return self._files.dispose(connection, item_id)

    def clean(self, connection: Connection, files: Sequence[str]) -> None:
        """See ``Holding``."""
        self._files.clean(connection, files)


def _items() -> sa.Select[Any]:
    a, c = attachments.c, conversations.c
    return (
        sa.select(a.document_id, a.conversation_id, users.c.login, c.created_at, c.updated_at)
        .join(conversations, c.id == a.conversation_id)
        .join(users, users.c.id == c.user_id)
        .where(a.adopted_at.is_(None))
    )


def _item(row: Row[Any]) -> Item:
    return Item(
        "attachment",
        row.document_id,
        row.login,
        korean_day(row.created_at),
        korean_day(row.updated_at),
        parts=(f"document:{row.document_id}", f"conversation:{row.conversation_id}"),
    )
