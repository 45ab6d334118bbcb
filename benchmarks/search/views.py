"""The database as of one moment, straight in SQL and apart from the application's own rules."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mokmin.governance.access.model import Principal


@dataclass(frozen=True, slots=True)
class View:
    """A reading transaction of SQLite: all that it tells is as of when it was opened."""

    connection: sqlite3.Connection

    @classmethod
    def open(cls, file: Path) -> View:
        """Now. To be closed."""
        connection = sqlite3.connect(file, isolation_level=None)
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM groups").fetchone()
        return cls(connection)

    def close(self) -> None:
        """Let go of the moment."""
        self.connection.close()

    def groups(self, principal: Principal) -> tuple[tuple[int, ...], str]:
        """The groups of an account as of then, and the mark of its last change of membership."""
        if principal.user_id is None:
            return principal.groups, ""
        rows = self.connection.execute(
            "SELECT group_id FROM group_members WHERE user_id = ?", (principal.user_id,)
        )
        mine = tuple(row[0] for row in rows)
        everybody = self.connection.execute("SELECT id FROM groups WHERE key = 'staff'").fetchall()
        post = self.connection.execute(
            "SELECT post FROM users WHERE id = ?", (principal.user_id,)
        ).fetchone()[0]
        return mine + tuple(row[0] for row in everybody), post

    def documents(self, groups: Iterable[int], keys: Iterable[int]) -> dict[int, int]:
        """Of some documents those that groups may read, with their current version."""
        rows = self.connection.execute(
            "SELECT DISTINCT d.id, d.current_version_id FROM documents d "
            "JOIN document_groups g ON g.document_id = d.id "
            f"WHERE d.deleted_at IS NULL AND d.id IN ({_list(keys)}) "
            f"AND g.group_id IN ({_list(groups)})"
        )
        return dict(rows.fetchall())

    def changed(self, key: int) -> str | None:
        """When a document was last changed."""
        row = self.connection.execute(
            "SELECT changed_at FROM documents WHERE id = ?", (key,)
        ).fetchone()
        return row[0] if row else None

    def sources(self, keys: Iterable[int]) -> dict[int, int]:
        """Document by the number in its mark."""
        numbers = [int(k) for k in keys]
        names = [f"'{kind}/{n}'" for n in numbers for kind in ("synthetic", "new")]
        rows = self.connection.execute(
            f"SELECT source, id FROM documents WHERE source IN ({', '.join(names)})"
        )
        return {int(source.rsplit("/", 1)[1]): key for source, key in rows.fetchall()}


def _list(values: Iterable[int]) -> str:
    return ", ".join(str(int(v)) for v in values) or "NULL"
