"""Comments on parts of a draft, by those who may open it."""

from __future__ import annotations

import sqlalchemy as sa

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import InvalidInput, NotFound
from mokmin.base.formats.writing_model import clean
from mokmin.features.drafting.model import Comment, Draft, Reply
from mokmin.features.drafting.service import DraftingService
from mokmin.features.drafting.store import draft_comments
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.store import users

MOST_TEXT = 2_000
MOST_COMMENTS = 500


class CommentService:
    """Add, answer by another one, settle."""

    def __init__(self, db: Database, audit: AuditLog, service: DraftingService) -> None:
        self._db, self._audit, self._drafts = db, audit, service

    def all(self, principal: Principal, draft_id: int) -> list[Comment]:
        """Comments in their order; those that are settled come last."""
        draft = self._drafts.get(principal, draft_id)
        query = (
            sa.select(draft_comments, users.c.name)
            .join(users, users.c.id == draft_comments.c.user_id)
            .where(draft_comments.c.draft_id == draft_id)
            .order_by(draft_comments.c.resolved_at.is_not(None), draft_comments.c.id)
        )
        with self._db.read() as connection:
            rows = connection.execute(query).all()
        replies: dict[int, list[Reply]] = {}
        for r in rows:
            if r.reply_to is not None:
                replies.setdefault(r.reply_to, []).append(Reply(r.text, r.name, r.created_at))
        return [
            Comment(
                r.id,
                _moved(draft, r.anchor, r.quote),
                r.quote,
                r.text,
                r.name,
                r.user_id,
                r.created_at,
                r.resolved_at,
                tuple(replies.get(r.id, ())),
            )
            for r in rows
            if r.reply_to is None
        ]

    def add(
        self,
        principal: Principal,
        draft_id: int,
        anchor: str,
        text: str,
        reply_to: int | None = None,
    ) -> None:
        """Put a comment on a part (``body:3``, ``field:제목``, empty for the whole), or answer one; an answer
        opens a settled one again."""
        words = clean(text).strip()
        if not words or len(words) > MOST_TEXT:
            raise InvalidInput(f"의견은 1자에서 {MOST_TEXT:,}자까지 쓸 수 있습니다.")
        draft = self._drafts.get(principal, draft_id)
        quote = _quoted(draft, anchor)
        with self._db.write() as connection:
            count = connection.execute(
                sa.select(sa.func.count()).where(draft_comments.c.draft_id == draft_id)
            ).scalar_one()
            if count >= MOST_COMMENTS:
                raise InvalidInput(f"의견은 문서 하나에 {MOST_COMMENTS}개까지 달 수 있습니다.")
            if reply_to is not None:
                self._open_again(connection, draft_id, reply_to)
            connection.execute(
                draft_comments.insert().values(
                    draft_id=draft_id,
                    anchor=anchor[:80],
                    quote=quote[:400],
                    text=words,
                    user_id=principal.user_id,
                    created_at=utcnow(),
                    reply_to=reply_to,
                )
            )
            self._audit.append(
                connection, principal.login, "draft.comment", f"draft:{draft_id}", {}
            )

    @staticmethod
    def _open_again(connection: sa.Connection, draft_id: int, comment_id: int) -> None:
        there = connection.execute(
            draft_comments.update()
            .where(
                draft_comments.c.id == comment_id,
                draft_comments.c.draft_id == draft_id,
                draft_comments.c.reply_to.is_(None),
            )
            .values(resolved_at=None)
        )
        if not there.rowcount:
            raise NotFound("그 의견은 없습니다.")

    def settle(self, principal: Principal, draft_id: int, comment_id: int) -> None:
        """Mark a comment as done, or open it again."""
        self._drafts.get(principal, draft_id)
        place = sa.and_(draft_comments.c.id == comment_id, draft_comments.c.draft_id == draft_id)
        with self._db.write() as connection:
            row = connection.execute(sa.select(draft_comments.c.resolved_at).where(place)).first()
            if row is None:
                raise NotFound("그 의견은 없습니다.")
            moment = None if row.resolved_at else utcnow()
            connection.execute(draft_comments.update().where(place).values(resolved_at=moment))


def _quoted(draft: Draft, anchor: str) -> str:
    kind, _, ref = anchor.partition(":")
    if kind == "field":
        return draft.document.value(ref)
    if kind == "body" and ref.isdigit() and int(ref) < len(draft.document.body):
        return draft.document.body[int(ref)].text
    if anchor:
        raise InvalidInput("의견을 달 곳을 찾을 수 없습니다.")
    return ""


def _moved(draft: Draft, anchor: str, quote: str) -> str:
    """Where the words of a comment stand now: items may have moved."""
    kind, _, ref = anchor.partition(":")
    if kind != "body" or not quote:
        return anchor
    body = draft.document.body
    if int(ref) < len(body) and body[int(ref)].text == quote:
        return anchor
    at = next((n for n, block in enumerate(body) if block.text[:400] == quote), None)
    return f"body:{at}" if at is not None else anchor
