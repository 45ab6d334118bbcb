"""The prompts and guardrails in use, as every process reads them."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from dataclasses import dataclass

import sqlalchemy as sa

from mokmin.base.db import Database
from mokmin.base.llm.prompts import Prompt, key_of, shipped
from mokmin.governance.prompts.catalogue import ENTRIES, GUARDS
from mokmin.governance.prompts.checks import problems
from mokmin.governance.prompts.guardrails import Guard, lines_of
from mokmin.governance.prompts.store import last_uses, prompt_versions

log = logging.getLogger(__name__)
FRESH_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class InUse:
    """What is in use of a key. ``broken``: why the published version is not used, empty when it is
    (then ``text`` is the shipped one); ``use``: the number of the last change, 0 for none."""

    key: str
    text: str
    number: int = 0
    use: int = 0
    broken: str = ""


class PublishedPrompts:
    """``Prompts`` and the guardrails out of the database; each process keeps them ``FRESH_SECONDS``.

    A published text that is gone, was changed behind the program's back or falls below the minimum of
    this release is not used: the shipped one stands in, and the page says so."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._known: dict[str, InUse] = {}
        self._told: set[int] = set()

    def get(self, package: str, name: str) -> Prompt:
        """See ``Prompts``."""
        key = key_of(package, name)
        found = self.all().get(key)
        if found is None or not found.number:
            return Prompt(key, shipped(package, name))
        return Prompt(key, found.text, found.number)

    def guard(self) -> Guard:
        """The guardrails in use."""
        known = self.all()
        return guard_of({e.key: known[e.key].text for e in GUARDS if e.key in known})

    def forget(self) -> None:
        """Read again at the next question."""
        with self._lock:
            self._read_at = float("-inf")

    def all(self) -> dict[str, InUse]:
        """What is in use of every key that was ever changed."""
        with self._lock:
            now = time.monotonic()
            if now - self._read_at >= FRESH_SECONDS:
                # The age counts from before the query: what it read is never older than that.
                self._known = self._read()
                self._read_at = now
            return self._known

    def _read(self) -> dict[str, InUse]:
        c = prompt_versions.c
        with self._db.read() as connection:
            uses = {k: u for k, u in last_uses(connection).items() if k in ENTRIES}
            wanted = [sa.and_(c.key == k, c.number == u.number) for k, u in uses.items()]
            query = sa.select(c.key, c.text, c.digest).where(sa.or_(sa.false(), *wanted))
            rows = {row.key: row for row in connection.execute(query)} if wanted else {}
        found = {}
        for key, use in uses.items():
            entry, row = ENTRIES[key], rows.get(key)
            if not use.number:
                found[key] = InUse(key, entry.shipped, 0, use.id)
                continue
            wrong = "저장된 글이 없습니다" if row is None else ""
            if row is not None:
                if digest(row.text) != row.digest:
                    wrong = "저장된 글이 손상되었습니다"
                elif problems(entry, row.text):
                    wrong = "이번 판의 지켜야 할 규칙에 맞지 않습니다"
            if wrong or row is None:
                if use.id not in self._told:
                    self._told.add(use.id)
                    log.error("published prompt not used", extra={"prompt": key, "why": wrong})
                found[key] = InUse(key, entry.shipped, 0, use.id, wrong)
            else:
                found[key] = InUse(key, row.text, use.number, use.id)
        return found


def guard_of(texts: dict[str, str]) -> Guard:
    """Guardrails out of their texts; those that are missing are the shipped ones."""
    values: dict[str, str | tuple[str, ...]] = {}
    for entry in GUARDS:
        text = texts.get(entry.key, entry.shipped).strip()
        values[entry.key.partition("/")[2]] = lines_of(text) if entry.listed else text
    return Guard(**values)  # type: ignore[arg-type]


def digest(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()
