"""Which stored files other tables than those of documents hold: their column ``blob`` names the key."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import metadata


def held_blobs(connection: Connection) -> set[str]:
    """Keys of files that belong to something else than a document, such as a form of the library."""
    found: set[str] = set()
    for table in metadata.sorted_tables:
        if "blob" in table.c:
            found.update(connection.execute(sa.select(table.c.blob).distinct()).scalars())
    return found
