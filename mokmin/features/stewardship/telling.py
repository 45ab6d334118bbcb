"""Stewards hear of watched folders that stopped or could not take files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.features.stewardship.watch_store import watched_folders
from mokmin.governance.audit.telling import Told


def due(connection: Connection, today: date) -> Iterator[tuple[Told, str]]:
    """See ``Due``: folders with a problem, once a day each."""
    query = sa.select(watched_folders.c.id, watched_folders.c.steward_id).where(
        watched_folders.c.problem != ""
    )
    for row in connection.execute(query.limit(200)):
        title = "지켜보는 폴더에 확인할 것이 있습니다."
        told = Told(row.steward_id, "folder", title, f"/stewardship/folders/{row.id}")
        yield told, f"folder:{row.id}:{today}"
