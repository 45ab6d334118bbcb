"""Tables of the weekly report."""

from __future__ import annotations

import sqlalchemy as sa

from mokmin.base.db import metadata

report_schedule = sa.Table(
    "report_schedule",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("is_on", sa.Boolean, nullable=False),
    # 0 is Monday; the hour is of Korea.
    sa.Column("weekday", sa.Integer, nullable=False),
    sa.Column("hour", sa.Integer, nullable=False),
    # The group that may read them besides those who keep the schedule; 0 for none.
    sa.Column("group_id", sa.Integer, nullable=False),
    sa.Column("made_by", sa.String(80), nullable=False),
    # Beginning of the last week that was dealt with.
    sa.Column("done_week", sa.Date),
    sa.Column("problem", sa.String(300), nullable=False, server_default=""),
)
weekly_reports = sa.Table(
    "weekly_reports",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("week", sa.Date, nullable=False, unique=True),
    sa.Column("group_id", sa.Integer, nullable=False),
    sa.Column("hwpx", sa.LargeBinary, nullable=False),
    sa.Column("pdf", sa.LargeBinary, nullable=False),
    sa.Column("made_at", sa.DateTime, nullable=False),
)
