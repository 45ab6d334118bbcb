"""Sharing one's own conversation read-only with a colleague or a department, and ending it.

A share holds what was asked and answered, on the branch that was shown, up to the moment of sharing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import InvalidInput, NotFound
from mokmin.features.assistant.organising_store import shares
from mokmin.features.assistant.store import conversations, shown_turns, to_turn, turns
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.store import departments, users

MOST_COLLEAGUES = 500
MISSING = "공유된 대화를 찾을 수 없습니다. 공유가 끝났거나 나와 공유되지 않은 대화입니다."


@dataclass(frozen=True, slots=True)
class Share:
    """A share as its owner sees it: ``to`` names the reader or the department."""

    id: int
    conversation_id: int
    to: str
    turns: int
    shared_at: datetime


class SharingService:
    """Share, bring up to date, end."""

    def __init__(self, db: Database, audit: AuditLog) -> None:
        self._db = db
        self._audit = audit

    def share(
        self, principal: Principal, conversation_id: int, *, to: str = "", department: str = ""
    ) -> int:
        """Share a conversation of one's own with one colleague (by login, or by a name that only one
        bears) or one department; its id. What was shared with the same reader before is brought up
        to date. Raises InvalidInput, NotFound."""
        self._own(principal, conversation_id)
        if bool(to.strip()) == bool(department.strip()):
            raise InvalidInput("공유할 동료나 부서 가운데 하나만 골라 주세요.")
        reader = self._colleague(principal, to.strip()) if to.strip() else None
        group = self._department(department.strip()) if reader is None else None
        body = self._content(conversation_id)
        with self._db.write() as connection:
            same = connection.execute(
                sa.select(shares.c.id).where(
                    shares.c.conversation_id == conversation_id,
                    shares.c.ended_at.is_(None),
                    shares.c.user_id == reader
                    if reader is not None
                    else shares.c.department_id == group,
                )
            ).scalar()
            if same is not None:
                connection.execute(
                    shares.update()
                    .where(shares.c.id == same)
                    .values(turns=body, shared_at=utcnow())
                )
                share_id = int(same)
            else:
                share_id = new_id(
                    connection,
                    shares.insert().values(
                        conversation_id=conversation_id,
                        owner_id=principal.user_id,
                        user_id=reader,
                        department_id=group,
                        turns=body,
                        shared_at=utcnow(),
                    ),
                )
            self._audit.append(
                connection,
                principal.login,
                "conversation.share",
                f"conversation:{conversation_id}",
                {"share": share_id, "user": reader, "department": group},
            )
        return share_id

    def refresh(self, principal: Principal, share_id: int) -> int:
        """Share the answers that came since, too; the conversation's id. Raises NotFound."""
        row = self._owned(principal, share_id)
        body = self._content(row.conversation_id)
        with self._db.write() as connection:
            connection.execute(
                shares.update()
                .where(shares.c.id == share_id, shares.c.ended_at.is_(None))
                .values(turns=body, shared_at=utcnow())
            )
        self._audit.record(principal, "conversation.share_refresh", f"share:{share_id}")
        return int(row.conversation_id)

    def end(self, principal: Principal, share_id: int) -> int:
        """End a share and wipe what it held; the conversation's id. Raises NotFound."""
        row = self._owned(principal, share_id)
        with self._db.write() as connection:
            connection.execute(
                shares.update().where(shares.c.id == share_id).values(ended_at=utcnow(), turns="[]")
            )
        self._audit.record(principal, "conversation.share_end", f"share:{share_id}")
        return int(row.conversation_id)

    def given(self, principal: Principal, conversation_id: int) -> list[Share]:
        """The live shares of a conversation of one's own, oldest first. Raises NotFound."""
        self._own(principal, conversation_id)
        query = (
            sa.select(
                shares, users.c.name, users.c.login, departments.c.name.label("department_name")
            )
            .join(users, users.c.id == shares.c.user_id, isouter=True)
            .join(departments, departments.c.id == shares.c.department_id, isouter=True)
            .where(shares.c.conversation_id == conversation_id, shares.c.ended_at.is_(None))
            .order_by(shares.c.id)
        )
        with self._db.read() as connection:
            return [
                Share(
                    row.id,
                    row.conversation_id,
                    f"{row.name} ({row.login})" if row.login else f"{row.department_name} 전체",
                    len(json.loads(row.turns)),
                    row.shared_at,
                )
                for row in connection.execute(query)
            ]

    def colleagues(self, principal: Principal) -> list[tuple[str, str]]:
        """Logins with names and departments of those to share with, the own department first."""
        query = (
            sa.select(users.c.login, users.c.name, departments.c.name.label("department"))
            .join(departments, departments.c.id == users.c.department_id, isouter=True)
            .where(~users.c.disabled, users.c.id != principal.user_id)
            .order_by(
                sa.case((users.c.department_id == principal.department_id, 0), else_=1),
                users.c.name,
            )
            .limit(MOST_COLLEAGUES)
        )
        with self._db.read() as connection:
            return [
                (row.login, " · ".join(x for x in (row.name, row.department) if x))
                for row in connection.execute(query)
            ]

    def exported(self, principal: Principal, conversation_id: int, form: str) -> None:
        """Record that a conversation was taken along as a file."""
        self._audit.record(
            principal, "conversation.export", f"conversation:{conversation_id}", form=form
        )

    # --- parts ----------------------------------------------------------------------------
    def _content(self, conversation_id: int) -> str:
        shown = shown_turns(conversations.c.id == conversation_id)
        query = (
            sa.select(turns)
            .join(shown, shown.c.id == turns.c.id)
            .where(turns.c.answer.is_not(None))
            .order_by(turns.c.id)
        )
        with self._db.read() as connection:
            found = [to_turn(row) for row in connection.execute(query)]
        if not found:
            raise InvalidInput(
                "아직 공유할 답변이 없습니다. 답변이 끝난 뒤에 다시 해 주세요. 대화는 그대로 있습니다."
            )
        kept = [{"question": turn.question, "answer": turn.answer} for turn in found]
        return json.dumps(kept, ensure_ascii=False)

    def _own(self, principal: Principal, conversation_id: int) -> None:
        query = sa.select(conversations.c.id).where(
            conversations.c.id == conversation_id,
            conversations.c.user_id == principal.user_id,
            conversations.c.deleted_at.is_(None),
        )
        with self._db.read() as connection:
            if connection.execute(query).first() is None:
                raise NotFound("대화를 찾을 수 없습니다.")

    def _owned(self, principal: Principal, share_id: int) -> sa.Row[Any]:
        query = sa.select(shares).where(
            shares.c.id == share_id,
            shares.c.owner_id == principal.user_id,
            shares.c.ended_at.is_(None),
        )
        with self._db.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFound(MISSING)
        self._own(principal, row.conversation_id)
        return row

    def _colleague(self, principal: Principal, to: str) -> int:
        query = sa.select(users.c.id, users.c.login).where(
            sa.or_(users.c.login == to.lower(), users.c.name == to), ~users.c.disabled
        )
        with self._db.read() as connection:
            found = list(connection.execute(query))
        exact = [row for row in found if row.login == to.lower()] or found
        if not exact:
            raise InvalidInput(
                f"'{to}'이라는 동료를 찾지 못했습니다. 아이디나 이름을 확인해 주세요. "
                "아무것도 공유하지 않았습니다."
            )
        if len(exact) > 1:
            raise InvalidInput(
                f"이름이 '{to}'인 동료가 여럿입니다. 이름 대신 아이디를 적어 주세요."
            )
        if exact[0].id == principal.user_id:
            raise InvalidInput("나와는 공유할 수 없습니다. 다른 동료를 골라 주세요.")
        return int(exact[0].id)

    def _department(self, name: str) -> int:
        with self._db.read() as connection:
            found = connection.execute(
                sa.select(departments.c.id).where(departments.c.name == name)
            ).scalar()
        if found is None:
            raise InvalidInput(f"'{name}'이라는 부서가 없습니다. 이름을 확인해 주세요.")
        return int(found)
