"""Whom the log's entries about reviews of answers concern."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.governance.audit.telling import Happened, Told
from mokmin.knowledge.answering.review_model import VERDICTS
from mokmin.knowledge.answering.review_store import answer_reviews


def tell(connection: Connection, what: Happened) -> Iterator[Told]:
    """See ``Teller``: who reported an answer hears what became of it."""
    if what.action != "review.grade":
        return
    row = connection.execute(
        sa.select(answer_reviews.c.reporter_id, answer_reviews.c.verdict).where(
            answer_reviews.c.id == what.number
        )
    ).first()
    if row is not None:
        verdict = VERDICTS.get(row.verdict, "판정 없음")
        title = f"알려 주신 답을 담당자가 검토했습니다: {verdict}"
        yield Told(row.reporter_id, "review.graded", title, "/chat/history")
