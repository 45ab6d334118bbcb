"""Tables of watched folders (of the server and of the network) and of the files seen in them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Row

from mokmin.base.db import metadata
from mokmin.knowledge.documents.collections import collections

JOB = "watch"
KST_OFFSET = timedelta(hours=9)
watched_folders = sa.Table(
    "watched_folders",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("collection_id", sa.Integer, sa.ForeignKey("collections.id"), nullable=False),
    sa.Column("path", sa.String(1000), nullable=False, unique=True),
    # With whose rights files are taken in.
    sa.Column("steward_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("audience", sa.Text, nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("grade", sa.String(1), nullable=False),
    sa.Column("every_minutes", sa.Integer, nullable=False),
    # preview, active, paused or held (too much vanished at once).
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("problem", sa.Text, nullable=False, server_default=""),
    sa.Column("next_at", sa.DateTime, index=True),
    sa.Column("synced_at", sa.DateTime),
    sa.Column("summary", sa.Text, nullable=False, server_default="{}"),
    sa.Column("created_at", sa.DateTime, nullable=False),
    # local, webdav, s3 or site.
    sa.Column("type", sa.String(10), nullable=False, server_default="local"),
    sa.Column("login", sa.String(200), nullable=False, server_default=""),
    # Sealed (governance/people/sealing.py).
    sa.Column("secret", sa.Text, nullable=False, server_default=""),
    sa.Column("region", sa.String(40), nullable=False, server_default=""),
    # The hour in Korean time of a run once a day.
    sa.Column("at_hour", sa.Integer),
    sa.Column("down_since", sa.DateTime),
    # While a run is going on.
    sa.Column("started_at", sa.DateTime),
)
watched_files = sa.Table(
    "watched_files",
    metadata,
    sa.Column("folder_id", sa.Integer, sa.ForeignKey("watched_folders.id"), primary_key=True),
    sa.Column("path_key", sa.String(64), primary_key=True),
    sa.Column("path", sa.String(1000), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("modified_ns", sa.BigInteger, nullable=False),
    # Not ``document_id``: the row of a file whose document was disposed of stays, so that the same
    # content is not taken in again.
    sa.Column("taken_as", sa.Integer),
    sa.Column("problem", sa.String(400), nullable=False, server_default=""),
    sa.Column("removed_at", sa.DateTime),
    # What else changes with the content: an ETag.
    sa.Column("mark", sa.String(200), nullable=False, server_default=""),
    # When it was last asked for, of places where every file must be asked.
    sa.Column("seen_at", sa.DateTime),
)


@dataclass(frozen=True, slots=True)
class Folder:
    """A watched folder. ``summary``: figures of the last run, or of the one that is going on since
    ``started_at`` (added, changed, removed, failed, files). ``orphaned``: its collection was taken away.
    ``down_since``: its place has not answered since. ``secret``: sealed."""

    id: int
    collection_id: int
    collection: str
    department_id: int
    path: str
    steward_id: int
    audience: str
    kind: str
    grade: str
    every_minutes: int
    state: str
    problem: str
    synced_at: datetime | None
    next_at: datetime | None
    summary: dict[str, int]
    orphaned: bool
    type: str = "local"
    login: str = ""
    secret: str = field(default="", repr=False)
    region: str = ""
    at_hour: int | None = None
    down_since: datetime | None = None
    started_at: datetime | None = None

    def next_run(self, now: datetime) -> datetime:
        """When it is looked at next. At night the folders follow one another within the hour."""
        if self.at_hour is None:
            return now + timedelta(minutes=self.every_minutes)
        minute = self.id * 7 % 60
        # ``now`` is UTC.
        then = (now + KST_OFFSET).replace(hour=self.at_hour, minute=minute, second=0, microsecond=0)
        then -= KST_OFFSET
        return then if then > now else then + timedelta(days=1)


def secret_owner(folder_id: int) -> str:
    """To whom a sealed secret belongs."""
    return f"source:{folder_id}"


def path_key(path: str) -> str:
    """What a path is known by."""
    return hashlib.sha256(path.encode()).hexdigest()


def selected() -> sa.Select[Any]:
    """Folders with their collection."""
    c = collections.c
    return sa.select(
        watched_folders, c.name.label("collection"), c.department_id, c.deleted_at
    ).join(collections, c.id == watched_folders.c.collection_id)


def to_folder(row: Row[Any]) -> Folder:
    """A row of ``selected`` as a Folder."""
    return Folder(
        row.id,
        row.collection_id,
        row.collection,
        row.department_id,
        row.path,
        row.steward_id,
        row.audience,
        row.kind,
        row.grade,
        row.every_minutes,
        row.state,
        row.problem,
        row.synced_at,
        row.next_at,
        json.loads(row.summary),
        row.deleted_at is not None,
        row.type,
        row.login,
        row.secret,
        row.region,
        row.at_hour,
        row.down_since,
        row.started_at,
    )
