"""The register as every process reads it: what changed counts within seconds, without a restart."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from mokmin.base.db import Database
from mokmin.governance.access.model import Principal
from mokmin.governance.endpoints.model import Endpoint
from mokmin.governance.endpoints.store import audiences, endpoint_of, model_endpoints
from mokmin.governance.usage.places import Places

FRESH_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The register at one moment. ``sealed``: keys as they are stored, by endpoint."""

    endpoints: tuple[Endpoint, ...] = ()
    sealed: Mapping[int, str] = field(default_factory=dict)
    audiences: Mapping[str, frozenset[int]] = field(default_factory=dict)


class Directory:
    """Read again when it is older than two seconds."""

    def __init__(self, db: Database, places: Places) -> None:
        self._db, self._places = db, places
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._known = Snapshot()

    def now(self) -> Snapshot:
        """The register, at most two seconds old."""
        with self._lock:
            moment = time.monotonic()
            if moment - self._read_at >= FRESH_SECONDS:
                self._known, self._read_at = self._read(), moment
            return self._known

    def renew(self) -> None:
        """Have the next look read again."""
        with self._lock:
            self._read_at = float("-inf")

    def allows(self, name: str, principal: Principal) -> bool:
        """Whether a person's department may use a model. The local operator may use all."""
        kept_to = self.now().audiences.get(name)
        if not kept_to or principal.sees_all:
            return True
        return not kept_to.isdisjoint(self._places.above(principal.department_id))

    def _read(self) -> Snapshot:
        query = sa.select(model_endpoints).order_by(
            model_endpoints.c.fallback_order, model_endpoints.c.name
        )
        with self._db.read() as connection:
            rows = connection.execute(query).all()
            kept_to = audiences(connection)
        return Snapshot(
            tuple(endpoint_of(row, sorted(kept_to.get(row.name, ()))) for row in rows),
            {row.id: row.sealed_key for row in rows},
            kept_to,
        )
