"""Tables of changes of rights, and the queries on rights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from mokmin.base.db import metadata
from mokmin.governance.access.grants import grants_of
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import visible
from mokmin.knowledge.documents.rights_model import Rights
from mokmin.knowledge.documents.store import documents

rights_batches = sa.Table(
    "rights_batches",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("actor", sa.String(80), nullable=False),
    sa.Column("note", sa.String(300), nullable=False, server_default=""),
    sa.Column("made_at", sa.DateTime, nullable=False),
    sa.Column("undone_at", sa.DateTime),
)
rights_changes = sa.Table(
    "rights_changes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column(
        "batch_id", sa.Integer, sa.ForeignKey("rights_batches.id"), nullable=False, index=True
    ),
    sa.Column("document_id", sa.Integer, sa.ForeignKey("documents.id"), nullable=False, index=True),
    sa.Column("before", sa.Text, nullable=False),
    sa.Column("after", sa.Text, nullable=False),
)
# One row: the day up to which the index has followed grants that ended.
rights_followed = sa.Table(
    "rights_followed",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("up_to", sa.Date, nullable=False),
)
COLUMNS = (
    documents.c.department,
    documents.c.grade,
    documents.c.legal_ground,
    documents.c.grade_until,
    documents.c.disclosure,
    documents.c.disclosure_reason,
    documents.c.disclosure_until,
    documents.c.retention,
    documents.c.closed_on,
)


def may_manage(principal: Principal, owner: str, department: str) -> bool:
    """Who may change the rights of a document that they see: who put it in, the lead and the steward of
    its department, an administrator."""
    if principal.sees_all or owner == principal.login or principal.may(Permission.ADMINISTER):
        return True
    same = bool(department) and department == principal.department
    return same and principal.may(Permission.PUBLISH)


def may_open(principal: Principal, department: str) -> bool:
    """Who may lower a grade or disclose what was closed: not who put it in alone."""
    if principal.sees_all or principal.may(Permission.ADMINISTER):
        return True
    return department == principal.department and principal.may(Permission.PUBLISH)


def restorable(principal: Principal) -> ColumnElement[bool]:
    """Whose deleted documents a person may bring back, and so know of."""
    if principal.sees_all:
        return sa.true()
    own = documents.c.owner == principal.login
    if principal.department and principal.may(Permission.PUBLISH):
        return sa.or_(own, documents.c.department == principal.department)
    return own


def may_know(principal: Principal) -> ColumnElement[bool]:
    """SQL condition on documents that a person may be told of: visible, and not deleted unless the
    person may bring it back."""
    there = sa.or_(documents.c.deleted_at.is_(None), restorable(principal))
    return sa.and_(visible(principal, documents.c.id), there)


def select_rights(principal: Principal, ids: Iterable[int]) -> sa.Select[Any]:
    """Documents of these ids that the principal sees, with their rights' columns."""
    return (
        sa.select(documents.c.id, documents.c.title, documents.c.owner, *COLUMNS)
        .where(
            documents.c.id.in_(list(ids)),
            documents.c.deleted_at.is_(None),
            visible(principal, documents.c.id),
        )
        .order_by(documents.c.id)
    )


def rights_in(connection: Connection, rows: Iterable[sa.Row[Any]]) -> dict[int, Rights]:
    """Rights by document from rows of ``select_rights``."""
    held = list(rows)
    grants = grants_of(connection, [row.id for row in held])
    return {
        row.id: Rights(
            **{column.name: getattr(row, column.name) for column in COLUMNS},
            grants=grants.get(row.id, ()),
        )
        for row in held
    }


def write_rights(connection: Connection, document_id: int, rights: Rights) -> None:
    """Put the columns of rights; the grants apart (``set_grants``)."""
    values = {column.name: getattr(rights, column.name) for column in COLUMNS}
    connection.execute(documents.update().where(documents.c.id == document_id).values(**values))
