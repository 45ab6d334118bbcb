"""Approved documents in disclosure packs. What is still being written is nobody's document yet, and one of
grade C is not for a pack."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.features.drafting.store import drafts
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.store import users
from mokmin.governance.records.model import Content, Found, Item, Wanted, korean_day
from mokmin.knowledge.official.kinds import kind_of
from mokmin.knowledge.official.serial import from_json


class DisclosableDrafts:
    """``governance.records.ports.Disclosable`` of approved drafts."""

    kind = "draft"

    def find(self, connection: Connection, principal: Principal, wanted: Wanted) -> Sequence[Found]:
        """See ``Disclosable``. Words are looked for in the title and in the text."""
        if not principal.may(Permission.KEEP_RECORDS):
            return []
        c = drafts.c
        query = _rows()
        if wanted.logins is not None:
            query = query.where(users.c.login.in_(wanted.logins))
        if wanted.begin is not None:
            query = query.where(c.updated_at >= wanted.begin)
        if wanted.end is not None:
            query = query.where(c.created_at < wanted.end)
        for word in wanted.words:
            query = query.where(
                sa.or_(
                    c.title.icontains(word, autoescape=True),
                    c.document.icontains(
                        json.dumps(word, ensure_ascii=False)[1:-1], autoescape=True
                    ),
                )
            )
        rows = connection.execute(query.order_by(c.id).limit(wanted.most))
        return [Found(_item(row), "part") for row in rows]

    def content(self, connection: Connection, principal: Principal, item_id: int) -> Content | None:
        """See ``Disclosable``."""
        if not principal.may(Permission.KEEP_RECORDS):
            return None
        row = connection.execute(_rows().where(drafts.c.id == item_id)).first()
        if row is None:
            return None
        document = from_json(json.loads(row.document))
        lines = [f"{key}: {span.text}" for key, span in document.fields.items() if span.text]
        lines += [
            block.text or "\n".join(" | ".join(cell.text for cell in cells) for cells in block.rows)
            for block in document.body
        ]
        parts = ((kind_of(row.kind).name, "\n".join(lines)),)
        return Content(row.title, row.grade, parts, _item(row))


def _rows() -> sa.Select[Any]:
    return (
        sa.select(drafts, users.c.login)
        .join(users, users.c.id == drafts.c.user_id)
        .where(drafts.c.state == "approved", drafts.c.grade != "C", drafts.c.deleted_at.is_(None))
    )


def _item(row: Row[Any]) -> Item:
    return Item("draft", row.id, row.login, korean_day(row.created_at), korean_day(row.updated_at))
