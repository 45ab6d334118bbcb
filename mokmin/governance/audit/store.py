"""Tables of the log: live entries, and the register of closed months kept as files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Select

from mokmin.base.db import metadata
from mokmin.governance.audit.chain import Entry

ROWS = 5_000

audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("actor", sa.String(80), nullable=False),
    sa.Column("action", sa.String(60), nullable=False),
    sa.Column("subject", sa.String(120), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    # With the number last, each of them gives one person's, action's or object's newest entries
    # without sorting.
    sa.Index("ix_audit_log_actor", "actor", "seq"),
    sa.Index("ix_audit_log_action", "action", "seq"),
    sa.Index("ix_audit_log_subject", "subject", "seq"),
    sa.Index("ix_audit_log_at", "at"),
)
# A closed month, moved out of the table into a compressed file. ``previous`` is the hash before its
# first entry, ``last_hash`` that of its last one: they stay when the file's time is over
# (``removed_at``), so that the chain goes on across the gap.
audit_segments = sa.Table(
    "audit_segments",
    metadata,
    sa.Column("first_seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("last_seq", sa.Integer, nullable=False),
    sa.Column("name", sa.String(40), nullable=False, unique=True),
    sa.Column("first_at", sa.String(32), nullable=False),
    sa.Column("last_at", sa.String(32), nullable=False),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("last_hash", sa.String(64), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("bytes", sa.Integer, nullable=False),
    sa.Column("removed_at", sa.DateTime),
)


def streamed(connection: Connection, query: Select[Any]) -> Iterator[Entry]:
    """The entries of a query on ``audit_log``, a few thousand at a time."""
    slowly = connection.execution_options(stream_results=True, max_row_buffer=ROWS)
    with slowly.execute(query) as result:
        for rows in result.partitions(ROWS):
            yield from map(Entry._make, rows)
