"""What the organisation asks of the library: counts by group, departments that change their name, and
documents in a person's name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.base.db import pairs, utcnow
from mokmin.base.jobs.queue import jobs
from mokmin.governance.access.rules import document_groups
from mokmin.governance.people.handover import Giving
from mokmin.knowledge.documents.service import INDEX_JOB
from mokmin.knowledge.documents.store import documents

CHUNK = 500


class DocumentLibrary:
    """See ``governance.people.handover.Library``."""

    def counts(self, connection: Connection, group_ids: Collection[int]) -> Mapping[int, int]:
        """Documents that are not deleted, by group."""
        query = (
            sa.select(document_groups.c.group_id, sa.func.count())
            .join(documents, documents.c.id == document_groups.c.document_id)
            .where(documents.c.deleted_at.is_(None))
            .group_by(document_groups.c.group_id)
        )
        found: dict[int, int] = {}
        wanted = sorted(group_ids)
        for begin in range(0, len(wanted), CHUNK):
            some = query.where(document_groups.c.group_id.in_(wanted[begin : begin + CHUNK]))
            found |= pairs(connection, some)
        return found

    def rename_department(self, connection: Connection, old: str, new: str) -> int:
        """Documents in charge of one department are another's from now on; the index follows."""
        mine = documents.c.department == old
        ids = list(connection.execute(sa.select(documents.c.id).where(mine)).scalars())
        if not ids:
            return 0
        now = utcnow()
        connection.execute(documents.update().where(mine).values(department=new, changed_at=now))
        connection.execute(
            jobs.insert(),
            [
                {
                    "kind": INDEX_JOB,
                    "subject_id": document_id,
                    "state": "queued",
                    "attempts": 0,
                    "run_after": now,
                    "created_at": now,
                }
                for document_id in ids
            ],
        )
        return len(ids)


class OwnedDocuments:
    """Documents that a person put in for the department that the person leaves."""

    name, unit = "올린 문서", "건"

    def held(self, connection: Connection, givers: Sequence[Giving]) -> Mapping[int, int]:
        """See ``Handover``."""
        by_login = {giver.login: giver for giver in givers}
        query = (
            sa.select(documents.c.owner, documents.c.department, sa.func.count().label("number"))
            .where(documents.c.deleted_at.is_(None))
            .group_by(documents.c.owner, documents.c.department)
        )
        found: dict[int, int] = {}
        for row in _by_owner(connection, query, list(by_login)):
            giver = by_login[row.owner]
            if row.department == giver.department:
                found[giver.user_id] = int(row.number)
        return found

    def hand_over(self, connection: Connection, givers: Sequence[Giving]) -> int:
        """See ``Handover``."""
        by_login = {giver.login: giver for giver in givers if giver.taker_login}
        query = sa.select(documents.c.id, documents.c.owner, documents.c.department)
        # All are found before any is changed: one may take over from another who takes over.
        rows = [
            {"this": row.id, "taker": by_login[row.owner].taker_login}
            for row in _by_owner(connection, query, list(by_login))
            if row.department == by_login[row.owner].department
        ]
        if rows:
            change = documents.update().where(documents.c.id == sa.bindparam("this"))
            connection.execute(change.values(owner=sa.bindparam("taker")), rows)
        return len(rows)


def _by_owner(
    connection: Connection, query: sa.Select[Any], logins: Sequence[str]
) -> list[Row[Any]]:
    found: list[Row[Any]] = []
    for begin in range(0, len(logins), CHUNK):
        some = query.where(documents.c.owner.in_(logins[begin : begin + CHUNK]))
        found += connection.execute(some).all()
    return found
