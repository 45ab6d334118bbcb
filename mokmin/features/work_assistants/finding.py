"""Assistants for find-and-run."""

from __future__ import annotations

from mokmin.base.db import Database
from mokmin.base.web.found import Found
from mokmin.features.work_assistants.store import (
    assistants,
    open_to,
    select_assistants,
    to_assistant,
)
from mokmin.governance.access.model import Permission, Principal


def find(db: Database, principal: Principal, text: str, limit: int) -> list[Found]:
    """Assistants in use for the person whose name, purpose or department hold all words, by name."""
    if not principal.may(Permission.ASK):
        return []
    query = select_assistants(assistants.c.live).where(open_to(principal), ~assistants.c.paused)
    with db.read() as connection:
        found = [to_assistant(row) for row in connection.execute(query)]
    words = text.casefold().split()[:8]
    shown = [
        one
        for one in found
        if all(
            word in f"{one.content.name} {one.content.purpose} {one.department}".casefold()
            for word in words
        )
    ]
    shown.sort(key=lambda one: one.content.name)
    return [
        Found(one.content.name, f"/assistants/{one.id}", one.department) for one in shown[:limit]
    ]
