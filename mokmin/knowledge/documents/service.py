"""The library: take files in, list them, open them. Reading a file is ``ingestion``'s part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from mokmin.base.files import BlobStore
from mokmin.base.formats.model import Block
from mokmin.base.jobs import JobQueue
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import document_groups, require, visible
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.service import PeopleService
from mokmin.knowledge.documents.model import (
    Document,
    DocumentMeta,
    Freshness,
    State,
    Upload,
    Version,
)
from mokmin.knowledge.documents.store import (
    blocks_of,
    documents,
    passages,
    select_documents,
    to_document,
    to_version,
    versions,
)

INGEST_JOB = "ingest"
INDEX_JOB = "index"
LOCK_KEY = 4214
PAGE_SIZE = 25
MAX_FILENAME = 255


@dataclass(frozen=True, slots=True)
class LibraryQuery:
    """Filters of the library page; empty means any."""

    text: str = ""
    state: str = ""
    grade: str = ""
    department: str = ""
    kind: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class LibraryPage:
    """One page of documents."""

    documents: list[Document]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class PassagePlace:
    """Where a passage stands: its version, its blocks (half-open), its text, its stored locator."""

    version_id: int
    first_block: int
    last_block: int
    text: str
    locator: str


class DocumentService:
    """Documents under the reader's rights."""

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

    # --- in -------------------------------------------------------------------------------
    def take(
        self,
        principal: Principal,
        filename: str,
        stream: BinaryIO,
        meta: DocumentMeta,
        *,
        source: str = "",
        queue: bool = True,
    ) -> Upload:
        """Store a file and queue its reading.

        The same content already in the library for the same readers is a duplicate; the same
        ``source`` (or file name of the same owner department) with other content becomes a new
        version, and the old one stays as history. Raises TooLarge, NotAllowed, InvalidInput.
        """
        require(principal, Permission.UPLOAD)
        name = clean_filename(filename)
        key, size = self._blobs.put(stream, max_bytes=self.max_bytes)
        department = meta.department or principal.department
        source = source or f"{department}/{name}"
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            groups = sorted({self._people.group_for(connection, a) for a in meta.audience})
            self._check_audience(principal, groups)
            same = connection.execute(
                select_documents(visible(principal, documents.c.id)).where(
                    versions.c.sha256 == key, versions.c.state != State.FAILED
                )
            ).first()
            if same is not None:
                return Upload(same.id, same.version_id, duplicate=True, new_version=False)
            older = connection.execute(
                select_documents(visible(principal, documents.c.id)).where(
                    documents.c.source == source
                )
            ).first()
            if older is not None:
                document_id, number = older.id, older.version_count + 1
                self._revise(connection, principal, document_id, meta, groups)
            else:
                document_id, number = (
                    self._insert(connection, principal, name, source, meta, groups),
                    1,
                )
            version_id = new_id(
                connection,
                versions.insert().values(
                    document_id=document_id,
                    number=number,
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
            if queue:
                JobQueue.enqueue(connection, INGEST_JOB, version_id)
            self._audit.append(
                connection,
                principal.login,
                "document.upload",
                f"document:{document_id}",
                {"version": version_id, "bytes": size, "grade": meta.grade},
            )
        return Upload(document_id, version_id, duplicate=False, new_version=number > 1)

    def _check_audience(self, principal: Principal, groups: Sequence[int]) -> None:
        if not groups:
            raise InvalidInput("문서를 볼 사람을 한 곳 이상 골라 주세요.")
        if not principal.sees_all and not set(groups) & set(principal.groups):
            raise NotAllowed("내가 속하지 않은 부서만 볼 수 있는 문서는 올릴 수 없습니다.")

    def _insert(
        self,
        connection: Connection,
        principal: Principal,
        name: str,
        source: str,
        meta: DocumentMeta,
        groups: Sequence[int],
    ) -> int:
        document_id = new_id(
            connection,
            documents.insert().values(
                title=(meta.title or Path(name).stem)[:400],
                source=source[:1200],
                department=meta.department or principal.department,
                kind=meta.kind,
                grade=meta.grade,
                dated_on=meta.dated_on,
                effective_on=meta.effective_on,
                freshness=meta.freshness,
                owner=principal.login,
                created_at=utcnow(),
                changed_at=utcnow(),
                legal_ground=meta.legal_ground,
                disclosure=meta.disclosure,
                disclosure_reason=meta.disclosure_reason,
                retention=meta.retention,
                closed_on=meta.closed_on,
            ),
        )
        connection.execute(
            document_groups.insert(),
            [{"document_id": document_id, "group_id": g} for g in groups],
        )
        return document_id

    def _revise(
        self,
        connection: Connection,
        principal: Principal,
        document_id: int,
        meta: DocumentMeta,
        groups: Sequence[int],
    ) -> None:
        """A new version keeps the document's rights: other readers or another grade are refused."""
        row = connection.execute(
            sa.select(documents.c.owner, documents.c.department, documents.c.grade).where(
                documents.c.id == document_id
            )
        ).one()
        mine = row.owner == principal.login or row.department == principal.department
        if not principal.sees_all and not mine:
            raise NotAllowed("다른 부서의 문서를 새 판으로 바꿀 수 없습니다.")
        readers = connection.execute(
            sa.select(document_groups.c.group_id)
            .where(document_groups.c.document_id == document_id)
            .order_by(document_groups.c.group_id)
        ).scalars()
        if list(readers) != list(groups) or row.grade != meta.grade:
            raise Conflict(
                "같은 이름의 문서가 이미 있는데 보안 등급이나 볼 수 있는 사람이 다릅니다. "
                "같은 등급과 범위로 올리거나, 파일 이름을 바꾸어 따로 올려 주세요."
            )
        if meta.dated_on:
            connection.execute(
                documents.update()
                .where(documents.c.id == document_id)
                .values(dated_on=meta.dated_on)
            )
            mark_changed(connection, document_id)

    def retry(self, principal: Principal, version_id: int) -> None:
        """Queue a failed version again."""
        with self._db.write() as connection:
            row = connection.execute(
                select_documents(visible(principal, documents.c.id)).where(
                    versions.c.id == version_id
                )
            ).first()
            if row is None:
                raise NotFound("문서를 찾을 수 없습니다.")
            if row.state != State.FAILED:
                raise InvalidInput("실패한 작업만 다시 시도할 수 있습니다.")
            connection.execute(
                versions.update()
                .where(versions.c.id == version_id)
                .values(state=State.QUEUED, reason="", progress=0)
            )
            JobQueue.enqueue(connection, INGEST_JOB, version_id)

    def retry_any(self, principal: Principal, version_id: int) -> None:
        """Queue a failed version again, whoever it belongs to (an administrator; no content shown)."""
        require(principal, Permission.ADMINISTER)
        with self._db.write() as connection:
            changed = connection.execute(
                versions.update()
                .where(versions.c.id == version_id, versions.c.state == State.FAILED)
                .values(state=State.QUEUED, reason="", progress=0)
            )
            if changed.rowcount:
                JobQueue.enqueue(connection, INGEST_JOB, version_id)

    def supersede(self, principal: Principal, old_id: int, new_id: int) -> None:
        """Record that a document took another's place; the old one is marked superseded (구판)."""
        require(principal, Permission.PUBLISH)
        self.get(principal, new_id)
        self.get(principal, old_id)
        with self._db.write() as connection:
            connection.execute(
                documents.update()
                .where(documents.c.id == old_id)
                .values(superseded_by_id=new_id, freshness=Freshness.SUPERSEDED)
            )
            mark_changed(connection, old_id)

    def successor(self, principal: Principal, document_id: int) -> Document | None:
        """The document that took this one's place, when the reader may see it."""
        with self._db.read() as connection:
            row = connection.execute(
                select_documents(visible(principal, documents.c.id)).where(
                    documents.c.id
                    == sa.select(documents.c.superseded_by_id)
                    .where(documents.c.id == document_id)
                    .correlate(None)
                    .scalar_subquery()
                )
            ).first()
        return to_document(row) if row is not None else None

    def delete(self, principal: Principal, document_id: int) -> None:
        """Hide a document from everybody; files and record stay (retention decides on them)."""
        self._mark(principal, document_id, deleted=True)

    def restore(self, principal: Principal, document_id: int) -> None:
        """Undo ``delete``."""
        self._mark(principal, document_id, deleted=False)

    def _mark(self, principal: Principal, document_id: int, *, deleted: bool) -> None:
        with self._db.write() as connection:
            row = connection.execute(
                sa.select(documents.c.owner, documents.c.department, documents.c.deleted_at).where(
                    documents.c.id == document_id, visible(principal, documents.c.id)
                )
            ).first()
            if row is None:
                raise NotFound("문서를 찾을 수 없습니다.")
            steward = row.department == principal.department and principal.may(Permission.PUBLISH)
            if not (principal.sees_all or row.owner == principal.login or steward):
                if row.deleted_at is not None:  # nor may others know that it was there
                    raise NotFound("문서를 찾을 수 없습니다.")
                raise NotAllowed("올린 사람과 소관 부서 관리자만 지울 수 있습니다.")
            connection.execute(
                documents.update()
                .where(documents.c.id == document_id)
                .values(deleted_at=utcnow() if deleted else None)
            )
            mark_changed(connection, document_id)
            action = "document.delete" if deleted else "document.restore"
            self._audit.append(connection, principal.login, action, f"document:{document_id}", {})

    # --- out ------------------------------------------------------------------------------
    def page(self, principal: Principal, query: LibraryQuery) -> LibraryPage:
        """One page of the library, newest first."""
        condition = sa.and_(visible(principal, documents.c.id), *self._filters(query))
        chosen = select_documents(condition)
        with self._db.read() as connection:
            total = connection.execute(
                sa.select(sa.func.count()).select_from(chosen.subquery())
            ).scalar_one()
            pages = max(1, -(-total // PAGE_SIZE))
            number = min(max(1, query.page), pages)
            rows = connection.execute(
                chosen.order_by(documents.c.created_at.desc(), documents.c.id.desc())
                .limit(PAGE_SIZE)
                .offset((number - 1) * PAGE_SIZE)
            )
            return LibraryPage([to_document(r) for r in rows], total, number, pages)

    @staticmethod
    def _filters(query: LibraryQuery) -> list[ColumnElement[bool]]:
        filters: list[ColumnElement[bool]] = []
        if query.state == "working":
            waiting = (State.QUEUED, State.READING, State.INDEXING)
            filters.append(versions.c.state.in_(waiting))
        if query.text.strip():
            filters += [
                documents.c.title.icontains(word, autoescape=True)
                for word in query.text.split()[:8]
            ]
        for column, value in (
            (versions.c.state, query.state),
            (documents.c.grade, query.grade),
            (documents.c.department, query.department),
            (documents.c.kind, query.kind),
        ):
            if value and value != "working":
                filters.append(column == value)
        return filters

    def ids(self, principal: Principal, *, kind: str = "", department: str = "") -> tuple[int, ...]:
        """Ids of the visible documents of a kind or a department."""
        query = LibraryQuery(kind=kind, department=department)
        condition = sa.and_(visible(principal, documents.c.id), *self._filters(query))
        with self._db.read() as connection:
            rows = connection.execute(sa.select(documents.c.id).where(condition))
            return tuple(rows.scalars())

    def count(self, principal: Principal) -> int:
        """How many documents the reader can see."""
        query = sa.select(sa.func.count()).where(
            visible(principal, documents.c.id), documents.c.deleted_at.is_(None)
        )
        with self._db.read() as connection:
            return int(connection.execute(query).scalar_one())

    def kinds(self, principal: Principal) -> list[str]:
        """The kinds of the documents that the reader can see."""
        query = (
            sa.select(documents.c.kind)
            .distinct()
            .where(visible(principal, documents.c.id), documents.c.deleted_at.is_(None))
            .order_by(documents.c.kind)
        )
        with self._db.read() as connection:
            return list(connection.execute(query).scalars())

    def departments(self, principal: Principal) -> list[str]:
        """The departments that own documents which the reader can see."""
        query = (
            sa.select(documents.c.department)
            .distinct()
            .where(
                visible(principal, documents.c.id),
                documents.c.deleted_at.is_(None),
                documents.c.department != "",
            )
            .order_by(documents.c.department)
        )
        with self._db.read() as connection:
            return list(connection.execute(query).scalars())

    def get(self, principal: Principal, document_id: int) -> Document:
        """One document. Raises NotFound, also when the reader may not know of it."""
        with self._db.read() as connection:
            row = connection.execute(
                select_documents(visible(principal, documents.c.id)).where(
                    documents.c.id == document_id
                )
            ).first()
        if row is None:
            raise NotFound("문서를 찾을 수 없습니다. 지워졌거나 볼 권한이 없습니다.")
        return to_document(row)

    def seen(self, principal: Principal, ids: Sequence[int]) -> list[Document]:
        """Those of some documents that the reader can see, in the order of their ids."""
        some = sa.and_(documents.c.id.in_(ids), visible(principal, documents.c.id))
        with self._db.read() as connection:
            rows = connection.execute(select_documents(some).order_by(documents.c.id))
            return [to_document(row) for row in rows]

    def versions(self, principal: Principal, document_id: int) -> list[Version]:
        """All versions, newest first."""
        self.get(principal, document_id)
        query = (
            sa.select(versions)
            .where(versions.c.document_id == document_id)
            .order_by(versions.c.number.desc())
        )
        with self._db.read() as connection:
            return [to_version(row) for row in connection.execute(query)]

    def blocks(self, principal: Principal, document_id: int, version_id: int) -> tuple[Block, ...]:
        """The blocks of one version of a document."""
        self.get(principal, document_id)
        with self._db.read() as connection:
            owner = connection.execute(
                sa.select(versions.c.document_id).where(versions.c.id == version_id)
            ).scalar()
            if owner != document_id:
                raise NotFound("그 판은 이 문서에 없습니다.")
            return blocks_of(connection, version_id)

    def original(
        self, principal: Principal, document_id: int, version_id: int
    ) -> tuple[Path, Version]:
        """The path of the original file and its version. Opening it is on the record."""
        for version in self.versions(principal, document_id):
            if version.id == version_id:
                return self._blobs.path(version.sha256), version
        raise NotFound("그 판은 이 문서에 없습니다.")

    def passage_place(
        self, principal: Principal, document_id: int, passage_id: int
    ) -> PassagePlace | None:
        """(version, first block, last block, text, locator) of a passage of this document."""
        self.get(principal, document_id)
        query = sa.select(
            passages.c.version_id,
            passages.c.first_block,
            passages.c.last_block,
            passages.c.text,
            passages.c.locator,
        ).where(passages.c.id == passage_id, passages.c.document_id == document_id)
        with self._db.read() as connection:
            row = connection.execute(query).first()
        return PassagePlace(*row) if row is not None else None

    def mine(self, principal: Principal, limit: int = 100) -> list[Document]:
        """What the person put in and may still see, newest first."""
        own = sa.and_(documents.c.owner == principal.login, visible(principal, documents.c.id))
        with self._db.read() as connection:
            rows = connection.execute(
                select_documents(own).order_by(versions.c.id.desc()).limit(limit)
            )
            return [to_document(row) for row in rows]

    def by_source(self, principal: Principal, source: str) -> Document | None:
        """The document taken in from a source (a path), when visible."""
        with self._db.read() as connection:
            row = connection.execute(
                select_documents(visible(principal, documents.c.id)).where(
                    documents.c.source == source
                )
            ).first()
        return to_document(row) if row is not None else None


def mark_changed(connection: Connection, document_id: int) -> None:
    """Have the index follow a change of the document, in the transaction of the change."""
    connection.execute(
        documents.update().where(documents.c.id == document_id).values(changed_at=utcnow())
    )
    JobQueue.enqueue(connection, INDEX_JOB, document_id)


def clean_filename(filename: str) -> str:
    """A safe file name: the last part of any path, without control characters, at most 255
    characters with its extension kept. Raises InvalidInput for an empty one."""
    name = filename.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(c for c in name if c.isprintable() and c not in '<>:"|?*').strip(" .")
    if not name:
        raise InvalidInput("파일 이름이 비어 있습니다. 이름을 정해 다시 올려 주세요.")
    if len(name) > MAX_FILENAME:
        suffix = Path(name).suffix[:16]
        name = name[: MAX_FILENAME - len(suffix)] + suffix
    return name


def parse_date(text: str | None) -> date | None:
    """``2026-11-22`` to a date; None for empty. Raises InvalidInput."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(
            f"날짜 '{text}'를 읽을 수 없습니다. 2026-11-22처럼 적어 주세요."
        ) from error


def freshness_of(text: str) -> Freshness:
    """A freshness value from text. Raises InvalidInput."""
    try:
        return Freshness(text)
    except ValueError as error:
        raise InvalidInput(f"'{text}'는 문서 상태가 아닙니다.") from error
