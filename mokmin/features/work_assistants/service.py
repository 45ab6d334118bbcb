"""Making assistants: edit, compare, go back to a version."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import Conflict, InvalidInput
from mokmin.features.work_assistants.checking import checked
from mokmin.features.work_assistants.model import Assistant, Content, Version
from mokmin.features.work_assistants.publishing import Publishing
from mokmin.features.work_assistants.store import (
    LOCK_KEY,
    approvers,
    assistants,
    led,
    mine,
    select_assistants,
    to_assistant,
    versions,
    versions_of,
)
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.store import users
from mokmin.knowledge.documents.rights_audience import Audience
from mokmin.knowledge.documents.service import DocumentService

STALE = (
    "그사이 다른 사람이 먼저 고쳤습니다. 저장하지 않았고, 적은 내용은 아래에 그대로 있습니다. "
    "새 창에서 지금 내용을 확인한 뒤 다시 저장해 주세요."
)


class WorkAssistantService(Publishing):
    """Verbs of owners, deputies and leads. ``screen``: a text as it may be kept, or InvalidInput."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        documents: DocumentService,
        audience: Audience,
        model_names: Callable[[Principal], Sequence[str]],
        screen: Callable[[str], str] = str,
    ) -> None:
        super().__init__(db, audit, screen)
        self._documents = documents
        self.audience = audience
        self.model_names = model_names

    # --- reading --------------------------------------------------------------------------
    def kept(self, principal: Principal) -> list[Assistant]:
        """Those that the person owns or stands in for, the deleted ones last."""
        query = select_assistants(assistants.c.newest).where(mine(principal))
        order = (assistants.c.deleted_at.is_not(None), assistants.c.updated_at.desc())
        with self._db.read() as connection:
            return [to_assistant(row) for row in connection.execute(query.order_by(*order))]

    def waiting(self, principal: Principal) -> list[Assistant]:
        """Those that wait for this person's approval, in the version to be decided on."""
        with self._db.read() as connection:
            places = led(connection, principal)
            if not places:
                return []
            query = select_assistants(assistants.c.asked).where(
                assistants.c.department_id.in_(places),
                assistants.c.deleted_at.is_(None),
                ~mine(principal),
                assistants.c.asked_by != principal.user_id,
            )
            return [to_assistant(r) for r in connection.execute(query.order_by(assistants.c.id))]

    def versions(self, principal: Principal, assistant_id: int) -> list[Version]:
        """All versions, the newest first. Raises as ``get``."""
        with self._db.read() as connection:
            self._get(connection, principal, assistant_id)
            return versions_of(connection, assistant_id)

    # --- making ---------------------------------------------------------------------------
    def make(self, principal: Principal, content: Content, audience: str) -> int:
        """A new assistant, as a draft; its number. Raises InvalidInput."""
        require(principal, Permission.ASK)
        if principal.user_id is None or principal.department_id is None:
            raise InvalidInput("부서에 속한 계정만 업무봇을 만들 수 있습니다.")
        with self._db.write() as connection:
            content = self._checked(connection, principal, content, audience, Content())
            now = utcnow()
            assistant_id = new_id(
                connection,
                assistants.insert().values(
                    owner_id=principal.user_id,
                    department_id=principal.department_id,
                    newest=1,
                    created_at=now,
                    updated_at=now,
                ),
            )
            self._add(connection, principal, assistant_id, 1, content, "처음 만듦")
            self._tell(connection, principal, "work-assistant.create", assistant_id, version=1)
        return assistant_id

    def edit(
        self,
        principal: Principal,
        assistant_id: int,
        base: int,
        content: Content,
        audience: str,
        *,
        drop_closed: bool = False,
    ) -> int:
        """A new version after the one that was edited (``base``); its number, or ``base`` when nothing is
        different. What was chosen before and is not open to this editor stays, unless it is dropped.
        A request for approval that is under way is withdrawn. Raises InvalidInput, Conflict."""
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            one = self._own(connection, principal, assistant_id)
            if one.newest != base:
                raise Conflict(STALE)
            content = self._checked(
                connection, principal, content, audience, one.content, drop=drop_closed
            )
            if content == one.content:
                return base
            self._add(connection, principal, assistant_id, base + 1, content, "")
            self._set(connection, assistant_id, newest=base + 1, asked=None, asked_by=None)
            self._tell(connection, principal, "work-assistant.edit", assistant_id, version=base + 1)
        return base + 1

    def copy_back(self, principal: Principal, assistant_id: int, number: int) -> int:
        """An earlier version as the newest one, to be edited and asked for; its number."""
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            one = self._own(connection, principal, assistant_id)
            old = self._version(connection, assistant_id, number)
            self._add(
                connection, principal, assistant_id, one.newest + 1, old.content,
                f"{number}판으로 되돌림",
            )  # fmt: skip
            self._set(connection, assistant_id, newest=one.newest + 1, asked=None, asked_by=None)
            self._tell(
                connection, principal, "work-assistant.edit", assistant_id, version=one.newest + 1
            )
        return one.newest + 1

    def _checked(
        self,
        connection: Connection,
        principal: Principal,
        content: Content,
        audience: str,
        before: Content,
        *,
        drop: bool = False,
    ) -> Content:
        closed = set(before.documents) - {
            d.id for d in self._documents.seen(principal, before.documents)
        }
        content = checked(
            replace(content, documents=tuple(d for d in content.documents if d not in closed)),
            before,
            set() if drop else closed,
            lambda ids: {d.id for d in self._documents.seen(principal, ids)},
            self._screen,
            self.model_names(principal),
        )
        group_id = self._group(connection, principal, audience)
        return replace(content, group_id=group_id)

    def _group(self, connection: Connection, principal: Principal, audience: str) -> int:
        if audience.strip() in ("", "나만"):
            audience = principal.login
        return self.audience.resolve(connection, audience)

    def audience_names(self, ids: Sequence[int]) -> dict[int, str]:
        """Names of the groups that versions are for."""
        with self._db.read() as connection:
            found = self.audience.readers(connection, [key for key in ids if key])
        return {key: reader.name for key, reader in found.items()}

    def names(self, one: Assistant) -> tuple[str, str]:
        """Owner and deputy as they are typed."""
        query = sa.select(users.c.id, users.c.name, users.c.login)
        with self._db.read() as connection:
            rows = connection.execute(query.where(users.c.id.in_([one.owner_id, one.deputy_id])))
            named = {row.id: f"{row.name} ({row.login})" for row in rows}
        return named.get(one.owner_id, ""), named.get(one.deputy_id or 0, "")

    def approvers(self, one: Assistant) -> list[str]:
        """Who may approve it, by name; whoever sees it may know."""
        with self._db.read() as connection:
            return approvers(connection, one)

    def people(self, principal: Principal) -> list[str]:
        """Whom to propose as owner or deputy: colleagues of the department."""
        with self._db.read() as connection:
            query = sa.select(users.c.name, users.c.login).where(
                users.c.department_id == principal.department_id, ~users.c.disabled
            )
            rows = connection.execute(query.order_by(users.c.name).limit(300))
            return [f"{row.name} ({row.login})" for row in rows]

    def _add(
        self,
        connection: Connection,
        principal: Principal,
        assistant_id: int,
        number: int,
        content: Content,
        note: str,
    ) -> None:
        connection.execute(
            versions.insert().values(
                assistant_id=assistant_id,
                number=number,
                content=json.dumps(content.plain(), ensure_ascii=False),
                note=note,
                author_id=principal.user_id,
                created_at=utcnow(),
            )
        )
