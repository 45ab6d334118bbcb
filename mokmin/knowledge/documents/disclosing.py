"""Library documents in disclosure packs: only those that the officer may read; also those that were
taken out of the library and are not disposed of yet, as the city still holds them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.base.errors import NotFound
from mokmin.base.files.ports import BlobStore
from mokmin.governance.access.model import Principal
from mokmin.governance.access.rules import today, visible
from mokmin.governance.records.model import Content, Found, Item, Wanted, korean_day
from mokmin.knowledge.documents.store import documents, passages, versions

DELETED = "문서고에서 뺀 문서 (처분 전)"


class DisclosableDocuments:
    """``governance.records.ports.Disclosable`` of documents."""

    kind = "document"

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def find(self, connection: Connection, principal: Principal, wanted: Wanted) -> Sequence[Found]:
        """See ``Disclosable``. A person is found where the text or the title has the name."""
        d = documents.c
        query = sa.select(documents).where(
            visible(principal, d.id), d.current_version_id.is_not(None)
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
                _item(r),
                r.disclosure or ("part" if r.grade == "O" else "closed"),
                r.legal_ground,
            )
            for r in connection.execute(query.order_by(d.id).limit(wanted.most))
        ]

    def content(self, connection: Connection, principal: Principal, item_id: int) -> Content | None:
        """See ``Disclosable``."""
        d, p = documents.c, passages.c
        row = connection.execute(
            sa.select(documents).where(d.id == item_id, visible(principal, d.id))
        ).first()
        if row is None:
            return None
        parts = connection.execute(
            sa.select(p.header, p.text)
            .where(p.version_id == row.current_version_id)
            .order_by(p.seq)
        )
        sections = tuple((x.header, x.text) for x in parts)
        remark = DELETED if row.deleted_at is not None else ""
        original = self._original(connection, row.current_version_id)
        return Content(row.title, row.grade, sections, _item(row), original, remark)

    def _original(self, connection: Connection, version_id: int | None) -> tuple[str, Path] | None:
        row = connection.execute(
            sa.select(versions.c.sha256, versions.c.filename).where(versions.c.id == version_id)
        ).first()
        if row is None:
            return None
        try:
            return row.filename, self._blobs.path(row.sha256)
        except NotFound:
            return None


def _item(row: Row[Any]) -> Item:
    """Alive until it is closed or taken out: what a hold by dates goes by."""
    closed = row.closed_on or (korean_day(row.deleted_at) if row.deleted_at else today())
    return Item("document", row.id, row.owner, korean_day(row.created_at), closed)
