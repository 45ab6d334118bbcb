"""Tables of reviews, and the rule of who may see one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Row

from mokmin.base.db import metadata
from mokmin.base.errors import NotFound
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import visible
from mokmin.governance.people.store import departments, users
from mokmin.knowledge.answering.review_model import Filters, Review
from mokmin.knowledge.documents.store import documents

answer_reviews = sa.Table(
    "answer_reviews",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("turn_id", sa.Integer, nullable=False),
    sa.Column("reporter_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("department_id", sa.Integer, sa.ForeignKey("departments.id")),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("value", sa.Integer, nullable=False),
    sa.Column("reason", sa.String(40), nullable=False, server_default=""),
    sa.Column("comment", sa.Text, nullable=False, server_default=""),
    sa.Column("grade", sa.String(1), nullable=False),
    sa.Column("state", sa.String(8), nullable=False, index=True),
    sa.Column("verdict", sa.String(12), nullable=False, server_default=""),
    sa.Column("marks", sa.Text, nullable=False, server_default="{}"),
    sa.Column("correction", sa.Text, nullable=False, server_default=""),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("gold", sa.Text, nullable=False, server_default="[]"),
    sa.Column("graded_by", sa.String(80), nullable=False, server_default=""),
    sa.Column("graded_at", sa.DateTime),
    sa.Column("created_at", sa.DateTime, nullable=False),
    # Counts up with every change, so that no grade is given to what changed underneath.
    sa.Column("edition", sa.Integer, nullable=False, server_default="1"),
    sa.UniqueConstraint("turn_id", "reporter_id"),
)
review_documents = sa.Table(
    "review_documents",
    metadata,
    sa.Column("review_id", sa.Integer, sa.ForeignKey("answer_reviews.id"), primary_key=True),
    # No foreign key: a document that is gone must hide its quotes, not keep itself alive.
    sa.Column("document_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("department", sa.String(80), nullable=False, server_default=""),
)
_GONE = "그 검토를 찾을 수 없거나, 근거 문서를 모두 볼 수 있는 사람만 볼 수 있습니다."


def open_to(principal: Principal) -> ColumnElement[bool]:
    """SQL condition: every cited document exists and is visible; without any, the reporter's own
    department, or an administrator."""
    if principal.sees_all:
        return sa.true()
    rows = review_documents.alias("cited")
    cited = rows.c.review_id == answer_reviews.c.id
    readable = sa.exists().where(
        documents.c.id == rows.c.document_id,
        documents.c.deleted_at.is_(None),
        visible(principal, documents.c.id),
    )
    some, hidden = sa.exists().where(cited), sa.exists().where(cited, ~readable)
    own: ColumnElement[bool] = sa.false()
    if principal.may(Permission.ADMINISTER):
        own = sa.true()
    elif principal.department_id is not None:
        own = answer_reviews.c.department_id == principal.department_id
    return sa.or_(sa.and_(some, ~hidden), sa.and_(~some, own))


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    table, found = answer_reviews, []
    if filters.state:
        found.append(table.c.state == filters.state)
    if filters.reason:
        found.append(table.c.reason == filters.reason)
    if filters.value is not None:
        found.append(table.c.value == filters.value)
    if filters.department:
        found.append(
            sa.exists().where(
                review_documents.c.review_id == table.c.id,
                review_documents.c.department == filters.department,
            )
        )
    return found


def selected() -> sa.Select[Any]:
    return (
        sa.select(
            answer_reviews, departments.c.name.label("department"), users.c.name.label("reporter")
        )
        .join(users, users.c.id == answer_reviews.c.reporter_id)
        .outerjoin(departments, departments.c.id == answer_reviews.c.department_id)
    )


def find(connection: Connection, principal: Principal, review_id: int) -> Row[Any]:
    query = selected().where(answer_reviews.c.id == review_id, open_to(principal))
    row = connection.execute(query).first()
    if row is None:
        raise NotFound(_GONE)
    return row


def to_review(principal: Principal, row: Row[Any]) -> Review:
    return Review(
        id=row.id,
        question=row.question,
        answer=json.loads(row.answer),
        value=row.value,
        reason=row.reason,
        comment=row.comment,
        grade=row.grade,
        department=row.department or "",
        reporter=row.reporter if principal.may(Permission.READ_AUDIT) else "",
        state=row.state,
        verdict=row.verdict,
        marks={int(key): mark for key, mark in json.loads(row.marks).items()},
        correction=row.correction,
        note=row.note,
        gold=tuple(json.loads(row.gold)),
        graded_by=row.graded_by,
        graded_at=row.graded_at,
        created_at=row.created_at,
        edition=row.edition,
    )


def cite(connection: Connection, review_id: int, citations: Sequence[Mapping[str, Any]]) -> None:
    connection.execute(review_documents.delete().where(review_documents.c.review_id == review_id))
    cited = {int(c["document_id"]): str(c.get("department") or "")[:80] for c in citations}
    if cited:
        connection.execute(
            review_documents.insert(),
            [
                {"review_id": review_id, "document_id": key, "department": name}
                for key, name in cited.items()
            ],
        )
