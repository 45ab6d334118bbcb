"""The register of AI in use: everybody signed in reads it, those who keep it write it.

Nothing is deleted: what is no longer used ends, and every former state stays.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotFound
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.transparency.model import (
    AREAS,
    FIELDS,
    GRADES,
    IMPACTS,
    STATUSES,
    AiUse,
    Change,
    Entry,
)
from mokmin.governance.transparency.store import ai_use_changes, ai_uses

LOCK_KEY = 4_220
LIMITS = {
    "name": 100,
    "purpose": 500,
    "department": 100,
    "owner": 100,
    "models": 300,
    "reason": 1_000,
    "oversight": 1_000,
}
MISSING = "인공지능 대장에 그런 항목이 없습니다."


class AiRegister:
    """``proposals``: this system's own AI features, by key, as they could be entered."""

    def __init__(
        self, db: Database, audit: AuditLog, proposals: Callable[[], dict[str, AiUse]]
    ) -> None:
        self._db = db
        self._audit = audit
        self._proposals = proposals

    def all(self) -> list[Entry]:
        """All entries: in use first, then by name."""
        with self._db.read() as connection:
            found = [_entry(row) for row in connection.execute(sa.select(ai_uses))]
        order = ["in_use", "planned", "paused", "ended"]
        return sorted(found, key=lambda e: (order.index(e.use.status), e.use.name, e.id))

    def get(self, use_id: int) -> Entry:
        """One entry. Raises NotFound."""
        with self._db.read() as connection:
            return _get(connection, use_id)

    def history(self, use_id: int) -> list[Change]:
        """Its changes, the newest first. Raises NotFound."""
        with self._db.read() as connection:
            now = _get(connection, use_id)
            rows = connection.execute(
                sa.select(ai_use_changes)
                .where(ai_use_changes.c.use_id == use_id)
                .order_by(ai_use_changes.c.revision)
            ).all()
        states = [(r.revision, r.changed_by, r.changed_at, _use(r.body)) for r in rows]
        states.append((now.revision, now.changed_by, now.changed_at, now.use))
        made: list[Change] = []
        for at, (revision, by, when, use) in enumerate(states):
            before = states[at - 1][3] if at else None
            names = tuple(FIELDS[key] for key in _changed(before, use)) if before else ()
            made.append(Change(revision, by, when, names))
        return made[::-1]

    def proposals(self) -> dict[str, AiUse]:
        """This system's AI features that are not in the register."""
        with self._db.read() as connection:
            known = set(connection.execute(sa.select(ai_uses.c.source)).scalars())
        return {key: use for key, use in self._proposals().items() if key not in known}

    def add(self, principal: Principal, use: AiUse, source: str | None = None) -> int:
        """A new entry; its id. Raises NotAllowed, InvalidInput, Conflict."""
        require(principal, Permission.REGISTER_AI)
        _check(use)
        if source is not None and source not in self._proposals():
            raise InvalidInput("이 시스템에 없는 기능입니다. 올리지 않았습니다.")
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            if source is not None and _known(connection, source):
                raise Conflict("이 기능은 이미 대장에 있습니다. 있는 항목을 고쳐 주세요.")
            values = {"source": source, "body": _body(use), "revision": 1}
            key = new_id(connection, ai_uses.insert().values(**values, **_by(principal)))
            self._audit.append(connection, principal.login, "ai-system.add", f"ai-system:{key}", {})
        return key

    def change(self, principal: Principal, use_id: int, revision: int, use: AiUse) -> None:
        """Another state of an entry; ``revision``: the one that was read. Raises NotAllowed, NotFound,
        InvalidInput, Conflict."""
        require(principal, Permission.REGISTER_AI)
        _check(use)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            old = _get(connection, use_id)
            if old.revision != revision:
                raise Conflict(
                    "그사이 다른 사람이 이 항목을 고쳤습니다. 저장하지 않았습니다. 새로 연 뒤 다시 고쳐 주세요."
                )
            changed = _changed(old.use, use)
            if not changed:
                return
            connection.execute(
                ai_use_changes.insert().values(
                    use_id=use_id,
                    revision=old.revision,
                    body=_body(old.use),
                    changed_by=old.changed_by,
                    changed_at=old.changed_at,
                )
            )
            connection.execute(
                ai_uses.update()
                .where(ai_uses.c.id == use_id)
                .values(body=_body(use), revision=old.revision + 1, **_by(principal))
            )
            self._audit.append(
                connection,
                principal.login,
                "ai-system.change",
                f"ai-system:{use_id}",
                {"fields": ",".join(changed)},
            )

    def published(self, principal: Principal, form: str) -> list[Entry]:
        """What is published: everything but what is only planned. Recorded as an export."""
        found = [entry for entry in self.all() if entry.use.status != "planned"]
        self._audit.record(principal, "ai-system.export", f"hits:{len(found)}", form=form)
        return found


def _by(principal: Principal) -> dict[str, Any]:
    return {"changed_by": principal.login, "changed_at": utcnow()}


def _known(connection: Connection, source: str) -> bool:
    query = sa.select(ai_uses.c.id).where(ai_uses.c.source == source)
    return connection.execute(query).first() is not None


def _get(connection: Connection, use_id: int) -> Entry:
    row = connection.execute(sa.select(ai_uses).where(ai_uses.c.id == use_id)).first()
    if row is None:
        raise NotFound(MISSING)
    return _entry(row)


def _entry(row: Row[Any]) -> Entry:
    return Entry(row.id, row.source, _use(row.body), row.revision, row.changed_by, row.changed_at)


def _body(use: AiUse) -> str:
    return json.dumps(asdict(use), ensure_ascii=False, default=date.isoformat)


def _use(body: str) -> AiUse:
    values = json.loads(body)
    for key in ("started_on", "review_on"):
        values[key] = date.fromisoformat(values[key]) if values[key] else None
    return AiUse(**values | {"grades": tuple(values["grades"])})


def _changed(old: AiUse, new: AiUse) -> Sequence[str]:
    names = [f.name for f in fields(AiUse)]
    return [name for name in names if getattr(old, name) != getattr(new, name)]


def _check(use: AiUse) -> None:
    """Raises InvalidInput."""
    for key, most in LIMITS.items():
        text = getattr(use, key)
        if not text.strip() or len(text) > most:
            raise InvalidInput(
                f"‘{FIELDS[key]}’을(를) {most}자까지 적어 주세요. 저장하지 않았습니다."
            )
    good = use.impact in IMPACTS and use.area in AREAS and use.status in STATUSES
    if not good or not use.grades or not set(use.grades) <= set(GRADES):
        raise InvalidInput("등급과 상태를 목록에서 골라 주세요. 저장하지 않았습니다.")
    if (use.impact == "none") != (use.area == ""):
        raise InvalidInput(
            "고영향이거나 확인 중이면 영역을 고르고, 고영향이 아니면 ‘해당 없음’을 골라 주세요. 저장하지 않았습니다."
        )
    if use.status == "in_use" and (use.started_on is None or use.review_on is None):
        raise InvalidInput("쓰는 중이면 시작일과 다음 점검일을 적어 주세요. 저장하지 않았습니다.")
    if use.started_on and use.review_on and use.review_on < use.started_on:
        raise InvalidInput("다음 점검일이 시작일보다 앞섭니다. 저장하지 않았습니다.")
