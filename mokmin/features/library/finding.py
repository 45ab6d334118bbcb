"""Documents for find-and-run."""

from __future__ import annotations

import sqlalchemy as sa

from mokmin.base.db import Database
from mokmin.base.web.found import Found
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import visible
from mokmin.knowledge.documents.store import documents


def find(db: Database, principal: Principal, text: str, limit: int) -> list[Found]:
    """Visible documents whose titles hold all words, the newest first."""
    if not principal.may(Permission.ASK):
        return []
    query = (
        sa.select(documents.c.id, documents.c.title, documents.c.department)
        .where(
            visible(principal, documents.c.id),
            documents.c.deleted_at.is_(None),
            *(documents.c.title.icontains(word, autoescape=True) for word in text.split()[:8]),
        )
        .order_by(documents.c.created_at.desc(), documents.c.id.desc())
        .limit(limit)
    )
    with db.read() as connection:
        rows = connection.execute(query).all()
    return [Found(r.title, f"/library/{r.id}", r.department) for r in rows]
