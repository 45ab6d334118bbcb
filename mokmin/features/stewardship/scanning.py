"""Walking a watched folder: nothing outside of what the operator allowed is ever opened.

Links are not followed, neither on the way to the folder nor in it: every step is opened without following
(``O_NOFOLLOW``), relative to the folder opened before it, so that a folder that is exchanged for a link
meanwhile is refused and not read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from mokmin.base.errors import InvalidInput
from mokmin.base.files.sources import (
    BAD_NAME,
    DEEPEST,
    EMPTY,
    KINDS,
    LONGEST_PATH,
    MOST_FILES,
    TOO_DEEP,
    TOO_LARGE,
    UNREADABLE,
    Each,
    FoundFile,
    Scan,
    is_clean,
    shown,
)

_THERE = frozenset({UNREADABLE, EMPTY, TOO_LARGE})
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


@dataclass(frozen=True, slots=True)
class Root:
    """A folder below which folders may be watched. ``department``: whose stewards may; empty: system
    administrators alone."""

    path: Path
    department: str = ""


def read_roots(text: str) -> tuple[Root, ...]:
    """``부서=/srv/a,/srv/b`` as roots. Raises InvalidInput for a path that is not absolute."""
    found = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        department, _, path = part.rpartition("=")
        if not Path(path.strip()).is_absolute():
            raise InvalidInput(
                f"MOKMIN_WATCHED_ROOTS의 '{part[:80]}'은 절대 경로여야 합니다. "
                "'부서 이름=/경로'나 '/경로'를 쉼표로 이어 적어 주세요."
            )
        found.append(Root(Path(os.path.normpath(path.strip())), department.strip()))
    return tuple(found)


def placed(text: str, roots: Sequence[Root]) -> tuple[Root, tuple[str, ...]]:
    """The root of a path that a person typed, and the steps below it. The longest root that fits counts.
    Raises InvalidInput."""
    text = text.strip()
    steps = PurePosixPath(text).parts
    bad = not text.isprintable() or len(text) > LONGEST_PATH or ".." in steps
    if bad or not text.startswith("/"):
        raise InvalidInput("폴더는 /로 시작하는 절대 경로로 적어 주세요. ‘..’은 쓸 수 없습니다.")
    wanted = Path(os.path.normpath(text))
    fitting = [root for root in roots if wanted == root.path or root.path in wanted.parents]
    if not fitting:
        raise InvalidInput(
            "지켜볼 수 있게 허락된 폴더가 아닙니다. 아래에 적힌 폴더나 그 안의 폴더를 적어 주세요. "
            "다른 폴더가 필요하면 시스템 관리자에게 부탁하세요."
        )
    root = max(fitting, key=lambda one: len(one.path.parts))
    return root, wanted.relative_to(root.path).parts


@contextmanager
def opened(root: Root, steps: Sequence[str]) -> Iterator[int]:
    """The folder's descriptor, reached from the root step by step. Raises InvalidInput."""
    try:
        at = os.open(root.path.resolve(), os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise InvalidInput(_unreachable(error)) from error
    try:
        for step in steps:
            try:
                below = os.open(step, _FOLDER, dir_fd=at)
            except OSError as error:
                raise InvalidInput(_unreachable(error)) from error
            os.close(at)
            at = below
        yield at
    finally:
        os.close(at)


def _unreachable(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "폴더를 읽을 권한이 없습니다. 시스템 관리자에게 서버의 폴더 권한을 확인해 달라고 하세요."
    return "그런 폴더가 없거나 바로 가기(링크)입니다. 실제 폴더의 경로를 적어 주세요."


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """A folder of the server. Implements ``Source``."""

    root: Root
    steps: tuple[str, ...]
    max_bytes: int

    def walk(self, each: Each | None = None) -> Scan:
        """See ``Source``. Raises InvalidInput for a folder that is not there."""
        with opened(self.root, self.steps) as at:
            return scan(at, self.max_bytes, each)

    def close(self) -> None:
        """See ``Source``: it holds nothing."""

    def check(self) -> str:
        """See ``Source``."""
        with opened(self.root, self.steps):
            return "폴더가 열립니다."


def scan(
    folder: int,
    max_bytes: int,
    each: Each | None = None,
) -> Scan:
    """Walk a folder. ``each`` gets every file that may be taken and a function that opens it."""
    found = Scan()

    def failed(_error: OSError) -> None:
        found.unread = True

    for place, folders, names, at in os.fwalk(
        ".", onerror=failed, dir_fd=folder, follow_symlinks=False
    ):
        base = PurePosixPath(place)
        _choose(base, folders, at, found)
        for name in sorted(names):
            if len(found.files) >= MOST_FILES:
                found.cut = True
                folders.clear()
                break
            path = str(base / name)
            file, why = _look(path, name, at, max_bytes)
            if file is None:
                if why:
                    found.skipped.append((shown(path), why))
                if why in _THERE:
                    found.there.add(path)
                continue
            found.files.append(file)
            if each is not None:
                each(file, lambda name=name, at=at: _open(name, at))  # type: ignore[misc]
    return found


def _choose(base: PurePosixPath, folders: list[str], at: int, found: Scan) -> None:
    """Keep the folders that are walked into."""
    kept = []
    for name in sorted(folders):
        path = shown(str(base / name))
        if name.startswith("."):
            continue
        try:
            linked = stat.S_ISLNK(os.stat(name, dir_fd=at, follow_symlinks=False).st_mode)
        except OSError:
            found.unread = True
            continue
        if linked:
            found.skipped.append((path, "바로 가기(링크)는 따라가지 않습니다"))
        elif not is_clean(name):
            found.skipped.append((path, "이름에 쓸 수 없는 글자가 있습니다"))
        elif len(base.parts) >= DEEPEST:
            found.skipped.append((path, TOO_DEEP))
        else:
            kept.append(name)
    folders[:] = kept


def _look(path: str, name: str, at: int, max_bytes: int) -> tuple[FoundFile | None, str]:
    """The file when it may be taken, else why not; empty for what nobody misses."""
    if name.startswith((".", "~$")) or name.lower() in ("thumbs.db", "desktop.ini"):
        return None, ""
    if not is_clean(name) or len(path) > LONGEST_PATH:
        return None, BAD_NAME
    try:
        seen = os.stat(name, dir_fd=at, follow_symlinks=False)
    except OSError:
        return None, UNREADABLE
    if stat.S_ISLNK(seen.st_mode):
        return None, "바로 가기(링크)는 따라가지 않습니다"
    if not stat.S_ISREG(seen.st_mode):
        return None, "보통 파일이 아닙니다"
    if PurePosixPath(name).suffix.lower().lstrip(".") not in KINDS:
        return None, "읽을 수 있는 형식이 아닙니다"
    if not seen.st_size:
        return None, EMPTY
    if seen.st_size > max_bytes:
        return None, TOO_LARGE
    return FoundFile(path, seen.st_size, seen.st_mtime_ns), ""


def _open(name: str, at: int) -> BinaryIO:
    """A file for reading. Raises OSError for one that became a link, a pipe or a folder."""
    descriptor = os.open(name, _FILE, dir_fd=at)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("no regular file any more")
    return os.fdopen(descriptor, "rb")
