"""The table of runs."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Row

from mokmin.base.db import metadata
from mokmin.features.tools.model import Kind, Pick, Run

tool_runs = sa.Table(
    "tool_runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("title", sa.String(400), nullable=False),
    sa.Column("inputs", sa.Text, nullable=False),
    sa.Column("options", sa.Text, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("progress", sa.Integer, nullable=False, server_default="0"),
    sa.Column("step", sa.String(80), nullable=False, server_default=""),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
    sa.Column("result", sa.Text),
    sa.Column("grade", sa.String(1), nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("updated_at", sa.DateTime, nullable=False),
    sa.Column("deleted_at", sa.DateTime),
)


def to_run(row: Row[Any]) -> Run:
    """A row as a Run."""
    return Run(
        id=row.id,
        kind=Kind(row.kind),
        title=row.title,
        state=row.state,
        progress=row.progress,
        step=row.step,
        error=row.error,
        grade=row.grade,
        picks=tuple(Pick(d, n) for d, n in json.loads(row.inputs)),
        options=json.loads(row.options),
        result=json.loads(row.result) if row.result else None,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
