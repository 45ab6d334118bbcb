"""Results of tools in disclosure packs: those made of documents that the officer may read, all of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.features.tools.export import rows_of
from mokmin.features.tools.model import KIND_NAMES, Kind
from mokmin.features.tools.store import to_run, tool_runs
from mokmin.governance.access.model import Principal
from mokmin.governance.access.rules import visible
from mokmin.governance.people.store import users
from mokmin.governance.records.model import Content, Found, Item, Wanted, korean_day
from mokmin.knowledge.documents.store import documents


class DisclosableToolRuns:
    """``governance.records.ports.Disclosable`` of results of tools."""

    kind = "tool_run"

    def find(self, connection: Connection, principal: Principal, wanted: Wanted) -> Sequence[Found]:
        """See ``Disclosable``. Words are looked for in the title and in the result."""
        c = tool_runs.c
        query = _rows().where(c.result.is_not(None))
        if wanted.logins is not None:
            query = query.where(users.c.login.in_(wanted.logins))
        if wanted.begin is not None:
            query = query.where(c.updated_at >= wanted.begin)
        if wanted.end is not None:
            query = query.where(c.created_at < wanted.end)
        for word in wanted.words:
            inside = json.dumps(word, ensure_ascii=False)[1:-1]
            query = query.where(
                sa.or_(
                    c.title.icontains(word, autoescape=True),
                    c.result.icontains(inside, autoescape=True),
                )
            )
        found: list[Found] = []
        for row in connection.execute(query.order_by(c.id)).all():
            if _readable(connection, principal, row):
                found.append(Found(_item(row), "part"))
            if len(found) == wanted.most:
                break
        return found

    def content(self, connection: Connection, principal: Principal, item_id: int) -> Content | None:
        """See ``Disclosable``."""
        row = connection.execute(_rows().where(tool_runs.c.id == item_id)).first()
        if row is None or row.result is None or not _readable(connection, principal, row):
            return None
        names, lines = rows_of(to_run(row))
        text = "\n".join(" | ".join(line) for line in [names, *lines])
        head = f"{KIND_NAMES[Kind(row.kind)]} (인공지능)"
        return Content(row.title, row.grade, ((head, text),), _item(row))


def _rows() -> sa.Select[Any]:
    return sa.select(tool_runs, users.c.login).join(users, users.c.id == tool_runs.c.user_id)


def _item(row: Row[Any]) -> Item:
    made, closed = korean_day(row.created_at), korean_day(row.updated_at)
    return Item("tool_run", row.id, row.login, made, closed)


def _readable(connection: Connection, principal: Principal, row: Row[Any]) -> bool:
    keys = {int(document_id) for document_id, _ in json.loads(row.inputs)}
    query = sa.select(documents.c.id).where(
        documents.c.id.in_(keys), visible(principal, documents.c.id)
    )
    return keys == set(connection.execute(query).scalars())
