"""Queries on findings together with the documents that hold them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select

from mokmin.features.privacy.model import Wanted
from mokmin.governance.access.model import Principal
from mokmin.governance.access.rules import attachments, visible
from mokmin.governance.privacy.store import findings
from mokmin.knowledge.documents.store import documents, passages

_LIVE = (
    findings.c.version_id == documents.c.current_version_id,
    documents.c.deleted_at.is_(None),
)


def of_principal(principal: Principal, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Findings in current versions of documents that a person may read."""
    return (
        sa.select(
            findings, documents.c.title, documents.c.department, documents.c.grade, documents.c.kind
        )
        .join(documents, documents.c.id == findings.c.document_id)
        .where(*_LIVE, visible(principal, findings.c.document_id), *conditions)
    )


def wanted_conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What a filter means."""
    found: list[ColumnElement[bool]] = []
    if wanted.state:
        found.append(findings.c.state == wanted.state)
    if wanted.type:
        found.append(findings.c.type == wanted.type)
    if wanted.department:
        found.append(documents.c.department == wanted.department)
    if wanted.document_id:
        found.append(findings.c.document_id == wanted.document_id)
    return found


def counts(connection: Connection) -> list[tuple[str, str, str, int]]:
    """(department, type, state, number) over all documents of the library. Numbers alone: no title, no
    document, so that they need no right to read. Attachments of conversations are nobody's to count."""
    private = sa.exists().where(
        attachments.c.document_id == documents.c.id, attachments.c.adopted_at.is_(None)
    )
    query = (
        sa.select(documents.c.department, findings.c.type, findings.c.state, sa.func.count())
        .join(documents, documents.c.id == findings.c.document_id)
        .where(*_LIVE, ~private)
        .group_by(documents.c.department, findings.c.type, findings.c.state)
        .order_by(documents.c.department, findings.c.type, findings.c.state)
    )
    return [(row[0], row[1], row[2], row[3]) for row in connection.execute(query)]


def passage_at(connection: Connection, version_id: int, block: int) -> int | None:
    """The first passage that holds a block."""
    query = (
        sa.select(passages.c.id)
        .where(
            passages.c.version_id == version_id,
            passages.c.first_block <= block,
            passages.c.last_block > block,
        )
        .order_by(passages.c.seq)
        .limit(1)
    )
    found = connection.execute(query).scalar()
    return int(found) if found is not None else None
