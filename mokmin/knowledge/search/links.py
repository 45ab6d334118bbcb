"""Law and decree together: units that cite a good hit, or are cited by it, rise with it.

A question on a law often needs the law's article and the decree's article that fills it in ("법
제25조제1항에서 대통령령으로 정하는 …"); the two share few words. Measured on 37 such questions, both
articles are in the top ten for all of them with this step, for 81% without (benchmarks/RESULTS.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.governance.access.model import Principal
from mokmin.governance.access.rules import visible
from mokmin.knowledge.documents.store import documents
from mokmin.knowledge.documents.structure import citations, provisions
from mokmin.knowledge.search.ranking import Scored, UnitKey

LEADING = 5
"""How many of the best units pull others up."""
PULL = 0.7
_OTHER_FAMILY = 0.6
_MOST = 60
"""Of the citations of one leading unit, the first in their texts."""


def place_weight(place: int) -> float:
    """What a citation counts by its place in the text: the first says what a decree is about."""
    return 1.0 if place == 0 else 0.7 if place < 3 else 0.4


def neighbours(
    connection: Connection, principal: Principal, units: Sequence[UnitKey]
) -> dict[UnitKey, dict[UnitKey, float]]:
    """For each unit those that it cites or that cite it, in current and visible documents, with a
    weight of 0 to 1."""
    found: dict[UnitKey, dict[UnitKey, float]] = {unit: {} for unit in units}
    if not units:
        return found
    rows = [
        pair
        for unit in units
        for start in (citations, provisions)
        for pair in _pairs(connection, principal, start, unit)
    ]
    for citing, cited, row in rows:
        weight = place_weight(row.place)
        if _family(row.citing_law or row.law) != _family(row.law):
            weight *= _OTHER_FAMILY
        for one, other in ((citing, cited), (cited, citing)):
            if one in found and other != one:
                found[one][other] = max(weight, found[one].get(other, 0.0))
    return found


def _pairs(
    connection: Connection, principal: Principal, start: sa.Table, unit: UnitKey
) -> list[tuple[UnitKey, UnitKey, Any]]:
    """(citing unit, cited unit, row) where the one in ``start`` is ``unit``."""
    own = provisions.alias("own")
    query = (
        sa.select(
            citations.c.unit_id.label("citing"),
            provisions.c.unit_id.label("cited"),
            citations.c.place,
            citations.c.law,
            own.c.law.label("citing_law"),
        )
        .join(
            provisions,
            sa.and_(
                provisions.c.law == citations.c.law, provisions.c.article == citations.c.article
            ),
        )
        .outerjoin(own, own.c.unit_id == citations.c.unit_id)
        .where(start.c.unit_id == unit)
        .order_by(citations.c.place, citations.c.id, provisions.c.id)
        .limit(_MOST)
    )
    for table in (citations, provisions):
        one = documents.alias(f"of_{table.name}")
        query = query.join(one, one.c.id == table.c.document_id).where(
            one.c.current_version_id == table.c.version_id,
            one.c.deleted_at.is_(None),
            visible(principal, one.c.id),
        )
    return [(row.citing, row.cited, row) for row in connection.execute(query)]


def _family(law: str) -> str:
    return law.split(" 시행")[0]


def best_of_units(scored: Sequence[Scored]) -> dict[UnitKey, float]:
    """The score of each unit: that of its best passage; best first."""
    best: dict[UnitKey, float] = {}
    for item in scored:
        best.setdefault(item.unit, item.score)
    return best


def pull(
    scored: Sequence[Scored], links: Mapping[UnitKey, Mapping[UnitKey, float]]
) -> list[Scored]:
    """The candidates anew: a unit linked to a better one of the leading units moves towards it."""
    best = best_of_units(scored)
    lift: dict[UnitKey, float] = {}
    for leader, others in links.items():
        for unit, weight in others.items():
            if unit in best and leader in best:
                gain = PULL * weight * max(0.0, best[leader] - max(best[unit], 0.0))
                lift[unit] = max(gain, lift.get(unit, 0.0))
    moved = [
        replace(item, score=item.score + lift.get(item.unit, 0.0), link=lift.get(item.unit, 0.0))
        for item in scored
    ]
    return sorted(moved, key=lambda item: (-item.score, item.key))
