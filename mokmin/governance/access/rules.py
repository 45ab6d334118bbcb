"""The only door to permissions: checks of actions, and the SQL condition on documents."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from mokmin.base.db import metadata
from mokmin.base.errors import NotAllowed
from mokmin.governance.access.model import Permission, Principal

document_groups = sa.Table(
    "document_groups",
    metadata,
    sa.Column("document_id", sa.Integer, primary_key=True),
    sa.Column("group_id", sa.Integer, primary_key=True),
    sa.Index("ix_document_groups_group_id", "group_id"),
)


def require(principal: Principal, permission: Permission) -> None:
    """Raise NotAllowed unless the principal holds the permission."""
    if not principal.may(permission):
        raise NotAllowed("이 작업을 할 권한이 없습니다. 필요하면 부서 관리자에게 요청하세요.")


def visible(principal: Principal, document_id: ColumnElement[int]) -> ColumnElement[bool]:
    """SQL condition that is true for documents that the principal may read."""
    if principal.sees_all:
        return sa.true()
    if not principal.groups:
        return sa.false()
    return sa.exists().where(
        document_groups.c.document_id == document_id,
        document_groups.c.group_id.in_(principal.groups),
    )
