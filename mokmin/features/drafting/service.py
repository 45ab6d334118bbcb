"""Drafts: begin from facts, keep what is written, one writer at a time, versions, files."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import utcnow
from mokmin.base.errors import Conflict, NotFound, TooLarge
from mokmin.features.drafting.beginning import GONE, GRADES, DraftBeginning
from mokmin.features.drafting.keeping import dump, keep_version, last_of, title_of
from mokmin.features.drafting.model import Draft, DraftLine, Json, Lock, Version
from mokmin.features.drafting.store import draft_versions, drafts, may_write, one, seen_by, to_draft
from mokmin.governance.access.model import Principal
from mokmin.governance.people.store import users
from mokmin.knowledge.official.drafting import compose, written
from mokmin.knowledge.official.facts import checked
from mokmin.knowledge.official.handover import package, written_docx, written_pdf
from mokmin.knowledge.official.model import Approver, OfficialDocument
from mokmin.knowledge.official.serial import from_json, to_json

LOCK = timedelta(seconds=90)
KEEP_EVERY = timedelta(minutes=10)
MOST_BYTES = 2 * 2**20


class DraftingService(DraftBeginning):
    """The verbs of drafting. Each takes the principal first; a draft that the person may not open is not
    found."""

    # --- read -----------------------------------------------------------------------------
    def mine(self, principal: Principal, limit: int = 100) -> list[DraftLine]:
        """Drafts of the person and those that wait for them, the newest change first."""
        query = (
            sa.select(drafts, users.c.name.label("author"))
            .join(users, users.c.id == drafts.c.user_id)
            .where(seen_by(principal))
            .order_by(drafts.c.updated_at.desc(), drafts.c.id.desc())
            .limit(limit)
        )
        with self._db.read() as connection:
            rows = connection.execute(query).all()
        return [
            DraftLine(
                r.id,
                r.kind,
                r.title,
                r.grade,
                r.state,
                r.user_id == principal.user_id,
                r.holder_id == principal.user_id and r.state in ("review", "returned"),
                r.author,
                r.updated_at,
            )
            for r in rows
        ]

    def versions(self, principal: Principal, draft_id: int) -> list[Version]:
        """Kept versions, the newest first."""
        self.get(principal, draft_id)
        query = (
            sa.select(draft_versions, users.c.name)
            .join(users, users.c.id == draft_versions.c.saved_by)
            .where(draft_versions.c.draft_id == draft_id)
            .order_by(draft_versions.c.number.desc())
        )
        with self._db.read() as connection:
            rows = connection.execute(query).all()
        return [Version(r.number, r.note, r.name, r.saved_at) for r in rows]

    def version(self, principal: Principal, draft_id: int, number: int) -> OfficialDocument:
        """The document as it was. Raises NotFound."""
        self.get(principal, draft_id)
        query = sa.select(draft_versions.c.document).where(
            draft_versions.c.draft_id == draft_id, draft_versions.c.number == number
        )
        with self._db.read() as connection:
            text = connection.execute(query).scalar()
        if text is None:
            raise NotFound("그 판은 없습니다.")
        return from_json(json.loads(text))

    # --- write ----------------------------------------------------------------------------
    def lock(self, principal: Principal, draft_id: int, *, take: bool = False) -> Lock:
        """Begin or go on writing. ``take`` takes the pen from another; that is on the record."""
        now = utcnow()
        with self._db.write() as connection:
            draft = self._writable(connection, principal, draft_id)
            other = self._other_writer(connection, draft, principal)
            if other and not take:
                return Lock(False, other)
            connection.execute(
                drafts.update()
                .where(drafts.c.id == draft_id)
                .values(locked_by=principal.user_id, locked_until=now + LOCK)
            )
            if other:
                self._audit.append(
                    connection, principal.login, "draft.take_over", f"draft:{draft_id}", {}
                )
        return Lock(True)

    def save(
        self,
        principal: Principal,
        draft_id: int,
        value: Any,
        revision: int,
        *,
        grade: str | None = None,
        facts: Json | None = None,
    ) -> Draft:
        """Keep what was written since ``revision``. Raises Conflict when somebody else saved or took the
        pen since then; nothing is lost, the caller still holds its text."""
        if len(json.dumps(value, ensure_ascii=False)) > MOST_BYTES:
            raise TooLarge("문서가 너무 큽니다. 나누어 써 주십시오. 쓰신 글은 그대로 있습니다.")
        with self._db.write() as connection:
            draft = self._writable(connection, principal, draft_id)
            why = self._refusal(connection, draft, principal, revision)
            document = from_json({**value, "kind": draft.kind})
            made = replace(document, approvers=_block_of(draft, document))
            text = dump(to_json(made))
            if why:
                self._rescue(connection, draft, text, principal)
            else:
                values: dict[str, Any] = {"document": text, "title": title_of(made)}
                if facts is not None:
                    values["facts"] = dump(facts)
                if grade is not None and GRADES.index(grade) >= GRADES.index(draft.grade):
                    values["grade"] = grade
                self._store(connection, draft, values, principal)
                row = connection.execute(sa.select(drafts).where(drafts.c.id == draft_id)).one()
        # What could not be saved is kept before the person is told.
        if why:
            raise Conflict(why)
        return to_draft(row)

    def keep(self, principal: Principal, draft_id: int, note: str) -> int:
        """Keep the present text as a version and return its number."""
        with self._db.write() as connection:
            draft = self._writable(connection, principal, draft_id)
            assert principal.user_id is not None
            text = dump(to_json(draft.document))
            number = keep_version(
                connection, draft_id, text, note.strip()[:200] or "저장", principal.user_id
            )
            self._audit.append(
                connection, principal.login, "draft.edit", f"draft:{draft_id}", {"version": number}
            )
        return number

    def restore(self, principal: Principal, draft_id: int, number: int) -> Draft:
        """Bring an old version back as the newest text; what stood there is kept as a version first."""
        old = self.version(principal, draft_id, number)
        self.keep(principal, draft_id, "되돌리기 전")
        draft = self.get(principal, draft_id)
        saved = self.save(principal, draft_id, to_json(old), draft.revision)
        self.keep(principal, draft_id, f"{number}판으로 되돌림")
        return saved

    def delete(self, principal: Principal, draft_id: int) -> None:
        """Take a draft away; its author may bring it back."""
        self._mark(principal, draft_id, deleted=True)

    def undelete(self, principal: Principal, draft_id: int) -> None:
        """Bring it back."""
        self._mark(principal, draft_id, deleted=False)

    def _mark(self, principal: Principal, draft_id: int, *, deleted: bool) -> None:
        with self._db.write() as connection:
            changed = connection.execute(
                drafts.update()
                .where(
                    drafts.c.id == draft_id,
                    drafts.c.user_id == principal.user_id,
                    drafts.c.state.in_(("writing", "returned")),
                    drafts.c.deleted_at.is_(None) if deleted else drafts.c.deleted_at.is_not(None),
                )
                .values(deleted_at=utcnow() if deleted else None)
            )
            if not changed.rowcount:
                raise NotFound(GONE)
            action = "draft.delete" if deleted else "draft.restore"
            self._audit.append(connection, principal.login, action, f"draft:{draft_id}", {})

    def approved_texts(self, principal: Principal, kind: str, limit: int = 2) -> list[str]:
        """Bodies of approved documents of one kind that the person may see, the newest first: the house style."""
        query = (
            sa.select(drafts.c.document)
            .where(seen_by(principal), drafts.c.kind == kind, drafts.c.state == "approved")
            .order_by(drafts.c.updated_at.desc())
            .limit(limit)
        )
        with self._db.read() as connection:
            found = connection.execute(query).scalars().all()
        return ["\n".join(b.text for b in from_json(json.loads(text)).body) for text in found]

    # --- files ----------------------------------------------------------------------------
    def file(
        self, principal: Principal, draft_id: int, form: str = "hwpx"
    ) -> tuple[Draft, bytes, int]:
        """The draft as ``hwpx``, ``docx``, ``pdf`` or ``package`` with its number of pages (0 for a
        package). On the record."""
        draft = self.get(principal, draft_id)
        if form == "package":
            about = {"draft_id": draft.id, "state": draft.state, "grade": draft.grade}
            content, pages = package(draft.document, about), 0
        elif form == "docx":
            content, pages = written_docx(draft.document)
        elif form == "pdf":
            content, pages = written_pdf(draft.document)
        else:
            content, pages = written(draft.document)
        self.exported(principal, draft, form)
        return draft, content, pages

    def replace_facts(
        self, principal: Principal, draft_id: int, facts: Any, revision: int
    ) -> Draft:
        """Compose the draft anew from facts; its text until now is kept as a version. Raises Conflict."""
        given = checked(facts)
        draft = self.get(principal, draft_id)
        made = compose(draft.kind, given, self.office(principal))
        if revision != draft.revision:
            raise Conflict("그사이에 글이 바뀌었습니다. 다시 받아 고친 글을 확인해 주십시오.")
        self.keep(principal, draft_id, "사실을 바꾸기 전")
        return self.save(principal, draft_id, to_json(made.document), revision, facts=given)

    def exported(self, principal: Principal, draft: Draft, form: str) -> None:
        """Record that a draft left as a file."""
        self._audit.record(
            principal, "draft.export", f"draft:{draft.id}", format=form, grade=draft.grade
        )

    # --- inside ---------------------------------------------------------------------------
    def _writable(self, connection: Connection, principal: Principal, draft_id: int) -> Draft:
        """The draft when it is the person's turn to write. Raises NotFound, Conflict."""
        draft = one(connection, principal, draft_id, lock=True)
        if draft is None:
            raise NotFound(GONE)
        if draft.state == "approved":
            raise Conflict("결재가 끝난 문서는 고칠 수 없습니다. 새 초안으로 복사해 쓰십시오.")
        if not may_write(connection, principal, draft):
            raise Conflict("지금은 다른 사람의 차례라 고칠 수 없습니다.")
        return draft

    def writable(self, principal: Principal, draft: Draft) -> bool:
        """Whether the person may write now, as its holder or with the author."""
        with self._db.read() as connection:
            return draft.state != "approved" and may_write(connection, principal, draft)

    def _refusal(
        self, connection: Connection, draft: Draft, principal: Principal, revision: int
    ) -> str:
        """Why a text written since ``revision`` cannot take the place of the present one; empty if it can."""
        other = self._other_writer(connection, draft, principal)
        if other:
            return f"{other}님이 이어받아 쓰고 있습니다. 쓰신 글은 판 목록에 따로 두었고 화면에도 그대로 있습니다."
        if revision != draft.revision:
            return (
                "다른 곳에서 먼저 고쳤습니다. 새로 고쳐 고친 글을 확인해 주십시오. "
                "쓰신 글은 판 목록에 따로 두었고 화면에도 그대로 있습니다."
            )
        return ""

    def _store(
        self, connection: Connection, draft: Draft, values: dict[str, Any], principal: Principal
    ) -> None:
        """Write a text in the place of the present one; the person goes on holding the pen."""
        now = utcnow()
        about = {"revision": draft.revision + 1, "updated_at": now}
        pen = {"locked_by": principal.user_id, "locked_until": now + LOCK}
        connection.execute(
            drafts.update().where(drafts.c.id == draft.id).values(**values, **about, **pen)
        )
        self._keep_now_and_then(connection, draft, values["document"], principal)

    def _rescue(
        self, connection: Connection, draft: Draft, text: str, principal: Principal
    ) -> None:
        """Keep what somebody wrote who could not save it, as a version of its own."""
        assert principal.user_id is not None
        known = (dump(to_json(draft.document)), last_of(connection, draft.id, principal.user_id))
        if text not in known:
            note = f"{principal.name}님이 저장하지 못한 글"
            keep_version(connection, draft.id, text, note, principal.user_id)

    def _other_writer(self, connection: Connection, draft: Draft, principal: Principal) -> str:
        """Who else writes now, empty for nobody."""
        if draft.locked_by in (None, principal.user_id) or draft.locked_until is None:
            return ""
        if draft.locked_until <= utcnow():
            return ""
        name = connection.execute(
            sa.select(users.c.name).where(users.c.id == draft.locked_by)
        ).scalar()
        return str(name or "다른 사람")

    def _keep_now_and_then(
        self, connection: Connection, draft: Draft, text: str, principal: Principal
    ) -> None:
        """A version now and then, so that a whole afternoon is not one step."""
        newest = connection.execute(
            sa.select(sa.func.max(draft_versions.c.saved_at)).where(
                draft_versions.c.draft_id == draft.id
            )
        ).scalar()
        if newest is None or utcnow() - newest >= KEEP_EVERY:
            assert principal.user_id is not None
            keep_version(connection, draft.id, text, "자동 저장", principal.user_id)

    def keep_text(
        self, connection: Connection, draft_id: int, text: str, note: str, principal: Principal
    ) -> int:
        """Keep a text as a version within the caller's transaction."""
        assert principal.user_id is not None
        return keep_version(connection, draft_id, text, note[:200], principal.user_id)


def _block_of(draft: Draft, document: OfficialDocument) -> tuple[Approver, ...]:
    """The decision block after a save: while a draft goes along its line the block is the line's; nobody
    signs by saving."""
    if draft.state == "review":
        return draft.document.approvers
    return tuple(replace(one, signed_on="", how="") for one in document.approvers)
