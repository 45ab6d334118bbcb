"""Whom the log's entries about know-how concern."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.features.know_how.store import know_how
from mokmin.governance.audit.telling import Happened, Told


def tell(connection: Connection, what: Happened) -> Iterator[Told]:
    """See ``Teller``: the author hears of comments."""
    if what.action != "know-how.comment":
        return
    row = connection.execute(
        sa.select(know_how.c.id, know_how.c.title, know_how.c.author_id).where(
            know_how.c.id == what.number, know_how.c.deleted_at.is_(None)
        )
    ).first()
    if row is not None:
        title = f"내 노하우 ‘{row.title[:80]}’에 댓글이 달렸습니다."
        yield Told(row.author_id, "know-how.comment", title, f"/know-how/{row.id}")
