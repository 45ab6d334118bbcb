"""ZIP files: refusing bombs before a library opens them, and unpacking archives of documents."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from xml.parsers import expat

from .limits import ReadLimits
from .reasons import unreadable

_CHUNK = 256 * 1024
_SPANS = re.compile(rb'(?:colSpan|rowSpan|colCnt|rowCnt|gridSpan w:val|gridSpan|cols)="(\d{5,})"')
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
_SKIPPED = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|~\$)")


def check_package(path: Path, limits: ReadLimits) -> None:
    """Refuse a zipped document that is a bomb, damaged, or whose XML is absurdly deep or wide.

    Checks the declared sizes, then inflates every XML member once under the same bounds, so that
    neither a lying header nor a nested structure reaches a parsing library. Raises UnreadableFile.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_declared(archive.infolist(), limits)
            budget = limits.unpacked_bytes
            for info in archive.infolist():
                if info.filename.lower().endswith((".xml", ".hpf", ".rels")):
                    budget -= _check_member(archive, info, limits, budget)
    except _DAMAGED as error:
        raise unreadable("damaged") from error


def _check_declared(members: list[zipfile.ZipInfo], limits: ReadLimits) -> None:
    unpacked = sum(info.file_size for info in members)
    packed = sum(info.compress_size for info in members) or 1
    if len(members) > limits.entries or unpacked > limits.unpacked_bytes:
        raise unreadable("bomb")
    if unpacked > limits.ratio_floor_bytes and unpacked / packed > limits.unpacked_ratio:
        raise unreadable("bomb")
    if any(info.flag_bits & 1 for info in members):
        raise unreadable("password")


def _check_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: ReadLimits, budget: int
) -> int:
    depth = deepest = size = 0
    parser = expat.ParserCreate()

    def opened(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth, deepest
        depth += 1
        deepest = max(deepest, depth)

    def closed(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    well_formed, tail = True, b""
    with archive.open(info) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > budget:
                raise unreadable("bomb")
            if _SPANS.search(tail + chunk):
                raise unreadable("too-wide")
            tail = chunk[-64:]
            if well_formed:
                well_formed = _feed(parser, chunk)
            if deepest > limits.nesting:
                raise unreadable("too-deep")
    return size


def _feed(parser: expat.XMLParserType, chunk: bytes) -> bool:
    try:
        parser.Parse(chunk, False)
    except expat.ExpatError:
        return False  # the format's own reader says whether this member matters
    return True


def repaired_name(info: zipfile.ZipInfo) -> str:
    """The member's name; names written by Korean Windows in CP949 are put right."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def expand_zip(path: Path, dest: Path, limits: ReadLimits) -> list[tuple[str, Path]]:
    """Unpack the documents of a ZIP (and ZIPs inside it) into the folder ``dest``.

    Returns ``(name, file)`` pairs: the repaired name with folders as the archive has it, and the
    file under ``dest``, which has a plain number as name so that no member can leave the folder.
    Raises UnreadableFile for bombs, passwords, damage, or an archive without files.
    """
    found: list[tuple[str, Path]] = []
    _expand(path, "", dest, limits, found, [limits.unpacked_bytes], 1)
    if not found:
        raise unreadable("empty-zip")
    return found


def _expand(
    path: Path,
    prefix: str,
    dest: Path,
    limits: ReadLimits,
    found: list[tuple[str, Path]],
    budget: list[int],
    depth: int,
) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            _check_declared(archive.infolist(), limits)
            for info in archive.infolist():
                name = repaired_name(info).replace("\\", "/")
                if info.is_dir() or _SKIPPED.search(name):
                    continue
                if len(found) >= limits.archive_files:
                    raise unreadable("too-many-files")
                target = dest / f"{len(found):05d}{_safe_suffix(name)}"
                budget[0] -= _unpack(archive, info, target, min(budget[0], limits.file_bytes))
                if target.suffix == ".zip" and depth < limits.archive_depth:
                    nested = target.with_suffix(".nested")
                    target.rename(nested)
                    inside = f"{prefix}{_plain(name)}/"
                    _expand(nested, inside, dest, limits, found, budget, depth + 1)
                    nested.unlink()
                else:
                    found.append((prefix + _plain(name), target))
    except _DAMAGED as error:
        raise unreadable("damaged") from error


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, budget: int) -> int:
    size = 0
    with archive.open(info) as source, target.open("wb") as sink:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > budget:
                raise unreadable("bomb")
            sink.write(chunk)
    return size


def _plain(name: str) -> str:
    parts = [part for part in PurePosixPath(name).parts if part not in ("/", "..", ".")]
    return "/".join(parts) or "이름 없음"


def _safe_suffix(name: str) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    return suffix if re.fullmatch(r"\.[a-z0-9]{1,8}", suffix) else ""
