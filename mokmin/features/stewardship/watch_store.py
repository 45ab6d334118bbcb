"""Tables of watched folders and of the files seen in them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Row

from mokmin.base.db import metadata
from mokmin.knowledge.documents.collections import collections

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
)


@dataclass(frozen=True, slots=True)
class Folder:
    """A watched folder. ``summary``: figures of the last run (added, changed, removed, failed, files).
    ``orphaned``: its collection was taken away."""

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
    )
