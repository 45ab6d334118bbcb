"""Rows of the database as candidates: what holds on which day, and how old each is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa

from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.search.embedding import matrix
from mokmin.knowledge.search.question import Question
from mokmin.knowledge.search.ranking import Candidate, Scored, UnitKey


def freshness_of(row: sa.Row[Any], today: date) -> Freshness:
    """What a document is on a day; a date to come wins over every mark."""
    if row.effective_on is not None and today < row.effective_on:
        return Freshness.NOT_YET
    return Freshness(row.freshness)


def in_force_on(row: sa.Row[Any], day: date) -> bool | None:
    """Whether a document was in force on a day: from when it took effect (or else is dated) until
    the one that replaced it did. None when its dates do not tell."""
    begins = row.effective_on or row.dated_on
    if begins is not None and day < begins:
        return False
    if row.replaced_on is not None and row.replaced_on <= day:
        return False
    if begins is None or (row.freshness == Freshness.SUPERSEDED and row.replaced_on is None):
        return None
    return True


def candidates_of(
    rows: Mapping[int, sa.Row[Any]], question: Question, today: date
) -> list[Candidate]:
    """What is ranked, in the order of the rows."""
    if not rows:
        return []
    ages = _ages(rows)
    vectors = matrix([row.vector for row in rows.values()], len(question.vector))
    found = []
    for at, (key, row) in enumerate(rows.items()):
        held = None if question.reference is None else in_force_on(row, question.reference)
        outdated = (
            freshness_of(row, today) is not Freshness.IN_FORCE
            if question.reference is None
            else held is False
        )
        found.append(
            Candidate(
                key=key,
                unit=row.unit_id,
                title=row.title,
                text=f"{row.header}\n{row.text}",
                vector=vectors[at],
                outdated=outdated,
                held=held is True,
                age=ages.get(key),
            )
        )
    return found


def best_of_each(rows: dict[int, sa.Row[Any]], question: Question) -> dict[int, sa.Row[Any]]:
    """Of each unit the passage that is nearest to the question."""
    if not rows:
        return {}
    near = matrix([row.vector for row in rows.values()], len(question.vector)) @ question.vector
    near = np.nan_to_num(near, nan=-1.0)
    best: dict[UnitKey, tuple[float, int]] = {}
    for (key, row), value in zip(rows.items(), np.asarray(near, float), strict=True):
        unit = row.unit_id
        best[unit] = max(best.get(unit, (-2.0, key)), (float(value), key))
    return {key: rows[key] for _, key in best.values()}


def current_first(scored: Sequence[Scored], rows: Mapping[int, sa.Row[Any]]) -> list[Scored]:
    """The ranking with no former edition above the best passage of the one that took its place."""
    best: dict[int, float] = {}
    successors: dict[int, int] = {}
    for item in scored:
        row = rows[item.key]
        best.setdefault(row.document_id, item.score)
        if row.superseded_by_id is not None:
            successors[row.document_id] = row.superseded_by_id
    if not successors:
        return list(scored)
    capped = []
    for item in scored:
        highest, edition = item.score, rows[item.key].document_id
        passed = {edition}
        while (edition := successors.get(edition, edition)) not in passed:
            passed.add(edition)
            highest = min(highest, best.get(edition, highest))
        change = highest - item.score
        capped.append(replace(item, score=highest, adjustment=item.adjustment + change))
    return sorted(capped, key=lambda item: (-item.score, rows[item.key].document_id in successors))


def _ages(rows: Mapping[int, sa.Row[Any]]) -> dict[int, float]:
    """0 for the newest date among the rows to 1 for the oldest; nothing without a date."""
    dates = {key: row.dated_on for key, row in rows.items() if row.dated_on is not None}
    if not dates:
        return {}
    newest, oldest = max(dates.values()), min(dates.values())
    span = max(1, (newest - oldest).days)
    return {key: (newest - day).days / span for key, day in dates.items()}
