"""Reading a queued version: file → blocks → passages → tokens and vectors → database → index.

Every step may be repeated: a run that was killed starts over for its version and replaces what it
left. A version becomes ready only after its passages are in the database and in the index; the
earlier version leaves the index after that, so a document is findable all the time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import MokminError, NotFound, UnreadableFile
from mokmin.base.files import BlobStore
from mokmin.base.formats.model import ParsedDocument
from mokmin.base.jobs.queue import JobQueue, jobs
from mokmin.governance.privacy.findings import Intake, Scan
from mokmin.knowledge.documents.model import PassageDraft, State
from mokmin.knowledge.documents.passages import block_text, split_passages
from mokmin.knowledge.documents.service import INGEST_JOB
from mokmin.knowledge.documents.store import (
    documents,
    insert_passages,
    pack_blocks,
    passages,
    versions,
)
from mokmin.knowledge.documents.structure import citations, provisions, replace_structure
from mokmin.knowledge.ingestion.features import FeatureExtractor
from mokmin.knowledge.ingestion.indexing import NO_PROGRESS, Indexing, Rebuilt, attributes_in
from mokmin.knowledge.search.ports import IndexEntry, OtherModel, PassageIndex

log = logging.getLogger(__name__)
Progress = Callable[[int, int], None]
Reader = Callable[[Path, str], ParsedDocument]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the reading of a version ended."""

    version_id: int
    document_id: int
    state: State
    reason: str
    passages: int


@dataclass(frozen=True, slots=True)
class _Reading:
    id: int
    document_id: int
    sha256: str
    filename: str
    state: str
    passages: int


class Ingestion:
    """Turns versions into findable passages, one at a time."""

    def __init__(
        self,
        db: Database,
        blobs: BlobStore,
        index: PassageIndex,
        features: Callable[[], FeatureExtractor],
        reader: Reader,
        intake: Intake | None = None,
        also_embed: Callable[[int], None] = lambda _version: None,
    ) -> None:
        """``intake`` finds personal information on the way; without it the worker does so later.
        ``also_embed`` embeds the passages of a version with the model that is searched with, when that is
        not the built-in one; what it cannot embed now it does later."""
        self._also_embed = also_embed
        self._intake = intake
        self._db = db
        self._blobs = blobs
        self._index = index
        self._features = features
        self._reader = reader
        self._indexing = Indexing(db, index)

    def run(self, version_id: int, progress: Progress = NO_PROGRESS) -> Outcome:
        """Read one version to its end: READY, or FAILED with a reason for a person."""
        row = self._version(version_id)
        if row.state == State.READY:
            return Outcome(version_id, row.document_id, State.READY, "", row.passages)
        try:
            count = self._ingest(row, progress)
        except UnreadableFile as error:
            return self._fail(row, error.message)
        except (MokminError, DBAPIError):
            self._set(version_id, state=State.QUEUED)
            raise
        return Outcome(version_id, row.document_id, State.READY, "", count)

    def adopt(self) -> int:
        """Queue the versions that wait to be read but have no job (an older Mokmin was killed while it
        took them in); how many."""
        open_job = sa.exists().where(
            jobs.c.kind == INGEST_JOB,
            jobs.c.subject_id == versions.c.id,
            jobs.c.state.in_(("queued", "running")),
        )
        unread = sa.select(versions.c.id).where(
            versions.c.state.not_in((State.READY, State.FAILED)), ~open_job
        )
        with self._db.write() as connection:
            found = list(connection.execute(unread.order_by(versions.c.id)).scalars())
            for version_id in found:
                JobQueue.enqueue(connection, INGEST_JOB, version_id)
        return len(found)

    def give_up(self, version_id: int) -> Outcome:
        """Mark a version failed after its job broke again and again."""
        return self._fail(
            self._version(version_id),
            "읽는 도중 시스템 문제가 되풀이되어 멈췄습니다. 원본은 그대로 있습니다. "
            "잠시 뒤 '다시 시도'를 누르고, 또 멈추면 관리자에게 알려 주세요.",
        )

    def _ingest(self, row: _Reading, progress: Progress) -> int:
        self._set(row.id, state=State.READING, reason="", progress=5)
        parsed = self._reader(self._blobs.path(row.sha256), row.filename)
        with self._db.write() as connection:
            title = self._title(connection, row, parsed)
            connection.execute(
                versions.update()
                .where(versions.c.id == row.id)
                .values(
                    blocks=pack_blocks(parsed),
                    format=parsed.format,
                    state=State.INDEXING,
                    progress=15,
                )
            )
        drafts = split_passages(title, parsed.blocks)
        if not drafts:
            raise UnreadableFile(
                "파일에서 글자를 찾지 못했습니다. 그림만 있는 문서라면 글자가 있는 파일로 다시 올려 주세요."
            )

        def report(done: int, everything: int) -> None:
            self._set(row.id, progress=15 + 80 * done // max(1, everything))
            progress(done, everything)

        self._store(row, drafts, report, self._look_through(row, parsed))
        return len(drafts)

    def _look_through(self, row: _Reading, parsed: ParsedDocument) -> Scan | None:
        if self._intake is None:
            return None
        with self._db.read() as connection:
            kind = connection.execute(
                sa.select(documents.c.kind).where(documents.c.id == row.document_id)
            ).scalar_one()
        return self._intake.find([block_text(block) for block in parsed.blocks], kind)

    def _store(
        self, row: _Reading, drafts: list[PassageDraft], report: Progress, scan: Scan | None
    ) -> None:
        features = self._features().extract([d.indexed_text for d in drafts], report)
        with self._db.write() as connection:
            ids = insert_passages(
                connection, row.document_id, row.id, drafts, features.tokens, features.vectors
            )
            title = connection.execute(
                sa.select(documents.c.title).where(documents.c.id == row.document_id)
            ).scalar_one()
            replace_structure(connection, row.document_id, row.id, title, drafts)
            if scan is not None:
                Intake.store(connection, row.document_id, row.id, scan)
            attributes = attributes_in(connection, row.document_id)
        self._also_embed(row.id)
        entries = [
            IndexEntry(
                passage_id=ids[seq],
                document_id=row.document_id,
                version_id=row.id,
                morphemes=features.tokens[seq],
                vector=features.vectors[seq],
                attributes=attributes,
            )
            for seq in range(len(drafts))
        ]
        self._index.remove_version(row.id)
        try:
            self._index.add(entries)
        except OtherModel:
            self._indexing.add_version(row.document_id, row.id)
        with self._db.write() as connection:
            previous = connection.execute(
                sa.select(documents.c.current_version_id).where(documents.c.id == row.document_id)
            ).scalar()
            connection.execute(
                versions.update()
                .where(versions.c.id == row.id)
                .values(state=State.READY, reason="", progress=100, passages=len(drafts))
            )
            # A version that was read late stays history: only the current one is findable.
            if previous is None or previous < row.id:
                connection.execute(
                    documents.update()
                    .where(documents.c.id == row.document_id)
                    .values(current_version_id=row.id, changed_at=utcnow())
                )
        # Takes the other version out, and puts this one into an index that came into use meanwhile.
        self._indexing.refresh(row.document_id)

    def _title(self, connection: sa.Connection, row: _Reading, parsed: ParsedDocument) -> str:
        """The given title; the one found in the file where only the file name was known."""
        title = str(
            connection.execute(
                sa.select(documents.c.title).where(documents.c.id == row.document_id)
            ).scalar_one()
        )
        if title == Path(row.filename).stem[:400] and parsed.title.strip():
            title = parsed.title.strip()[:400]
            connection.execute(
                documents.update().where(documents.c.id == row.document_id).values(title=title)
            )
        return title

    def _version(self, version_id: int) -> _Reading:
        query = sa.select(
            versions.c.id,
            versions.c.document_id,
            versions.c.sha256,
            versions.c.filename,
            versions.c.state,
            versions.c.passages,
        ).where(versions.c.id == version_id)
        with self._db.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFound("읽을 파일의 기록이 없습니다.")
        return _Reading(*row)

    def _set(self, version_id: int, **values: object) -> None:
        with self._db.write() as connection:
            connection.execute(
                versions.update().where(versions.c.id == version_id).values(**values)
            )

    def _fail(self, row: _Reading, reason: str) -> Outcome:
        with self._db.write() as connection:
            for table in (passages, provisions, citations):
                connection.execute(table.delete().where(table.c.version_id == row.id))
            connection.execute(
                versions.update()
                .where(versions.c.id == row.id)
                .values(state=State.FAILED, reason=reason, progress=0)
            )
        self._index.remove_version(row.id)
        log.info("version failed", extra={"version": row.id})
        return Outcome(row.id, row.document_id, State.FAILED, reason, 0)

    def refresh(self, document_id: int) -> None:
        """Make the index hold exactly what the database says of a document; see ``Indexing``."""
        self._indexing.refresh(document_id)

    def rebuild(self, progress: Progress = NO_PROGRESS) -> Rebuilt:
        """The index anew from the database alone, without stopping; see ``Indexing``."""
        return self._indexing.rebuild(progress)
