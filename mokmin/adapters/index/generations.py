"""Which index on disk is the current one.

Below the root lies one folder a generation (``g000001``) and ``CURRENT``, a small JSON file that is
replaced atomically and names the one in use. Readers of every process compare its stat before each
query. An index half built lies in a folder with a higher number that ``CURRENT`` does not name.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from mokmin.base.db import utcnow
from mokmin.base.errors import Conflict
from mokmin.knowledge.search.ports import BUILT_IN

# Of the table's columns and of how its tokens are made; counted up with every change of them.
SCHEMA = 3
# How long a replaced generation stays: much longer than any query.
KEEP = timedelta(minutes=10)
_OLDEST_TABLE = "passages.lance"
Signature = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Pointer:
    """What ``CURRENT`` says. ``complete`` is False for an index that was begun empty in the place of
    one of another schema and has yet to be rebuilt from the database. ``model`` and ``dimensions`` of its
    vectors (None: those of the built-in model); ``kept`` is a replaced generation that stays."""

    schema: int
    generation: int
    complete: bool = True
    built_at: str | None = None
    model: int = BUILT_IN
    dimensions: int | None = None
    kept: int | None = None
    kept_model: int = BUILT_IN
    kept_dimensions: int | None = None

    @property
    def built(self) -> datetime | None:
        """When the last rebuild was switched to (UTC)."""
        return datetime.fromisoformat(self.built_at) if self.built_at else None


class Generations:
    """The folders of an index and the pointer to the current one."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._pointer_file = root / "CURRENT"

    def folder(self, generation: int) -> Path:
        """Where a generation lies."""
        return self.root / f"g{generation:06d}"

    def signature(self) -> Signature | None:
        """Changes whenever ``CURRENT`` is replaced; one stat. None when there is none."""
        try:
            found = self._pointer_file.stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

    def read(self) -> Pointer | None:
        """The pointer; None when no index was ever made here in this layout."""
        try:
            return Pointer(**json.loads(self._pointer_file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    @property
    def outdated(self) -> bool:
        """Whether what lies here must be rebuilt from the database. Reads one small file."""
        pointer = self.read()
        if pointer is None:
            return (self.root / _OLDEST_TABLE).exists()
        return pointer.schema != SCHEMA or not pointer.complete

    def ensure(self) -> Pointer:
        """The pointer to a generation of today's schema: begun empty where there is none."""
        self.root.mkdir(parents=True, exist_ok=True)
        pointer = self.read()
        if pointer is not None and pointer.schema == SCHEMA:
            return pointer
        with self.locked("open"):
            pointer = self.read()
            if pointer is None or pointer.schema != SCHEMA:
                pointer = Pointer(SCHEMA, self._highest() + 1, complete=not self.outdated)
                self._point(pointer)
        return pointer

    def begin(self) -> int:
        """The number of a new generation; half-built ones are thrown away. The caller holds the
        lock ``rebuild``."""
        pointer = self.ensure()
        for number in self._numbers():
            if number > pointer.generation and number != pointer.kept:
                shutil.rmtree(self.folder(number), ignore_errors=True)
        return self._highest() + 1

    def switch(
        self, generation: int, model: int, dimensions: int | None, *, keep: bool = False
    ) -> None:
        """Point every process to another generation, at once. ``keep``: the one that is replaced stays;
        without it, one that was kept before stays as it is."""
        with self.locked("open"):
            old = self.read()
            made = Pointer(
                SCHEMA,
                generation,
                True,
                utcnow().isoformat(timespec="seconds"),
                model,
                dimensions,
            )
            if old is not None and keep and old.complete and old.schema == SCHEMA:
                made = replace(
                    made, kept=old.generation, kept_model=old.model, kept_dimensions=old.dimensions
                )
            elif old is not None and not keep:
                made = replace(
                    made,
                    kept=old.kept,
                    kept_model=old.kept_model,
                    kept_dimensions=old.kept_dimensions,
                )
            self._point(made)

    def switch_back(self) -> None:
        """Point every process to the kept generation; the one in use is kept. Raises Conflict."""
        with self.locked("open"):
            old = self.read()
            if old is None or old.kept is None or not self.folder(old.kept).is_dir():
                raise Conflict("돌아갈 예전 색인이 없습니다. 지금 쓰는 색인은 그대로입니다.")
            self._point(
                Pointer(
                    SCHEMA,
                    old.kept,
                    True,
                    utcnow().isoformat(timespec="seconds"),
                    old.kept_model,
                    old.kept_dimensions,
                    old.generation,
                    old.model,
                    old.dimensions,
                )
            )

    def forget_kept(self) -> None:
        """Keep no replaced generation; its folder goes when no query can be reading it any more."""
        with self.locked("open"):
            old = self.read()
            if old is not None and old.kept is not None:
                self._point(replace(old, kept=None, kept_model=BUILT_IN, kept_dimensions=None))

    def remove_replaced(self, keep: timedelta = KEEP) -> None:
        """Remove generations (and the oldest layout) that were replaced longer than ``keep`` ago."""
        pointer, signature = self.read(), self.signature()
        if pointer is None or signature is None or not pointer.complete:
            return
        if time.time() - signature[0] / 1e9 < keep.total_seconds():
            return
        for number in self._numbers():
            if number < pointer.generation and number != pointer.kept:
                shutil.rmtree(self.folder(number), ignore_errors=True)
        shutil.rmtree(self.root / _OLDEST_TABLE, ignore_errors=True)

    def _numbers(self) -> list[int]:
        return [int(p.name[1:]) for p in self.root.glob("g*") if p.name[1:].isdigit()]

    def _highest(self) -> int:
        pointer = self.read()
        return max([*self._numbers(), pointer.generation if pointer else 0])

    def _point(self, pointer: Pointer) -> None:
        fresh = self.root / "CURRENT.new"
        with fresh.open("w", encoding="utf-8") as handle:
            json.dump(asdict(pointer), handle)
            handle.flush()
            os.fsync(handle.fileno())
        fresh.replace(self._pointer_file)

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Hold a lock among all processes of this machine; it goes with the process."""
        with (self.root / f"{name}.lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def claim(self, name: str) -> int:
        """Take a lock until ``give_up``; its descriptor. Raises Conflict when another holds it."""
        descriptor = self.try_claim(name)
        if descriptor is None:
            raise Conflict(
                "색인을 다시 만드는 일이 이미 돌고 있습니다. 끝난 뒤에 다시 시도해 주세요. "
                "지금 쓰는 색인은 그대로입니다."
            )
        return descriptor

    def try_claim(self, name: str) -> int | None:
        """Take a lock until ``give_up``; its descriptor, or None while another holds it."""
        descriptor = os.open(self.root / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    @staticmethod
    def give_up(descriptor: int) -> None:
        """Release a lock taken by ``claim``."""
        os.close(descriptor)
