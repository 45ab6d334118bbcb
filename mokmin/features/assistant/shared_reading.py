"""Reading a conversation that a colleague shared.

Of each answer its reader sees only what rests on documents that the reader may see at that very moment;
the rest is withheld. Attachments of the conversation are open to nobody but its owner.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from mokmin.base.db import Database
from mokmin.base.errors import NotFound
from mokmin.features.assistant.organising_store import shares
from mokmin.features.assistant.sharing import MISSING
from mokmin.features.assistant.store import conversations
from mokmin.governance.access.model import Principal, highest
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.store import users
from mokmin.knowledge.answering.masking import GradedMask, masked_json, unmasked
from mokmin.knowledge.answering.withholding import as_seen, documents_of, grades_seen

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SharedTurn:
    """A question and what its reader may see of the answer. ``withheld``: sentences left out."""

    question: str
    answer: Json
    withheld: int


@dataclass(frozen=True, slots=True)
class Shared:
    """A shared conversation for one reader; ``grade`` is the highest of what is shown."""

    id: int
    title: str
    owner: str
    shared_at: datetime
    grade: str = "O"
    turns: tuple[SharedTurn, ...] = ()


class SharedReading:
    """What others share with a person."""

    def __init__(self, db: Database, audit: AuditLog, mask: GradedMask = unmasked) -> None:
        self._mask = mask
        self._db = db
        self._audit = audit

    def with_me(self, principal: Principal) -> list[Shared]:
        """What colleagues share with this person or the person's department, newest first."""
        query = self._readable(principal).order_by(shares.c.shared_at.desc()).limit(100)
        with self._db.read() as connection:
            return [
                Shared(row.id, self._mask(row.title, "O"), row.owner, row.shared_at)
                for row in connection.execute(query)
            ]

    def open(self, principal: Principal, share_id: int) -> Shared:
        """A shared conversation as this reader may see it now. Raises NotFound, the same whether there
        is no such share, it has ended, or it is another's."""
        with self._db.read() as connection:
            row = connection.execute(
                self._readable(principal).where(shares.c.id == share_id)
            ).first()
        if row is None:
            raise NotFound(MISSING)
        held: list[Json] = json.loads(row.turns)
        grades = self._seen(principal, {d for turn in held for d in documents_of(turn["answer"])})
        seen = tuple(
            SharedTurn(turn["question"], *as_seen(turn["answer"], grades)) for turn in held
        )
        shown = [c["document_id"] for turn in seen for c in turn.answer["citations"]]
        shown += [n["document_id"] for turn in seen for n in turn.answer["nearest"]]
        marks = [c["grade"] for turn in seen for c in turn.answer["citations"]]
        grade = highest([*marks, *(grades[d] for d in shown)])
        seen = tuple(
            SharedTurn(
                self._mask(turn.question, grade),
                masked_json(turn.answer, grade, self._mask),
                turn.withheld,
            )
            for turn in seen
        )
        self._audit.record(principal, "conversation.open_shared", f"share:{share_id}")
        title = self._mask(row.title, grade)
        return Shared(row.id, title, row.owner, row.shared_at, grade, seen)

    @staticmethod
    def _readable(principal: Principal) -> sa.Select[Any]:
        mine: ColumnElement[bool] = shares.c.user_id == principal.user_id
        if principal.department_id is not None:
            mine = sa.or_(mine, shares.c.department_id == principal.department_id)
        return (
            sa.select(shares, conversations.c.title, users.c.name.label("owner"))
            .join(conversations, conversations.c.id == shares.c.conversation_id)
            .join(users, users.c.id == shares.c.owner_id)
            .where(
                mine,
                shares.c.owner_id != principal.user_id,
                shares.c.ended_at.is_(None),
                conversations.c.deleted_at.is_(None),
                conversations.c.user_id == shares.c.owner_id,
            )
        )

    def _seen(self, principal: Principal, ids: Collection[int]) -> dict[int, str]:
        """Those of some documents that this person may see now, with their grades."""
        with self._db.read() as connection:
            return grades_seen(connection, principal, ids)
