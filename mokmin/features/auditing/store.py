"""Names for what the log only numbers: people, and documents that the reader may read."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.governance.access.model import ROLE_NAMES, Principal
from mokmin.governance.access.rules import visible
from mokmin.governance.people.store import users
from mokmin.knowledge.documents.store import documents


def people(connection: Connection, logins: Collection[str]) -> dict[str, str]:
    """Names with posts by login: 서하늘 주무관. Accounts that are gone are left out."""
    return _named(connection, users.c.login, logins)


def people_by_id(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """The same by id."""
    return _named(connection, users.c.id, ids)


def logins(connection: Connection, name: str) -> list[str]:
    """Whom a login or a whole name means."""
    query = sa.select(users.c.login).where(sa.or_(users.c.login == name, users.c.name == name))
    return [str(login) for login in connection.execute(query.order_by(users.c.login)).scalars()]


def titles(connection: Connection, reader: Principal, ids: Collection[int]) -> dict[int, str]:
    """Titles of those documents that the reader may read."""
    query = sa.select(documents.c.id, documents.c.title).where(
        documents.c.id.in_(ids), documents.c.deleted_at.is_(None), visible(reader, documents.c.id)
    )
    return {int(key): str(title) for key, title in connection.execute(query)} if ids else {}


def _named(
    connection: Connection, column: sa.Column[Any], keys: Collection[str | int]
) -> dict[Any, str]:
    if not keys:
        return {}
    query = sa.select(column, users.c.name, users.c.post, users.c.role).where(column.in_(keys))
    return {
        key: f"{name} {post or ROLE_NAMES.get(role, '')}".strip()
        for key, name, post, role in connection.execute(query)
    }
