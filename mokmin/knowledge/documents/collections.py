"""Collections (모음): documents that belong together, picked one by one or by a rule, with a department that
looks after them and a day on which they are to be looked through.

A collection opens nothing: whoever uses it as a scope finds in it what they may see anyhow.
"""

from __future__ import annotations

import json
from collections.abc import Collection as Many
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Row

from mokmin.base.db import Database, metadata
from mokmin.base.errors import NotFound
from mokmin.governance.access.model import Principal
from mokmin.governance.access.rules import visible
from mokmin.governance.people.store import departments
from mokmin.knowledge.documents.store import documents

collections = sa.Table(
    "collections",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("about", sa.String(400), nullable=False, server_default=""),
    sa.Column(
        "department_id", sa.Integer, sa.ForeignKey("departments.id"), nullable=False, index=True
    ),
    sa.Column("owner", sa.String(80), nullable=False),
    # The rule: kinds and names of departments as JSON lists; both empty: no rule.
    sa.Column("kinds", sa.Text, nullable=False, server_default="[]"),
    sa.Column("departments", sa.Text, nullable=False, server_default="[]"),
    # Whether all staff may choose it as a scope; else the department alone.
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Column("review_on", sa.Date, nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("deleted_at", sa.DateTime),
    sa.Column("edition", sa.Integer, nullable=False, server_default="1"),
)
collection_documents = sa.Table(
    "collection_documents",
    metadata,
    sa.Column("collection_id", sa.Integer, sa.ForeignKey("collections.id"), primary_key=True),
    sa.Column("document_id", sa.Integer, primary_key=True, autoincrement=False, index=True),
)
_GONE = "그 모음을 찾을 수 없거나 볼 권한이 없습니다."


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection. ``kinds`` and ``departments`` are its rule; both empty: picked documents alone."""

    id: int
    name: str
    about: str
    department_id: int
    department: str
    owner: str
    kinds: tuple[str, ...]
    departments: tuple[str, ...]
    shared: bool
    review_on: date
    edition: int

    @property
    def has_rule(self) -> bool:
        """Whether documents belong to it by a rule."""
        return bool(self.kinds or self.departments)


def to_collection(row: Row[Any]) -> Collection:
    """A row of ``selected`` as a Collection."""
    return Collection(
        row.id,
        row.name,
        row.about,
        row.department_id,
        row.department,
        row.owner,
        tuple(json.loads(row.kinds)),
        tuple(json.loads(row.departments)),
        row.shared,
        row.review_on,
        row.edition,
    )


def selected(*, removed: bool = False) -> sa.Select[Any]:
    """Collections with the name of their department of its column."""
    table = collections
    columns = [c for c in table.c if c.name != "departments"]
    gone = table.c.deleted_at.is_not(None) if removed else table.c.deleted_at.is_(None)
    return (
        sa.select(
            *columns,
            table.c.departments.label("departments"),
            departments.c.name.label("department"),
        )
        .join(departments, departments.c.id == table.c.department_id)
        .where(gone)
    )


def belongs(collection: Collection) -> ColumnElement[bool]:
    """SQL condition on ``documents``: picked, or by the rule."""
    picked = sa.exists().where(
        collection_documents.c.collection_id == collection.id,
        collection_documents.c.document_id == documents.c.id,
    )
    if not collection.has_rule:
        return picked
    rule: list[ColumnElement[bool]] = []
    if collection.kinds:
        rule.append(documents.c.kind.in_(collection.kinds))
    if collection.departments:
        rule.append(documents.c.department.in_(collection.departments))
    return sa.or_(picked, sa.and_(*rule))


class Collections:
    """Collections as scopes of search and chat."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def usable(self, principal: Principal) -> list[Collection]:
        """Those that the person may choose as a scope, by name."""
        query = selected().where(_open(principal)).order_by(collections.c.name, collections.c.id)
        with self._db.read() as connection:
            return [to_collection(row) for row in connection.execute(query)]

    def get(self, principal: Principal, collection_id: int) -> Collection:
        """One that the person may choose. Raises NotFound."""
        query = selected().where(collections.c.id == collection_id, _open(principal))
        with self._db.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFound(_GONE)
        return to_collection(row)

    def ids(self, principal: Principal, collection: Collection) -> tuple[int, ...]:
        """The documents of a collection that the person may see."""
        with self._db.read() as connection:
            return members(connection, principal, collection)

    def ids_of(self, principal: Principal, collection_id: int) -> tuple[int, ...]:
        """The documents of a collection that the person may see, also where the collection itself is not for
        the person to choose; none of one that was removed."""
        query = selected().where(collections.c.id == collection_id)
        with self._db.read() as connection:
            row = connection.execute(query).first()
            return () if row is None else members(connection, principal, to_collection(row))

    def names(self, principal: Principal) -> dict[int, str]:
        """Names of those that the person may choose, by id."""
        return {found.id: found.name for found in self.usable(principal)}

    def overdue(self, principal: Principal, today: date) -> dict[int, str]:
        """Documents in collections whose day of review is past, with a collection's name."""
        query = selected().where(_open(principal), collections.c.review_on < today)
        found: dict[int, str] = {}
        with self._db.read() as connection:
            for row in connection.execute(query.order_by(collections.c.review_on)).all():
                collection = to_collection(row)
                for key in members(connection, principal, collection):
                    found.setdefault(key, collection.name)
        return found


def members(
    connection: Connection, principal: Principal, collection: Collection
) -> tuple[int, ...]:
    """The documents of a collection that the person may see."""
    query = sa.select(documents.c.id).where(
        belongs(collection), documents.c.deleted_at.is_(None), visible(principal, documents.c.id)
    )
    return tuple(connection.execute(query.order_by(documents.c.id)).scalars())


def pick(connection: Connection, collection_id: int, ids: Many[int]) -> int:
    """Add documents; how many were new."""
    c = collection_documents.c
    query = sa.select(c.document_id).where(c.collection_id == collection_id)
    known = set(connection.execute(query).scalars())
    new = sorted(set(ids) - known)
    if new:
        connection.execute(
            collection_documents.insert(),
            [{"collection_id": collection_id, "document_id": key} for key in new],
        )
    return len(new)


def _open(principal: Principal) -> ColumnElement[bool]:
    own: ColumnElement[bool] = sa.false()
    if principal.department_id is not None:
        own = collections.c.department_id == principal.department_id
    if principal.sees_all:
        return sa.true()
    return sa.or_(collections.c.shared, own)
