"""Editing prompts and guardrails: drafts, publishing, going back. Nothing is ever overwritten."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotFound
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.prompts.catalogue import ENTRIES, Entry
from mokmin.governance.prompts.checks import problems
from mokmin.governance.prompts.published import InUse, PublishedPrompts, digest
from mokmin.governance.prompts.store import last_uses, newest, prompt_uses, prompt_versions

LOCK_KEY = 4233
MOST_REASON, LEAST_REASON = 400, 2
MOST_SENT = 60_000


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a text. ``number`` 0 is the shipped one."""

    number: int
    text: str
    reason: str = ""
    made_by: str = ""
    made_at: datetime.datetime | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """A change of what is in use."""

    number: int
    reason: str
    used_by: str
    used_at: datetime.datetime


@dataclass(frozen=True, slots=True)
class State:
    """An entry with what is in use. ``newest``: the highest number; ``shipped_before``: the shipped text
    on which the version in use was made, when a new release ships another one, else empty."""

    entry: Entry
    in_use: InUse
    newest: int
    shipped_before: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """A draft that was saved. ``beside``: numbers that others saved since it was begun."""

    number: int
    beside: tuple[int, ...] = ()


class PromptDesk:
    """For administrators."""

    def __init__(self, db: Database, audit: AuditLog, published: PublishedPrompts) -> None:
        self._db, self._audit, self._published = db, audit, published

    # --- looked at ------------------------------------------------------------------------
    def all(self, principal: Principal) -> list[State]:
        """Every entry. Raises NotAllowed."""
        require(principal, Permission.ADMINISTER)
        self._published.forget()
        known = self._published.all()
        c = prompt_versions.c
        with self._db.read() as connection:
            query = sa.select(c.key, c.number, c.shipped)
            rows = [r for r in connection.execute(query) if r.key in ENTRIES]
        most: dict[str, int] = {}
        before: dict[tuple[str, int], str] = {}
        for row in rows:
            most[row.key] = max(most.get(row.key, 0), row.number)
            before[row.key, row.number] = row.shipped
        states = []
        for key, entry in ENTRIES.items():
            used = known.get(key, InUse(key, entry.shipped))
            base = before.get((key, used.number), entry.shipped)
            changed = base if base != entry.shipped else ""
            states.append(State(entry, used, most.get(key, 0), changed))
        return states

    def state(self, principal: Principal, key: str) -> State:
        """One entry. Raises NotAllowed, NotFound."""
        found = next((s for s in self.all(principal) if s.entry.key == key), None)
        if found is None:
            raise NotFound("그런 지시문이 없습니다. 목록에서 골라 주세요.")
        return found

    def versions(self, principal: Principal, key: str) -> list[Version]:
        """All versions of an entry, the newest first, the shipped one last."""
        entry = self.state(principal, key).entry
        c = prompt_versions.c
        query = sa.select(c.number, c.text, c.reason, c.made_by, c.made_at)
        query = query.where(c.key == key).order_by(c.number.desc())
        with self._db.read() as connection:
            found = [Version(*row) for row in connection.execute(query)]
        return [*found, Version(0, entry.shipped)]

    def version(self, principal: Principal, key: str, number: int) -> Version:
        """One version. Raises NotAllowed, NotFound."""
        found = (v for v in self.versions(principal, key) if v.number == number)
        if (version := next(found, None)) is None:
            raise NotFound(f"{number}판이 없습니다. 목록에서 골라 주세요.")
        return version

    def uses(self, principal: Principal, key: str) -> list[Use]:
        """What was put into use when, the last first."""
        require(principal, Permission.ADMINISTER)
        c = prompt_uses.c
        query = sa.select(c.number, c.reason, c.used_by, c.used_at).where(c.key == key)
        with self._db.read() as connection:
            return [Use(*row) for row in connection.execute(query.order_by(c.id.desc()).limit(50))]

    # --- changed --------------------------------------------------------------------------
    def save(
        self, principal: Principal, key: str, text: str, reason: str, *, begun_at: int
    ) -> Saved:
        """Keep a draft; ``begun_at``: the newest number when the editor was opened. Never replaces
        another. Raises InvalidInput with everything that is wrong, NotAllowed, NotFound."""
        require(principal, Permission.ADMINISTER)
        entry = _entry(key)
        text, reason = tidy(text), " ".join(reason.split())
        wrong = problems(entry, text)
        if wrong:
            raise InvalidInput("\n".join(wrong))
        _check_reason(reason)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            last = newest(connection, key)
            number = last + 1
            connection.execute(
                prompt_versions.insert().values(
                    key=key,
                    number=number,
                    text=text,
                    digest=digest(text),
                    shipped=entry.shipped,
                    reason=reason,
                    made_by=principal.login,
                    made_at=utcnow(),
                )
            )
            self._append(connection, principal, "prompt.draft", key, number)
        return Saved(number, tuple(range(max(begun_at, 0) + 1, number)))

    def publish(
        self, principal: Principal, key: str, number: int, reason: str, *, seen: int
    ) -> None:
        """Put a version into use (0: the shipped one), also an older one; ``seen``: the number of the last
        change as the page showed it. Raises Conflict when somebody else changed it since, InvalidInput,
        NotAllowed, NotFound."""
        require(principal, Permission.ADMINISTER)
        entry, reason = _entry(key), " ".join(reason.split())
        _check_reason(reason)
        if number:
            version = self.version(principal, key, number)
            if wrong := problems(entry, version.text):
                raise InvalidInput("\n".join(wrong))
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            last = last_uses(connection).get(key)
            if (last.id if last is not None else 0) != seen:
                now = last.number if last is not None else 0
                raise Conflict(
                    f"그 사이에 다른 관리자가 {_name(now)}을 쓰기 시작했습니다. 바꾸지 않았고, 저장한 "
                    "판은 그대로 있습니다. 지금 쓰는 것과 견주어 본 뒤 다시 눌러 주세요."
                )
            before = last.number if last is not None else 0
            connection.execute(
                prompt_uses.insert().values(
                    key=key,
                    number=number,
                    reason=reason,
                    used_by=principal.login,
                    used_at=utcnow(),
                )
            )
            action = "prompt.return" if number < before else "prompt.publish"
            self._append(connection, principal, action, key, number)
        self._published.forget()

    def _append(
        self, connection: Connection, principal: Principal, action: str, key: str, number: int
    ) -> None:
        self._audit.append(
            connection, principal.login, action, f"prompt:{key}", {"version": number}
        )


def tidy(text: str) -> str:
    """A text as it is kept: line ends of one kind, no space at the ends of lines."""
    lines = text[:MOST_SENT].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def _entry(key: str) -> Entry:
    if key not in ENTRIES:
        raise NotFound("그런 지시문이 없습니다. 목록에서 골라 주세요.")
    return ENTRIES[key]


def _check_reason(reason: str) -> None:
    if not LEAST_REASON <= len(reason) <= MOST_REASON:
        raise InvalidInput(f"까닭을 {LEAST_REASON}자에서 {MOST_REASON}자까지 적어 주세요.")


def _name(number: int) -> str:
    return f"{number}판" if number else "기본 글"
