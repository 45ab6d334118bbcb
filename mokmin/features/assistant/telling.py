"""Whom the log's entries about shared conversations concern."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.features.assistant.organising_store import shares
from mokmin.governance.audit.telling import Happened, Told


def tell(connection: Connection, what: Happened) -> Iterator[Told]:
    """See ``Teller``: the colleague that a conversation is shared with. Its title may tell more than the
    colleague may see, so that it stays out."""
    if what.action not in ("conversation.share", "conversation.share_refresh"):
        return
    row = connection.execute(
        sa.select(shares.c.id, shares.c.user_id).where(
            shares.c.id == int(what.detail.get("share") or 0), shares.c.ended_at.is_(None)
        )
    ).first()
    if row is not None and row.user_id is not None:
        fresh = what.action == "conversation.share"
        title = (
            "동료가 대화를 공유했습니다." if fresh else "공유받은 대화에 새 답변이 더해졌습니다."
        )
        yield Told(row.user_id, "share", title, f"/chat/shared/{row.id}")
