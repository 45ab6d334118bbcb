"""Findings: where in a version of a document personal information stands, and what people decided.

A place is a stretch of the version's blocks joined by line ends. The value itself is nowhere but in
the document, from which it is read when somebody with the right looks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import utcnow
from mokmin.governance.privacy.detection import detect
from mokmin.governance.privacy.policies import PrivacyRules
from mokmin.governance.privacy.store import findings, scans

BY_LIST = "exclusion"


class FindingState(StrEnum):
    """What became of a finding."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    FALSE = "false"
    """No personal information."""
    IGNORED = "ignored"
    """Personal information that may stay in sight."""


HIDDEN = (FindingState.OPEN, FindingState.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Place:
    """Personal information of a type at ``[start, end)``; ``block`` is where it begins."""

    type: str
    block: int
    start: int
    end: int
    state: FindingState = FindingState.OPEN


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found in one version under the rules of a moment."""

    places: tuple[Place, ...]
    rules: int


def joined(texts: Sequence[str]) -> str:
    """The text that places are counted in."""
    return "\n".join(texts)


def starts_of(texts: Sequence[str]) -> list[int]:
    """Where each block begins in the joined text."""
    return [0, *accumulate(len(text) + 1 for text in texts)][: len(texts)]


class Intake:
    """Looks through documents as they come in."""

    def __init__(self, rules: PrivacyRules) -> None:
        self._rules = rules

    @property
    def number(self) -> int:
        """The number of the rules in force."""
        return self._rules.number

    def find(self, texts: Sequence[str], document_kind: str) -> Scan:
        """Personal information in a document's blocks. Outside any transaction: linear, but slow
        enough to keep others waiting."""
        rules = self._rules.number
        begins = starts_of(texts)
        places = []
        for span in detect(joined(texts), self._rules.official_phones()):
            excluded = self._rules.excluded(span.type, span.text, document_kind)
            state = FindingState.FALSE if excluded else FindingState.OPEN
            block = bisect_right(begins, span.start) - 1
            places.append(Place(span.type, block, span.start, span.end, state))
        return Scan(tuple(places), rules)

    @staticmethod
    def store(connection: Connection, document_id: int, version_id: int, scan: Scan) -> None:
        """Replace a version's findings. What a person decided on the same place stays."""
        of_version = findings.c.version_id == version_id
        decided = {
            (row.type, row.start, row.end): row
            for row in connection.execute(
                sa.select(findings).where(of_version, findings.c.decided_by.not_in(("", BY_LIST)))
            )
        }
        connection.execute(findings.delete().where(of_version))
        now = utcnow()
        rows = []
        for place in scan.places:
            kept = decided.get((place.type, place.start, place.end))
            by_list = place.state is FindingState.FALSE
            rows.append(
                {
                    "document_id": document_id,
                    "version_id": version_id,
                    "type": place.type,
                    "block": place.block,
                    "start": place.start,
                    "end": place.end,
                    "state": kept.state if kept else place.state.value,
                    "decided_by": kept.decided_by if kept else (BY_LIST if by_list else ""),
                    "decided_at": kept.decided_at if kept else (now if by_list else None),
                    "found_at": kept.found_at if kept else now,
                }
            )
        if rows:
            connection.execute(findings.insert(), rows)
        connection.execute(scans.delete().where(scans.c.version_id == version_id))
        connection.execute(
            scans.insert().values(version_id=version_id, rules=scan.rules, scanned_at=now)
        )


def places_of(connection: Connection, version_id: int) -> tuple[Place, ...] | None:
    """The findings of a version in order; None when it was not looked through yet. The caller has
    checked that its reader may read the document."""
    seen = connection.execute(
        sa.select(scans.c.version_id).where(scans.c.version_id == version_id)
    ).first()
    if seen is None:
        return None
    query = sa.select(findings).where(findings.c.version_id == version_id)
    return tuple(
        Place(row.type, row.block, row.start, row.end, FindingState(row.state))
        for row in connection.execute(query.order_by(findings.c.start))
    )
