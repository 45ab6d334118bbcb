"""Tables of know-how, and who may see and keep an entry."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from mokmin.base.db import metadata
from mokmin.governance.access.model import Permission, Principal

know_how = sa.Table(
    "know_how",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("title", sa.String(120), nullable=False),
    sa.Column("about", sa.String(400), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("example", sa.Text, nullable=False),
    sa.Column("category", sa.String(20), nullable=False),
    sa.Column("tokens", sa.Text, nullable=False),
    sa.Column("author_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("department_id", sa.Integer),
    sa.Column("hidden_reason", sa.String(200), nullable=False),
    sa.Column("hidden_at", sa.DateTime),
    sa.Column("views", sa.Integer, nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("updated_at", sa.DateTime, nullable=False),
    sa.Column("deleted_at", sa.DateTime),
)
entry_groups = sa.Table(
    "know_how_groups",
    metadata,
    sa.Column(
        "entry_id",
        sa.Integer,
        sa.ForeignKey("know_how.id"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column(
        "group_id",
        sa.Integer,
        sa.ForeignKey("groups.id"),
        primary_key=True,
        autoincrement=False,
        index=True,
    ),
)
edits = sa.Table(
    "know_how_edits",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("entry_id", sa.Integer, sa.ForeignKey("know_how.id"), nullable=False, index=True),
    sa.Column("title", sa.String(120), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("saved_by", sa.Integer, nullable=False),
    sa.Column("saved_at", sa.DateTime, nullable=False),
)
# A like stands on one day for ever, a use on every day on which it happened.
marks = sa.Table(
    "know_how_marks",
    metadata,
    sa.Column(
        "entry_id",
        sa.Integer,
        sa.ForeignKey("know_how.id"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("user_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(6), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True, index=True),
)


def _said(name: str) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("entry_id", sa.Integer, sa.ForeignKey("know_how.id"), nullable=False, index=True),
        sa.Column("user_id", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime),
    )


comments = _said("know_how_comments")
reports = _said("know_how_reports")


def seen_by(principal: Principal) -> ColumnElement[bool]:
    """Entries that a person may read: open to one of the own groups and not hidden; the own ones; and
    those that the person keeps."""
    opened = sa.select(entry_groups.c.entry_id).where(entry_groups.c.group_id.in_(principal.groups))
    return sa.and_(
        know_how.c.deleted_at.is_(None),
        sa.or_(
            know_how.c.author_id == (principal.user_id or 0),
            sa.and_(know_how.c.id.in_(opened), know_how.c.hidden_at.is_(None)),
            kept_by(principal),
        ),
    )


def kept_by(principal: Principal) -> ColumnElement[bool]:
    """Entries that a person may hide: a steward those of the own department that were reported, hidden
    or open to the person, an administrator likewise of all."""
    if not principal.may(Permission.CURATE):
        return sa.false()
    opened = sa.select(entry_groups.c.entry_id).where(entry_groups.c.group_id.in_(principal.groups))
    reported = sa.select(reports.c.entry_id)
    matter = sa.or_(
        know_how.c.id.in_(opened), know_how.c.id.in_(reported), know_how.c.hidden_at.is_not(None)
    )
    if principal.may(Permission.ADMINISTER):
        return matter
    if principal.department_id is None:
        return sa.false()
    return sa.and_(matter, know_how.c.department_id == principal.department_id)
