"""Results by document, with the editions of one document folded into one result.

Of several editions the one that the question asks about is shown: the current one, or the one of the
time that it names. The others stand below it, so that no two results say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mokmin.features.library.model import Group
from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.search.model import Hit, SearchTrace


def grouped(
    hits: Iterable[Hit], trace: SearchTrace, seen: frozenset[int] | None
) -> tuple[Group, ...]:
    """Hits by document, in the order of each document's best, editions folded. Superseded documents
    come last, unless the question asks for the past."""
    by_document: dict[int, list[Hit]] = {}
    for hit in hits:
        by_document.setdefault(hit.document_id, []).append(hit)
    groups = {
        key: Group(tuple(found), fresh=seen is not None and key not in seen)
        for key, found in by_document.items()
    }
    families: dict[int, list[Group]] = {}
    for key, group in groups.items():
        families.setdefault(_latest(key, groups), []).append(group)
    folded = (_folded(family, trace) for family in families.values())
    return tuple(sorted(folded, key=lambda g: _outdated(g) and not trace.past))


def _latest(document_id: int, groups: Mapping[int, Group]) -> int:
    """The newest edition that is known of a document; itself when nothing took its place."""
    passed = {document_id}
    while document_id in groups:
        successor = groups[document_id].hits[0].successor_id
        if successor is None or successor in passed:
            break
        document_id = successor
        passed.add(document_id)
    return document_id


def _folded(family: Sequence[Group], trace: SearchTrace) -> Group:
    """The editions of one document, given in order of rank, as one group."""
    if trace.reference and trace.past:
        # The ranking knows what held on that day.
        first, *rest = family
    else:
        first, *rest = sorted(family, key=lambda g: (not _named(g, trace), _after(g, trace)))
    return replace(first, editions=tuple(rest))


def _named(group: Group, trace: SearchTrace) -> bool:
    return any(year in group.hits[0].title for year in trace.years)


def _after(group: Group, trace: SearchTrace) -> bool:
    """Whether it comes after the other kind: outdated after current, or the other way round for a
    question of the past."""
    return _outdated(group) is not (trace.past and not trace.years)


def _outdated(group: Group) -> bool:
    return group.hits[0].freshness is Freshness.SUPERSEDED
