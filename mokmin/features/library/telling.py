"""Uploaders hear of documents that could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import utcnow
from mokmin.governance.audit.telling import Told
from mokmin.governance.people.store import users
from mokmin.knowledge.documents.store import documents, versions

NEWS = timedelta(days=7)


def due(connection: Connection, _today: date) -> Iterator[tuple[Told, str]]:
    """See ``Due``: versions of the last week that failed, each once."""
    query = (
        sa.select(versions.c.id, documents.c.title, users.c.id.label("user_id"))
        .join(documents, documents.c.id == versions.c.document_id)
        .join(users, users.c.login == documents.c.owner)
        .where(
            versions.c.state == "failed",
            versions.c.created_at > utcnow() - NEWS,
            documents.c.deleted_at.is_(None),
        )
        .limit(200)
    )
    for row in connection.execute(query):
        title = f"‘{row.title[:80]}’ 문서를 읽지 못했습니다."
        yield Told(row.user_id, "document.failed", title, "/jobs"), f"version:{row.id}"
