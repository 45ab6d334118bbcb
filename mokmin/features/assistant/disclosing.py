"""Conversations in disclosure packs. The records officer's role allows their masked text; an answer
that cites a document which the officer may not read is left out, as it quotes it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.features.assistant.store import conversations, turns
from mokmin.governance.access.model import Principal
from mokmin.governance.access.rules import visible
from mokmin.governance.people.store import users
from mokmin.governance.records.model import Content, Found, Item, Wanted, korean_day
from mokmin.knowledge.documents.store import documents

LEFT_OUT = "(답변 생략: 담당자가 열람할 수 없는 문서를 인용한 답변입니다)"


class DisclosableConversations:
    """``governance.records.ports.Disclosable`` of conversations."""

    kind = "conversation"

    def find(
        self, connection: Connection, _principal: Principal, wanted: Wanted
    ) -> Sequence[Found]:
        """See ``Disclosable``. Words are looked for in titles and questions."""
        c = conversations.c
        query = sa.select(c.id, c.created_at, c.updated_at, users.c.login).join(
            users, users.c.id == c.user_id
        )
        if wanted.logins is not None:
            query = query.where(users.c.login.in_(wanted.logins))
        for word in wanted.words:
            asked = sa.exists().where(
                turns.c.conversation_id == c.id,
                turns.c.question.icontains(word, autoescape=True),
            )
            query = query.where(sa.or_(c.title.icontains(word, autoescape=True), asked))
        if wanted.begin is not None:
            query = query.where(c.updated_at >= wanted.begin)
        if wanted.end is not None:
            query = query.where(c.created_at < wanted.end)
        return [
            Found(
                Item(
                    "conversation",
                    r.id,
                    r.login,
                    korean_day(r.created_at),
                    korean_day(r.updated_at),
                ),
                "part",
            )
            for r in connection.execute(query.order_by(c.id).limit(wanted.most))
        ]

    def content(self, connection: Connection, principal: Principal, item_id: int) -> Content | None:
        """See ``Disclosable``."""
        title = connection.execute(
            sa.select(conversations.c.title).where(conversations.c.id == item_id)
        ).scalar()
        if title is None:
            return None
        sections: list[tuple[str, str]] = []
        rows = connection.execute(
            sa.select(turns).where(turns.c.conversation_id == item_id).order_by(turns.c.id)
        )
        for row in rows.all():
            sections.append(("질문", row.question))
            answer = json.loads(row.answer) if row.answer else {}
            cited = {int(c["document_id"]) for c in answer.get("citations", ())}
            cited |= {int(n["document_id"]) for n in answer.get("nearest", ())}
            if cited - _readable(connection, principal, cited):
                sections.append(("답변 (인공지능)", LEFT_OUT))
            elif answer:
                lines = [answer.get("lead", ""), *(s["text"] for s in answer.get("sentences", ()))]
                sections.append(("답변 (인공지능)", "\n".join(filter(None, lines))))
        return Content(title, None, tuple(sections))


def _readable(connection: Connection, principal: Principal, keys: set[int]) -> set[int]:
    query = sa.select(documents.c.id).where(
        documents.c.id.in_(keys), visible(principal, documents.c.id)
    )
    return set(connection.execute(query).scalars())
