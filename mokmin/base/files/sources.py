"""Port to places where files lie that are kept in step with the library: folders, WebDAV, S3, web sites.

Whatever a place answers is taken for hostile: ``Listing`` bounds what is believed of it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import BinaryIO, Protocol

from mokmin.base.errors import Unavailable

MOST_FILES, DEEPEST, LONGEST_PATH = 5_000, 20, 900
# How many names are looked at and how many of those left out are told, at one place.
MOST_NAMES, MOST_TOLD = 20_000, 1_000
LONGEST_MARK = 200
KINDS = frozenset(
    "hwp hwpx pdf docx xlsx pptx txt md csv html htm odt ods odp rtf xml json".split()  # noqa: SIM905
)
UNREADABLE, EMPTY, TOO_LARGE = "읽지 못했습니다", "빈 파일입니다", "너무 큽니다"
BAD_NAME = "이름에 쓸 수 없는 글자가 있거나 너무 깁니다"
TWICE = "같은 이름이 두 번 나옵니다"
OVER_ALL = "정해 둔 전체 크기를 넘습니다"
TOO_DEEP = f"{DEEPEST}단계보다 깊습니다"
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file as it lies there: its path below the place with ``/``, size (``UNKNOWN``: not told), time of
    change (0: not told) and what else the place says that changes with the content (an ETag).
    ``name``: what the file is called where its path does not tell."""

    path: str
    bytes: int
    modified_ns: int
    mark: str = ""
    name: str = ""


@dataclass(slots=True)
class Scan:
    """What lies in a place. ``skipped``: paths with why they are left out, in Korean; ``cut``: there
    are more files than are taken; ``unread``: a part of it could not be read; ``there``: paths of files that
    are there but cannot be taken now (empty, too large, not readable)."""

    files: list[FoundFile] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    cut: bool = False
    unread: bool = False
    there: set[str] = field(default_factory=set)


Opener = Callable[[], BinaryIO]
Each = Callable[[FoundFile, Opener], None]


class SourceDown(Unavailable):
    """The place does not answer, or not as it should: nothing is known of its files. The code
    ``source-refused``: it does not let us in."""

    code = "source-down"


def source_refused(message: str) -> SourceDown:
    """The place answers but does not let us in: asking again soon would only close the account."""
    return SourceDown(message, code="source-refused")


class Source(Protocol):
    """A place of files."""

    def walk(self, each: Each | None = None) -> Scan:
        """All files that may be taken; ``each`` gets every one and what opens it. Errors of the opener
        concern the one file, but for SourceDown. Raises SourceDown, InvalidInput."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...

    def check(self) -> str:
        """What was found, in Korean. Raises SourceDown or InvalidInput that tell exactly what is wrong."""
        ...


@dataclass(frozen=True, slots=True)
class RemotePlace:
    """Where a place of the network lies. ``type``: webdav, s3 or site; ``url``: its address, of S3 with
    the bucket as the first part of the path; ``login`` and ``secret``: account or access key."""

    type: str
    url: str
    login: str = ""
    secret: str = field(default="", repr=False)
    region: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a place: marks of the last time by path, and the paths that were looked at in this
    very round and need not be asked for again."""

    marks: Mapping[str, str] = field(default_factory=dict)
    fresh: frozenset[str] = frozenset()


Connect = Callable[[RemotePlace, "Limits", Known], Source]
"""Makes the source of a place."""


@dataclass(frozen=True, slots=True)
class Limits:
    """``file_bytes``: the largest file that is taken; ``all_bytes``: the largest sum of one place;
    ``seconds``: how long is looked, for previews."""

    file_bytes: int
    all_bytes: int
    seconds: float = math.inf


class Listing:
    """Gathers what a place of the network lists, within limits."""

    def __init__(self, limits: Limits) -> None:
        self.scan = Scan()
        self._limits = limits
        self._seen: set[str] = set()
        self._names = 0
        self._sum = 0
        self._until = time.monotonic() + limits.seconds

    @property
    def full(self) -> bool:
        """Whether no more is looked at."""
        if time.monotonic() > self._until:
            self.scan.cut = True
        return self.scan.cut

    def skip(self, path: str, why: str, *, there: bool = False) -> None:
        """Leave something out. ``there``: a file of this path did not vanish."""
        self._names += 1
        if self._names > MOST_NAMES:
            self.scan.cut = True
            return
        if there:
            self.scan.there.add(path)
        if len(self.scan.skipped) < MOST_TOLD:
            self.scan.skipped.append((shown(path), why))

    def take(self, file: FoundFile, *, any_kind: bool = False) -> bool:
        """Whether a file is taken, and counted. ``any_kind``: its name tells nothing of its form."""
        parts = PurePosixPath(file.path).parts
        why, there = self._why_not(file, parts, any_kind)
        if why is not None:
            if why:
                self.skip(file.path, why, there=there)
            return False
        if len(self.scan.files) >= MOST_FILES:
            self.scan.cut = True
            return False
        self._seen.add(file.path)
        self._sum += max(0, file.bytes)
        self.scan.files.append(file)
        return True

    def _why_not(
        self, file: FoundFile, parts: tuple[str, ...], any_kind: bool
    ) -> tuple[str | None, bool]:
        """Why a file is left out, empty for what nobody misses, and whether it is there nevertheless."""
        name = parts[-1] if parts else ""
        if not name or any(part.startswith(".") for part in parts) or name.startswith("~$"):
            return "", False
        if not is_clean(file.path) or len(file.path) > LONGEST_PATH:
            return BAD_NAME, False
        if len(parts) > DEEPEST:
            return TOO_DEEP, False
        if not any_kind and PurePosixPath(name).suffix.lower().lstrip(".") not in KINDS:
            return "읽을 수 있는 형식이 아닙니다", False
        if file.path in self._seen:
            return TWICE, True
        if file.bytes == 0:
            return EMPTY, True
        if file.bytes > self._limits.file_bytes:
            return TOO_LARGE, True
        if self._sum + max(0, file.bytes) > self._limits.all_bytes:
            return OVER_ALL, True
        return None, False


def is_clean(name: str) -> bool:
    """Whether a name is text that can be shown and stored: no broken bytes, no control characters."""
    return name.isprintable()


def shown(path: str) -> str:
    """A path of any characters as it may be shown."""
    return "".join(c if c.isprintable() else "?" for c in path)[:200]
