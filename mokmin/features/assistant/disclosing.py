"""Conversations in disclosure packs. The records officer's role allows their masked text; an answer
that cites a document which the officer may not read is left out, as it quotes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.features.assistant.store import conversations, turns
from mokmin.governance.access.model import Principal
from mokmin.governance.access.rules import attachments, visible
from mokmin.governance.people.store import users
from mokmin.governance.records.model import Content, Found, Item, Wanted, korean_day
from mokmin.knowledge.documents.store import documents

LEFT_OUT = "(답변 생략: 담당자가 열람할 수 없는 문서를 인용한 답변입니다)"


class DisclosableConversations:
    """``governance.records.ports.Disclosable`` of conversations."""

    kind = "conversation"

    def find(self, connection: Connection, principal: Principal, wanted: Wanted) -> Sequence[Found]:
        """See ``Disclosable``. Words are looked for in titles, questions and those answers that the
        officer may have: a hidden one must not tell by being found."""
        c = conversations.c
        query = _rows()
        if wanted.logins is not None:
            query = query.where(users.c.login.in_(wanted.logins))
        for word in wanted.words:
            asked = sa.exists().where(
                turns.c.conversation_id == c.id,
                sa.or_(
                    turns.c.question.icontains(word, autoescape=True),
                    turns.c.answer.icontains(
                        json.dumps(word, ensure_ascii=False)[1:-1], autoescape=True
                    ),
                ),
            )
            query = query.where(sa.or_(c.title.icontains(word, autoescape=True), asked))
        if wanted.begin is not None:
            query = query.where(c.updated_at >= wanted.begin)
        if wanted.end is not None:
            query = query.where(c.created_at < wanted.end)
        found: list[Found] = []
        for row in connection.execute(query.order_by(c.id)).all():
            if wanted.words and not _says(connection, principal, row.id, wanted.words):
                continue
            found.append(Found(_item(connection, row), "part"))
            if len(found) == wanted.most:
                break
        return found

    def content(self, connection: Connection, principal: Principal, item_id: int) -> Content | None:
        """See ``Disclosable``."""
        found = connection.execute(_rows().where(conversations.c.id == item_id)).first()
        if found is None:
            return None
        sections: list[tuple[str, str]] = []
        rows = connection.execute(
            sa.select(turns).where(turns.c.conversation_id == item_id).order_by(turns.c.id)
        )
        for row in rows.all():
            sections.append(("질문", row.question))
            answer = json.loads(row.answer) if row.answer else {}
            cited = _cited(answer)
            if cited - _readable(connection, principal, cited):
                sections.append(("답변 (인공지능)", LEFT_OUT))
            elif answer:
                sections.append(("답변 (인공지능)", _text(answer)))
        return Content(found.title, None, tuple(sections), _item(connection, found))


def _rows() -> sa.Select[Any]:
    c = conversations.c
    return sa.select(c.id, c.title, c.created_at, c.updated_at, users.c.login).join(
        users, users.c.id == c.user_id
    )


def _item(connection: Connection, row: Row[Any]) -> Item:
    files = sa.select(attachments.c.document_id).where(attachments.c.conversation_id == row.id)
    return Item(
        "conversation",
        row.id,
        row.login,
        korean_day(row.created_at),
        korean_day(row.updated_at),
        parts=tuple(f"document:{key}" for key in connection.execute(files).scalars()),
    )


def _says(connection: Connection, principal: Principal, key: int, words: Sequence[str]) -> bool:
    """Whether all words stand in what the officer may have of a conversation."""
    texts = list(
        connection.execute(
            sa.select(conversations.c.title).where(conversations.c.id == key)
        ).scalars()
    )
    rows = connection.execute(sa.select(turns).where(turns.c.conversation_id == key)).all()
    for row in rows:
        texts.append(row.question)
        answer = json.loads(row.answer) if row.answer else {}
        cited = _cited(answer)
        if not cited - _readable(connection, principal, cited):
            texts.append(_text(answer))
    whole = "\n".join(texts).casefold()
    return all(word.casefold() in whole for word in words)


def _cited(answer: dict[str, Any]) -> set[int]:
    cited = {int(c["document_id"]) for c in answer.get("citations", ())}
    return cited | {int(n["document_id"]) for n in answer.get("nearest", ())}


def _text(answer: dict[str, Any]) -> str:
    lines = [answer.get("lead", ""), *(s["text"] for s in answer.get("sentences", ()))]
    return "\n".join(filter(None, lines))


def _readable(connection: Connection, principal: Principal, keys: set[int]) -> set[int]:
    if not keys:
        return set()
    query = sa.select(documents.c.id).where(
        documents.c.id.in_(keys), visible(principal, documents.c.id)
    )
    return set(connection.execute(query).scalars())
