"""The relational database: one metadata, two engines (SQLite, PostgreSQL), one way to transact."""

from mokmin.base.db.engine import Database, metadata, new_id, pairs, utcnow

__all__ = ["Database", "metadata", "new_id", "pairs", "utcnow"]
