"""The database that a restore fills before anybody sees it, and the one step that puts it in place.

SQLite: a file inside the staged folder (or beside its place, when the settings name a file outside
the home). PostgreSQL: a schema of its own, whose tables are moved into the real schema in one
transaction. Until ``publish`` the target is untouched; a staging left by a killed restore is
removed by the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from mokmin.base.db import Database, metadata
from mokmin.base.errors import Conflict, Unavailable

SCHEMA = "mokmin_restoring"
_SQLITE_SIDES = ("", "-wal", "-shm", "-journal")


class Staging(Protocol):
    """See the module."""

    url: str

    def prepare(self) -> None:
        """Check that the target holds nothing and make the staging empty. Raises Conflict."""
        ...

    def publish(self, rename: Callable[[], None]) -> None:
        """Put the database in place and call ``rename``: both, or on an error neither."""
        ...

    def discard(self) -> None:
        """Remove the staging."""
        ...


def staging_for(url: str, home: Path, folder: Path) -> Staging:
    """The staging for the database of the settings; ``folder`` becomes ``home``."""
    target = make_url(url)
    if target.get_backend_name() != "sqlite":
        return _Schema(target)
    place = Path(target.database or "").resolve()
    if place.is_relative_to(home):
        return _InsideFile(folder / place.relative_to(home))
    return _OutsideFile(place)


def _refuse_rows(connection: Connection, names: list[str], lock: bool = False) -> None:
    """Raise Conflict when a table of ours holds a row."""
    if names and lock:
        connection.execute(sa.text(f"LOCK TABLE {_listed(names)} IN ACCESS EXCLUSIVE MODE"))
    for name in names:
        query = sa.select(sa.literal(1)).select_from(sa.table(name)).limit(1)
        if connection.execute(query).first() is not None:
            raise Conflict(
                "되살릴 데이터베이스에 이미 자료가 있습니다. 덮어쓰지 않았습니다. 빈 데이터베이스를 지정해 주세요."
            )


def _ours(connection: Connection) -> list[str]:
    present = set(sa.inspect(connection).get_table_names())
    return sorted(present & set(metadata.tables))


def _listed(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


class _InsideFile:
    """An SQLite file that comes into place with its folder."""

    def __init__(self, staged: Path) -> None:
        self.url = f"sqlite:///{staged}"

    def prepare(self) -> None:
        """The folder is new."""

    def publish(self, rename: Callable[[], None]) -> None:
        """See ``Staging``."""
        rename()

    def discard(self) -> None:
        """It goes with its folder."""


class _OutsideFile:
    """An SQLite file that the settings place outside the home."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._staged = place.with_name(f".{place.name}.restoring")
        self.url = f"sqlite:///{self._staged}"

    def prepare(self) -> None:
        """See ``Staging``."""
        self._refuse()
        self.discard()

    def _refuse(self) -> None:
        if not self._place.exists() or not self._place.stat().st_size:
            return
        db = Database(f"sqlite:///{self._place}")
        try:
            with db.read() as connection:
                _refuse_rows(connection, _ours(connection))
        finally:
            db.close()

    def publish(self, rename: Callable[[], None]) -> None:
        """See ``Staging``."""
        self._refuse()
        for side in _SQLITE_SIDES[1:]:
            self._place.with_name(self._place.name + side).unlink(missing_ok=True)
        rename()
        self._staged.replace(self._place)

    def discard(self) -> None:
        """See ``Staging``."""
        for side in _SQLITE_SIDES:
            self._staged.with_name(self._staged.name + side).unlink(missing_ok=True)


class _Schema:
    """A PostgreSQL schema beside the real one."""

    def __init__(self, target: URL) -> None:
        self._target = target.render_as_string(hide_password=False)
        options = target.query.get("options", "")
        before = options if isinstance(options, str) else " ".join(options)
        staged = target.update_query_dict({"options": f"{before} -csearch_path={SCHEMA}".strip()})
        self.url = staged.render_as_string(hide_password=False)

    def prepare(self) -> None:
        """See ``Staging``."""
        self._within(self._prepare)

    @staticmethod
    def _prepare(connection: Connection) -> None:
        _refuse_rows(connection, _ours(connection))
        connection.execute(sa.text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))
        try:
            connection.execute(sa.text(f"CREATE SCHEMA {SCHEMA}"))
        except DBAPIError as error:
            raise Unavailable(
                "데이터베이스 계정에 스키마를 만들 권한(CREATE)이 없습니다. 데이터베이스의 소유자로 하거나 권한을 "
                "준 뒤 다시 해 주세요. 바뀐 것은 없습니다."
            ) from error

    def publish(self, rename: Callable[[], None]) -> None:
        """See ``Staging``. The folder is renamed within the transaction, just before its end."""

        def move(connection: Connection) -> None:
            target = connection.execute(sa.text("SELECT current_schema()")).scalar_one()
            quote = connection.dialect.identifier_preparer.quote
            staged = sorted(sa.inspect(connection).get_table_names(schema=SCHEMA))
            _refuse_rows(connection, _ours(connection), lock=True)
            connection.execute(sa.text(f"DROP TABLE IF EXISTS {_listed(staged)}"))
            for name in staged:
                moved = f'ALTER TABLE {SCHEMA}."{name}" SET SCHEMA {quote(target)}'
                connection.execute(sa.text(moved))
            connection.execute(sa.text(f"DROP SCHEMA {SCHEMA}"))
            rename()

        self._within(move)

    def discard(self) -> None:
        """See ``Staging``."""
        self._within(lambda c: c.execute(sa.text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")))

    def _within(self, work: Callable[[Connection], object]) -> None:
        db = Database(self._target)
        try:
            with db.write() as connection:
                work(connection)
        finally:
            db.close()
