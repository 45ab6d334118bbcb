"""What the organisation asks of other rooms: a place in the audit log, and what a person holds.

A room that keeps something in a person's name (documents, shared conversations, a desk) offers a
``Handover``; a personnel rotation shows it beforehand and passes it on with everything else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

Detail = Mapping[str, str | int | float | bool | None]
PEOPLE_LOCK = 4216
"""Key of the database lock under which accounts, posts and departments change."""


class Recorder(Protocol):
    """The audit log: one entry within the caller's transaction."""

    def append(
        self, connection: Connection, actor: str, action: str, subject: str, detail: Detail
    ) -> None:
        """Append one entry."""
        ...


@dataclass(frozen=True, slots=True)
class Giving:
    """Somebody who leaves a department, and who takes over (None: nobody)."""

    user_id: int
    login: str
    department_id: int | None
    department: str
    role: str
    taker_id: int | None = None
    taker_login: str = ""


class Handover(Protocol):
    """One kind of thing that people hold: ``name`` as people call it, ``unit`` to count it in."""

    name: str
    unit: str

    def held(self, connection: Connection, givers: Sequence[Giving]) -> Mapping[int, int]:
        """How many each of them holds that would be handed over, by user id."""
        ...

    def hand_over(self, connection: Connection, givers: Sequence[Giving]) -> int:
        """Pass everything on to those who take over, within the caller's transaction; the number.
        What belongs to a giver without a taker stays as it is."""
        ...


class Library(Protocol):
    """What the organisation asks of the documents."""

    def counts(self, connection: Connection, group_ids: Collection[int]) -> Mapping[int, int]:
        """Number of documents that are open to each group."""
        ...

    def rename_department(self, connection: Connection, old: str, new: str) -> int:
        """Documents in charge of one department are in charge of another from now on."""
        ...
