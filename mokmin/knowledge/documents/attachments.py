"""Files attached to a conversation: read and searched like documents, but no part of the library.

An attachment carries the group ``conversation:<id>``. Nobody is a member of it; ``reader`` lends it to
whoever reads that conversation, for as long as that takes. So every query of the library, the search and
the tools leaves attachments out by itself, those of the same person's other conversations too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotFound
from mokmin.base.files import BlobStore
from mokmin.base.jobs import JobQueue
from mokmin.governance.access.model import GRADE_RANK, Permission, Principal
from mokmin.governance.access.rules import attachments, document_groups, require, visible
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.service import PeopleService
from mokmin.governance.people.store import groups
from mokmin.knowledge.documents.model import Document, Freshness, State
from mokmin.knowledge.documents.service import INGEST_JOB, clean_filename, mark_changed
from mokmin.knowledge.documents.store import documents, select_documents, to_document, versions

MOST = 30
KIND = "첨부"
LOCK_KEY = 4218
AUDIENCES = {"me": "나만", "department": "우리 부서", "staff": "전 직원"}
_GONE = "이 대화에 그런 첨부가 없습니다."


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attached file with the state of its reading; ``adopted``: it is in the library by now."""

    document: Document
    adopted: bool


class AttachedDocuments:
    """Attachments of conversations. The caller has made sure that the conversation is the
    principal's own."""

    def __init__(
        self,
        db: Database,
        blobs: BlobStore,
        people: PeopleService,
        audit: AuditLog,
        *,
        max_bytes: int = 200 * 2**20,
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._people = people
        self._audit = audit
        self.max_bytes = max_bytes

    def reader(self, principal: Principal, conversation_id: int) -> Principal:
        """The principal as one who reads this conversation, its attachments included."""
        key = sa.select(groups.c.id).where(groups.c.key == _key(conversation_id))
        with self._db.read() as connection:
            group = connection.execute(key).scalar()
        if group is None:
            return principal
        return replace(principal, groups=(*principal.groups, int(group)))

    def take(
        self,
        principal: Principal,
        conversation_id: int,
        filename: str,
        stream: BinaryIO,
        *,
        grade: str,
    ) -> int:
        """Store a file and queue its reading; the document's id. The same content attached again is
        the attachment that is there. Raises TooLarge, NotAllowed, InvalidInput."""
        require(principal, Permission.ASK)
        if grade not in GRADE_RANK:
            raise InvalidInput("첨부의 보안 등급을 골라 주세요. 올리지 않았습니다.")
        name = clean_filename(filename)
        key, size = self._blobs.put(stream, max_bytes=self.max_bytes)
        if not size:
            raise InvalidInput("빈 파일입니다. 파일을 확인하고 다시 첨부해 주세요.")
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            held = self._rows(connection, conversation_id)
            same = [row.id for row in held if row.sha256 == key and row.state != State.FAILED]
            if same:
                return int(same[0])
            if len(held) >= MOST:
                raise InvalidInput(
                    f"한 대화에는 파일을 {MOST}개까지 첨부할 수 있습니다. 쓰지 않는 첨부를 뺀 뒤 다시 해 주세요."
                )
            document_id = self._insert(connection, principal, conversation_id, name, grade)
            version_id = new_id(
                connection,
                versions.insert().values(
                    document_id=document_id,
                    number=1,
                    sha256=key,
                    bytes=size,
                    filename=name,
                    format=Path(name).suffix.lstrip(".").lower()[:12],
                    state=State.QUEUED,
                    created_at=utcnow(),
                ),
            )
            connection.execute(
                documents.update()
                .where(documents.c.id == document_id)
                .values(newest_version_id=version_id)
            )
            JobQueue.enqueue(connection, INGEST_JOB, version_id)
            self._audit.append(
                connection,
                principal.login,
                "attachment.add",
                f"conversation:{conversation_id}",
                {"document": document_id, "bytes": size, "grade": grade},
            )
        return document_id

    def _insert(
        self,
        connection: Connection,
        principal: Principal,
        conversation_id: int,
        name: str,
        grade: str,
    ) -> int:
        document_id = new_id(
            connection,
            documents.insert().values(
                title=Path(name).stem[:400],
                source=f"{_key(conversation_id)}/{name}"[:1200],
                department="",
                kind=KIND,
                grade=grade,
                freshness=Freshness.IN_FORCE,
                owner=principal.login,
                created_at=utcnow(),
                changed_at=utcnow(),
            ),
        )
        group = self._people.ensure_group(connection, _key(conversation_id), "대화 첨부")
        connection.execute(document_groups.insert().values(document_id=document_id, group_id=group))
        connection.execute(
            attachments.insert().values(document_id=document_id, conversation_id=conversation_id)
        )
        return document_id

    def of(self, principal: Principal, conversation_id: int) -> list[Attachment]:
        """The attachments of a conversation that its reader may see now, oldest first."""
        reader = self.reader(principal, conversation_id)
        query = (
            select_documents(
                sa.and_(
                    visible(reader, documents.c.id),
                    attachments.c.document_id == documents.c.id,
                    attachments.c.conversation_id == conversation_id,
                )
            )
            .add_columns(attachments.c.adopted_at)
            .order_by(documents.c.id)
        )
        with self._db.read() as connection:
            return [
                Attachment(to_document(row), row.adopted_at is not None)
                for row in connection.execute(query)
            ]

    def one(self, principal: Principal, conversation_id: int, document_id: int) -> Attachment:
        """One attachment. Raises NotFound."""
        for found in self.of(principal, conversation_id):
            if found.document.id == document_id:
                return found
        raise NotFound(_GONE)

    def original(
        self, principal: Principal, conversation_id: int, document_id: int
    ) -> tuple[Path, Document]:
        """The path of the original file. Opening it is on the record. Raises NotFound."""
        found = self.one(principal, conversation_id, document_id).document
        query = sa.select(versions.c.sha256).where(versions.c.id == found.version_id)
        with self._db.read() as connection:
            key = connection.execute(query).scalar_one()
        self._audit.record(principal, "attachment.open", f"document:{document_id}")
        return self._blobs.path(str(key)), found

    def retry(self, principal: Principal, conversation_id: int, document_id: int) -> None:
        """Read a file again that could not be read. Raises NotFound, InvalidInput."""
        found = self.one(principal, conversation_id, document_id).document
        with self._db.write() as connection:
            again = connection.execute(
                versions.update()
                .where(versions.c.id == found.version_id, versions.c.state == State.FAILED)
                .values(state=State.QUEUED, reason="", progress=0)
            )
            if not again.rowcount:
                raise InvalidInput("읽지 못한 첨부만 다시 읽을 수 있습니다.")
            JobQueue.enqueue(connection, INGEST_JOB, found.version_id)

    def remove(self, principal: Principal, conversation_id: int, document_id: int) -> None:
        """Take a file off the conversation; one that is in the library stays there. Raises NotFound."""
        found = self.one(principal, conversation_id, document_id)
        with self._db.write() as connection:
            if found.adopted:
                connection.execute(
                    attachments.delete().where(attachments.c.document_id == document_id)
                )
            else:
                connection.execute(
                    documents.update()
                    .where(documents.c.id == document_id)
                    .values(deleted_at=utcnow())
                )
                mark_changed(connection, document_id)
            self._audit.append(
                connection, principal.login, "attachment.remove", f"document:{document_id}", {}
            )

    def adopt(
        self,
        principal: Principal,
        conversation_id: int,
        document_id: int,
        *,
        audience: str,
        grade: str,
    ) -> None:
        """Take an attachment into the library, for an audience of ``AUDIENCES``. Raises NotFound,
        NotAllowed, InvalidInput, Conflict when it cannot be read or its content is there already."""
        require(principal, Permission.UPLOAD)
        if audience not in AUDIENCES or (audience == "department" and not principal.department_id):
            raise InvalidInput("문서를 볼 사람을 골라 주세요. 아무것도 바꾸지 않았습니다.")
        if grade not in GRADE_RANK:
            raise InvalidInput("보안 등급을 골라 주세요. 아무것도 바꾸지 않았습니다.")
        found = self.one(principal, conversation_id, document_id)
        if found.document.state is not State.READY:
            raise Conflict("아직 읽지 못한 파일입니다. 다 읽은 뒤에 다시 해 주세요.")
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            self._not_there(connection, principal, document_id)
            taken = connection.execute(
                attachments.update()
                .where(attachments.c.document_id == document_id, attachments.c.adopted_at.is_(None))
                .values(adopted_at=utcnow())
            )
            if not taken.rowcount:
                return
            connection.execute(
                document_groups.delete().where(document_groups.c.document_id == document_id)
            )
            group = self._group(connection, principal, audience)
            connection.execute(
                document_groups.insert().values(document_id=document_id, group_id=group)
            )
            connection.execute(
                documents.update()
                .where(documents.c.id == document_id)
                .values(kind="문서", grade=grade, department=principal.department)
            )
            mark_changed(connection, document_id)
            self._audit.append(
                connection,
                principal.login,
                "attachment.adopt",
                f"document:{document_id}",
                {"audience": audience, "grade": grade},
            )

    def _group(self, connection: Connection, principal: Principal, audience: str) -> int:
        if audience == "staff":
            return self._people.group_for(connection, "staff")
        if audience == "department":
            return self._people.ensure_group(
                connection, f"dept:{principal.department_id}", principal.department
            )
        return self._people.ensure_group(connection, f"user:{principal.user_id}", principal.name)

    @staticmethod
    def _not_there(connection: Connection, principal: Principal, document_id: int) -> None:
        content = (
            sa.select(versions.c.sha256)
            .where(versions.c.document_id == document_id)
            .scalar_subquery()
        )
        same = connection.execute(
            select_documents(visible(principal, documents.c.id)).where(
                versions.c.sha256 == content,
                versions.c.state != State.FAILED,
                documents.c.id != document_id,
            )
        ).first()
        if same is not None:
            raise Conflict(
                f"같은 내용의 문서 ‘{same.title}’이 이미 문서고에 있습니다. 아무것도 바꾸지 않았습니다."
            )

    @staticmethod
    def _rows(connection: Connection, conversation_id: int) -> list[sa.Row[tuple[int, str, str]]]:
        query = (
            sa.select(documents.c.id, versions.c.sha256, versions.c.state)
            .join(attachments, attachments.c.document_id == documents.c.id)
            .join(versions, versions.c.id == documents.c.newest_version_id)
            .where(
                attachments.c.conversation_id == conversation_id,
                attachments.c.adopted_at.is_(None),
                documents.c.deleted_at.is_(None),
            )
        )
        return list(connection.execute(query))


def _key(conversation_id: int) -> str:
    return f"conversation:{conversation_id}"
