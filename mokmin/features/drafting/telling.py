"""Whom the log's entries about drafts concern."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.korean.josa import with_josa
from mokmin.features.drafting.store import draft_comments, draft_writers, drafts
from mokmin.governance.audit.telling import Happened, Told


def tell(connection: Connection, what: Happened) -> Iterator[Told]:
    """See ``Teller``: the next in the decision line, the author, who took part in the comments, who was asked to
    write along."""
    if not what.action.startswith("draft.") or not what.number:
        return
    draft = connection.execute(
        sa.select(
            drafts.c.id, drafts.c.title, drafts.c.user_id, drafts.c.holder_id, drafts.c.state
        ).where(drafts.c.id == what.number, drafts.c.deleted_at.is_(None))
    ).first()
    if draft is None:
        return
    name, link = f"‘{(draft.title or '제목 없는 초안')[:80]}’", f"/drafts/{draft.id}"
    if what.action in ("draft.submit", "draft.review") and draft.state == "review":
        yield Told(
            draft.holder_id,
            "draft.turn",
            f"{with_josa(name, '을/를')} 검토하거나 결재할 차례입니다.",
            f"{link}/line",
        )
    if what.action == "draft.approve":
        yield Told(draft.user_id, "draft.decided", f"{name}의 결재가 끝났습니다.", link)
    if what.action == "draft.return":
        yield Told(
            draft.user_id,
            "draft.decided",
            f"{with_josa(name, '이/가')} 되돌아왔습니다.",
            f"{link}/line",
        )
    if what.action == "draft.comment":
        said = sa.select(draft_comments.c.user_id).where(draft_comments.c.draft_id == draft.id)
        for person in {draft.user_id, *connection.execute(said).scalars()}:
            yield Told(person, "draft.comment", f"{name}에 의견이 달렸습니다.", link)
    if what.action == "draft.invite":
        newest = (
            sa.select(draft_writers.c.user_id)
            .where(draft_writers.c.draft_id == draft.id)
            .order_by(draft_writers.c.added_at.desc())
            .limit(1)
        )
        for person in connection.execute(newest).scalars():
            yield Told(
                person, "draft.invite", f"{with_josa(name, '을/를')} 함께 쓰게 되었습니다.", link
            )
