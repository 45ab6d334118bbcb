"""Library documents as records that are kept for their time and then deleted for good.

A document is closed on the day that its owner named, else on the day it was taken out of the library;
one that is neither is never due. A file that is only attached to a conversation goes with it.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Row

from mokmin.base.db import metadata
from mokmin.base.errors import NotFound
from mokmin.base.files.ports import BlobStore
from mokmin.base.files.references import held_blobs
from mokmin.base.jobs import JobQueue
from mokmin.governance.access.rules import attachments
from mokmin.governance.records.model import Item, korean_day
from mokmin.knowledge.documents.service import INDEX_JOB
from mokmin.knowledge.documents.store import documents, versions

# Other people's reviews: a row there without its document is what hides their quotes of it.
_STAY = frozenset({"review_documents"})


class DocumentHolding:
    """``governance.records.ports.Holding`` of documents. ``pages``: the cache of page images, a
    folder for each file's key."""

    kind = "document"

    def __init__(self, blobs: BlobStore, pages: Path) -> None:
        self._blobs = blobs
        self._pages = pages

    def due(
        self, connection: Connection, cutoffs: Mapping[str, datetime], period: str
    ) -> Sequence[Item]:
        """See ``Holding``."""
        ways: list[ColumnElement[bool]] = []
        for own, moment in cutoffs.items():
            codes = ["", own] if own == period else [own]
            day = korean_day(moment)
            ways.append(
                sa.and_(
                    documents.c.retention.in_(codes),
                    sa.or_(
                        documents.c.closed_on < day,
                        sa.and_(documents.c.closed_on.is_(None), documents.c.deleted_at < moment),
                    ),
                )
            )
        only_attached = sa.exists().where(
            attachments.c.document_id == documents.c.id, attachments.c.adopted_at.is_(None)
        )
        query = _items().where(sa.or_(*ways), ~only_attached).order_by(documents.c.id)
        return [item for row in connection.execute(query) if (item := _item(row)) is not None]

    def item(self, connection: Connection, item_id: int) -> Item | None:
        """See ``Holding``; None too for one that is not closed any more."""
        row = connection.execute(_items().where(documents.c.id == item_id)).first()
        return None if row is None else _item(row)

    def dispose(self, connection: Connection, item_id: int) -> Sequence[str]:
        """See ``Holding``."""
        own = sa.select(versions.c.id).where(versions.c.document_id == item_id).scalar_subquery()
        files = list(
            connection.execute(
                sa.select(versions.c.sha256).where(versions.c.document_id == item_id).distinct()
            ).scalars()
        )
        for table in reversed(metadata.sorted_tables):
            if table.name in _STAY or table in (documents, versions):
                continue
            if "document_id" in table.c:
                connection.execute(table.delete().where(table.c.document_id == item_id))
            elif "version_id" in table.c:
                connection.execute(table.delete().where(table.c.version_id.in_(own)))
        connection.execute(
            documents.update()
            .where(documents.c.superseded_by_id == item_id)
            .values(superseded_by_id=None)
        )
        connection.execute(versions.delete().where(versions.c.document_id == item_id))
        connection.execute(documents.delete().where(documents.c.id == item_id))
        JobQueue.enqueue(connection, INDEX_JOB, item_id)
        return files

    def clean(self, connection: Connection, files: Sequence[str]) -> None:
        """See ``Holding``."""
        held = held_blobs(connection)
        for key in files:
            if key in held:
                continue
            used = sa.select(versions.c.id).where(versions.c.sha256 == key).limit(1)
            if connection.execute(used).first() is not None:
                continue
            try:
                self._blobs.path(key).unlink(missing_ok=True)
            except NotFound:
                continue
            finally:
                shutil.rmtree(self._pages / key[:2] / key, ignore_errors=True)


def _items() -> sa.Select[Any]:
    c = documents.c
    return sa.select(c.id, c.owner, c.created_at, c.deleted_at, c.closed_on, c.retention)


def _item(row: Row[Any]) -> Item | None:
    closed: date | None = row.closed_on
    if closed is None and row.deleted_at is not None:
        closed = korean_day(row.deleted_at)
    if closed is None:
        return None
    return Item("document", row.id, row.owner, korean_day(row.created_at), closed, row.retention)
