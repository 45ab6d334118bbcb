"""What those who hold records offer, so that governance imports none of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from mokmin.governance.access.model import Principal
from mokmin.governance.records.model import Content, Found, Item, Wanted


class Holding(Protocol):
    """The records of one kind."""

    kind: str

    def due(
        self, connection: Connection, cutoffs: Mapping[str, datetime], period: str
    ) -> Sequence[Item]:
        """Records closed before the cutoff (UTC) of their own period, or of ``period`` where they
        have none. A period without a cutoff is never due."""

    def item(self, connection: Connection, item_id: int) -> Item | None:
        """One record as it is now, None when it is gone."""

    def dispose(self, connection: Connection, item_id: int) -> Sequence[str]:
        """Delete it for good in the caller's transaction: rows, passages, attachments, what the
        index holds (by a job of the same transaction). Returns the blobs it leaves behind."""

    def clean(self, connection: Connection, files: Sequence[str]) -> None:
        """Remove blobs that no record uses any more. Does no harm when done twice."""


class Disclosable(Protocol):
    """Records of one kind that a disclosure request may ask for."""

    kind: str

    def find(self, connection: Connection, principal: Principal, wanted: Wanted) -> Sequence[Found]:
        """What the request names, of what the officer may have in a pack; at most ``wanted.most``."""

    def content(self, connection: Connection, principal: Principal, item_id: int) -> Content | None:
        """One record, not masked yet; None when it is gone or no longer the officer's to have."""
