"""Forms for find-and-run."""

from __future__ import annotations

import sqlalchemy as sa

from mokmin.base.db import Database
from mokmin.base.web.found import Found
from mokmin.features.forms.store import form_templates, select_templates, to_template
from mokmin.governance.access.model import Permission, Principal


def find(db: Database, principal: Principal, text: str, limit: int) -> list[Found]:
    """Forms that the person may use whose names hold all words, by name."""
    if not principal.may(Permission.ASK):
        return []
    query = (
        select_templates(principal)
        .where(
            sa.true(),
            *(form_templates.c.name.icontains(word, autoescape=True) for word in text.split()[:8]),
        )
        .order_by(form_templates.c.name)
        .limit(limit)
    )
    with db.read() as connection:
        found = [to_template(row) for row in connection.execute(query)]
    return [Found(one.name, f"/forms/{one.id}", one.about[:40]) for one in found]
