"""The only door to permissions: checks of actions, and the SQL condition on documents.

A grant opens a document to a group from one day until another, both included, in Korean time. The
condition looks at the days when the query runs: nothing has to happen at midnight for a grant to begin
or to end.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from mokmin.base.db import metadata
from mokmin.base.errors import NotAllowed
from mokmin.governance.access.model import Permission, Principal

KST = timezone(timedelta(hours=9))
document_groups = sa.Table(
    "document_groups",
    metadata,
    sa.Column("document_id", sa.Integer, primary_key=True),
    sa.Column("group_id", sa.Integer, primary_key=True),
    # First and last day of the grant; none: from the beginning, without end.
    sa.Column("valid_from", sa.Date),
    sa.Column("valid_until", sa.Date),
    sa.Index("ix_document_groups_group_id", "group_id"),
    sa.Index("ix_document_groups_valid_until", "valid_until"),
)

# Files attached to a conversation. They carry the group ``conversation:<id>``, in which nobody is: whoever
# reads that conversation gets it for that. Until one is taken into the library (``adopted_at``) it is
# nobody else's, not even the local operator's.
attachments = sa.Table(
    "attachments",
    metadata,
    sa.Column("document_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("conversation_id", sa.Integer, nullable=False, index=True),
    sa.Column("adopted_at", sa.DateTime),
)


def today() -> date:
    """The day in Korea, by which grants begin and end."""
    return datetime.now(KST).date()


def require(principal: Principal, permission: Permission) -> None:
    """Raise NotAllowed unless the principal holds the permission."""
    if not principal.may(permission):
        raise NotAllowed("이 작업을 할 권한이 없습니다. 필요하면 부서 관리자에게 요청하세요.")


def in_force(on: date) -> ColumnElement[bool]:
    """SQL condition on ``document_groups``: the grant holds on a day."""
    begins, ends = document_groups.c.valid_from, document_groups.c.valid_until
    return sa.and_(
        sa.or_(begins.is_(None), begins <= on),
        sa.or_(ends.is_(None), ends >= on),
    )


def not_over(on: date) -> ColumnElement[bool]:
    """SQL condition on ``document_groups``: the grant holds on a day or will hold later. What the index
    is given: a grant that begins needs no change there."""
    ends = document_groups.c.valid_until
    return sa.or_(ends.is_(None), ends >= on)


def visible(
    principal: Principal, document_id: ColumnElement[int], on: date | None = None
) -> ColumnElement[bool]:
    """SQL condition that is true for documents that the principal may read on a day (today)."""
    if principal.sees_all:
        return ~sa.exists().where(
            attachments.c.document_id == document_id, attachments.c.adopted_at.is_(None)
        )
    if not principal.groups:
        return sa.false()
    return sa.exists().where(
        document_groups.c.document_id == document_id,
        document_groups.c.group_id.in_(principal.groups),
        in_force(on or today()),
    )
