"""``mokmin restore``: a backup into an empty home, whole or not at all.

Everything is built in ``.NAME.restoring`` beside the home: database at the schema of the backup,
rows, originals, newest schema, audit check, index. Only then it is renamed into place. The search
index is not in the backup; it is rebuilt from the rows.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from mokmin.base.db import Database
from mokmin.base.errors import Conflict, InvalidInput, Unavailable, UnreadableFile
from mokmin.base.files import BlobStore
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.audit.service import AuditLog
from mokmin.knowledge.backup import audit_files
from mokmin.knowledge.backup.archive import ArchiveReader, Manifest, Progress, damaged
from mokmin.knowledge.backup.service import Summary, disk_error, hold, keeps, keeps_key, sync_folder
from mokmin.knowledge.backup.staging import Staging, staging_for
from mokmin.knowledge.backup.tables import load_table, read_table, set_sequences
from mokmin.knowledge.ingestion.service import Ingestion

VERSION_TABLE = "alembic_version"
SPARE_BYTES = 64 * 2**20


class Schema(Protocol):
    """What a restore needs of the migrations."""

    def upgrade(self, db: Database, revision: str = "head") -> None:
        """Bring a database to a revision."""
        ...

    def revisions(self, db: Database) -> list[str]:
        """Every known revision."""
        ...


class OpenHome(Protocol):
    """A home with its services."""

    @property
    def db(self) -> Database:
        """Its database, at the newest schema."""
        ...

    @property
    def blobs(self) -> BlobStore:
        """Its originals."""
        ...

    @property
    def audit(self) -> AuditLog:
        """Its log."""
        ...

    @property
    def ingestion(self) -> Ingestion:
        """Fills its index."""
        ...


class Restore:
    """Brings a backup into ``home`` and the database at ``url``; ``open_home(folder, url)`` opens
    the staged home."""

    def __init__(
        self,
        home: Path,
        url: str,
        schema: Schema,
        open_home: Callable[[Path, str], OpenHome],
    ) -> None:
        self._home = home.resolve()
        self._url = url
        self._schema = schema
        self._open_home = open_home

    def run(self, file: Path, progress: Progress) -> Summary:
        """Restore ``file``. Raises InvalidInput or UnreadableFile for the file, Conflict for a
        target that is not empty, Unavailable when disk or database fail; then nothing has changed."""
        begin = time.perf_counter()
        file = file.absolute()
        self._check_home()
        try:
            with ArchiveReader(file) as archive:
                archive.verify(progress)
                self._check_space(archive)
                self._put_in_place(archive, progress)
        except OSError as error:
            raise disk_error(self._home, error) from error
        except DBAPIError as error:
            raise Unavailable(
                f"데이터베이스가 되살리기를 받지 않았습니다({type(error.orig).__name__}). 데이터베이스의 상태와 "
                "디스크의 빈자리를 확인하고 다시 해 주세요. 바뀐 것은 없습니다."
            ) from error
        return Summary(
            file,
            archive.bytes,
            archive.manifest.tables["documents"],
            archive.manifest.tables["passages"],
            len(archive.names("files/")),
            round(time.perf_counter() - begin, 1),
            archive.manifest.missing,
        )

    def _put_in_place(self, archive: ArchiveReader, progress: Progress) -> None:
        with _staged_folder(self._home) as folder:
            staging = staging_for(self._url, self._home, folder)
            staging.prepare()
            try:
                self._build(archive, folder, staging, progress)
                staging.publish(lambda: self._rename(folder))
            except (DBAPIError, OSError):
                self._take_back(folder)
                raise
            finally:
                staging.discard()
            sync_folder(self._home.parent)

    # --- the target -----------------------------------------------------------------------
    def _check_home(self) -> None:
        if not self._home.exists():
            return
        if not self._home.is_dir():
            raise InvalidInput(
                f"'{self._home}'은(는) 폴더가 아닙니다. 되살릴 폴더를 지정해 주세요."
            )
        if any(self._home.iterdir()):
            raise Conflict(
                f"'{self._home}' 폴더가 비어 있지 않습니다. 그 안의 것은 그대로 두었습니다. 비어 있거나 없는 폴더를 "
                "--home으로 지정해 주세요."
            )
        if self._home.is_mount():
            raise InvalidInput(
                f"'{self._home}'은(는) 디스크가 연결된 자리라 한 번에 바꿀 수 없습니다. 그 안에 만들 새 폴더를 "
                "--home으로 지정해 주세요."
            )

    def _check_space(self, archive: ArchiveReader) -> None:
        place = self._home.parent
        while not place.exists():
            place = place.parent
        needed = sum(m.bytes for m in archive.manifest.members.values()) + SPARE_BYTES
        free = shutil.disk_usage(place).free
        if free < needed:
            raise Unavailable(
                f"'{place}'의 빈자리({free // 2**20:,} MB)가 모자랍니다. 적어도 {needed // 2**20:,} MB가 "
                "필요합니다. 자리를 만들고 다시 해 주세요. 바뀐 것은 없습니다."
            )

    def _rename(self, folder: Path) -> None:
        if self._home.exists():
            shutil.copymode(self._home, folder)
        # Replaces an empty folder; fails when something came into it meanwhile.
        folder.rename(self._home)

    def _take_back(self, folder: Path) -> None:
        """The database did not take the last step: the folder must not stand alone."""
        if not folder.exists() and self._home.exists():
            self._home.rename(folder)

    # --- building -------------------------------------------------------------------------
    def _build(
        self, archive: ArchiveReader, folder: Path, staging: Staging, progress: Progress
    ) -> None:
        manifest = archive.manifest
        db = Database(staging.url)
        try:
            if manifest.revision not in self._schema.revisions(db):
                raise UnreadableFile(
                    f"이 백업은 더 새로운 목민에서 만든 것입니다(구조 {manifest.revision[:40]}). 목민을 먼저 "
                    "업데이트한 뒤 다시 해 주세요. 바뀐 것은 없습니다."
                )
            self._schema.upgrade(db, manifest.revision)
            _load(archive, db, progress)
        finally:
            db.close()
        _copy_home_files(archive, folder)
        home = self._open_home(folder, staging.url)
        try:
            _copy_originals(archive, home.blobs, progress)
            _check_audit(manifest, home.audit)
            home.audit.record(
                OPERATOR,
                "backup.restore",
                f"backup:{manifest.created_at}",
                documents=manifest.tables["documents"],
                passages=manifest.tables["passages"],
                files=len(archive.names("files/")),
                missing=len(manifest.missing),
            )
            home.ingestion.rebuild(lambda d, n: progress("색인 다시 만들기", d, n))
        finally:
            home.db.close()


def _load(archive: ArchiveReader, db: Database, progress: Progress) -> None:
    """All rows, in the order of references; counts and keys checked. Raises UnreadableFile."""
    manifest = archive.manifest
    with db.read() as connection:
        reflected = sa.MetaData()
        reflected.reflect(connection)
    tables = [t for t in reflected.sorted_tables if t.name != VERSION_TABLE]
    if {t.name for t in tables} != set(manifest.tables) | set(manifest.left_out):
        raise damaged("표")
    filled = [t for t in tables if t.name in manifest.tables]
    done, everything = 0, sum(manifest.tables.values())

    def step(rows: int) -> None:
        nonlocal done
        done += rows
        progress("데이터베이스 채우기", done, everything)

    for table in filled:
        name = f"tables/{table.name}.arrow"
        with archive.open(name) as source:
            load_table(db, table, read_table(source, table), step)
    with db.write() as connection:
        for table in filled:
            count = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            if count != manifest.tables[table.name]:
                raise damaged(f"tables/{table.name}.arrow")
        set_sequences(connection, filled, manifest.sequences)


def _copy_originals(archive: ArchiveReader, blobs: BlobStore, progress: Progress) -> None:
    """Every original under its hash. One that was already changed when the backup was made comes
    under the hash that it has now, so nothing pretends to be what it is not."""
    names = archive.names("files/")
    for number, name in enumerate(names, start=1):
        key = name.removeprefix("files/")
        member = archive.manifest.members[name]
        with archive.open(name) as source:
            stored, _ = blobs.put(source, max_bytes=member.bytes)
        if stored != member.sha256 or (stored != key and key not in archive.manifest.missing):
            raise damaged(name)
        progress("원본 파일 되살리기", number, len(names))


def _copy_home_files(archive: ArchiveReader, folder: Path) -> None:
    for member in [*archive.names("home/"), *archive.names("audit/"), *archive.names("keys/")]:
        name = member.removeprefix("home/")
        kept = audit_files.keeps(member) or keeps_key(member)
        if not (kept or (member != name and keeps(name))):
            raise damaged(member)
        place = folder / name
        mode = 0o700 if keeps_key(member) else 0o777
        place.parent.mkdir(parents=True, exist_ok=True, mode=mode)
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with archive.open(member) as source, os.fdopen(descriptor, "wb") as target:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())


def _check_audit(manifest: Manifest, audit: AuditLog) -> None:
    """The chain must be as whole as it was; a log that was already broken does not forbid the
    rescue of everything else."""
    result = audit.verify()
    if result.first_bad != manifest.audit_first_bad:
        raise damaged(f"감사 기록 {result.first_bad or result.entries}번째")


@contextmanager
def _staged_folder(home: Path) -> Iterator[Path]:
    """An empty folder beside the home, held by this process; gone at the end unless renamed."""
    home.parent.mkdir(parents=True, exist_ok=True)
    folder = home.parent / f".{home.name}.restoring"
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if not hold(descriptor):
            raise Conflict(
                "다른 되살리기가 같은 폴더에서 진행되고 있습니다. 끝난 뒤 다시 해 주세요."
            )
        _empty(folder)
        try:
            yield folder
        finally:
            if folder.exists() and os.path.samestat(os.fstat(descriptor), folder.stat()):
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
