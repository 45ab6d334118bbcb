"""A personnel rotation (정기인사) as people look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

DRAFT, PLANNED, APPLIED, CANCELLED, STUCK = "draft", "planned", "applied", "cancelled", "stuck"
STATES: dict[str, str] = {
    DRAFT: "작성 중",
    PLANNED: "예약됨",
    APPLIED: "시행됨",
    CANCELLED: "지움",
    STUCK: "시행하지 못함",
}
BOUND_ROLES = frozenset({"lead", "steward"})
"""Roles that are about one department, and so end when the person leaves it."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """A rotation with the number of its moves."""

    id: int
    title: str
    effective_on: date
    state: str
    problem: str
    edition: int
    made_by: str
    applied_at: datetime | None
    moves: int


@dataclass(frozen=True, slots=True)
class Access:
    """Documents that are open to one group: what a move ends or begins."""

    group: str
    documents: int


@dataclass(frozen=True, slots=True)
class Holding:
    """What a person holds of one kind."""

    name: str
    unit: str
    count: int


@dataclass(frozen=True, slots=True)
class Move:
    """One person's move. ``stays``: other posts that go on; ``taker``: who takes over, or empty;
    ``problems`` forbid the rotation, ``warnings`` do not."""

    user_id: int
    login: str
    name: str
    from_department: str
    from_title: str
    to_department: str
    to_title: str
    from_role: str
    to_role: str
    taker: str = ""
    ends: tuple[Access, ...] = ()
    begins: tuple[Access, ...] = ()
    stays: tuple[str, ...] = ()
    holdings: tuple[Holding, ...] = ()
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """A rotation with everything that it would do."""

    rotation: Rotation
    moves: tuple[Move, ...]

    @property
    def problems(self) -> int:
        """Number of moves that forbid the rotation."""
        return sum(bool(move.problems) for move in self.moves)

    @property
    def holding(self) -> int:
        """Number of people who hold something that nobody takes over."""
        return sum(bool(move.holdings) and not move.taker for move in self.moves)
