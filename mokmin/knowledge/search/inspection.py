"""The search inspector: what a search did, and why a document is not among the results.

Searching is done with the rights of a chosen viewpoint; what is shown is cut down to what the person
who looks may read. The rest is a number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from mokmin.base.db import Database
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require, visible
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.viewpoints import Viewpoints
from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.documents.store import documents
from mokmin.knowledge.search.absence import Absence, Examination
from mokmin.knowledge.search.model import ANY, SearchFilters
from mokmin.knowledge.search.ports import PassageIndex, Scores
from mokmin.knowledge.search.ranking import Scored
from mokmin.knowledge.search.reranking import EXPLANATIONS
from mokmin.knowledge.search.service import Found, SearchService
from mokmin.knowledge.search.vocabulary import Synonym

SHOWN = 30
TITLES = 12
_GRADES = {"O": "공개", "S": "민감", "C": "기밀"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage that the person who looks may read."""

    passage_id: int
    document_id: int
    title: str
    header: str
    text: str
    freshness: Freshness


@dataclass(frozen=True, slots=True)
class Listed:
    """A place in one retriever's list; ``score`` is BM25 or a cosine."""

    place: int
    score: float
    piece: Piece


@dataclass(frozen=True, slots=True)
class Ranked:
    """A place in the final order, with every signal."""

    place: int
    signals: Scored
    piece: Piece


@dataclass(frozen=True, slots=True)
class Title:
    """A document to choose from."""

    document_id: int
    title: str
    department: str
    deleted: bool


@dataclass(frozen=True, slots=True)
class Inspection:
    """``hidden``: candidates of the viewpoint that the person who looks may not read, over all
    lists; ``rejected``: what the index gave and the database refused. ``stages`` in seconds."""

    query: str
    viewer: str
    terms: tuple[str, ...]
    widened: tuple[Synonym, ...]
    widened_terms: tuple[str, ...]
    words: tuple[Listed, ...]
    near: tuple[Listed, ...]
    ranked: tuple[Ranked, ...]
    candidates: int
    hidden: int
    rejected: int
    filters: tuple[str, ...]
    stages: tuple[tuple[str, float], ...]
    seconds: float
    absence: Absence | None = None
    reranked: str = ""
    """What became of the reranker, as a sentence; empty without one."""


class InspectionService:
    """Searches as somebody else, for those who look after search."""

    def __init__(
        self,
        db: Database,
        search: SearchService,
        index: Callable[[], PassageIndex],
        viewpoints: Viewpoints,
        audit: AuditLog,
        *,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._db = db
        self._search = search
        self._index = index
        self._viewpoints = viewpoints
        self._audit = audit
        self._today = today

    def inspect(
        self,
        principal: Principal,
        viewpoint: str,
        query: str,
        *,
        filters: SearchFilters = ANY,
        document_id: int | None = None,
    ) -> Inspection:
        """Search as the viewpoint, and on the record (as whom, not the words). Raises NotAllowed,
        InvalidInput."""
        require(principal, Permission.CURATE)
        viewer = self._viewpoints.principal(principal, viewpoint)
        self._audit.record(
            principal, "search.inspect", f"as:{viewpoint or 'me'}"[:120], document=document_id
        )
        found = self._search.find(viewer, query, filters=filters)
        allowed = self._allowed(principal, found)
        pieces = {
            key: _piece(row, self._today())
            for key, row in found.rows.items()
            if row.document_id in allowed
        }
        return Inspection(
            query=found.question.text,
            viewer=viewer.name,
            terms=tuple(dict.fromkeys(found.question.terms)),
            widened=found.question.widening.synonyms,
            widened_terms=found.question.widening.terms,
            words=_listed(found.words, pieces),
            near=_listed({k: s for k, s in found.near.items() if k in found.rows}, pieces),
            ranked=tuple(
                Ranked(place, item, pieces[item.key])
                for place, item in enumerate(found.scored, start=1)
                if item.key in pieces
            )[:SHOWN],
            candidates=len(found.rows),
            hidden=len(found.rows) - len(pieces),
            rejected=found.rejected if principal.may(Permission.ADMINISTER) else 0,
            filters=self._described(principal, viewer, filters),
            stages=found.stages,
            seconds=found.seconds,
            reranked=EXPLANATIONS[found.rerank],
            absence=None
            if document_id is None
            else self._why(principal, viewer, found, document_id),
        )

    def titles(self, principal: Principal, text: str) -> list[Title]:
        """Documents by words of their title that the person may know of, a deleted one included
        when the person could restore it."""
        require(principal, Permission.CURATE)
        words = text.split()[:8]
        if not words:
            return []
        query = (
            sa.select(
                documents.c.id, documents.c.title, documents.c.department, documents.c.deleted_at
            )
            .where(
                visible(principal, documents.c.id),
                sa.or_(documents.c.deleted_at.is_(None), _restorable(principal)),
                *(documents.c.title.icontains(word, autoescape=True) for word in words),
            )
            .order_by(sa.func.length(documents.c.title), documents.c.id)
            .limit(TITLES)
        )
        with self._db.read() as connection:
            return [
                Title(row.id, row.title, row.department, row.deleted_at is not None)
                for row in connection.execute(query)
            ]

    def _allowed(self, principal: Principal, found: Found) -> frozenset[int]:
        """Documents among the candidates that the person who looks may read."""
        ids = {row.document_id for row in found.rows.values()}
        query = sa.select(documents.c.id).where(
            documents.c.id.in_(ids), visible(principal, documents.c.id)
        )
        with self._db.read() as connection:
            return frozenset(connection.execute(query).scalars())

    def _why(
        self, principal: Principal, viewer: Principal, found: Found, document_id: int
    ) -> Absence:
        may_know = sa.and_(
            visible(principal, documents.c.id),
            sa.or_(documents.c.deleted_at.is_(None), _restorable(principal)),
        )
        examination = Examination(
            self._db, self._index(), self._viewpoints, viewer, found, self._today()
        )
        return examination.of(document_id, may_know)

    def _described(
        self, principal: Principal, viewer: Principal, filters: SearchFilters
    ) -> tuple[str, ...]:
        """The filter in words. Groups that the two do not share are named to administrators alone."""
        if principal.may(Permission.ADMINISTER) or viewer.groups == principal.groups:
            shown = viewer.groups
        else:
            shown = tuple(g for g in viewer.groups if g in principal.groups)
        names = self._viewpoints.group_names(shown)
        if len(shown) < len(viewer.groups):
            names.append(f"그 밖의 그룹 {len(viewer.groups) - len(shown)}개")
        rights = ", ".join(names) or "없음(아무 문서도 볼 수 없음)"
        return (f"권한: {rights}", *described(filters))


def described(filters: SearchFilters) -> tuple[str, ...]:
    """What the searcher narrowed down to, in words."""
    lists: Sequence[tuple[str, Sequence[str]]] = (
        ("소관 부서", filters.departments),
        ("종류", filters.kinds),
        ("등급", [_GRADES.get(g, g) for g in filters.grades]),
    )
    found = [f"{label}: {', '.join(values)}" for label, values in lists if values]
    if filters.dated_from or filters.dated_to:
        ends = [f"{d:%Y. %-m. %-d.}" if d else "" for d in (filters.dated_from, filters.dated_to)]
        found.append(f"문서 날짜: {ends[0]} ~ {ends[1]}".strip())
    if filters.in_force_on is not None:
        found.append(f"{filters.in_force_on:%Y. %-m. %-d.}에 시행 중인 것만")
    return tuple(found)


def _restorable(principal: Principal) -> sa.ColumnElement[bool]:
    """Whose deleted documents the person may bring back, and so know of."""
    own = documents.c.owner == principal.login
    if principal.department and principal.may(Permission.PUBLISH):
        return sa.or_(own, documents.c.department == principal.department)
    return own


def _piece(row: sa.Row[Any], today: date) -> Piece:
    freshness = Freshness(row.freshness)
    if row.effective_on is not None and today < row.effective_on:
        freshness = Freshness.NOT_YET
    return Piece(row.id, row.document_id, row.title, row.header, row.text, freshness)


def _listed(scores: Scores, pieces: Mapping[int, Piece]) -> tuple[Listed, ...]:
    """The list of one retriever, best first, with true places; what may not be shown is left out."""
    order = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        Listed(place, score, pieces[key])
        for place, (key, score) in enumerate(order, start=1)
        if key in pieces
    )[:SHOWN]
