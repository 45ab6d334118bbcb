"""``mokmin backup``: every table of one moment and every original file it names, in one file.

The tables are read in one snapshot. Originals are stored before the row that names them is
committed and are never changed or removed, so all that the snapshot names are there. The file is
written as ``FILE.part`` and renamed when it is complete.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, metadata, utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotFound, Unavailable
from mokmin.base.files import BlobStore
from mokmin.base.files.references import held_blobs
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.sign_in_store import sign_in_steps
from mokmin.governance.people.store import sessions
from mokmin.knowledge.backup.archive import ArchiveWriter, Manifest, Progress
from mokmin.knowledge.backup.audit_files import anchors_of, segments_of
from mokmin.knowledge.backup.tables import sequences, write_table
from mokmin.knowledge.documents.store import versions

# Sign-in tokens are left out: a copy of the file must not open anybody's session.
LEFT_OUT = (sessions.name, sign_in_steps.name)
HOME_FILE_BYTES = 2**20
_KEY = re.compile(r"keys/[a-z][a-z0-9-]{0,60}")
_NOT_KEPT = ("mokmin.db", "setup-code")
_ENDINGS_NOT_KEPT = (".log", ".part", ".tmp", ".pid", ".sock", ".lock")


@dataclass(frozen=True, slots=True)
class Summary:
    """What a backup holds or a restore brought back; ``documents`` counts deleted ones too,
    ``missing`` the originals that were already lost or changed on disk."""

    file: Path
    bytes: int
    documents: int
    passages: int
    files: int
    seconds: float
    missing: tuple[str, ...] = ()


def disk_error(path: Path, error: OSError) -> Unavailable:
    """A failure to write, told with its cause."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        cause = "디스크에 빈자리가 없습니다. 자리를 만들고"
    elif isinstance(error, PermissionError) or error.errno == errno.EROFS:
        cause = "쓸 권한이 없습니다. 폴더의 권한을 확인하고"
    elif isinstance(error, FileNotFoundError | NotADirectoryError):
        cause = "그 폴더가 없습니다. 경로를 확인하고"
    else:
        cause = (
            f"디스크가 오류를 냈습니다({error.strerror or type(error).__name__}). 디스크를 확인하고"
        )
    return Unavailable(
        f"'{path}'에 쓰지 못했습니다: {cause} 다시 해 주세요. 지금 데이터는 그대로입니다."
    )


class Backup:
    """Makes backups of a running home."""

    def __init__(
        self,
        db: Database,
        blobs: BlobStore,
        audit: AuditLog,
        home: Path,
        revision: Callable[[], str],
    ) -> None:
        self._db, self._blobs, self._audit = db, blobs, audit
        self._home = home
        self._revision = revision

    def make(self, file: Path, progress: Progress, *, force: bool = False) -> Summary:
        """Write ``file``. Raises Conflict when it is there (without ``force``) or being written,
        Unavailable when the disk does not take it."""
        begin = time.perf_counter()
        file = file.absolute()
        if file.is_dir():
            raise InvalidInput(f"'{file}'은(는) 폴더입니다. 만들 파일의 이름을 적어 주세요.")
        _refuse_existing(file, force)
        part = file.with_name(file.name + ".part")
        try:
            with _exclusive(part) as handle:
                try:
                    with ArchiveWriter(handle) as archive:
                        manifest = self._write(archive, progress)
                    handle.flush()
                    os.fsync(handle.fileno())
                    _refuse_existing(file, force)
                    part.replace(file)
                    sync_folder(file.parent)
                except BaseException:
                    part.unlink(missing_ok=True)
                    raise
            size = file.stat().st_size
        except OSError as error:
            raise disk_error(file, error) from error
        summary = Summary(
            file,
            size,
            manifest.tables["documents"],
            manifest.tables["passages"],
            sum(name.startswith("files/") for name in manifest.members),
            round(time.perf_counter() - begin, 1),
            manifest.missing,
        )
        self._audit.record(
            OPERATOR,
            "backup.create",
            f"backup:{file.name}"[:120],
            bytes=size,
            documents=summary.documents,
            passages=summary.passages,
            files=summary.files,
            missing=len(summary.missing),
        )
        return summary

    def _write(self, archive: ArchiveWriter, progress: Progress) -> Manifest:
        created_at = utcnow().isoformat(timespec="seconds")
        tables = [t for t in metadata.sorted_tables if t.name not in LEFT_OUT]
        anchors = anchors_of(self._home)
        with self._db.snapshot() as connection:
            counts = _write_tables(archive, connection, tables, progress)
            last_keys = sequences(connection, tables)
            keys = set(connection.execute(sa.select(versions.c.sha256).distinct()).scalars())
            keys |= held_blobs(connection)
        missing = []
        for number, key in enumerate(sorted(keys), start=1):
            if not self._copy_original(archive, key):
                missing.append(key)
            progress("원본 파일 담기", number, len(keys))
        for path in kept_files(self._home):
            archive.copy(f"home/{path.name}", path)
        for path in keys_of(self._home):
            archive.copy(f"keys/{path.name}", path)
        for path in [*anchors, *segments_of(self._home)]:
            archive.copy(path.relative_to(self._home).as_posix(), path)
        manifest = Manifest(
            revision=self._revision(),
            created_at=created_at,
            tables=counts,
            left_out=LEFT_OUT,
            sequences=last_keys,
            missing=tuple(missing),
            audit_first_bad=self._audit.verify().first_bad,
            members=archive.members,
        )
        archive.finish(manifest)
        return manifest

    def _copy_original(self, archive: ArchiveWriter, key: str) -> bool:
        """False when the original is lost, or is no longer what its hash says (then it is kept
        as it is, for a person to look at)."""
        name = f"files/{key}"
        try:
            path = self._blobs.path(key)
        except NotFound:
            return False
        archive.copy(name, path)
        return archive.members[name].sha256 == key


def _write_tables(
    archive: ArchiveWriter, connection: Connection, tables: list[sa.Table], progress: Progress
) -> dict[str, int]:
    everything = sum(
        connection.execute(sa.select(sa.func.count()).select_from(t)).scalar_one() for t in tables
    )
    done = 0

    def step(rows: int) -> None:
        nonlocal done
        done += rows
        progress("데이터베이스 담기", done, everything)

    counts = {}
    for table in tables:
        with archive.member(f"tables/{table.name}.arrow") as sink:
            counts[table.name] = write_table(connection, table, sink, step)
    return counts


def kept_files(home: Path) -> list[Path]:
    """Small files that lie directly in a home and belong to it (marks, keys); not the database,
    the code of the first start, logs or hidden files. Folders other than ``files``, ``audit`` and
    ``keys`` can be rebuilt, but for the ZIPs of disclosure packs: these are made anew."""
    return sorted(
        path
        for path in home.iterdir()
        if path.is_file()
        and not path.is_symlink()
        and keeps(path.name)
        and path.stat().st_size <= HOME_FILE_BYTES
    )


def keys_of(home: Path) -> list[Path]:
    """The keys of a home: without them nothing sealed in the database (second factors) opens again."""
    folder = home / "keys"
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file()
        and not path.is_symlink()
        and keeps_key(f"keys/{path.name}")
        and path.stat().st_size <= HOME_FILE_BYTES
    )


def keeps_key(member: str) -> bool:
    """Whether a member such as ``keys/second-factor`` is a key; unfinished ones have a full stop."""
    return _KEY.fullmatch(member) is not None


def keeps(name: str) -> bool:
    """Whether a small file of a home belongs in a backup, by its name."""
    return (
        name.isascii()
        and name[:1].isalnum()
        and len(name) <= 100
        and all(c.isalnum() or c in "._-" for c in name)
        and not name.startswith(_NOT_KEPT)
        and not name.endswith(_ENDINGS_NOT_KEPT)
    )


def _refuse_existing(file: Path, force: bool) -> None:
    if file.exists() and not force:
        raise Conflict(
            f"'{file}' 파일이 이미 있습니다. 그대로 두었습니다. 다른 이름을 쓰거나, 덮어쓰려면 --force를 붙여 주세요."
        )


@contextmanager
def _exclusive(part: Path) -> Iterator[IO[bytes]]:
    """The unfinished file, readable by its owner alone, emptied, and held by this process."""
    handle = os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    with handle:
        if not hold(handle.fileno()) or not os.path.samestat(
            os.fstat(handle.fileno()), part.stat()
        ):
            raise Conflict(
                f"다른 백업이 '{part.name}'을(를) 쓰고 있습니다. 그 백업이 끝난 뒤 다시 해 주세요."
            )
        os.fchmod(handle.fileno(), 0o600)
        handle.truncate()
        yield handle


def hold(descriptor: int) -> bool:
    """Lock an open file or folder for this process; False when another holds it. The system lets
    go when the process ends, however it ends. Disks that know no locks count as free."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
    return True


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
