"""Who may read what, as of one moment: from the rules in words, apart from the application's code.

1. A disabled account reads nothing; a deleted document is read by nobody.
2. A grant counts from its first to its last day, both included, by the day in Korea.
3. ``staff`` and ``public`` are everybody; ``user:N`` is that person.
4. ``dept:N`` is who holds a post there that day, also in the department that took it over; ``tree:N`` is
   that, and who holds a post anywhere below it.
5. A free group is its members, on the days of the group.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path


def _counts(begins: str | None, ends: str | None, day: str) -> bool:
    return not (begins and begins > day) and not (ends and ends < day)


@dataclass(frozen=True, slots=True)
class Oracle:
    """A reading transaction of SQLite: all that it tells is as of when it was opened. ``stamp`` is what
    the changers had announced by then."""

    connection: sqlite3.Connection
    stamp: Counter[str]

    @classmethod
    def open(cls, file: Path, journal: Counter[str]) -> Oracle:
        """Now. To be closed."""
        stamp = Counter(journal)
        connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM groups").fetchone()
        return cls(connection, stamp)

    def close(self) -> None:
        """Let go of the moment."""
        self.connection.close()

    def reads(self, user: int) -> frozenset[int]:
        """The documents that a person may read."""
        day = (datetime.now(UTC) + timedelta(hours=9)).date().isoformat()
        ask = self.connection.execute
        if ask("SELECT disabled FROM users WHERE id = ?", (user,)).fetchone()[0]:
            return frozenset()
        mine = self._groups(user, day)
        deleted = {row[0] for row in ask("SELECT id FROM documents WHERE deleted_at IS NOT NULL")}
        rows = ask("SELECT document_id, group_id, valid_from, valid_until FROM document_groups")
        return frozenset(
            document
            for document, group, begins, ends in rows
            if group in mine and document not in deleted and _counts(begins, ends, day)
        )

    def _groups(self, user: int, day: str) -> set[int]:
        ask = self.connection.execute
        tree = {
            key: (parent, successor, until)
            for key, parent, successor, until in ask(
                "SELECT id, parent_id, successor_id, until_on FROM departments"
            )
        }
        posts = ask("SELECT department_id, from_on, until_on FROM posts WHERE user_id = ?", (user,))
        held = {place for place, begins, ends in posts if _counts(begins, ends, day)}
        inherited = set(held)
        while (
            more := {key for key, (_, heir, until) in tree.items() if heir in inherited and until}
            - inherited
        ):
            inherited |= more
        above: set[int] = set()
        for place in held:
            at: int | None = place
            while at is not None and at not in above:
                above.add(at)
                at = tree[at][0]
        names = {"staff", "public", f"user:{user}"}
        names |= {f"dept:{key}" for key in inherited}
        names |= {f"tree:{key}" for key in inherited | above}
        free = {
            row[0] for row in ask("SELECT group_id FROM group_members WHERE user_id = ?", (user,))
        }
        mine = set()
        for key, name, begins, ends in ask("SELECT id, key, from_on, until_on FROM groups"):
            if name in names or (
                name.startswith("custom:") and key in free and _counts(begins, ends, day)
            ):
                mine.add(key)
        return mine
