"""Wrong sign-ins counted: by login, by the address that they come from, by second factor.

What is counted is kept by a hash, for logins that exist and for others alike: a lock must not tell
which do.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, utcnow
from mokmin.governance.people.store import failures

LOCK_KEY = 4215
FORGET = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Bar:
    """``most`` failures within ``window`` lock for ``lock``."""

    name: str
    most: int
    window: timedelta
    lock: timedelta

    def key(self, value: str) -> str:
        """What the value is counted under."""
        return hashlib.sha256(f"{self.name}:{value.strip().lower()}".encode()).hexdigest()


MAX_FAILURES = 5
LOCK = timedelta(minutes=5)
BY_LOGIN = Bar("login", MAX_FAILURES, FORGET, LOCK)
BY_CODE = Bar("code", MAX_FAILURES, FORGET, LOCK)


def by_address(most: int) -> Bar:
    """The bar of one address: many people may share it, so it is higher."""
    return Bar("address", most, timedelta(minutes=10), LOCK)


class Attempts:
    """Counts failures and tells what is locked."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def locked(self, bar: Bar, value: str, now: datetime) -> bool:
        """Whether too many failed a moment ago."""
        query = sa.select(failures.c.locked_until).where(failures.c.login_hash == bar.key(value))
        with self._db.read() as connection:
            until = connection.execute(query).scalar()
        return until is not None and until > now

    def failed(self, *counted: tuple[Bar, str]) -> None:
        """Count one failure under each bar."""
        now = utcnow()
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            over = sa.or_(failures.c.locked_until.is_(None), failures.c.locked_until < now)
            connection.execute(failures.delete().where(failures.c.at < now - FORGET, over))
            for bar, value in counted:
                self._count(connection, bar, bar.key(value), now)

    def _count(self, connection: Connection, bar: Bar, key: str, now: datetime) -> None:
        row = connection.execute(sa.select(failures).where(failures.c.login_hash == key)).first()
        begun = row.at if row is not None and row.at > now - bar.window else now
        count = 1 + (row.tries if row is not None and begun == row.at else 0)
        locked = count >= bar.most
        values = {
            "tries": 0 if locked else count,
            "locked_until": now + bar.lock if locked else None,
            "at": now if locked else begun,
        }
        if row is None:
            connection.execute(failures.insert().values(login_hash=key, **values))
        else:
            connection.execute(
                failures.update().where(failures.c.login_hash == key).values(**values)
            )

    def forget(self, connection: Connection, bar: Bar, value: str) -> None:
        """Start from nothing again."""
        connection.execute(failures.delete().where(failures.c.login_hash == bar.key(value)))
