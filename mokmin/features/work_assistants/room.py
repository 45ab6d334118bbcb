"""Assistants as their makers and leads have them: who may do what, and changes on the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import Conflict, NotAllowed, NotFound
from mokmin.features.work_assistants.model import Assistant, Version
from mokmin.features.work_assistants.store import (
    assistants,
    led,
    open_to,
    select_assistants,
    to_assistant,
    versions,
    versions_of,
)
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.service import AuditLog

MISSING = (
    "업무봇을 찾을 수 없습니다. 지워졌거나, 승인 요청이 거두어졌거나, 나에게 열려 있지 않습니다."
)
NOT_MINE = "주인과 부담당자만 고칠 수 있습니다. 필요하면 주인에게 요청해 주세요."


@dataclass(frozen=True, slots=True)
class Access:
    """What a person may do with an assistant."""

    mine: bool
    decides: bool
    leads: bool


class Room:
    """What the verbs on assistants share. ``screen``: a text as it may be kept, or InvalidInput."""

    def __init__(self, db: Database, audit: AuditLog, screen: Callable[[str], str] = str) -> None:
        self._db = db
        self._audit = audit
        self._screen = screen

    def get(
        self, principal: Principal, assistant_id: int, number: int | None = None
    ) -> tuple[Assistant, Access]:
        """An assistant as its makers and its leads see it: in its newest version, or the given one.
        Raises NotFound, NotAllowed for those who may only use it."""
        with self._db.read() as connection:
            return self._get(connection, principal, assistant_id, number)

    def _get(
        self,
        connection: Connection,
        principal: Principal,
        assistant_id: int,
        number: int | None = None,
    ) -> tuple[Assistant, Access]:
        which = assistants.c.newest if number is None else sa.literal(number)
        query = select_assistants(which).where(assistants.c.id == assistant_id)
        row = connection.execute(query).first()
        found = to_assistant(row) if row is not None else None
        access = self._access(connection, principal, found) if found is not None else None
        if found is None or access is None or (found.deleted and not access.mine):
            raise NotFound(MISSING)
        if access.mine or access.leads:
            return found, access
        usable = sa.select(assistants.c.id).where(
            assistants.c.id == assistant_id, open_to(principal)
        )
        if connection.execute(usable).first() is None:
            raise NotFound(MISSING)
        raise NotAllowed(NOT_MINE)

    @staticmethod
    def _access(connection: Connection, principal: Principal, one: Assistant) -> Access:
        me = principal.user_id
        own = me is not None and me in (one.owner_id, one.deputy_id)
        # What was neither asked for nor published yet is its makers' own.
        shown = one.asked is not None or one.live is not None
        leads = shown and one.department_id in led(connection, principal)
        decides = leads and not own and one.asked is not None and me != one.asked_by
        return Access(own, decides, leads)

    def _own(
        self,
        connection: Connection,
        principal: Principal,
        assistant_id: int,
        *,
        deleted: bool = False,
    ) -> Assistant:
        one, access = self._get(connection, principal, assistant_id)
        if not access.mine:
            raise NotAllowed(NOT_MINE)
        if one.deleted and not deleted:
            raise Conflict("지운 업무봇입니다. 먼저 되돌려 주세요.")
        return one

    @staticmethod
    def _version(connection: Connection, assistant_id: int, number: int) -> Version:
        for version in versions_of(connection, assistant_id):
            if version.number == number:
                return version
        raise NotFound("그 판은 없습니다.")

    @staticmethod
    def _set(connection: Connection, assistant_id: int, **values: object) -> None:
        connection.execute(
            assistants.update()
            .where(assistants.c.id == assistant_id)
            .values(updated_at=utcnow(), **values)
        )

    @staticmethod
    def _change_version(
        connection: Connection, assistant_id: int, number: int, **values: object
    ) -> None:
        connection.execute(
            versions.update()
            .where(versions.c.assistant_id == assistant_id, versions.c.number == number)
            .values(**values)
        )

    def _tell(
        self,
        connection: Connection,
        principal: Principal,
        action: str,
        assistant_id: int,
        **detail: int,
    ) -> None:
        self._audit.append(
            connection, principal, action, f"work-assistant:{assistant_id}", dict(detail)
        )
