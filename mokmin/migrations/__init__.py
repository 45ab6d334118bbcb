"""One linear history of the database schema."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from mokmin.base.db import Database
from mokmin.base.errors import InvalidInput


def _config(db: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["database"] = db
    return config


def upgrade(db: Database, revision: str = "head") -> None:
    """Bring the database to the newest schema, or to an earlier one; safe to repeat."""
    command.upgrade(_config(db), revision)


def downgrade(db: Database, revision: str) -> None:
    """Bring the database back to an earlier schema, when an update is put back. Raises InvalidInput."""
    if revision not in revisions(db):
        raise InvalidInput(f"이 판이 모르는 구조입니다: {revision[:40]}")
    command.downgrade(_config(db), revision)


def revisions(db: Database) -> list[str]:
    """Every revision that this version knows, newest first."""
    return [item.revision for item in ScriptDirectory.from_config(_config(db)).walk_revisions()]


def state(db: Database) -> tuple[str | None, str | None]:
    """(revision of the database, newest revision)."""
    with db.read() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current, ScriptDirectory.from_config(_config(db)).get_current_head()
