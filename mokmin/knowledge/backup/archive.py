"""The backup file: an uncompressed ZIP whose manifest names every member with size and SHA-256.

``manifest.json`` stands last. ``tables/NAME.arrow`` are Arrow IPC streams (compressed inside),
``files/SHA256`` the original files, ``home/NAME`` small files of the data folder, ``keys/NAME`` its keys. A reader trusts
nothing: a file is refused when any name, size or hash differs from the manifest, and names are
limited to these shapes, so that no member can lead out of the folder.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from mokmin.base.errors import InvalidInput, UnreadableFile

FORMAT = 1
MANIFEST = "manifest.json"
MANIFEST_BYTES = 512 * 2**20
CHUNK = 1 << 20
_NAME = re.compile(
    r"tables/[a-z][a-z0-9_]{0,62}\.arrow|files/[0-9a-f]{64}|home/[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
    r"|keys/[a-z][a-z0-9-]{0,60}|audit/(anchors|segments)/[0-9][A-Za-z0-9.-]{0,60}"
)
_ENCRYPTED = 0x1
# What the standard library raises on a hostile or cut file.
_BROKEN = (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, struct.error, OSError)
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Member:
    """Size and hash of one member."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the file holds. ``tables`` are rows by table; ``left_out`` tables kept without rows;
    ``sequences`` the last key given out by table; ``missing`` hashes of originals that were
    already lost or changed when the backup was made; ``audit_first_bad`` is None for a whole chain."""

    revision: str
    created_at: str
    tables: dict[str, int]
    left_out: tuple[str, ...]
    sequences: dict[str, int]
    missing: tuple[str, ...]
    audit_first_bad: int | None
    members: dict[str, Member]

    def to_json(self) -> bytes:
        """As stored."""
        body = {"product": "mokmin", "format": FORMAT, **asdict(self)}
        return json.dumps(body, ensure_ascii=False, indent=1).encode()

    @staticmethod
    def from_json(data: bytes) -> Manifest:
        """The inverse of ``to_json``. Raises UnreadableFile."""
        try:
            body = json.loads(data)
            if body["product"] != "mokmin":
                raise damaged("목록")
            if body["format"] != FORMAT:
                raise UnreadableFile(
                    f"이 백업의 형식({str(body['format'])[:20]})을 읽을 수 없습니다. 백업을 만든 판의 목민으로 "
                    "되살려 주세요. 바뀐 것은 없습니다."
                )
            return Manifest(
                revision=_text(body["revision"]),
                created_at=_text(body["created_at"]),
                tables={_text(k): _count(v) for k, v in body["tables"].items()},
                left_out=tuple(_text(x) for x in body["left_out"]),
                sequences={_text(k): _count(v) for k, v in body["sequences"].items()},
                missing=tuple(_text(x) for x in body["missing"]),
                audit_first_bad=(
                    None if body["audit_first_bad"] is None else _count(body["audit_first_bad"])
                ),
                members={
                    _text(k): Member(_count(v["bytes"]), _text(v["sha256"]))
                    for k, v in body["members"].items()
                },
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise damaged("목록") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text expected")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError("count expected")
    return value


def damaged(where: str) -> UnreadableFile:
    """The error of a file that is not, or no longer, a backup; ``where`` names the place."""
    return UnreadableFile(
        f"백업 파일이 손상되었거나 목민의 백업이 아닙니다({where[:80]}). 되살리지 않았고 바뀐 것은 없습니다. "
        "다른 백업 파일로 다시 해 주세요."
    )


class HashingSink(io.RawIOBase):
    """Passes bytes on and keeps their count and hash."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._digest = hashlib.sha256()
        self.count = 0

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:
        """Write all of ``data``."""
        view = memoryview(data).cast("B")
        self._target.write(view)
        self._digest.update(view)
        self.count += len(view)
        return len(view)

    def member(self) -> Member:
        """Size and hash of what was written."""
        return Member(self.count, self._digest.hexdigest())


class ArchiveWriter:
    """Writes members one after another, each streamed; ``members`` collects what was written.
    A ``with`` that ends before ``finish`` leaves the file as it is: unfinished."""

    def __init__(self, target: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=True)
        self.members: dict[str, Member] = {}

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(self, *_: object) -> None:
        # Without this the standard library writes a directory to a file that failed.
        self._zip.fp = None

    @contextmanager
    def member(self, name: str) -> Iterator[HashingSink]:
        """A sink for one member."""
        with self._zip.open(name, "w", force_zip64=True) as target:
            sink = HashingSink(target)
            yield sink
        self.members[name] = sink.member()

    def copy(self, name: str, path: Path) -> None:
        """One file as a member. Raises OSError."""
        with path.open("rb") as source, self.member(name) as sink:
            while chunk := source.read(CHUNK):
                sink.write(chunk)

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest and the directory of the ZIP."""
        self._zip.writestr(MANIFEST, manifest.to_json())
        self._zip.close()


class ArchiveReader:
    """Opens and checks a backup file. Raises InvalidInput when there is none, else UnreadableFile."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise InvalidInput(f"백업 파일 '{path}'이(가) 없습니다. 경로를 확인해 주세요.")
        try:
            self.bytes = path.stat().st_size
            self._zip = zipfile.ZipFile(path)
        except PermissionError as error:
            raise InvalidInput(f"백업 파일 '{path}'을(를) 읽을 권한이 없습니다.") from error
        except _BROKEN as error:
            raise damaged("끝이 잘렸거나 ZIP이 아님") from error
        try:
            self.manifest = self._read_manifest()
        except _BROKEN as error:
            self._zip.close()
            raise damaged("목록") from error
        except UnreadableFile:
            self._zip.close()
            raise

    def __enter__(self) -> ArchiveReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def _read_manifest(self) -> Manifest:
        infos = {info.filename: info for info in self._zip.infolist()}
        entry = infos.get(MANIFEST)
        if entry is None or entry.file_size > min(MANIFEST_BYTES, self.bytes):
            raise damaged("목록이 없음")
        for info in infos.values():
            if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & _ENCRYPTED:
                raise damaged(info.filename)
        manifest = Manifest.from_json(self._zip.read(entry))
        for name, member in manifest.members.items():
            if not _NAME.fullmatch(name) or name not in infos:
                raise damaged(name)
            if infos[name].file_size != member.bytes:
                raise damaged(name)
        if len(self._zip.infolist()) != len(manifest.members) + 1:
            raise damaged("목록에 없는 것이 들어 있음")
        if sum(m.bytes for m in manifest.members.values()) > self.bytes:
            raise damaged("크기")
        tables = {name for name in manifest.members if name.startswith("tables/")}
        if tables != {f"tables/{name}.arrow" for name in manifest.tables}:
            raise damaged("표")
        return manifest

    def names(self, prefix: str) -> list[str]:
        """Members of one kind, in order."""
        return sorted(name for name in self.manifest.members if name.startswith(prefix))

    def verify(self, progress: Progress) -> None:
        """Read everything once and compare each hash."""
        done, everything = 0, sum(m.bytes for m in self.manifest.members.values())
        for name, member in self.manifest.members.items():
            digest = hashlib.sha256()
            with self.open(name) as source:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    done += len(chunk)
            if digest.hexdigest() != member.sha256:
                raise damaged(name)
            progress("백업 파일 확인", done, everything)

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """One member as a stream; damage found while reading is an UnreadableFile."""
        try:
            source = self._zip.open(name)
        except _BROKEN as error:
            raise damaged(name) from error
        with source:
            yield _Guarded(source, name)


class _Guarded(io.RawIOBase, BinaryIO):
    """A member's stream that tells damage in our words."""

    def __init__(self, source: IO[bytes], name: str) -> None:
        self._source, self._name = source, name

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to ``size`` bytes. Raises UnreadableFile."""
        try:
            return self._source.read(-1 if size is None else size)
        except _BROKEN as error:
            raise damaged(self._name) from error
