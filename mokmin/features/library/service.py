"""Searching as a person does it: find, narrow, propose while typing, keep searches.

Data flow: address → Wanted → SearchService (rights and filters are its business) → passages that
really touch the question → groups by document. Whatever is proposed or shown comes from documents
that the person may read, and from that person's own searches.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotFound
from mokmin.base.korean.ports import Analyser
from mokmin.features.library.editions import grouped
from mokmin.features.library.marking import Marker
from mokmin.features.library.model import Found, Proposal, SavedSearch, Wanted
from mokmin.features.library.store import (
    recent_searches,
    saved_searches,
    to_saved,
    to_wanted,
)
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.usage.gate import Gate
from mokmin.knowledge.documents.collections import Collections
from mokmin.knowledge.documents.model import Document, Freshness
from mokmin.knowledge.documents.service import DocumentService, LibraryQuery
from mokmin.knowledge.search.model import Hit, SearchResult
from mokmin.knowledge.search.service import SearchService

TOP = 100
KEPT_RECENT = 20
LONGEST_RECENT = 200
MOST_SAVED = 50
MAX_NAME = 60
LOCK_KEY = 4216


class LibrarySearch:
    """The library's search for one person at a time."""

    def __init__(
        self,
        db: Database,
        search: SearchService,
        documents: DocumentService,
        analyser: Callable[[], Analyser],
        audit: AuditLog,
        *,
        today: Callable[[], date] = date.today,
        gate: Gate | None = None,
        mask: Callable[[str, str], str] = lambda text, _grade: text,
        collections: Collections | None = None,
    ) -> None:
        """``mask``: a passage of a grade as it may be shown."""
        self._collections = collections
        self._db = db
        self._gate = gate
        self._search = search
        self._documents = documents
        self._audit = audit
        self._today = today
        self.marker = Marker(analyser)
        self._mask = mask

    # --- finding --------------------------------------------------------------------------
    def find(self, principal: Principal, wanted: Wanted, saved_id: int | None = None) -> Found:
        """Passages by document. ``saved_id`` names the saved search that is run: what it did not
        find the last time is marked, and what it finds now is remembered. Raises InvalidInput for
        an overlong question, NotFound for a saved search of somebody else, Unavailable while search
        is switched off, RateLimited at a limit."""
        if self._gate is not None:
            self._gate.check("search", principal)
        saved = self.saved_one(principal, saved_id) if saved_id is not None else None
        if saved is not None and saved.wanted != wanted:
            saved = None
        result = self._run(principal, wanted)
        terms = self._terms(result)
        hits = [
            replace(hit, text=self._mask(hit.text, hit.grade))
            for hit in result.hits
            if _touches(hit, terms, result)
        ]
        self._audit.record(principal, "search", f"hits:{len(hits)}")
        seen = saved.seen if saved is not None and saved.ran_at else None
        if saved is not None:
            self._ran(saved.id, (hit.document_id for hit in hits))
        else:
            self._remember(principal, wanted)
        trace = result.trace
        return Found(
            groups=grouped(hits, trace, seen),
            passages=len(hits),
            terms=terms,
            widened=trace.widened,
            suggestion=_suggestion(result),
            seconds=trace.seconds,
            cut=len(result.hits) == TOP,
            documents=len({hit.document_id for hit in hits}),
            reference=date.fromisoformat(trace.reference)
            if trace.reference and trace.past
            else None,
            years=tuple(
                year for year in trace.years if trace.past and any(year in h.title for h in hits)
            ),
        )

    def _run(self, principal: Principal, wanted: Wanted) -> SearchResult:
        return self._search.search(
            principal,
            wanted.text,
            top=TOP,
            within=self._within(principal, wanted),
            filters=wanted.filters(self._today()),
            as_of_today=wanted.now,
        )

    def collections(self, principal: Principal) -> list[tuple[int, str]]:
        """(number, name) of the collections that a search may be kept to."""
        if self._collections is None:
            return []
        return [(c.id, c.name) for c in self._collections.usable(principal)]

    def _within(self, principal: Principal, wanted: Wanted) -> tuple[int, ...] | None:
        """The documents that a search is kept to. Raises InvalidInput for a collection that is gone or
        not the person's to choose."""
        if not wanted.collection or self._collections is None:
            return None
        try:
            chosen = self._collections.get(principal, wanted.collection)
        except NotFound as error:
            raise InvalidInput(
                "고른 모음이 없어졌거나 쓸 수 없습니다. 조건에서 모음을 빼고 찾아 주세요."
            ) from error
        return self._collections.ids(principal, chosen)

    def news(self, principal: Principal, saved_id: int) -> int:
        """How many documents a saved search would find that it did not find the last time."""
        saved = self.saved_one(principal, saved_id)
        if saved.ran_at is None:
            return 0
        result = self._run(principal, saved.wanted)
        terms = self._terms(result)
        return len({h.document_id for h in result.hits if _touches(h, terms, result)} - saved.seen)

    def _terms(self, result: SearchResult) -> frozenset[str]:
        """The words of the question, and the official words that were added to them."""
        added = (word for _, words in result.trace.widened for word in words)
        official = (term for word in added for term in self.marker.terms(word))
        return frozenset(result.trace.terms) | frozenset(official)

    def propose(self, principal: Principal, text: str, limit: int = 8) -> list[Proposal]:
        """Lines for what is typed so far: titles under rights, then own searches. With nothing
        typed, own searches alone."""
        text = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:100]
        found: list[Proposal] = []
        if text:
            page = self._documents.page(principal, LibraryQuery(text=text, state="ready"))
            ranked = sorted(page.documents, key=lambda d: _title_order(d, text))
            found = [
                Proposal("document", d.title, d.department or d.kind, f"/library/{d.id}")
                for d in ranked[: limit - 3]
            ]
        needle = text.casefold()
        saved = [s for s in self.saved(principal) if needle in s.name.casefold()]
        found += [
            Proposal("saved", s.name, "저장한 검색", f"/search/saved/{s.id}") for s in saved[:3]
        ]
        recent = [
            w
            for w in self.recent(principal)
            if needle in w.text.casefold() and w.text.casefold() != needle
        ]
        found += [
            Proposal(
                "recent",
                w.text,
                "최근 검색 · 조건 있음" if w.filtered else "최근 검색",
                f"/search?{w.query()}",
            )
            for w in recent
        ]
        return found[:limit]

    # --- recent searches ------------------------------------------------------------------
    def recent(self, principal: Principal, limit: int = KEPT_RECENT) -> list[Wanted]:
        """The person's latest searches, newest first."""
        query = (
            sa.select(recent_searches.c.address)
            .where(recent_searches.c.user_id == principal.user_id)
            .order_by(recent_searches.c.id.desc())
            .limit(limit)
        )
        with self._db.read() as connection:
            return [to_wanted(address) for address in connection.execute(query).scalars()]

    def forget_recent(self, principal: Principal) -> None:
        """Remove the person's latest searches for good."""
        with self._db.write() as connection:
            connection.execute(
                recent_searches.delete().where(recent_searches.c.user_id == principal.user_id)
            )

    def _remember(self, principal: Principal, wanted: Wanted) -> None:
        if principal.user_id is None or len(wanted.text) > LONGEST_RECENT:
            return
        address, mine = wanted.query(), recent_searches.c.user_id == principal.user_id
        with self._db.write() as connection:
            connection.execute(
                recent_searches.delete().where(mine, recent_searches.c.address == address)
            )
            newest = new_id(
                connection,
                recent_searches.insert().values(
                    user_id=principal.user_id, address=address, ran_at=utcnow()
                ),
            )
            kept = connection.execute(
                sa.select(recent_searches.c.id)
                .where(mine)
                .order_by(recent_searches.c.id.desc())
                .limit(KEPT_RECENT)
            ).scalars()
            connection.execute(
                recent_searches.delete().where(
                    mine, recent_searches.c.id < min(kept, default=newest)
                )
            )

    # --- saved searches -------------------------------------------------------------------
    def saved(self, principal: Principal) -> list[SavedSearch]:
        """The person's saved searches, by name."""
        query = sa.select(saved_searches).where(*_mine(principal)).order_by(saved_searches.c.name)
        with self._db.read() as connection:
            return [to_saved(row) for row in connection.execute(query)]

    def saved_one(self, principal: Principal, saved_id: int) -> SavedSearch:
        """One of the person's saved searches. Raises NotFound."""
        query = sa.select(saved_searches).where(*_mine(principal), saved_searches.c.id == saved_id)
        with self._db.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFound("저장한 검색을 찾을 수 없습니다. 이미 지웠을 수 있습니다.")
        return to_saved(row)

    def save(self, principal: Principal, name: str, wanted: Wanted) -> int:
        """Keep a search under a name. Raises InvalidInput, Conflict for a name in use."""
        if not wanted.text:
            raise InvalidInput("찾을 말이 없는 검색은 저장할 수 없습니다.")
        if len(wanted.text) > LONGEST_RECENT:
            raise InvalidInput(f"찾을 말이 {LONGEST_RECENT}자를 넘으면 저장할 수 없습니다.")
        name = _clean_name(name)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            names = list(
                connection.execute(
                    sa.select(saved_searches.c.name).where(*_mine(principal))
                ).scalars()
            )
            if name in names:
                raise _name_in_use(name)
            if len(names) >= MOST_SAVED:
                raise Conflict(
                    f"검색은 {MOST_SAVED}개까지 저장할 수 있습니다. 쓰지 않는 것을 지워 주세요."
                )
            return new_id(
                connection,
                saved_searches.insert().values(
                    user_id=principal.user_id,
                    name=name,
                    address=wanted.query(),
                    created_at=utcnow(),
                ),
            )

    def rename(self, principal: Principal, saved_id: int, name: str) -> None:
        """Give a saved search another name. Raises NotFound, InvalidInput, Conflict."""
        name = _clean_name(name)
        others = sa.select(saved_searches.c.id).where(
            *_mine(principal), saved_searches.c.name == name, saved_searches.c.id != saved_id
        )
        self.saved_one(principal, saved_id)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            if connection.execute(others).first() is not None:
                raise _name_in_use(name)
            connection.execute(
                saved_searches.update()
                .where(*_mine(principal), saved_searches.c.id == saved_id)
                .values(name=name)
            )

    def delete(self, principal: Principal, saved_id: int) -> None:
        """Put a saved search away. Raises NotFound."""
        self.saved_one(principal, saved_id)
        self._mark_deleted(principal, saved_id, deleted=True)

    def restore(self, principal: Principal, saved_id: int) -> None:
        """Undo ``delete``. Raises NotFound, Conflict when its name was given to another since."""
        with self._db.read() as connection:
            name = connection.execute(
                sa.select(saved_searches.c.name).where(
                    saved_searches.c.id == saved_id,
                    saved_searches.c.user_id == principal.user_id,
                )
            ).scalar()
        if name is None:
            raise NotFound("되돌릴 검색을 찾을 수 없습니다.")
        if any(s.name == name and s.id != saved_id for s in self.saved(principal)):
            raise _name_in_use(name)
        self._mark_deleted(principal, saved_id, deleted=False)

    def _mark_deleted(self, principal: Principal, saved_id: int, *, deleted: bool) -> None:
        with self._db.write() as connection:
            connection.execute(
                saved_searches.update()
                .where(
                    saved_searches.c.id == saved_id,
                    saved_searches.c.user_id == principal.user_id,
                )
                .values(deleted_at=utcnow() if deleted else None)
            )

    def _ran(self, saved_id: int, documents: Iterable[int]) -> None:
        with self._db.write() as connection:
            connection.execute(
                saved_searches.update()
                .where(saved_searches.c.id == saved_id)
                .values(ran_at=utcnow(), seen=json.dumps(sorted(set(documents))))
            )


def _mine(principal: Principal) -> tuple[ColumnElement[bool], ...]:
    return (
        saved_searches.c.user_id == principal.user_id,
        saved_searches.c.deleted_at.is_(None),
    )


def _name_in_use(name: str) -> Conflict:
    return Conflict(f"‘{name}’이라는 저장한 검색이 이미 있습니다. 다른 이름을 적어 주세요.")


def _clean_name(name: str) -> str:
    name = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    if not name:
        raise InvalidInput("저장할 이름을 적어 주세요.")
    if len(name) > MAX_NAME:
        raise InvalidInput(f"이름은 {MAX_NAME}자까지 쓸 수 있습니다.")
    return name


def _touches(hit: Hit, terms: frozenset[str], result: SearchResult) -> bool:
    """Whether a passage has anything to do with the question: a word of it, or a meaning that is
    clearly nearer than that of the other candidates."""
    near = result.trace.similarity
    stands_out = hit.dense >= near.mean + near.deviation
    return stands_out or not terms.isdisjoint(hit.tokens.split())


def _title_order(document: Document, text: str) -> tuple[bool, bool, int]:
    title = document.title.casefold()
    return (
        document.freshness is Freshness.SUPERSEDED,
        not title.startswith(text.casefold()),
        len(title),
    )


def _suggestion(result: SearchResult) -> str | None:
    """Another spelling to offer; none when it is what was searched."""
    return result.suggestion if result.suggestion != result.query else None
