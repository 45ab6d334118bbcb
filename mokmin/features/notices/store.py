"""Tables of notices."""

from __future__ import annotations

import json

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import metadata
from mokmin.features.notices.model import Notice, Wishes

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("kind", sa.String(24), nullable=False),
    sa.Column("title", sa.String(240), nullable=False),
    sa.Column("link", sa.String(200), nullable=False),
    # The same thing is told once: the entry of the log, or what is due.
    sa.Column("cause", sa.String(60), nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("read_at", sa.DateTime),
    # Of the letter: when it is tried next, empty for none or done.
    sa.Column("mail_at", sa.DateTime, index=True),
    sa.Column("mail_tries", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("user_id", "cause"),
    sa.Index("ix_notices_user_id_read_at", "user_id", "read_at"),
)
notice_wishes = sa.Table(
    "notice_wishes",
    metadata,
    sa.Column(
        "user_id", sa.Integer, sa.ForeignKey("users.id"), primary_key=True, autoincrement=False
    ),
    sa.Column("email", sa.String(200), nullable=False, server_default=""),
    sa.Column("ways", sa.Text, nullable=False, server_default="{}"),
)
notice_cursor = sa.Table(
    "notice_cursor",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("next_seq", sa.Integer, nullable=False),
    sa.Column("daily_on", sa.Date),
)


def notice_of(row: sa.Row[tuple[object, ...]]) -> Notice:
    """A row."""
    return Notice(row.id, row.kind, row.title, row.link, row.created_at, row.read_at is not None)


def wishes_of(connection: Connection, user_id: int) -> Wishes:
    """How a person wants to be told; in the app where nothing was said."""
    row = connection.execute(
        sa.select(notice_wishes).where(notice_wishes.c.user_id == user_id)
    ).first()
    return Wishes("", {}) if row is None else Wishes(row.email, json.loads(row.ways))
