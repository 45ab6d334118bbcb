"""The table of webhooks."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.base.db import metadata
from mokmin.base.errors import NotFound
from mokmin.features.webhooks.model import Webhook

webhooks = sa.Table(
    "webhooks",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("url", sa.String(400), nullable=False),
    sa.Column("events", sa.Text, nullable=False),
    sa.Column("secret", sa.String(400), nullable=False),
    sa.Column("next_seq", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_try_at", sa.DateTime, nullable=False),
    sa.Column("paused", sa.Boolean, nullable=False),
    sa.Column("sent", sa.Integer, nullable=False),
    sa.Column("last_at", sa.DateTime),
    sa.Column("last_result", sa.String(200), nullable=False),
    sa.Column("created_by", sa.String(80), nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
)


def rows(connection: Connection) -> list[Webhook]:
    """All, the oldest first."""
    found = connection.execute(sa.select(webhooks).order_by(webhooks.c.id))
    return [webhook_of(row) for row in found]


def row_of(connection: Connection, webhook_id: int) -> Row[Any]:
    """One row with its sealed secret. Raises NotFound."""
    row = connection.execute(sa.select(webhooks).where(webhooks.c.id == webhook_id)).first()
    if row is None:
        raise NotFound("그 웹훅은 없습니다. 이미 지워졌을 수 있습니다.")
    return row


def webhook_of(row: Row[Any]) -> Webhook:
    """A row without its secret."""
    return Webhook(
        row.id,
        row.url,
        tuple(json.loads(row.events)),
        row.next_seq,
        row.attempts,
        row.next_try_at,
        row.paused,
        row.sent,
        row.last_at,
        row.last_result,
        row.created_by,
    )
