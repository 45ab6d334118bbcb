"""What other systems may be told, and a system that is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Webhook:
    """A system that is told. ``events``: actions of the log; ``next_seq``: the entry that comes next;
    ``attempts``: failures in a row; ``paused``: nothing is sent until somebody resumes it."""

    id: int
    url: str
    events: tuple[str, ...]
    next_seq: int
    attempts: int
    next_try_at: datetime
    paused: bool
    sent: int
    last_at: datetime | None
    last_result: str
    created_by: str
