"""Decision lines as they stand, and what a document is without their signatures."""

from __future__ import annotations

import json
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.features.drafting.model import Draft, Step
from mokmin.features.drafting.store import draft_steps
from mokmin.governance.people.store import users
from mokmin.knowledge.official.serial import to_json


def steps_of(connection: Connection, draft_id: int) -> list[Step]:
    """All steps of a draft that there ever were, in their order."""
    query = (
        sa.select(draft_steps, users.c.name, users.c.post)
        .join(users, users.c.id == draft_steps.c.user_id)
        .where(draft_steps.c.draft_id == draft_id)
        .order_by(draft_steps.c.number)
    )
    return [
        Step(r.number, r.role, r.user_id, r.name, r.post, r.state, r.remark, r.version, r.done_at)
        for r in connection.execute(query)
    ]


def unsigned(draft: Draft) -> str:
    """The document (JSON) with every signature taken off."""
    bare = tuple(replace(one, signed_on="", how="") for one in draft.document.approvers)
    return json.dumps(to_json(replace(draft.document, approvers=bare)), ensure_ascii=False)
