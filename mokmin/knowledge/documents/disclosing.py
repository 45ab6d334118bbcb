"""Library documents in disclosure packs: only those that the officer may read."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.governance.access.model import Principal
from mokmin.governance.access.rules import visible
from mokmin.governance.records.model import Content, Found, Item, Wanted, korean_day
from mokmin.knowledge.documents.store import documents, passages


class DisclosableDocuments:
    """``governance.records.ports.Disclosable`` of documents."""

    kind = "document"

    def find(self, connection: Connection, principal: Principal, wanted: Wanted) -> Sequence[Found]:
        """See ``Disclosable``. A person is found where the text or the title has the name."""
        d = documents.c
        query = sa.select(documents).where(
            visible(principal, d.id), d.deleted_at.is_(None), d.current_version_id.is_not(None)
        )
        for word in wanted.words:
            here = sa.exists().where(
                passages.c.version_id == d.current_version_id,
                passages.c.text.icontains(word, autoescape=True),
            )
            query = query.where(sa.or_(d.title.icontains(word, autoescape=True), here))
        if wanted.begin is not None:
            query = query.where(d.created_at >= wanted.begin)
        if wanted.end is not None:
            query = query.where(d.created_at < wanted.end)
        return [
            Found(
                Item("document", r.id, r.owner, korean_day(r.created_at), korean_day(r.created_at)),
                r.disclosure or ("part" if r.grade == "O" else "closed"),
                r.legal_ground,
            )
            for r in connection.execute(query.order_by(d.id).limit(wanted.most))
        ]

    def content(self, connection: Connection, principal: Principal, item_id: int) -> Content | None:
        """See ``Disclosable``."""
        d, p = documents.c, passages.c
        row = connection.execute(
            sa.select(documents).where(
                d.id == item_id, visible(principal, d.id), d.deleted_at.is_(None)
            )
        ).first()
        if row is None:
            return None
        parts = connection.execute(
            sa.select(p.header, p.text)
            .where(p.version_id == row.current_version_id)
            .order_by(p.seq)
        )
        return Content(row.title, row.grade, tuple((x.header, x.text) for x in parts))
