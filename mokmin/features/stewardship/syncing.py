"""One run over a watched folder: new files are taken in, changed ones become new versions, those that
vanished are taken out of the library; pages that vanished from a web site are only marked.

Every file is done for itself and may be done again: a run that was killed goes on with the next one. Much
that vanishes at once (a share that is not mounted) is held until a steward confirms it; a place that does
not answer leaves everything as it was. A long run makes room for other jobs and goes on after them.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import PurePosixPath
from typing import Any, BinaryIO

import sqlalchemy as sa
from sqlalchemy import Row

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import InvalidInput, MokminError, NotFound
from mokmin.base.files.sources import FoundFile, Known, Scan, Source, SourceDown
from mokmin.features.stewardship.sync_state import TOLD_SECONDS, Enough, Run, RunState, Stopped
from mokmin.features.stewardship.watch_store import (
    Folder,
    path_key,
    selected,
    to_folder,
    watched_files,
    watched_folders,
)
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.service import PeopleService
from mokmin.governance.people.store import departments, users
from mokmin.knowledge.documents.collections import collection_documents, pick
from mokmin.knowledge.documents.model import DocumentMeta
from mokmin.knowledge.documents.service import DocumentService
from mokmin.knowledge.documents.store import documents

LOCK_KEY = 4244
FEW, MANY_SHARE = 5, 0.5
# After so long a run lets other jobs pass.
SLICE_SECONDS = 240.0
# So long it may look without finding anything to do: then the listing itself is slow.
RUN_SECONDS = 3_600.0


class FolderSync:
    """Brings the library up to a folder."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        library: DocumentService,
        people: Callable[[], PeopleService],
        source: Callable[[Principal, Folder, Known, float], Source],
    ) -> None:
        """``source``: the place of a folder while the person may have it watched, with what is
        known of it and how long it is looked at; raises InvalidInput."""
        self._db = db
        self._library = library
        self._people = people
        self._source = source
        self._state = RunState(db, audit)

    def run(self, subject_id: int) -> None:
        """See ``Task``: one run over a folder that is active; others are left alone."""
        folder = self._folder(subject_id)
        if folder is None or folder.state != "active":
            return
        try:
            run = self._begin(folder)
            with closing(
                self._source(run.principal, folder, run.as_known(), RUN_SECONDS)
            ) as source:
                found = source.walk(lambda file, read: self._file(run, file, read))
            self._settle(run, found)
        except SourceDown as error:
            self._state.down(folder, error)
        except InvalidInput as error:
            self._state.stop(folder.id, "paused", error.message)
        except Enough:
            self._state.finish(run, again=True)
        except Stopped:
            self._state.stop(folder.id, None, "")

    def _settle(self, run: Run, found: Scan) -> None:
        """After everything was looked at: what vanished."""
        folder = run.folder
        run.counts["files"] = len(found.files)
        run.counts["skipped"] = len(found.skipped)
        run.seen |= {path_key(path) for path in found.there}
        gone = [r for k, r in run.known.items() if k not in run.seen and r.removed_at is None]
        alive = sum(row.removed_at is None for row in run.known.values())
        if found.cut or found.unread:  # what was not looked at has not vanished
            gone = []
        if (
            len(gone) >= FEW
            and len(gone) > MANY_SHARE * alive
            and folder.type != "site"
            and not folder.summary.get("confirmed")
        ):
            self._state.hold(folder.id, len(gone))
            return
        for row in gone:
            self._vanished(run, row)
        self._state.finish(run)

    def give_up(self, subject_id: int) -> None:
        """See ``Task``."""
        self._state.stop(
            subject_id,
            "paused",
            "맞추는 중에 여러 번 실패해 멈췄습니다. 올린 문서는 그대로입니다. 폴더를 확인하고 다시 시작해 주세요.",
        )

    # --- steps ----------------------------------------------------------------------------
    def _folder(self, folder_id: int) -> Folder | None:
        with self._db.read() as connection:
            row = connection.execute(selected().where(watched_folders.c.id == folder_id)).first()
        return to_folder(row) if row is not None else None

    def _begin(self, folder: Folder) -> Run:
        """Raises InvalidInput when the steward may not do it any more."""
        with self._db.write() as connection:
            here = connection.execute(
                sa.select(users.c.id).where(users.c.id == folder.steward_id, ~users.c.disabled)
            ).first()
            principal = (
                self._people().principal_of_account(connection, folder.steward_id)
                if here is not None
                else None
            )
            if principal is None:
                raise InvalidInput(
                    "이 폴더를 맡은 사람의 계정이 닫혀 멈췄습니다. 올린 문서는 그대로입니다. "
                    "다른 관리자가 ‘맡아서 시작’을 눌러 주세요."
                )
            name = connection.execute(
                sa.select(departments.c.name).where(departments.c.id == folder.department_id)
            ).scalar_one()
            # The round goes on where it was cut.
            started = folder.started_at or utcnow()
            connection.execute(
                watched_folders.update()
                .where(watched_folders.c.id == folder.id)
                .values(started_at=started)
            )
            rows = connection.execute(
                sa.select(watched_files).where(watched_files.c.folder_id == folder.id)
            )
            return Run(folder, name, principal, {row.path_key: row for row in rows}, started)

    def _file(self, run: Run, file: FoundFile, read: Callable[[], BinaryIO]) -> None:
        """One file, and then a look at the clock. Raises SourceDown, Enough, Stopped."""
        key = path_key(file.path)
        run.counts["files"] += 1
        if run.is_fresh(run.known.get(key)):
            run.seen.add(key)
            return
        self._look(run, file, read)
        if run.folder.type == "site":
            self._state.saw(run, key)
        now = time.monotonic()
        if now - run.told >= TOLD_SECONDS:
            run.told = now
            self._state.tell(run)
        if run.moved and now - run.begun >= SLICE_SECONDS:
            raise Enough

    def _look(self, run: Run, file: FoundFile, read: Callable[[], BinaryIO]) -> None:
        key = path_key(file.path)
        run.seen.add(key)
        known = run.known.get(key)
        current = known is not None and known.removed_at is None
        if known is not None and current and not known.problem and _untouched(known, file):
            return
        try:
            with read() as stream:
                digest = _digest(stream)
                if known is not None and current and known.sha256 == digest and not known.problem:
                    self._keep(run, file, digest, known.taken_as, "")
                    return
                if known is not None and current and self._disposed(known, digest):
                    self._keep(run, file, digest, known.taken_as, "")
                    return
                stream.seek(0)
                taken = self._take(run, file, stream)
        except SourceDown:
            raise
        except (MokminError, OSError) as error:
            message = error.message if isinstance(error, MokminError) else "파일을 읽지 못했습니다."
            run.counts["failed"] += 1
            self._keep(run, file, "", known.taken_as if known is not None else None, message[:400])
            return
        if known is not None and known.taken_as not in (None, taken):
            self._drop(run, int(known.taken_as), but=key)
        run.counts["changed" if current else "added"] += 1
        self._keep(run, file, digest, taken, "")

    def _disposed(self, known: Row[Any], digest: str) -> bool:
        """Whether the document of this very content was disposed of: it does not come back by itself."""
        if known.taken_as is None or known.sha256 != digest:
            return False
        query = sa.select(documents.c.id).where(documents.c.id == known.taken_as)
        with self._db.read() as connection:
            return connection.execute(query).first() is None

    def _take(self, run: Run, file: FoundFile, stream: BinaryIO) -> int:
        folder, name = run.folder, file.name or PurePosixPath(file.path).name
        audience = "staff" if folder.audience == "staff" else run.department
        meta = DocumentMeta(
            department=run.department, kind=folder.kind, grade=folder.grade, audience=(audience,)
        )
        source = _source(folder.id, file.path)
        upload = self._library.take(run.principal, name, stream, meta, source=source)
        return upload.document_id

    def _keep(
        self, run: Run, file: FoundFile, digest: str, taken: int | None, problem: str
    ) -> None:
        """Remember the file, and put its document into the collection."""
        c, key = watched_files.c, path_key(file.path)
        values = {
            "path": file.path,
            "sha256": digest,
            "bytes": file.bytes,
            "modified_ns": file.modified_ns,
            "mark": file.mark,
            "taken_as": taken,
            "problem": problem,
            "removed_at": None,
        }
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            done = connection.execute(
                watched_files.update()
                .where(c.folder_id == run.folder.id, c.path_key == key)
                .values(**values)
            )
            if not done.rowcount:
                connection.execute(
                    watched_files.insert().values(folder_id=run.folder.id, path_key=key, **values)
                )
            if taken is not None and not problem:
                pick(connection, run.folder.collection_id, [taken])

    def _vanished(self, run: Run, row: Row[Any]) -> None:
        # The site may have moved it; whether the document is still right is for its steward.
        if row.taken_as is not None and run.folder.type != "site":
            self._drop(run, int(row.taken_as), but=row.path_key)
        run.counts["removed"] += 1
        c = watched_files.c
        with self._db.write() as connection:
            connection.execute(
                watched_files.update()
                .where(c.folder_id == run.folder.id, c.path_key == row.path_key)
                .values(removed_at=utcnow())
            )

    def _drop(self, run: Run, document_id: int, but: str = "") -> None:
        """Take a document out of the collection, and out of the library when it came from this folder
        and no other file of it holds the same."""
        c, folder = watched_files.c, run.folder
        with self._db.write() as connection:
            others = connection.execute(
                sa.select(c.path_key).where(
                    c.folder_id == folder.id,
                    c.taken_as == document_id,
                    c.removed_at.is_(None),
                    c.path_key != but,
                )
            ).scalars()
            if any(key in run.seen for key in others):
                return
            connection.execute(
                collection_documents.delete().where(
                    collection_documents.c.collection_id == folder.collection_id,
                    collection_documents.c.document_id == document_id,
                )
            )
            source = connection.execute(
                sa.select(documents.c.source).where(
                    documents.c.id == document_id, documents.c.deleted_at.is_(None)
                )
            ).scalar()
        if source is not None and source.startswith(_source(folder.id, "")):
            try:
                self._library.delete(run.principal, document_id)
            except (NotFound, MokminError) as error:
                self._state.note(folder.id, error.message)


def _untouched(known: Row[Any], file: FoundFile) -> bool:
    if (known.mark, file.mark) == ("", "") and not file.modified_ns:
        return False  # nothing tells
    before = (known.bytes, known.modified_ns, known.mark)
    return bool(before == (file.bytes, file.modified_ns, file.mark))


def _source(folder_id: int, path: str) -> str:
    return f"watched:{folder_id}/{path}"


def _digest(stream: BinaryIO) -> str:
    made = hashlib.sha256()
    while piece := stream.read(2**20):
        made.update(piece)
    return made.hexdigest()
