"""Changing the rights of documents: one or many, with a preview, on the record, with a way back.

A change commits the rights, the entry of the audit log and the index's job together. Every query asks
the database for the rights, so the change holds at the next query; the index follows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import Conflict, InvalidInput, MokminError, NotAllowed, NotFound
from mokmin.governance.access.grants import Grant, Standing, ended_between, set_grants
from mokmin.governance.access.model import Principal
from mokmin.governance.access.rules import today, visible
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.store import departments
from mokmin.knowledge.documents.rights_audience import Audience
from mokmin.knowledge.documents.rights_model import (
    AudienceMode,
    Batch,
    Held,
    Planned,
    Preview,
    Rights,
    RightsEdit,
    opens,
)
from mokmin.knowledge.documents.rights_store import (
    may_manage,
    may_open,
    rights_batches,
    rights_changes,
    rights_followed,
    rights_in,
    select_rights,
    write_rights,
)
from mokmin.knowledge.documents.service import mark_changed
from mokmin.knowledge.documents.store import documents

log = logging.getLogger(__name__)
MOST = 500
AT_ONCE = 20
MAX_NOTE = 300
LOCK_KEY = 4231
_NOT_FOUND = "문서를 찾을 수 없습니다. 지워졌거나 볼 권한이 없습니다."


class RightsService:
    """Rights of documents: see, preview, change, undo, and let the index follow the days."""

    def __init__(
        self,
        db: Database,
        audience: Audience,
        audit: AuditLog,
        *,
        follow: Callable[[int], None] | None = None,
    ) -> None:
        self._follow = follow
        self._db = db
        self._audit = audit
        self.audience = audience

    # --- seeing ---------------------------------------------------------------------------
    def of(self, principal: Principal, document_id: int) -> Held:
        """The rights of a document. Raises NotFound, also when the person may not know of it."""
        with self._db.read() as connection:
            row = connection.execute(select_rights(principal, [document_id])).first()
            if row is None:
                raise NotFound(_NOT_FOUND)
            rights = rights_in(connection, [row])[row.id]
            readers = self.audience.readers(connection, [g.group_id for g in rights.grants])
        manages = may_manage(principal, row.owner, row.department)
        return Held(row.id, row.title, row.owner, rights, readers, manages)

    def batch(self, principal: Principal, batch_id: int) -> tuple[Batch, list[tuple[int, str]]]:
        """An own change, and those of its documents that the person (still) sees, by title. Raises
        NotFound."""
        mine = sa.select(rights_batches).where(
            rights_batches.c.id == batch_id, rights_batches.c.actor == principal.login
        )
        changed = (
            sa.select(documents.c.id, documents.c.title, visible(principal, documents.c.id))
            .join(rights_changes, rights_changes.c.document_id == documents.c.id)
            .where(rights_changes.c.batch_id == batch_id)
            .order_by(documents.c.id)
        )
        with self._db.read() as connection:
            row = connection.execute(mine).first()
            if row is None:
                raise NotFound("그 변경을 찾을 수 없습니다.")
            all_of_it = connection.execute(changed).all()
        made = Batch(row.id, row.actor, row.note, row.made_at, row.undone_at, len(all_of_it))
        return made, [(key, title) for key, title, seen in all_of_it if seen]

    def history(self, principal: Principal, document_id: int, limit: int = 20) -> list[Batch]:
        """The changes of a document's rights, newest first, for those who may change them."""
        if not self.of(principal, document_id).manages:
            return []
        query = (
            sa.select(rights_batches)
            .join(rights_changes, rights_changes.c.batch_id == rights_batches.c.id)
            .where(rights_changes.c.document_id == document_id)
            .order_by(rights_batches.c.id.desc())
            .limit(limit)
        )
        with self._db.read() as connection:
            return [
                Batch(row.id, row.actor, row.note, row.made_at, row.undone_at, 1)
                for row in connection.execute(query)
            ]

    # --- changing -------------------------------------------------------------------------
    def edit(
        self,
        values: Mapping[str, Any],
        audience: AudienceMode = "keep",
        readers: Iterable[tuple[str, date | None, date | None]] = (),
    ) -> RightsEdit:
        """An edit with readers as a person typed them, each with first and last day. Raises
        InvalidInput."""
        with self._db.write() as connection:
            grants = tuple(
                Grant(self.audience.resolve(connection, who), begins, ends)
                for who, begins, ends in readers
            )
        return RightsEdit(values, audience, grants)

    def preview(self, principal: Principal, ids: Sequence[int], edit: RightsEdit) -> Preview:
        """What ``change`` would do. Raises InvalidInput as it would."""
        _check_many(ids)
        with self._db.read() as connection:
            return self._plan(connection, principal, ids, edit)

    def change(
        self,
        principal: Principal,
        ids: Sequence[int],
        edit: RightsEdit,
        *,
        note: str = "",
        seen: str = "",
    ) -> tuple[int | None, Preview]:
        """Change the rights of all chosen documents that the person may change; the batch to undo it by
        (None when nothing changed) and what was done. ``seen`` is the fingerprint that the person saw.
        Raises InvalidInput when a document's rights would not fit together (then none is changed),
        NotFound and NotAllowed for a single document, Conflict when it changed meanwhile."""
        _check_many(ids)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            plan = self._plan(connection, principal, ids, edit)
            if len(set(ids)) == 1:
                _check_one(plan, seen)
            if not plan.changed:
                return None, plan
            batch = self._apply(connection, principal, plan.changed, note)
        self._index_now(plan)
        return batch, plan

    def _index_now(self, plan: Preview) -> None:
        """Let the index follow a small change at once, so that who may read more finds it at the next
        search; that nobody finds more than allowed needs no index. The job does the rest."""
        if self._follow is None or len(plan.changed) > AT_ONCE:
            return
        try:
            for one in plan.changed:
                self._follow(one.document_id)
        except (MokminError, OSError, RuntimeError, ValueError) as error:
            log.warning("index not followed", extra={"error": type(error).__name__})

    def _plan(
        self, connection: Connection, principal: Principal, ids: Iterable[int], edit: RightsEdit
    ) -> Preview:
        wanted = set(ids)
        self._check_department(connection, edit)
        rows = connection.execute(select_rights(principal, wanted)).all()
        held = rights_in(connection, rows)
        planned = []
        for row in rows:
            before = held[row.id]
            if not may_manage(principal, row.owner, row.department):
                why = "올린 사람, 소관 부서의 팀장·관리자, 시스템 관리자만 바꿀 수 있습니다."
                planned.append(Planned(row.id, row.title, before, before, why))
                continue
            after = edit.applied(before)
            if before.department and not after.department:
                raise InvalidInput("소관 부서를 골라 주세요. 아무것도 바꾸지 않았습니다.")
            why = ""
            if opens(before, after) and not may_open(principal, row.department):
                why = "등급을 낮추거나 비공개를 푸는 것은 소관 부서의 팀장·관리자만 할 수 있습니다."
            planned.append(Planned(row.id, row.title, before, after, why))
        return Preview(tuple(planned), len(wanted) - len(rows))

    @staticmethod
    def _check_department(connection: Connection, edit: RightsEdit) -> None:
        name = edit.values.get("department")
        if not name:
            return
        known = sa.select(departments.c.id).where(departments.c.name == name)
        if connection.execute(known).first() is None:
            raise InvalidInput(f"‘{str(name)[:60]}’이라는 부서가 없습니다. 목록에서 골라 주세요.")

    def _apply(
        self,
        connection: Connection,
        principal: Principal,
        plans: Iterable[Planned],
        note: str,
        action: str = "document.rights",
    ) -> int:
        batch = new_id(
            connection,
            rights_batches.insert().values(
                actor=principal.login, note=" ".join(note.split())[:MAX_NOTE], made_at=utcnow()
            ),
        )
        for plan in plans:
            write_rights(connection, plan.document_id, plan.after)
            if plan.before.grants != plan.after.grants:
                set_grants(connection, plan.document_id, plan.after.grants)
            connection.execute(
                rights_changes.insert().values(
                    batch_id=batch,
                    document_id=plan.document_id,
                    before=plan.before.to_json(),
                    after=plan.after.to_json(),
                )
            )
            mark_changed(connection, plan.document_id)
            self._audit.append(
                connection,
                principal.login,
                action,
                f"document:{plan.document_id}",
                {"batch": batch, "before": plan.before.codes(), "after": plan.after.codes()},
            )
        return batch

    def undo(self, principal: Principal, batch_id: int) -> Preview:
        """Put the rights of a change back where nobody changed them since, under the same rules; what
        was and was not put back. Raises NotFound, also for a change of others."""
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            mine = sa.select(rights_batches).where(
                rights_batches.c.id == batch_id, rights_batches.c.actor == principal.login
            )
            row = connection.execute(mine).first()
            if row is None or row.undone_at is not None:
                raise NotFound("되돌릴 변경을 찾을 수 없습니다. 이미 되돌렸을 수 있습니다.")
            changes = connection.execute(
                sa.select(rights_changes).where(rights_changes.c.batch_id == batch_id)
            ).all()
            plan = self._back(connection, principal, changes)
            if plan.changed:
                self._apply(connection, principal, plan.changed, "", "document.rights_undo")
            connection.execute(
                rights_batches.update()
                .where(rights_batches.c.id == batch_id)
                .values(undone_at=utcnow())
            )
        self._index_now(plan)
        return plan

    @staticmethod
    def _back(
        connection: Connection, principal: Principal, changes: Sequence[sa.Row[tuple[object, ...]]]
    ) -> Preview:
        ids = [change.document_id for change in changes]
        # Who took away the own right by mistake must be able to get it back: seen or not.
        rows = {
            row.id: row
            for row in connection.execute(
                sa.select(documents).where(
                    documents.c.id.in_(ids), documents.c.deleted_at.is_(None)
                )
            )
        }
        held = rights_in(connection, rows.values())
        planned = []
        for change in changes:
            row = rows.get(change.document_id)
            if row is None:
                continue
            before, after = held[row.id], Rights.from_json(change.before)
            why = ""
            if before != Rights.from_json(change.after):
                why = "그 뒤에 다른 변경이 있어 되돌리지 않았습니다."
            elif not (
                may_manage(principal, row.owner, after.department) and _sees(principal, after)
            ):
                why = "지금은 바꿀 권한이 없어 되돌리지 않았습니다."
            planned.append(Planned(row.id, row.title if not why else "", before, after, why))
        return Preview(tuple(planned), len(ids) - len(rows))

    # --- days -----------------------------------------------------------------------------
    def follow_days(self, day: date | None = None) -> int:
        """Have the index drop the readers whose last day has passed since this was last done; how many
        documents. Costs one look when there is nothing to do. Search is exact without it."""
        day = day or today()
        with self._db.read() as connection:
            done = connection.execute(sa.select(rights_followed.c.up_to)).scalar()
        if done == day:
            return 0
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            done = connection.execute(sa.select(rights_followed.c.up_to)).scalar()
            ended = ended_between(connection, done, day)
            for document_id in ended:
                mark_changed(connection, document_id)
            if done is None:
                connection.execute(rights_followed.insert().values(id=1, up_to=day))
            else:
                connection.execute(rights_followed.update().values(up_to=day))
        return len(ended)

    def keeps_seeing(self, principal: Principal, document_id: int) -> bool:
        """Whether a person still sees a document, after a change."""
        query = sa.select(documents.c.id).where(
            documents.c.id == document_id, visible(principal, documents.c.id)
        )
        with self._db.read() as connection:
            return connection.execute(query).first() is not None


def _check_many(ids: Sequence[int]) -> None:
    if not ids:
        raise InvalidInput("권한을 바꿀 문서를 하나 이상 골라 주세요.")
    if len(ids) > MOST:
        raise InvalidInput(f"한 번에 {MOST}건까지 바꿀 수 있습니다. 나누어 해 주세요.")


def _sees(principal: Principal, rights: Rights) -> bool:
    """Whether rights would let a person see the document today."""
    day = today()
    mine = [g for g in rights.grants if g.group_id in principal.groups]
    return principal.sees_all or any(g.standing(day) is Standing.HOLDS for g in mine)


def _check_one(plan: Preview, seen: str) -> None:
    """A single document is refused where many would leave it out."""
    if not plan.planned:
        raise NotFound(_NOT_FOUND)
    only = plan.planned[0]
    if only.why:
        raise NotAllowed(f"{only.why} 아무것도 바꾸지 않았습니다.")
    if seen and seen != only.before.fingerprint:
        raise Conflict(
            "그사이 다른 사람이 이 문서의 권한을 바꾸었습니다. 아무것도 바꾸지 않았습니다. "
            "화면을 새로 고쳐 지금 권한을 보고 다시 해 주세요."
        )
