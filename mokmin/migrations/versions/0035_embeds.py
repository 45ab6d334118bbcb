"""Where an assistant may be shown inside other pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "work_assistant_embeds",
        sa.Column(
            "assistant_id",
            sa.Integer(),
            sa.ForeignKey("work_assistants.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("key", sa.String(40), nullable=False, unique=True),
        sa.Column("origins", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("work_assistant_embeds")
