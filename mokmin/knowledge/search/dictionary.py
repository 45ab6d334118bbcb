"""The dictionary of administrative terms: what ships, and what departments add to it.

Entries of departments widen everybody's questions. Shipped entries are not changed; a department adds
its own beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import Conflict, NotAllowed, NotFound
from mokmin.base.korean.josa import josa
from mokmin.base.korean.ports import Analyser
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.store import departments
from mokmin.knowledge.search.entries import (
    CITY,
    Entry,
    LiveVocabulary,
    dictionary_entries,
    entries_of,
    living,
    of_department,
    sample_of_passages,
    shipped,
    to_entry,
)
from mokmin.knowledge.search.entry_rules import Draft, EntryRules, Key, columns, refuse_common
from mokmin.knowledge.search.question import clean_query
from mokmin.knowledge.search.vocabulary import Synonym, Widening

LOCK_KEY = 4216
PAGE_SIZE = 30
_NOT_YOURS = "다른 부서의 용어는 바꿀 수 없습니다. 그 부서의 관리자에게 부탁하세요."


@dataclass(frozen=True, slots=True)
class Page:
    """One page of entries, counted from 1."""

    entries: list[Entry]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Imported:
    """How many entries of a file were new, changed, and there already."""

    added: int
    changed: int
    same: int


@dataclass(frozen=True, slots=True)
class Tried:
    """A question's words, and what the dictionary makes of them."""

    question: str
    terms: tuple[str, ...]
    widening: Widening


class DictionaryService:
    """Entries of departments. Every method raises NotAllowed without the right to curate; changes
    also where the entry is another department's."""

    def __init__(
        self,
        db: Database,
        analyser: Callable[[], Analyser],
        vocabulary: LiveVocabulary,
        audit: AuditLog,
    ) -> None:
        self._db = db
        self._analyser = analyser
        self._vocabulary = vocabulary
        self._audit = audit
        self._shipped = shipped()

    @cached_property
    def _rules(self) -> EntryRules:
        """Made at the first change: analysing what ships takes most of a second."""
        return EntryRules(self._analyser(), self._shipped)

    # --- looking --------------------------------------------------------------------------
    def shipped_page(
        self, principal: Principal, text: str, page: int
    ) -> tuple[list[Synonym], int, int, int]:
        """(entries, total, page, pages) of the shipped dictionary that hold a text."""
        require(principal, Permission.CURATE)
        words = text.split()
        found = [s for s in self._shipped if all(w in _searched(s) for w in words)]
        number, pages = _bounds(page, len(found))
        return found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE], len(found), number, pages

    def page(self, principal: Principal, text: str, page: int) -> Page:
        """Entries of all departments that hold a text; the newest first."""
        require(principal, Permission.CURATE)
        query = living()
        for word in text.split()[:8]:
            columns = (dictionary_entries.c.everyday, dictionary_entries.c.official)
            query = query.where(sa.or_(*(c.icontains(word, autoescape=True) for c in columns)))
        with self._db.read() as connection:
            count = sa.select(sa.func.count()).select_from(query.subquery())
            total = connection.execute(count).scalar_one()
            number, pages = _bounds(page, total)
            rows = connection.execute(
                query.order_by(
                    dictionary_entries.c.updated_at.desc(), dictionary_entries.c.id.desc()
                )
                .limit(PAGE_SIZE)
                .offset((number - 1) * PAGE_SIZE)
            )
            return Page([to_entry(row) for row in rows], total, number, pages)

    def homes(self, principal: Principal) -> list[tuple[str, str]]:
        """(key, name) of the departments whose entries the person may change; key empty: the city."""
        require(principal, Permission.CURATE)
        query = sa.select(departments.c.id, departments.c.name).order_by(departments.c.id)
        if principal.may(Permission.ADMINISTER):
            with self._db.read() as connection:
                rows = connection.execute(query).all()
            return [("", CITY), *((str(row.id), row.name) for row in rows)]
        if principal.department_id is None:
            return []
        return [(str(principal.department_id), principal.department)]

    def get(self, principal: Principal, entry_id: int) -> Entry:
        """One entry that the person may change. Raises NotFound."""
        with self._db.read() as connection:
            return self._mine(connection, principal, entry_id)

    def may_change(self, principal: Principal, department_id: int | None) -> bool:
        """Whether the entries of a department (None: of the city) are the person's to change."""
        if principal.may(Permission.ADMINISTER):
            return True
        own = department_id is not None and department_id == principal.department_id
        return own and principal.may(Permission.CURATE)

    def try_out(self, principal: Principal, question: str) -> Tried:
        """Which entries apply to a question. Raises InvalidInput."""
        require(principal, Permission.CURATE)
        question = clean_query(question)
        terms = self._analyser().morphemes([question])[0]
        return Tried(question, tuple(dict.fromkeys(terms)), self._vocabulary().widen(terms))

    # --- changing -------------------------------------------------------------------------
    def add(self, principal: Principal, department_id: int | None, draft: Draft) -> int:
        """A new entry; its id. Raises InvalidInput, Conflict."""
        self._require(principal, department_id)
        key, entry = self._rules.checked(draft)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            self._refuse_twice(connection, department_id, key)
            refuse_common({key: entry}, sample_of_passages(connection))
            made = self._insert(connection, principal, department_id, entry)
            self._record(connection, principal, "dictionary.add", made, department_id)
        self._vocabulary.expire()
        return made

    def change(self, principal: Principal, entry_id: int, draft: Draft) -> None:
        """Other words for an entry. Raises InvalidInput, Conflict, NotFound."""
        self.get(principal, entry_id)
        key, entry = self._rules.checked(draft)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            old = self._mine(connection, principal, entry_id)
            self._refuse_twice(connection, old.department_id, key, but=entry_id)
            refuse_common({key: entry}, sample_of_passages(connection))
            self._update(connection, entry_id, columns(entry))
            self._record(connection, principal, "dictionary.change", entry_id, old.department_id)
        self._vocabulary.expire()

    def remove(self, principal: Principal, entry_id: int) -> None:
        """Take an entry out; ``restore`` brings it back. Raises NotFound."""
        with self._db.write() as connection:
            old = self._mine(connection, principal, entry_id)
            self._update(connection, entry_id, {"deleted_at": utcnow()})
            self._record(connection, principal, "dictionary.remove", entry_id, old.department_id)
        self._vocabulary.expire()

    def restore(self, principal: Principal, entry_id: int) -> None:
        """Undo ``remove``. Raises NotFound, Conflict when the same entry was made anew."""
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            old = self._mine(connection, principal, entry_id, removed=True)
            key = self._rules.keys([Synonym(old.everyday, old.official)])[0]
            self._refuse_twice(connection, old.department_id, key)
            self._update(connection, entry_id, {"deleted_at": None})
            self._record(connection, principal, "dictionary.restore", entry_id, old.department_id)
        self._vocabulary.expire()

    # --- files ----------------------------------------------------------------------------
    def export(self, principal: Principal, department_id: int | None) -> str:
        """The entries of a department as the lines that ``import_`` takes."""
        self._require(principal, department_id)
        query = living().where(of_department(department_id)).order_by(dictionary_entries.c.everyday)
        with self._db.read() as connection:
            entries = [to_entry(row) for row in connection.execute(query)]
        lines = ["# 쉬운 말<탭>행정 용어, 행정 용어<탭>메모"]
        lines += ["\t".join((e.everyday, ", ".join(e.official), e.note)).rstrip() for e in entries]
        return "\n".join(lines) + "\n"

    def import_(self, principal: Principal, department_id: int | None, text: str) -> Imported:
        """Take the lines of a file: new ones are added, known ones changed, all or none.

        Raises InvalidInput that names the line.
        """
        self._require(principal, department_id)
        entries = self._rules.checked_lines(text)
        added = changed = same = 0
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            refuse_common(entries, sample_of_passages(connection))
            held = self._held(connection, department_id)
            for key, entry in entries.items():
                old = held.get(key)
                if old is None:
                    self._insert(connection, principal, department_id, entry)
                    added += 1
                elif (old.everyday, old.official, old.note) == (
                    entry.everyday,
                    entry.official,
                    entry.note,
                ):
                    same += 1
                else:
                    self._update(connection, old.id, columns(entry))
                    changed += 1
            self._audit.append(
                connection,
                principal.login,
                "dictionary.import",
                f"department:{department_id or 'city'}",
                {"added": added, "changed": changed, "same": same},
            )
        self._vocabulary.expire()
        return Imported(added, changed, same)

    # --- rows -----------------------------------------------------------------------------
    def _require(self, principal: Principal, department_id: int | None) -> None:
        require(principal, Permission.CURATE)
        key = "" if department_id is None else str(department_id)
        if key not in dict(self.homes(principal)):
            raise NotAllowed(_NOT_YOURS, code="not-yours")

    def _mine(
        self, connection: Connection, principal: Principal, entry_id: int, *, removed: bool = False
    ) -> Entry:
        require(principal, Permission.CURATE)
        query = entries_of(removed=removed).where(dictionary_entries.c.id == entry_id)
        row = connection.execute(query).first()
        if row is None:
            raise NotFound("그 용어가 없습니다. 다른 사람이 먼저 뺐을 수 있습니다.")
        if not self.may_change(principal, row.department_id):
            raise NotAllowed(_NOT_YOURS, code="not-yours")
        return to_entry(row)

    def _held(self, connection: Connection, department_id: int | None) -> dict[Key, Entry]:
        rows = connection.execute(living().where(of_department(department_id)))
        entries = [to_entry(row) for row in rows]
        keys = self._rules.keys([Synonym(e.everyday, e.official) for e in entries])
        return dict(zip(keys, entries, strict=True))

    def _refuse_twice(
        self, connection: Connection, department_id: int | None, key: Key, *, but: int | None = None
    ) -> None:
        old = self._held(connection, department_id).get(key)
        if old is not None and old.id != but:
            raise Conflict(
                f"‘{old.everyday}’{josa(old.everyday, '이/가')} 이미 있습니다. 그 용어를 고쳐 주세요."
            )

    @staticmethod
    def _insert(
        connection: Connection, principal: Principal, department_id: int | None, entry: Synonym
    ) -> int:
        now = utcnow()
        values = {"created_at": now, "updated_at": now, "author": principal.login}
        insert = dictionary_entries.insert().values(
            department_id=department_id, **columns(entry), **values
        )
        return new_id(connection, insert)

    @staticmethod
    def _update(connection: Connection, entry_id: int, values: Mapping[str, object]) -> None:
        connection.execute(
            dictionary_entries.update()
            .where(dictionary_entries.c.id == entry_id)
            .values(**values, updated_at=utcnow())
        )

    def _record(
        self,
        connection: Connection,
        principal: Principal,
        action: str,
        entry_id: int,
        department_id: int | None,
    ) -> None:
        detail = {"department": department_id}
        self._audit.append(connection, principal.login, action, f"dictionary:{entry_id}", detail)


def _searched(entry: Synonym) -> str:
    return f"{entry.everyday} {' '.join(entry.official)} {entry.note}"


def _bounds(page: int, total: int) -> tuple[int, int]:
    """(page, pages): the page brought into what there is."""
    pages = max(1, -(-total // PAGE_SIZE))
    return min(max(1, page), pages), pages
