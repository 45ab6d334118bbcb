"""Making assistants: edit, ask for approval, decide, pause, hand over, go back to a version."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from mokmin.features.work_assistants.checking import checked
from mokmin.features.work_assistants.model import Assistant, Content, Version
from mokmin.features.work_assistants.store import (
    LOCK_KEY,
    assistants,
    led,
    mine,
    open_to,
    select_assistants,
    to_assistant,
    versions,
    versions_of,
)
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.store import groups, users
from mokmin.knowledge.documents.rights_audience import Audience
from mokmin.knowledge.documents.service import DocumentService

MISSING = "업무봇을 찾을 수 없습니다. 지워졌거나 나에게 열려 있지 않습니다."
NOT_MINE = "주인과 부담당자만 고칠 수 있습니다. 필요하면 주인에게 요청해 주세요."
STALE = (
    "그사이 다른 사람이 먼저 고쳤습니다. 저장하지 않았고, 적은 내용은 아래에 그대로 있습니다. "
    "새 창에서 지금 내용을 확인한 뒤 다시 저장해 주세요."
)


@dataclass(frozen=True, slots=True)
class Access:
    """What a person may do with an assistant."""

    mine: bool
    decides: bool
    leads: bool


class WorkAssistantService:
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
        self._db = db
        self._audit = audit
        self._documents = documents
        self.audience = audience
        self.model_names = model_names
        self._screen = screen

    # --- reading --------------------------------------------------------------------------
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
        leads = one.department_id in led(connection, principal)
        decides = leads and not own and one.asked is not None and me != one.asked_by
        return Access(own, decides, leads)

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

    # --- publishing -----------------------------------------------------------------------
    def ask(self, principal: Principal, assistant_id: int, number: int) -> bool:
        """Ask the lead to publish the newest version; True when it is for oneself alone and so is in use
        at once. Raises Conflict when it is not the newest (any more)."""
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            one = self._own(connection, principal, assistant_id)
            if one.newest != number:
                raise Conflict("그사이 새 판이 저장되었습니다. 새로 열어 확인한 뒤 요청해 주세요.")
            if one.live == number or one.asked == number:
                raise Conflict("이미 게시했거나 승인을 기다리는 판입니다.")
            if not one.content.documents and not one.content.sources:
                raise InvalidInput("자료를 한 건 이상 고른 뒤 요청해 주세요.")
            alone = self._is_alone(connection, principal, one.content.group_id)
            if alone:
                self._publish(connection, principal, one, number, one.content)
            else:
                self._set(connection, assistant_id, asked=number, asked_by=principal.user_id)
                version = {"decision": "", "reason": ""}
                self._change_version(connection, assistant_id, number, **version)
                self._tell(
                    connection, principal, "work-assistant.ask", assistant_id, version=number
                )
        return alone

    def withdraw(self, principal: Principal, assistant_id: int) -> None:
        """Take a request for approval back."""
        with self._db.write() as connection:
            self._own(connection, principal, assistant_id)
            self._set(connection, assistant_id, asked=None, asked_by=None)
            self._tell(connection, principal, "work-assistant.withdraw", assistant_id)

    def decide(
        self, principal: Principal, assistant_id: int, number: int, *, approve: bool, reason: str
    ) -> None:
        """Publish the version that was asked for, or send it back with a reason. Raises NotAllowed for
        owner, deputy and whoever asked, Conflict when another version or nothing waits."""
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            one, access = self._get(connection, principal, assistant_id, number)
            if not access.leads:
                raise NotAllowed("이 부서의 팀장만 승인할 수 있습니다.")
            if one.asked != number:
                raise Conflict("이미 처리했거나 요청이 바뀌었습니다. 새로 열어 확인해 주세요.")
            if not access.decides:
                raise NotAllowed(
                    "자기 업무봇은 스스로 승인할 수 없습니다. 다른 팀장에게 부탁해 주세요."
                )
            if approve:
                self._publish(connection, principal, one, number, one.content)
                return
            if not reason.strip():
                raise InvalidInput("되돌려 보내는 까닭을 적어 주세요.")
            self._set(connection, assistant_id, asked=None, asked_by=None)
            self._change_version(
                connection,
                assistant_id,
                number,
                decision="declined",
                reason=self._screen(reason.strip()[:400]),
                decided_by=principal.user_id,
                decided_at=utcnow(),
            )
            self._tell(
                connection, principal, "work-assistant.decline", assistant_id, version=number
            )

    def publish_again(self, principal: Principal, assistant_id: int, number: int) -> None:
        """Put a version back into use that was approved before. Raises NotAllowed for any other."""
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            one = self._own(connection, principal, assistant_id)
            old = self._version(connection, assistant_id, number)
            if old.decision != "approved" or one.live is None:
                raise NotAllowed("승인받은 판만 다시 게시할 수 있습니다.")
            self._set(connection, assistant_id, live=number, group_id=old.content.group_id)
            self._tell(
                connection, principal, "work-assistant.publish", assistant_id, version=number
            )

    def _publish(
        self,
        connection: Connection,
        principal: Principal,
        one: Assistant,
        number: int,
        content: Content,
    ) -> None:
        self._set(
            connection, one.id, live=number, group_id=content.group_id, asked=None, asked_by=None,
            paused=False,
        )  # fmt: skip
        self._change_version(
            connection, one.id, number, decision="approved", reason="",
            decided_by=principal.user_id, decided_at=utcnow(),
        )  # fmt: skip
        self._tell(connection, principal, "work-assistant.publish", one.id, version=number)

    # --- keeping --------------------------------------------------------------------------
    def pause(self, principal: Principal, assistant_id: int, *, paused: bool) -> None:
        """Take it out of use for a while, or back into it. A lead may do so as well."""
        with self._db.write() as connection:
            self._get(connection, principal, assistant_id)
            self._set(connection, assistant_id, paused=paused)
            action = "work-assistant.pause" if paused else "work-assistant.resume"
            self._tell(connection, principal, action, assistant_id)

    def delete(self, principal: Principal, assistant_id: int, *, deleted: bool = True) -> None:
        """Take it away from everybody; its owner can have it back. Conversations stay."""
        with self._db.write() as connection:
            self._own(connection, principal, assistant_id, deleted=True)
            self._set(
                connection, assistant_id, deleted_at=utcnow() if deleted else None, asked=None,
                asked_by=None,
            )  # fmt: skip
            action = "work-assistant.delete" if deleted else "work-assistant.restore"
            self._tell(connection, principal, action, assistant_id)

    def appoint(self, principal: Principal, assistant_id: int, *, owner: str, deputy: str) -> None:
        """Name the owner and the deputy (none for an empty text) by login or ``이름 (아이디)``. A lead may
        do so as well, for instance when the owner has left. Raises InvalidInput."""
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            one, _ = self._get(connection, principal, assistant_id)
            head = self._person(connection, owner)
            second = self._person(connection, deputy) if deputy.strip() else None
            if head == second:
                raise InvalidInput("주인과 부담당자는 서로 다른 사람이어야 합니다.")
            # Who decided on it cannot become the one who made it while it waits.
            asked = {} if one.owner_id == head else {"asked": None, "asked_by": None}
            self._set(connection, assistant_id, owner_id=head, deputy_id=second, **asked)
            self._tell(connection, principal, "work-assistant.appoint", assistant_id)

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

    def people(self, principal: Principal) -> list[str]:
        """Whom to propose as owner or deputy: colleagues of the department."""
        with self._db.read() as connection:
            query = sa.select(users.c.name, users.c.login).where(
                users.c.department_id == principal.department_id, ~users.c.disabled
            )
            rows = connection.execute(query.order_by(users.c.name).limit(300))
            return [f"{row.name} ({row.login})" for row in rows]

    # --- inside ---------------------------------------------------------------------------
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
    def _is_alone(connection: Connection, principal: Principal, group_id: int) -> bool:
        key = connection.execute(sa.select(groups.c.key).where(groups.c.id == group_id)).scalar()
        return key == f"user:{principal.user_id}"

    @staticmethod
    def _person(connection: Connection, text: str) -> int:
        login = text.rpartition("(")[2].strip(" )").lower()
        query = sa.select(users.c.id).where(users.c.login == login, ~users.c.disabled)
        found = connection.execute(query).scalar()
        if found is None:
            raise InvalidInput(
                f"‘{text[:60]}’ 계정을 찾지 못했습니다. 목록에서 골라 주세요. 바꾸지 않았습니다."
            )
        return int(found)

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
