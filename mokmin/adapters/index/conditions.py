"""Filters and attributes as SQL. Only integers, dates and quoted text are ever written into it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from mokmin.knowledge.search.model import SearchFilters
from mokmin.knowledge.search.ports import IndexAttributes, IndexFilter

# An update cannot write an empty list: this id belongs to no group.
NOBODY = -1


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def day(value: date | None) -> str:
    """A day, or none, as an SQL literal."""
    return "NULL" if value is None else f"date '{value.isoformat()}'"


def condition(where: IndexFilter) -> str:
    """The filter as SQL: empty for everything, ``false`` for nothing."""
    parts: list[str] = []
    if where.groups is not None:
        if not where.groups:
            return "false"
        parts.append(f"array_has_any(groups, [{_integers(where.groups)}])")
    if where.documents is not None:
        if not where.documents:
            return "false"
        parts.append(f"document_id IN ({_integers(where.documents)})")
    return " AND ".join(parts + _chosen(where.chosen))


def _chosen(chosen: SearchFilters) -> list[str]:
    parts = [
        f"{column} IN ({', '.join(map(quoted, values))})"
        for column, values in (
            ("department", chosen.departments),
            ("kind", chosen.kinds),
            ("grade", chosen.grades),
        )
        if values
    ]
    if chosen.dated_from is not None:
        parts.append(f"dated_on >= {day(chosen.dated_from)}")
    if chosen.dated_to is not None:
        parts.append(f"dated_on <= {day(chosen.dated_to)}")
    if chosen.in_force_on is not None:
        by_then = f"effective_on <= {day(chosen.in_force_on)}"
        parts.append(f"(effective_on IS NULL OR {by_then}) AND superseded = false")
    return parts


def attribute_values(attributes: IndexAttributes) -> dict[str, str]:
    """Attributes as SQL expressions by column."""
    return {
        "groups": f"[{_integers(attributes.groups or (NOBODY,))}]",
        "grade": quoted(attributes.grade),
        "department": quoted(attributes.department),
        "kind": quoted(attributes.kind),
        "dated_on": day(attributes.dated_on),
        "effective_on": day(attributes.effective_on),
        "superseded": "true" if attributes.superseded else "false",
    }


def _integers(values: Iterable[int]) -> str:
    return ", ".join(str(int(value)) for value in values)
