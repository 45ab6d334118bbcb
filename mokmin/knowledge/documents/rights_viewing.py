"""Whose eyes see what: why a person can or cannot see a document, and all that a person can see.

Nothing is told of a document that the one who asks may not see: not that it is there, not in a number.
Of persons: colleagues of the own department, those with no more groups than the own; of anybody to an
administrator.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from mokmin.base.db import Database
from mokmin.base.errors import NotAllowed, NotFound
from mokmin.governance.access.explaining import Case, Explanation, Way, explain
from mokmin.governance.access.grants import grants_of
from mokmin.governance.access.model import ROLES, Permission, Principal
from mokmin.governance.access.rules import KST, require, today, visible
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.posts import PERSON, group_ids
from mokmin.governance.people.store import users
from mokmin.knowledge.documents.model import Document
from mokmin.knowledge.documents.rights_audience import Audience, person
from mokmin.knowledge.documents.rights_store import may_know
from mokmin.knowledge.documents.store import documents, select_documents, to_document

MOST_ACCOUNTS = 500
PAGE = 25
REFUSED = (
    "그 사람의 눈으로는 볼 수 없습니다. 같은 부서의 동료이거나, 내가 볼 수 있는 것만 보는 사람만 "
    "고를 수 있습니다."
)
_UNKNOWN = "그런 문서가 없거나, 내가 알 수 없는 문서입니다."


@dataclass(frozen=True, slots=True)
class Looked:
    """A person looked at on a day, with the rights of that day."""

    principal: Principal
    day: date
    disabled: bool

    @property
    def label(self) -> str:
        """As people know the person: ``윤아름 (yun.areum) · 재산관리과``."""
        named = person(self.principal.name, self.principal.login)
        return " · ".join(x for x in (named, self.principal.department) if x)


@dataclass(frozen=True, slots=True)
class Overview:
    """What a person can see of that which the asker sees: numbers by department and by grade."""

    total: int
    departments: tuple[tuple[str, int], ...]
    grades: tuple[tuple[str, int], ...]


class RightsViewing:
    """Explanations and the simulator. All methods raise NotAllowed without the right to explain."""

    def __init__(self, db: Database, audience: Audience, audit: AuditLog) -> None:
        self._db = db
        self._audience = audience
        self._audit = audit

    def accounts(self, principal: Principal) -> list[str]:
        """Accounts to suggest: those of the own department; an administrator's city."""
        require(principal, Permission.EXPLAIN_ACCESS)
        query = sa.select(users.c.name, users.c.login).order_by(users.c.name, users.c.login)
        if not principal.may(Permission.ADMINISTER):
            if principal.department_id is None:
                return []
            query = query.where(users.c.department_id == principal.department_id)
        with self._db.read() as connection:
            rows = connection.execute(query.limit(MOST_ACCOUNTS))
            return [person(row.name, row.login) for row in rows]

    def look(self, principal: Principal, who: str, day: date | None = None) -> Looked:
        """A person (``name (login)`` or login) with the rights of a day. Raises NotAllowed, also for an
        account that does not exist: nobody must learn which do."""
        require(principal, Permission.EXPLAIN_ACCESS)
        login = who.strip().lower()
        if login.endswith(")"):
            login = login[login.rfind("(") + 1 : -1].strip()
        day = day or today()
        with self._db.read() as connection:
            found = connection.execute(sa.select(users.c.id).where(users.c.login == login)).scalar()
            looked = _looked(connection, found, day) if found is not None else None
        if looked is None or not _may(principal, looked.principal):
            raise NotAllowed(REFUSED)
        return looked

    def explain(self, principal: Principal, looked: Looked, document_id: int) -> Explanation:
        """Why this person can or cannot see this document; on the record. Raises NotFound, the same for
        a document that is not there and for one that the asker may not know of."""
        require(principal, Permission.EXPLAIN_ACCESS)
        with self._db.read() as connection:
            row = connection.execute(
                sa.select(documents.c.id, documents.c.created_at, documents.c.deleted_at).where(
                    documents.c.id == document_id, may_know(principal)
                )
            ).first()
            if row is None:
                raise NotFound(_UNKNOWN)
            seen = connection.execute(
                sa.select(documents.c.id).where(
                    documents.c.id == document_id,
                    documents.c.deleted_at.is_(None),
                    visible(looked.principal, documents.c.id, looked.day),
                )
            ).first()
            ways = self._ways(connection, document_id, looked.principal)
        self._audit.record(
            principal, "rights.explain", f"document:{document_id}", user=looked.principal.user_id
        )
        return explain(
            Case(
                name=looked.principal.name,
                day=looked.day,
                seen=seen is not None,
                ways=ways,
                since=_korean(row.created_at),
                disabled=looked.disabled,
                deleted=_korean(row.deleted_at) if row.deleted_at else None,
            )
        )

    def _ways(self, connection: Connection, document_id: int, looked: Principal) -> Sequence[Way]:
        grants = grants_of(connection, [document_id]).get(document_id, ())
        readers = self._audience.readers(connection, [g.group_id for g in grants])
        return [
            Way(
                grant,
                readers[grant.group_id].name,
                readers[grant.group_id].kind,
                grant.group_id in looked.groups,
            )
            for grant in grants
            if grant.group_id in readers
        ]

    # --- the simulator --------------------------------------------------------------------
    def overview(self, principal: Principal, looked: Looked) -> Overview:
        """How many documents the person can see, by department and grade; on the record."""
        require(principal, Permission.EXPLAIN_ACCESS)
        both = self._both(principal, looked)
        counted = []
        with self._db.read() as connection:
            for column in (documents.c.department, documents.c.grade):
                query = (
                    sa.select(column, sa.func.count())
                    .where(both)
                    .group_by(column)
                    .order_by(sa.func.count().desc(), column)
                )
                counted.append(tuple((str(k), int(n)) for k, n in connection.execute(query)))
        self._audit.record(principal, "rights.simulate", f"user:{looked.principal.user_id}")
        by_department, by_grade = counted
        return Overview(sum(n for _, n in by_grade), by_department, by_grade)

    def listed(
        self,
        principal: Principal,
        looked: Looked,
        *,
        department: str = "",
        grade: str = "",
        page: int = 1,
    ) -> tuple[list[Document], int]:
        """A page of what the person can see, newest first, and how many pages there are."""
        require(principal, Permission.EXPLAIN_ACCESS)
        chosen = [self._both(principal, looked)]
        if department:
            chosen.append(documents.c.department == department)
        if grade:
            chosen.append(documents.c.grade == grade)
        query = select_documents(sa.and_(*chosen))
        with self._db.read() as connection:
            total = connection.execute(
                sa.select(sa.func.count()).select_from(query.subquery())
            ).scalar_one()
            rows = connection.execute(
                query.order_by(documents.c.created_at.desc(), documents.c.id.desc())
                .limit(PAGE)
                .offset((max(1, page) - 1) * PAGE)
            )
            return [to_document(row) for row in rows], max(1, -(-total // PAGE))

    def seen_by_both(
        self, principal: Principal, looked: Looked, ids: Iterable[int]
    ) -> frozenset[int]:
        """Those of some documents that both the asker and the person can see."""
        require(principal, Permission.EXPLAIN_ACCESS)
        query = sa.select(documents.c.id).where(
            documents.c.id.in_(sorted(set(ids))), self._both(principal, looked)
        )
        with self._db.read() as connection:
            return frozenset(connection.execute(query).scalars())

    @staticmethod
    def _both(principal: Principal, looked: Looked) -> ColumnElement[bool]:
        if looked.disabled:
            return sa.false()
        return sa.and_(
            visible(principal, documents.c.id),
            visible(looked.principal, documents.c.id, looked.day),
            documents.c.deleted_at.is_(None),
        )


def _looked(connection: Connection, user_id: int, day: date) -> Looked:
    row = connection.execute(PERSON, {"user_id": user_id, "day": day}).one()
    principal = Principal(
        user_id=row.id,
        login=row.login,
        name=row.name,
        department_id=row.place,
        department=row.department or "",
        role=row.role,
        groups=group_ids(connection, user_id, day),
        permissions=ROLES[row.role],
    )
    return Looked(principal, day, bool(row.disabled))


def _may(principal: Principal, looked: Principal) -> bool:
    if principal.may(Permission.ADMINISTER) or principal.sees_all:
        return True
    if looked.user_id == principal.user_id:
        return True
    if looked.department_id is not None and looked.department_id == principal.department_id:
        return True
    return set(looked.groups) <= set(principal.groups)


def _korean(moment: datetime) -> date:
    return moment.replace(tzinfo=UTC).astimezone(KST).date()
