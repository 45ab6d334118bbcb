"""Tables of shares, folders and pins of conversations."""

from __future__ import annotations

import sqlalchemy as sa

from mokmin.base.db import metadata

# ``turns`` is the JSON of what was shared: questions and answers up to the moment of sharing.
shares = sa.Table(
    "conversation_shares",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column(
        "conversation_id", sa.Integer, sa.ForeignKey("conversations.id"), nullable=False, index=True
    ),
    sa.Column("owner_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), index=True),
    sa.Column("department_id", sa.Integer, sa.ForeignKey("departments.id"), index=True),
    sa.Column("turns", sa.Text, nullable=False),
    sa.Column("shared_at", sa.DateTime, nullable=False),
    sa.Column("ended_at", sa.DateTime),
)
folders = sa.Table(
    "conversation_folders",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("name", sa.String(60), nullable=False),
    sa.UniqueConstraint("user_id", "name", name="uq_conversation_folders_user_id"),
)
places = sa.Table(
    "conversation_places",
    metadata,
    sa.Column("conversation_id", sa.Integer, sa.ForeignKey("conversations.id"), primary_key=True),
    sa.Column("folder_id", sa.Integer, sa.ForeignKey("conversation_folders.id"), index=True),
    sa.Column("pinned", sa.Boolean, nullable=False, server_default=sa.false()),
)
