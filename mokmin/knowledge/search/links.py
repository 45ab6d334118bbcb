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
    for citing, cited, row in _pairs(connection, principal, units):
        weight = place_weight(row.place)
        if _family(row.citing_law or row.law) != _family(row.law):
            weight *= _OTHER_FAMILY
        for one, other in ((citing, cited), (cited, citing)):
            if one in found and other != one:
                found[one][other] = max(weight, found[one].get(other, 0.0))
    return found


# Aliases are made once: making them costs more than asking the database.
_OWN = provisions.alias("own")
_OF_CITING, _OF_CITED = documents.alias("of_citing"), documents.alias("of_cited")


def _statement(start: sa.Table) -> sa.Select[Any]:
    return (
        sa.select(
            citations.c.unit_id.label("citing"),
            provisions.c.unit_id.label("cited"),
            citations.c.place,
            citations.c.law,
            _OWN.c.law.label("citing_law"),
            sa.func.row_number()
            .over(
                partition_by=start.c.unit_id,
                order_by=(citations.c.place, citations.c.id, provisions.c.id),
            )
            .label("number"),
        )
        .join(
            provisions,
            sa.and_(
                provisions.c.law == citations.c.law, provisions.c.article == citations.c.article
            ),
        )
        .outerjoin(_OWN, _OWN.c.unit_id == citations.c.unit_id)
        .join(_OF_CITING, _OF_CITING.c.id == citations.c.document_id)
        .join(_OF_CITED, _OF_CITED.c.id == provisions.c.document_id)
        .where(
            start.c.unit_id.in_(sa.bindparam("units", expanding=True)),
            _OF_CITING.c.current_version_id == citations.c.version_id,
            _OF_CITING.c.deleted_at.is_(None),
            _OF_CITED.c.current_version_id == provisions.c.version_id,
            _OF_CITED.c.deleted_at.is_(None),
        )
    )


_CITED_BY, _CITING = _statement(citations), _statement(provisions)


def _pairs(
    connection: Connection, principal: Principal, units: Sequence[UnitKey]
) -> list[tuple[UnitKey, UnitKey, Any]]:
    """(citing unit, cited unit, row) where one of them is one of ``units``; of each the first
    ``_MOST`` either way."""
    found: list[tuple[UnitKey, UnitKey, Any]] = []
    for statement in (_CITED_BY, _CITING):
        visibly = statement.where(
            visible(principal, _OF_CITING.c.id), visible(principal, _OF_CITED.c.id)
        ).subquery()
        query = sa.select(visibly).where(visibly.c.number <= _MOST)
        rows = connection.execute(query, {"units": list(units)})
        found += [(row.citing, row.cited, row) for row in rows]
    return found


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
