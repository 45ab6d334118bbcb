"""Drafts for find-and-run."""

from __future__ import annotations

import sqlalchemy as sa

from mokmin.base.db import Database
from mokmin.base.web.found import Found
from mokmin.features.drafting.store import drafts, seen_by
from mokmin.governance.access.model import Permission, Principal
from mokmin.knowledge.official.kinds import KINDS

_KINDS = {kind.key: kind.name for kind in KINDS}


def find(db: Database, principal: Principal, text: str, limit: int) -> list[Found]:
    """Drafts that the person may open whose titles hold all words, the last changed first."""
    if not principal.may(Permission.ASK):
        return []
    query = (
        sa.select(drafts.c.id, drafts.c.title, drafts.c.kind)
        .where(
            seen_by(principal),
            *(drafts.c.title.icontains(word, autoescape=True) for word in text.split()[:8]),
        )
        .order_by(drafts.c.updated_at.desc(), drafts.c.id.desc())
        .limit(limit)
    )
    with db.read() as connection:
        rows = connection.execute(query).all()
    return [
        Found(
            r.title or f"제목 없는 {_KINDS.get(r.kind, '초안')}",
            f"/drafts/{r.id}",
            _KINDS.get(r.kind, ""),
        )
        for r in rows
    ]


def beginnings() -> list[tuple[str, str, str]]:
    """Each kind of document that can be begun: name, address, other words for it."""
    return [
        (kind.name, f"/drafts/new?kind={kind.key}", " ".join((*kind.aliases, "새 문서 기안")))
        for kind in KINDS
    ]
