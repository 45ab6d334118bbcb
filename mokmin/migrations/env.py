"""Alembic's entry: runs the history on the database that the caller opened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context

from mokmin.base.db import Database, metadata

database: Database = context.config.attributes["database"]
with database.write() as connection:
    if not database.is_sqlite:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(4212)"))
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        transactional_ddl=True,
        transaction_per_migration=False,
    )
    context.run_migrations()
