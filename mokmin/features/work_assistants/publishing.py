"""Publishing assistants: asked for, decided by a lead, put back to an approved version; paused, deleted,
handed on."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotAllowed
from mokmin.features.work_assistants.model import Assistant, Content
from mokmin.features.work_assistants.room import Room
from mokmin.features.work_assistants.store import LOCK_KEY
from mokmin.governance.access.model import Principal
from mokmin.governance.people.store import groups, users


class Publishing(Room):
    """Verbs that decide who uses an assistant, and who answers for it."""

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
