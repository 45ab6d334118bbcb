"""Whom an entry of the log concerns: what features tell about their own actions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Connection


class Told(NamedTuple):
    """One notice: to whom, of what kind (see ``features/notices/model``), in one line without contents that
    the receiver may not see, and the address of the place where it can be dealt with."""

    user_id: int
    kind: str
    title: str
    link: str


class Happened(NamedTuple):
    """An entry as tellers read it. ``number``: the id of its subject, 0 for none; ``actor_id``: 0 for what
    nobody with an account did."""

    action: str
    number: int
    actor_id: int
    detail: Mapping[str, str | int | float | bool | None]


Teller = Callable[[Connection, Happened], Iterable[Told]]
"""Reads within the transaction; gives nothing for actions that it does not know."""
