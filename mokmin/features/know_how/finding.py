"""Know-how for find-and-run."""

from __future__ import annotations

import sqlalchemy as sa

from mokmin.base.db import Database
from mokmin.base.web.found import Found
from mokmin.features.know_how.model import CATEGORIES
from mokmin.features.know_how.store import know_how, seen_by
from mokmin.governance.access.model import Permission, Principal


def find(db: Database, principal: Principal, text: str, limit: int) -> list[Found]:
    """Entries that the person may read whose titles hold all words, the newest first."""
    if not principal.may(Permission.ASK):
        return []
    query = (
        sa.select(know_how.c.id, know_how.c.title, know_how.c.category)
        .where(
            seen_by(principal),
            *(know_how.c.title.icontains(word, autoescape=True) for word in text.split()[:8]),
        )
        .order_by(know_how.c.id.desc())
        .limit(limit)
    )
    with db.read() as connection:
        rows = connection.execute(query).all()
    return [Found(r.title, f"/know-how/{r.id}", CATEGORIES.get(r.category, "")) for r in rows]
