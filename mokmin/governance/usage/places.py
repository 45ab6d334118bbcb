"""Where a person works, seen upwards: the own department and those above it."""

from __future__ import annotations

import threading
import time

import sqlalchemy as sa

from mokmin.base.db import Database
from mokmin.governance.people.store import departments

FRESH_SECONDS = 30.0


class Places:
    """The tree of departments, read again after half a minute."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._parents: dict[int, int | None] = {}
        self._names: dict[int, str] = {}

    def above(self, department_id: int | None) -> tuple[int, ...]:
        """The department itself, then those above it, up to the top."""
        parents = self._now()[0]
        found: list[int] = []
        while department_id is not None and department_id not in found:
            found.append(department_id)
            department_id = parents.get(department_id)
        return tuple(found)

    def below(self, department_id: int) -> frozenset[int]:
        """The department itself and all below it."""
        return frozenset(one for one in self._now()[0] if department_id in self.above(one)) | {
            department_id
        }

    def names(self) -> dict[int, str]:
        """Names by id."""
        return self._now()[1]

    def _now(self) -> tuple[dict[int, int | None], dict[int, str]]:
        with self._lock:
            now = time.monotonic()
            if now - self._read_at >= FRESH_SECONDS:
                query = sa.select(departments.c.id, departments.c.parent_id, departments.c.name)
                with self._db.read() as connection:
                    rows = connection.execute(query).all()
                self._parents = {row.id: row.parent_id for row in rows}
                self._names = {row.id: row.name for row in rows}
                self._read_at = now
            return self._parents, self._names
