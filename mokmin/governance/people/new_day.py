"""The first request of a day (Korean time) brings about what was planned for it: personnel rotations,
changes of departments, and the departments of people whose posts began or ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date

from mokmin.base.db import Database
from mokmin.governance.people.handover import PEOPLE_LOCK
from mokmin.governance.people.organisation import OrganisationService
from mokmin.governance.people.posts import follow_main_posts, korean_today
from mokmin.governance.people.rotation import RotationService


class NewDay:
    """Safe to call at every request, in every process: it costs a comparison of dates, and what one
    process has applied, another finds applied. What a process killed half-way did is undone by the
    database, and the next request does it again."""

    def __init__(
        self,
        db: Database,
        rotations: RotationService,
        organisation: OrganisationService,
        *,
        today: Callable[[], date] = korean_today,
    ) -> None:
        self._db = db
        self._rotations = rotations
        self._organisation = organisation
        self._lock = threading.Lock()
        self._turned: date | None = None
        self.today = today

    def is_new(self) -> bool:
        """Whether this process has not begun today yet."""
        return self._turned != self.today()

    def turn(self) -> None:
        """Begin the day once; those who come meanwhile wait, so that nobody acts with yesterday's
        rights."""
        day = self.today()
        with self._lock:
            if self._turned == day:
                return
            # People first: a department that is abolished today must be empty by then.
            self._rotations.apply_due(day)
            self._organisation.apply_due(day)
            with self._db.write() as connection:
                self._db.lock(connection, PEOPLE_LOCK)
                follow_main_posts(connection, day)
            self._turned = day
