"""Collections on the steward's desk: made, changed, filled by hand or by a rule, looked through on a day.

Only documents that the steward may see are put in or shown; what a collection holds beyond these stays.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotFound
from mokmin.features.stewardship.homes import Homes
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.knowledge.documents.collections import (
    Collection,
    Collections,
    collection_documents,
    collections,
    members,
    pick,
    selected,
    to_collection,
)
from mokmin.knowledge.documents.model import Document
from mokmin.knowledge.documents.service import DocumentService, LibraryQuery

LOCK_KEY = 4243
MAX_NAME, MAX_ABOUT, MOST_RULES = 80, 400, 20
MOST_AT_ONCE, MOST_FOUND, LONGEST_DAYS, USUAL_DAYS = 50, 10, 1_100, 365
_GONE = "그 모음을 찾을 수 없거나 돌볼 권한이 없습니다."


@dataclass(frozen=True, slots=True)
class CollectionDraft:
    """What a steward writes of a collection."""

    name: str
    about: str = ""
    department_id: int | None = None
    kinds: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    shared: bool = False
    review_on: date | None = None


class CollectionDesk:
    """Collections of the own department and those below it."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        library: DocumentService,
        reading: Collections,
        homes: Homes,
        today: Callable[[], date],
    ) -> None:
        self._db = db
        self._audit = audit
        self._library = library
        self._reading = reading
        self.homes = homes
        self.today = today

    # --- looking --------------------------------------------------------------------------
    def listing(self, principal: Principal) -> list[tuple[Collection, int]]:
        """Collections with how many documents of each the steward sees; those to be looked through
        first. Raises NotAllowed."""
        require(principal, Permission.CURATE)
        mine = self.homes.ids(principal)
        query = selected().order_by(collections.c.review_on, collections.c.id)
        if mine is not None:
            query = query.where(collections.c.department_id.in_(mine))
        with self._db.read() as connection:
            found = [to_collection(row) for row in connection.execute(query).all()]
            return [(c, len(members(connection, principal, c))) for c in found]

    def get(self, principal: Principal, collection_id: int) -> Collection:
        """One to look after. Raises NotFound, NotAllowed."""
        require(principal, Permission.CURATE)
        with self._db.read() as connection:
            return self._mine(connection, principal, collection_id)

    def documents(
        self, principal: Principal, collection: Collection
    ) -> tuple[list[Document], frozenset[int]]:
        """Its documents as far as the steward sees them, and which of them were picked by hand."""
        seen = self._library.seen(principal, self._reading.ids(principal, collection))
        query = sa.select(collection_documents.c.document_id).where(
            collection_documents.c.collection_id == collection.id
        )
        with self._db.read() as connection:
            return seen, frozenset(connection.execute(query).scalars())

    def find(self, principal: Principal, text: str) -> list[Document]:
        """Documents by title, to be put in."""
        require(principal, Permission.CURATE)
        if not text.strip():
            return []
        return self._library.page(principal, LibraryQuery(text=text)).documents[:MOST_FOUND]

    # --- changing -------------------------------------------------------------------------
    def add(self, principal: Principal, draft: CollectionDraft) -> int:
        """A new one; its id. Raises NotAllowed, InvalidInput, Conflict."""
        home, values = self._checked(principal, draft)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            self._refuse_twice(connection, home, str(values["name"]))
            insert = collections.insert().values(
                owner=principal.login, created_at=utcnow(), **values
            )
            made = new_id(connection, insert)
            self._record(connection, principal, "collection.add", made)
        return made

    def change(
        self, principal: Principal, collection_id: int, draft: CollectionDraft, *, edition: int
    ) -> None:
        """Other words, rule or day. Raises NotAllowed, NotFound, InvalidInput, Conflict."""
        self.get(principal, collection_id)
        home, values = self._checked(principal, draft)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            found = self._mine(connection, principal, collection_id)
            if found.edition != edition:
                raise Conflict(
                    "그사이 다른 사람이 이 모음을 고쳤습니다. 저장하지 않았습니다. 다시 열어 확인해 주세요."
                )
            self._refuse_twice(connection, home, str(values["name"]), but=collection_id)
            connection.execute(
                collections.update()
                .where(collections.c.id == collection_id)
                .values(edition=edition + 1, **values)
            )
            self._record(connection, principal, "collection.change", collection_id)

    def remove(self, principal: Principal, collection_id: int) -> None:
        """Take it away, its documents stay in the library; ``restore`` brings it back."""
        self._mark(principal, collection_id, removed=True)

    def restore(self, principal: Principal, collection_id: int) -> None:
        """Undo ``remove``. Raises NotFound, Conflict when its name is taken."""
        self._mark(principal, collection_id, removed=False)

    def put_in(self, principal: Principal, collection_id: int, ids: Sequence[int]) -> int:
        """Put documents in; how many were new. Raises NotFound for one that the steward does not see."""
        wanted = list(dict.fromkeys(ids))[:MOST_AT_ONCE]
        if len(self._library.seen(principal, wanted)) != len(wanted):
            raise NotFound("고른 문서 가운데 없거나 볼 수 없는 것이 있습니다. 넣지 않았습니다.")
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            self._mine(connection, principal, collection_id)
            done = pick(connection, collection_id, wanted)
            if done:
                self._record(connection, principal, "collection.change", collection_id)
        return done

    def take_out(self, principal: Principal, collection_id: int, document_id: int) -> None:
        """Take a picked document out. Raises NotFound."""
        self._library.get(principal, document_id)
        c = collection_documents.c
        with self._db.write() as connection:
            self._mine(connection, principal, collection_id)
            connection.execute(
                collection_documents.delete().where(
                    c.collection_id == collection_id, c.document_id == document_id
                )
            )
            self._record(connection, principal, "collection.change", collection_id)

    # --- rules ----------------------------------------------------------------------------
    def _mine(
        self, connection: Connection, principal: Principal, key: int, *, removed: bool = False
    ) -> Collection:
        query = selected(removed=removed).where(collections.c.id == key)
        row = connection.execute(query).first()
        if row is None or not self.homes.holds(principal, row.department_id):
            raise NotFound(_GONE)
        return to_collection(row)

    def _mark(self, principal: Principal, collection_id: int, *, removed: bool) -> None:
        require(principal, Permission.CURATE)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            found = self._mine(connection, principal, collection_id, removed=not removed)
            if not removed:
                self._refuse_twice(connection, found.department_id, found.name)
            connection.execute(
                collections.update()
                .where(collections.c.id == collection_id)
                .values(deleted_at=utcnow() if removed else None)
            )
            action = "collection.remove" if removed else "collection.restore"
            self._record(connection, principal, action, collection_id)

    def _checked(
        self, principal: Principal, draft: CollectionDraft
    ) -> tuple[int, dict[str, object]]:
        require(principal, Permission.CURATE)
        home = self.homes.require(principal, draft.department_id)
        name, about = " ".join(draft.name.split()), " ".join(draft.about.split())
        if not name or len(name) > MAX_NAME:
            raise InvalidInput(
                f"모음의 이름을 {MAX_NAME}자 안으로 적어 주세요. 저장하지 않았습니다."
            )
        if len(about) > MAX_ABOUT:
            raise InvalidInput(f"설명은 {MAX_ABOUT}자까지 적을 수 있습니다. 저장하지 않았습니다.")
        if max(len(draft.kinds), len(draft.departments)) > MOST_RULES:
            raise InvalidInput(f"규칙은 {MOST_RULES}개까지 고를 수 있습니다. 저장하지 않았습니다.")
        today, day = self.today(), draft.review_on
        if day is None or not today <= day <= today + timedelta(days=LONGEST_DAYS):
            raise InvalidInput(
                "살필 날은 오늘부터 3년 안의 날짜로 정해 주세요. 저장하지 않았습니다."
            )
        return home, {
            "name": name,
            "about": about,
            "department_id": home,
            "kinds": json.dumps(list(draft.kinds), ensure_ascii=False),
            "departments": json.dumps(list(draft.departments), ensure_ascii=False),
            "shared": draft.shared,
            "review_on": day,
        }

    @staticmethod
    def _refuse_twice(connection: Connection, home: int, name: str, *, but: int = 0) -> None:
        c = collections.c
        taken = connection.execute(
            sa.select(c.id).where(
                c.department_id == home, c.name == name, c.deleted_at.is_(None), c.id != but
            )
        ).first()
        if taken is not None:
            raise Conflict(
                f"이 부서에 ‘{name}’ 모음이 이미 있습니다. 저장하지 않았습니다. 다른 이름을 정해 주세요."
            )

    def _record(self, connection: Connection, principal: Principal, action: str, key: int) -> None:
        self._audit.append(connection, principal.login, action, f"collection:{key}", {})
