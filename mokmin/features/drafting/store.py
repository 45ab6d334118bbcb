"""Tables and queries of drafts. A draft is seen by its author and by those on its decision line."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Row

from mokmin.base.db import metadata
from mokmin.features.drafting.model import Draft
from mokmin.governance.access.model import Principal
from mokmin.knowledge.official.serial import from_json

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("department_id", sa.Integer),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("title", sa.String(400), nullable=False),
    sa.Column("grade", sa.String(1), nullable=False),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("suggestions", sa.Text, nullable=False, server_default="[]"),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("holder_id", sa.Integer, nullable=False, index=True),
    sa.Column("locked_by", sa.Integer),
    sa.Column("locked_until", sa.DateTime),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("updated_at", sa.DateTime, nullable=False),
    sa.Column("deleted_at", sa.DateTime),
)
draft_versions = sa.Table(
    "draft_versions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("draft_id", sa.Integer, sa.ForeignKey("drafts.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("note", sa.String(200), nullable=False),
    sa.Column("saved_by", sa.Integer, nullable=False),
    sa.Column("saved_at", sa.DateTime, nullable=False),
    sa.UniqueConstraint("draft_id", "number", name="uq_draft_versions_number"),
)
draft_comments = sa.Table(
    "draft_comments",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("draft_id", sa.Integer, sa.ForeignKey("drafts.id"), nullable=False, index=True),
    sa.Column("anchor", sa.String(80), nullable=False),
    sa.Column("quote", sa.String(400), nullable=False, server_default=""),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("user_id", sa.Integer, nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("resolved_at", sa.DateTime),
    sa.Column("reply_to", sa.Integer),
)
draft_steps = sa.Table(
    "draft_steps",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("draft_id", sa.Integer, sa.ForeignKey("drafts.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("role", sa.String(8), nullable=False),
    sa.Column("user_id", sa.Integer, nullable=False, index=True),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("remark", sa.Text, nullable=False, server_default=""),
    sa.Column("version", sa.Integer),
    sa.Column("done_at", sa.DateTime),
    sa.UniqueConstraint("draft_id", "number", name="uq_draft_steps_number"),
)

# Colleagues whom the author asked to write along.
draft_writers = sa.Table(
    "draft_writers",
    metadata,
    sa.Column(
        "draft_id", sa.Integer, sa.ForeignKey("drafts.id"), primary_key=True, autoincrement=False
    ),
    sa.Column("user_id", sa.Integer, primary_key=True, autoincrement=False, index=True),
    sa.Column("added_at", sa.DateTime, nullable=False),
)


def seen_by(principal: Principal) -> ColumnElement[bool]:
    """The drafts that a person may open: their own, those that they write along, and those that reached them
    on a decision line."""
    if principal.user_id is None:
        return sa.false()
    reached = sa.select(draft_steps.c.draft_id).where(
        draft_steps.c.user_id == principal.user_id, draft_steps.c.state != "waiting"
    )
    along = sa.select(draft_writers.c.draft_id).where(draft_writers.c.user_id == principal.user_id)
    return sa.and_(
        drafts.c.deleted_at.is_(None),
        sa.or_(
            drafts.c.user_id == principal.user_id, drafts.c.id.in_(reached), drafts.c.id.in_(along)
        ),
    )


def may_write(connection: Connection, principal: Principal, draft: Draft) -> bool:
    """Whether it is the person's turn: the holder's, or while the author has it that of everybody who
    writes along."""
    if draft.holder_id == principal.user_id:
        return True
    if draft.state not in ("writing", "returned"):
        return False
    query = sa.select(draft_writers.c.user_id).where(
        draft_writers.c.draft_id == draft.id, draft_writers.c.user_id == principal.user_id
    )
    return connection.execute(query).first() is not None


def to_draft(row: Row[Any]) -> Draft:
    """A row as a Draft."""
    return Draft(
        id=row.id,
        user_id=row.user_id,
        kind=row.kind,
        title=row.title,
        grade=row.grade,
        facts=json.loads(row.facts),
        document=from_json(json.loads(row.document)),
        suggestions=tuple(json.loads(row.suggestions)),
        revision=row.revision,
        state=row.state,
        holder_id=row.holder_id,
        locked_by=row.locked_by,
        locked_until=row.locked_until,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def one(
    connection: Connection, principal: Principal, draft_id: int, *, lock: bool = False
) -> Draft | None:
    """A draft that the person may open. ``lock`` holds its row until the transaction ends."""
    query = sa.select(drafts).where(drafts.c.id == draft_id, seen_by(principal))
    row = connection.execute(query.with_for_update() if lock else query).first()
    return to_draft(row) if row else None
