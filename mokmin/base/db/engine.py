"""Engines and transactions.

SQLite runs in WAL mode; writing transactions begin with ``BEGIN IMMEDIATE`` (deferred ones failed
half of the time with several processes), readers use their own engine. PostgreSQL uses its
defaults. No transaction may be held across a model call.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Insert, MetaData, Select, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import ConnectionPoolEntry

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def utcnow() -> datetime:
    """Now, in UTC, without a time zone: what every timestamp column holds."""
    return datetime.now(UTC).replace(tzinfo=None)


def pairs(connection: Connection, query: Select[Any]) -> dict[Any, Any]:
    """The rows of a query of two columns as a mapping from the first to the second."""
    return {row[0]: row[1] for row in connection.execute(query)}


def new_id(connection: Connection, insert: Insert) -> int:
    """Run the insert of one row and return its integer primary key."""
    key = connection.execute(insert).inserted_primary_key
    if key is None:
        raise ValueError("the insert made no key")
    return int(key[0])


class Database:
    """A relational database that hands out reading and writing transactions."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        self._closed = False
        self._write = self._make(begin="BEGIN IMMEDIATE")
        self._read = self._make(begin="BEGIN") if self.is_sqlite else self._write
        for engine in {self._write, self._read}:
            event.listen(engine, "checkin", self._checked_in)

    def _checked_in(self, _connection: Any, record: ConnectionPoolEntry) -> None:
        """What a thread gives back after the end has no pool to lie in: it is closed rather than dropped."""
        if self._closed:
            record.invalidate()

    def _make(self, begin: str) -> Engine:
        if not self.is_sqlite:
            return create_engine(self.url, pool_pre_ping=True)
        engine = create_engine(self.url, connect_args={"timeout": 30, "check_same_thread": False})

        @event.listens_for(engine, "connect")
        def _pragmas(connection: Any, _record: Any) -> None:
            connection.isolation_level = None
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.execute("PRAGMA busy_timeout=30000")
            cursor.close()

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        return engine

    @property
    def engine(self) -> Engine:
        """The writing engine (for migrations)."""
        return self._write

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One writing transaction: committed at the end, rolled back on an exception."""
        with self._write.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One reading transaction with a consistent view."""
        with self._read.begin() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """One reading transaction in which all statements see the same moment, however long it is.
        Writers go on meanwhile."""
        with self._read.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection.begin():
                yield connection

    def lock(self, connection: Connection, key: int) -> None:
        """Serialise writers on a key until the transaction ends (SQLite has one writer anyway)."""
        if not self.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})

    def ping(self) -> None:
        """Raise a database error when the database does not answer."""
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give back all connections; those in use are closed as they come back."""
        self._closed = True
        self._write.dispose()
        self._read.dispose()
