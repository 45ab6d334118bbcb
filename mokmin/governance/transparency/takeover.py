"""Taking over: an official has checked what AI wrote and answers for it.

What is kept is who, when and the hash of the text. When the text changes, it is no longer taken
over; once it has left the system as somebody's own, that stays.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import InvalidInput
from mokmin.base.formats.ai_label import AiLabel
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.transparency.store import ai_takeovers

Kind = Literal["answer", "tool"]
LOCK_KEY = 4_219
_SUBJECTS = {"answer": "turn", "tool": "tool_run"}
# What an answer says and on what; not how it was found, nor what was only shown beside it.
_SAID = ("sentences", "citations", "lead", "notices", "standalone", "reason")


@dataclass(frozen=True, slots=True)
class Item:
    """A text of AI: an answer or a result of a tool, as its owner sees it now."""

    kind: Kind
    id: int
    body: Mapping[str, Any]

    @property
    def hash(self) -> str:
        """SHA-256 of what it says."""
        body = self.body
        if self.kind == "answer":
            body = {key: self.body.get(key) for key in _SAID}
        text = json.dumps(body, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Taken:
    """Who took it over, and when (UTC). ``exported``: it has left the system like that."""

    login: str
    name: str
    at: datetime
    exported: bool


class Takeovers:
    """Callers check beforehand that the item is the principal's own."""

    def __init__(self, db: Database, audit: AuditLog) -> None:
        self._db = db
        self._audit = audit

    def of(self, items: Sequence[Item]) -> dict[int, Taken]:
        """Those of some items of one kind that are taken over as they stand, by id."""
        if not items:
            return {}
        query = sa.select(ai_takeovers).where(
            ai_takeovers.c.kind == items[0].kind,
            ai_takeovers.c.item_id.in_([item.id for item in items]),
        )
        with self._db.read() as connection:
            rows = {row.item_id: row for row in connection.execute(query)}
        return {
            item.id: Taken(row.login, row.name, row.taken_at, row.exported_at is not None)
            for item in items
            if (row := rows.get(item.id)) is not None and row.hash == item.hash
        }

    def take(self, principal: Principal, item: Item) -> None:
        """Take it over; what is already taken over stays as it is."""
        if item.id in self.of([item]):
            return
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            connection.execute(ai_takeovers.delete().where(*_same(item)))
            connection.execute(
                ai_takeovers.insert().values(
                    kind=item.kind,
                    item_id=item.id,
                    login=principal.login,
                    name=principal.name[:80],
                    hash=item.hash,
                    taken_at=utcnow(),
                )
            )
            self._record(connection, principal, "ai.take_over", item)

    def give_back(self, principal: Principal, item: Item) -> None:
        """Undo it. Raises InvalidInput once it has been exported."""
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            row = connection.execute(sa.select(ai_takeovers).where(*_same(item))).first()
            if row is None:
                return
            if row.exported_at is not None and row.hash == item.hash:
                raise InvalidInput(
                    "검토한 글로 이미 내려받아 되돌릴 수 없습니다. 고칠 것이 있으면 다시 물어 새 답을 검토해 주세요."
                )
            connection.execute(ai_takeovers.delete().where(*_same(item)))
            self._record(connection, principal, "ai.give_back", item)

    def label(self, items: Sequence[Item], made_at: datetime) -> AiLabel:
        """The label of a file that holds all of them: reviewed when every one is taken over. From
        then on they cannot be given back."""
        found = self.of(items)
        if not items or len(found) < len(items):
            return AiLabel(made_at)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            connection.execute(
                ai_takeovers.update()
                .where(
                    ai_takeovers.c.kind == items[0].kind,
                    ai_takeovers.c.item_id.in_(list(found)),
                    ai_takeovers.c.exported_at.is_(None),
                )
                .values(exported_at=utcnow())
            )
        names = ", ".join(dict.fromkeys(taken.name for taken in found.values()))
        return AiLabel(
            made_at, reviewed_by=names, reviewed_at=max(taken.at for taken in found.values())
        )

    def _record(
        self, connection: sa.Connection, principal: Principal, action: str, item: Item
    ) -> None:
        subject = f"{_SUBJECTS[item.kind]}:{item.id}"
        self._audit.append(connection, principal.login, action, subject, {"sha256": item.hash})


def _same(item: Item) -> tuple[sa.ColumnElement[bool], ...]:
    return ai_takeovers.c.kind == item.kind, ai_takeovers.c.item_id == item.id
