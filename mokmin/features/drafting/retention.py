"""Drafts as records; closed on the day of their last change, those on their way along a line not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.features.drafting.store import (
    draft_comments,
    draft_steps,
    draft_versions,
    draft_writers,
    drafts,
)
from mokmin.governance.people.store import users
from mokmin.governance.records.model import Item, korean_day


class DraftHolding:
    """``governance.records.ports.Holding`` of drafts, with versions, comments and decision lines."""

    kind = "draft"

    def due(
        self, connection: Connection, cutoffs: Mapping[str, datetime], period: str
    ) -> Sequence[Item]:
        """See ``Holding``."""
        if period not in cutoffs:
            return []
        query = _items().where(drafts.c.updated_at < cutoffs[period], drafts.c.state != "review")
        return [_item(row) for row in connection.execute(query.order_by(drafts.c.id))]

    def item(self, connection: Connection, item_id: int) -> Item | None:
        """See ``Holding``."""
        row = connection.execute(_items().where(drafts.c.id == item_id)).first()
        return None if row is None else _item(row)

    def dispose(self, connection: Connection, item_id: int) -> Sequence[str]:
        """See ``Holding``."""
        for table in (draft_comments, draft_steps, draft_versions, draft_writers):
            connection.execute(table.delete().where(table.c.draft_id == item_id))
        connection.execute(drafts.delete().where(drafts.c.id == item_id))
        return []

    def clean(self, connection: Connection, files: Sequence[str]) -> None:
        """See ``Holding``; a draft has no files."""


def _items() -> sa.Select[Any]:
    c = drafts.c
    return sa.select(c.id, users.c.login, c.created_at, c.updated_at).join(
        users, users.c.id == c.user_id
    )


def _item(row: Row[Any]) -> Item:
    return Item("draft", row.id, row.login, korean_day(row.created_at), korean_day(row.updated_at))
