"""Whom the log's entries about assistants concern."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.features.work_assistants.store import approver_ids, assistants, versions
from mokmin.governance.audit.telling import Happened, Told

DECIDED = {
    "work-assistant.publish": "게시되었습니다.",
    "work-assistant.decline": "되돌아왔습니다. 까닭을 확인해 주세요.",
}


def tell(connection: Connection, what: Happened) -> Iterator[Told]:
    """See ``Teller``: who may approve, the owner, who was given it."""
    if not what.action.startswith("work-assistant.") or not what.number:
        return
    one = connection.execute(
        sa.select(assistants).where(
            assistants.c.id == what.number, assistants.c.deleted_at.is_(None)
        )
    ).first()
    if one is None:
        return
    newest = (
        sa.select(versions.c.name)
        .where(versions.c.assistant_id == one.id)
        .order_by(versions.c.number.desc())
        .limit(1)
    )
    name = f"‘{connection.execute(newest).scalar() or '업무봇'}’ 업무봇"
    edit = f"/assistants/{one.id}/edit"
    if what.action == "work-assistant.ask":
        people = approver_ids(connection, one.department_id, (one.owner_id, one.deputy_id or 0))
        for person in people:
            yield Told(person, "assistant.ask", f"{name}이 승인을 기다립니다.", edit)
    elif what.action in DECIDED:
        yield Told(one.owner_id, "assistant.decided", f"{name}이 {DECIDED[what.action]}", edit)
    elif what.action == "work-assistant.appoint":
        for person in (one.owner_id, one.deputy_id):
            if person:
                yield Told(person, "assistant.given", f"{name}을 맡게 되었습니다.", edit)
