"""Colleagues who write a draft along, one after another, while its author has it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotFound
from mokmin.features.drafting.beginning import GONE
from mokmin.features.drafting.model import Colleague, Draft
from mokmin.features.drafting.service import DraftingService
from mokmin.features.drafting.store import draft_writers, drafts, one
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.store import departments, users

MOST_WRITERS = 10


class WriterService:
    """The author decides who writes along. Whoever is taken out sees the draft no more from the next request
    on; what they wrote stays."""

    def __init__(self, db: Database, audit: AuditLog, service: DraftingService) -> None:
        self._db, self._audit, self._drafts = db, audit, service

    def all(self, principal: Principal, draft_id: int) -> list[Colleague]:
        """Who writes along, in the order of their names."""
        self._drafts.get(principal, draft_id)
        query = (
            sa.select(
                users.c.id, users.c.name, users.c.post, departments.c.name.label("department")
            )
            .join(draft_writers, draft_writers.c.user_id == users.c.id)
            .outerjoin(departments, departments.c.id == users.c.department_id)
            .where(draft_writers.c.draft_id == draft_id)
            .order_by(users.c.name, users.c.id)
        )
        with self._db.read() as connection:
            rows = connection.execute(query).all()
        return [Colleague(r.id, r.name, r.post, r.department or "") for r in rows]

    def add(self, principal: Principal, draft_id: int, user_id: int) -> None:
        """Ask a colleague to write along. Raises NotFound, InvalidInput, Conflict."""
        with self._db.write() as connection:
            self._own(connection, principal, draft_id)
            known = connection.execute(
                sa.select(users.c.id).where(
                    users.c.id == user_id, users.c.disabled.is_(False), users.c.role != "citizen"
                )
            ).scalar()
            if known is None or user_id == principal.user_id:
                raise InvalidInput("함께 쓸 수 없는 사람입니다.")
            there = connection.execute(
                sa.select(draft_writers.c.user_id).where(draft_writers.c.draft_id == draft_id)
            ).scalars()
            writers = set(there)
            if user_id in writers:
                raise Conflict("이미 함께 쓰는 사람입니다.")
            if len(writers) >= MOST_WRITERS:
                raise InvalidInput(f"함께 쓰는 사람은 {MOST_WRITERS}명까지입니다.")
            connection.execute(
                draft_writers.insert().values(draft_id=draft_id, user_id=user_id, added_at=utcnow())
            )
            self._audit.append(connection, principal, "draft.invite", f"draft:{draft_id}", {})

    def drop(self, principal: Principal, draft_id: int, user_id: int) -> None:
        """Take a colleague out; one may also leave by oneself. The pen falls free."""
        with self._db.write() as connection:
            if user_id == principal.user_id:
                found = one(connection, principal, draft_id, lock=True)
                if found is None:
                    raise NotFound(GONE)
            else:
                self._own(connection, principal, draft_id)
            gone = connection.execute(
                draft_writers.delete().where(
                    draft_writers.c.draft_id == draft_id, draft_writers.c.user_id == user_id
                )
            )
            if not gone.rowcount:
                raise NotFound("함께 쓰는 사람이 아닙니다.")
            connection.execute(
                drafts.update()
                .where(drafts.c.id == draft_id, drafts.c.locked_by == user_id)
                .values(locked_by=None, locked_until=None)
            )
            self._audit.append(connection, principal, "draft.uninvite", f"draft:{draft_id}", {})

    def _own(self, connection: Connection, principal: Principal, draft_id: int) -> Draft:
        draft = one(connection, principal, draft_id, lock=True)
        if draft is None or draft.user_id != principal.user_id:
            raise NotFound(GONE)
        return draft
