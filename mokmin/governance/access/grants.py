"""Grants: which group may read a document, from when until when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.errors import InvalidInput
from mokmin.governance.access.rules import document_groups


class Standing(StrEnum):
    """Where a grant stands on a day."""

    HOLDS = "holds"
    NOT_YET = "not-yet"
    OVER = "over"


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A group may read a document from a day until a day, both included; None: without limit."""

    group_id: int
    valid_from: date | None = None
    valid_until: date | None = None

    def standing(self, day: date) -> Standing:
        """Whether the grant holds on a day."""
        if self.valid_until is not None and self.valid_until < day:
            return Standing.OVER
        if self.valid_from is not None and day < self.valid_from:
            return Standing.NOT_YET
        return Standing.HOLDS

    @property
    def codes(self) -> str:
        """As it stands in the audit log: ``12@2026-12-01~2026-12-31``."""
        if self.valid_from is None and self.valid_until is None:
            return str(self.group_id)
        ends = [d.isoformat() if d else "" for d in (self.valid_from, self.valid_until)]
        return f"{self.group_id}@{'~'.join(ends)}"


def checked_grants(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """Grants in order, each group once. Raises InvalidInput for none, for a group named twice, and for
    a last day before the first."""
    found: dict[int, Grant] = {}
    for grant in grants:
        if grant.group_id in found:
            raise InvalidInput(
                "같은 사람이나 부서를 두 번 골랐습니다. 한 번만 남겨 주세요. 아무것도 바꾸지 않았습니다."
            )
        if grant.valid_from and grant.valid_until and grant.valid_until < grant.valid_from:
            raise InvalidInput(
                "열람이 끝나는 날이 시작하는 날보다 빠릅니다. 두 날짜를 확인해 주세요. "
                "아무것도 바꾸지 않았습니다."
            )
        found[grant.group_id] = grant
    if not found:
        raise InvalidInput(
            "문서를 볼 사람이 한 명도 남지 않습니다. 볼 사람이나 부서를 하나 이상 남겨 주세요. "
            "아무것도 바꾸지 않았습니다."
        )
    return tuple(sorted(found.values(), key=lambda grant: grant.group_id))


def grants_of(connection: Connection, document_ids: Iterable[int]) -> dict[int, tuple[Grant, ...]]:
    """The grants of documents, each in the order of its groups; a document without any is left out."""
    found: dict[int, list[Grant]] = {}
    query = (
        sa.select(document_groups)
        .where(document_groups.c.document_id.in_(list(document_ids)))
        .order_by(document_groups.c.group_id)
    )
    for row in connection.execute(query):
        grant = Grant(row.group_id, row.valid_from, row.valid_until)
        found.setdefault(row.document_id, []).append(grant)
    return {key: tuple(grants) for key, grants in found.items()}


def set_grants(connection: Connection, document_id: int, grants: Sequence[Grant]) -> None:
    """Replace the grants of a document. The caller has the index follow (``mark_changed``)."""
    connection.execute(document_groups.delete().where(document_groups.c.document_id == document_id))
    rows = [
        {
            "document_id": document_id,
            "group_id": grant.group_id,
            "valid_from": grant.valid_from,
            "valid_until": grant.valid_until,
        }
        for grant in grants
    ]
    if rows:
        connection.execute(document_groups.insert(), rows)


def ended_between(connection: Connection, since: date | None, day: date) -> list[int]:
    """Documents of which a grant ended on a day from ``since`` (any) until before ``day``."""
    ends = document_groups.c.valid_until
    query = sa.select(document_groups.c.document_id).distinct().where(ends < day)
    if since is not None:
        query = query.where(ends >= since)
    return list(connection.execute(query.order_by(document_groups.c.document_id)).scalars())
