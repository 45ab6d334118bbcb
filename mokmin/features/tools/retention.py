"""Results of tools as records; closed on the day of their last change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.features.tools.store import tool_runs
from mokmin.governance.people.store import users
from mokmin.governance.records.model import Item, korean_day


class ToolRunHolding:
    """``governance.records.ports.Holding`` of results of tools."""

    kind = "tool_run"

    def due(
        self, connection: Connection, cutoffs: Mapping[str, datetime], period: str
    ) -> Sequence[Item]:
        """See ``Holding``."""
        if period not in cutoffs:
            return []
        query = _items().where(tool_runs.c.updated_at < cutoffs[period])
        return [_item(row) for row in connection.execute(query.order_by(tool_runs.c.id))]

    def item(self, connection: Connection, item_id: int) -> Item | None:
        """See ``Holding``."""
        row = connection.execute(_items().where(tool_runs.c.id == item_id)).first()
        return None if row is None else _item(row)

    def dispose(self, connection: Connection, item_id: int) -> Sequence[str]:
        """See ``Holding``."""
        connection.execute(tool_runs.delete().where(tool_runs.c.id == item_id))
        return []

    def clean(self, connection: Connection, files: Sequence[str]) -> None:
        """See ``Holding``; a result has no files."""


def _items() -> sa.Select[Any]:
    c = tool_runs.c
    return sa.select(c.id, users.c.login, c.inputs, c.created_at, c.updated_at).join(
        users, users.c.id == c.user_id
    )


def _item(row: Row[Any]) -> Item:
    return Item(
        "tool_run", row.id, row.login, korean_day(row.created_at), korean_day(row.updated_at)
    )
