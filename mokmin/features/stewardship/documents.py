"""Documents that need a steward: those that answers lean on but are old, nearly the same ones, those that
disagree, and files that could not be read.

All of it of the own department and those below it, and only what the steward may see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy import ColumnElement

from mokmin.base.db import Database
from mokmin.base.korean.ports import Analyser
from mokmin.features.stewardship.homes import Homes
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require, visible
from mokmin.knowledge.answering.clauses import clauses
from mokmin.knowledge.answering.conflicts import Disagreement, differing
from mokmin.knowledge.answering.evidence import LAW
from mokmin.knowledge.answering.leaning import Leaning
from mokmin.knowledge.documents.collections import Collections
from mokmin.knowledge.documents.model import Document, Freshness, State
from mokmin.knowledge.documents.service import DocumentService
from mokmin.knowledge.documents.store import (
    documents,
    passages,
    select_documents,
    to_document,
    unpack_vectors,
    versions,
)
from mokmin.knowledge.search.service import SearchService

OLD_YEARS, MONTHS = 3, 3
MOST_DOCUMENTS, MOST_PASSAGES, MOST_SHOWN = 300, 3_000, 30
NEAR, ALIKE, CLOSE = 0.97, 0.7, 0.93
MOST_PAIRS = 120


@dataclass(frozen=True, slots=True)
class Leaned:
    """A document to look at: how many answers leaned on it, and why it may be old."""

    document: Document
    answers: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Twins:
    """Two documents nearly the same; ``share`` of their words is common to both."""

    first: Document
    second: Document
    share: float


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison of the department's documents found."""

    twins: tuple[Twins, ...]
    disagreements: tuple[Disagreement, ...]
    documents: int
    complete: bool


class DocumentDesk:
    """The documents that a steward should look at."""

    def __init__(
        self,
        db: Database,
        library: DocumentService,
        search: SearchService,
        leaning: Leaning,
        collections: Collections,
        homes: Homes,
        analyser: Callable[[], Analyser],
        today: Callable[[], date],
    ) -> None:
        self._db = db
        self._library = library
        self._search = search
        self._leaning = leaning
        self._collections = collections
        self._homes = homes
        self._analyser = analyser
        self._today = today

    def _own(self, principal: Principal) -> ColumnElement[bool]:
        """Documents of the departments that the person looks after, as far as they may be seen."""
        require(principal, Permission.CURATE)
        seen = visible(principal, documents.c.id)
        if self._homes.ids(principal) is None:
            return seen
        names = [name for _, name in self._homes.choices(principal)]
        return sa.and_(seen, documents.c.department.in_(names))

    def leaned(self, principal: Principal) -> list[Leaned]:
        """Old ones first by how many answers leaned on them in the last months. Raises NotAllowed."""
        condition = self._own(principal)
        with self._db.read() as connection:
            rows = connection.execute(select_documents(condition)).all()
        found = [to_document(row) for row in rows]
        counts = self._leaning.since(self._since(), [d.id for d in found])
        overdue = self._collections.overdue(principal, self._today())
        made = [
            Leaned(d, counts.get(d.id, 0), self._reasons(d, overdue.get(d.id, ""))) for d in found
        ]
        old = [item for item in made if item.reasons]
        return sorted(old, key=lambda i: (-i.answers, -len(i.reasons), i.document.id))[:MOST_SHOWN]

    def _since(self) -> date:
        first = self._today().replace(day=1)
        for _ in range(MONTHS - 1):
            first = (first - timedelta(days=1)).replace(day=1)
        return first

    def _reasons(self, document: Document, overdue: str) -> tuple[str, ...]:
        today, found = self._today(), []
        if document.freshness_on(today) is Freshness.SUPERSEDED or document.superseded_by_id:
            found.append("구판")
        day = document.effective_on or document.dated_on
        # A statute in force is not old for its age.
        if document.kind != LAW and day is not None and (today - day).days > OLD_YEARS * 365:
            found.append(f"{(today - day).days // 365}년 전 자료")
        if document.closed_on is not None and document.closed_on < today:
            found.append("종결일이 지남")
        if overdue:
            found.append(f"모음 ‘{overdue}’을 살필 날이 지남")
        return tuple(found)

    def failed(self, principal: Principal) -> list[Document]:
        """Files that could not be read, newest first. Raises NotAllowed."""
        condition = sa.and_(self._own(principal), versions.c.state == State.FAILED)
        query = select_documents(condition).order_by(versions.c.id.desc()).limit(MOST_SHOWN)
        with self._db.read() as connection:
            return [to_document(row) for row in connection.execute(query)]

    def retry(self, principal: Principal, version_id: int) -> None:
        """Read a failed file again. Raises NotFound, InvalidInput, NotAllowed."""
        require(principal, Permission.CURATE)
        self._library.retry(principal, version_id)

    # --- comparing ------------------------------------------------------------------------
    def compare(self, principal: Principal) -> Compared:
        """Nearly the same documents, and statements with other figures on the same matter, among the newest
        documents of the departments. Raises NotAllowed."""
        condition = sa.and_(
            self._own(principal),
            documents.c.superseded_by_id.is_(None),
            documents.c.freshness != Freshness.SUPERSEDED,
            documents.c.current_version_id.is_not(None),
        )
        query = select_documents(condition).order_by(documents.c.id.desc())
        with self._db.read() as connection:
            found = [
                to_document(r) for r in connection.execute(query.limit(MOST_DOCUMENTS + 1)).all()
            ]
            complete, found = len(found) <= MOST_DOCUMENTS, found[:MOST_DOCUMENTS]
            pieces: Sequence[Any] = connection.execute(
                sa.select(
                    passages.c.id, passages.c.document_id, passages.c.tokens, passages.c.vector
                )
                .where(passages.c.version_id.in_([d.current_version_id for d in found]))
                .order_by(passages.c.document_id.desc(), passages.c.seq)
                .limit(MOST_PASSAGES + 1)
            ).all()
        complete, pieces = complete and len(pieces) <= MOST_PASSAGES, pieces[:MOST_PASSAGES]
        if not pieces:
            return Compared((), (), len(found), complete)
        known = {d.id: d for d in found}
        vectors = unpack_vectors([row.vector for row in pieces])
        twins = _twins(known, pieces, vectors)
        same = {frozenset((t.first.id, t.second.id)) for t in twins}
        told = self._disagreements(principal, _close(pieces, vectors))
        return Compared(
            tuple(twins[:MOST_SHOWN]),
            tuple(told[:MOST_SHOWN]),
            len(found),
            complete and len(same) <= MOST_SHOWN,
        )

    def _disagreements(
        self, principal: Principal, pairs: Sequence[tuple[int, int]]
    ) -> list[Disagreement]:
        analyser = self._analyser()
        hits = self._search.passages(principal, {key for pair in pairs for key in pair})
        cut = {key: clauses([hit], analyser) for key, hit in hits.items()}
        found: dict[tuple[str, str], Disagreement] = {}
        for one, two in pairs:
            if one in cut and two in cut:
                for item in differing(cut[one], cut[two], analyser):
                    found.setdefault((item.first.text, item.second.text), item)
        return list(found.values())


def _twins(
    known: dict[int, Document], pieces: Sequence[Any], vectors: NDArray[np.float32]
) -> list[Twins]:
    """Pairs whose mean vectors are near and whose words are mostly the same."""
    keys = list(dict.fromkeys(row.document_id for row in pieces))
    rows = {key: [n for n, row in enumerate(pieces) if row.document_id == key] for key in keys}
    means = np.stack([vectors[rows[key]].mean(axis=0) for key in keys])
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
    near = np.argwhere(np.triu(means @ means.T, 1) >= NEAR)
    words: dict[int, Counter[str]] = {}
    found = []
    for a, b in near.tolist():
        one, two = keys[a], keys[b]
        for key in (one, two):
            if key not in words:
                words[key] = Counter(t for n in rows[key] for t in pieces[n].tokens.split())
        share = _share(words[one], words[two])
        if share >= ALIKE:
            found.append(Twins(known[one], known[two], share))
    return sorted(found, key=lambda pair: -pair.share)


def _share(one: Counter[str], two: Counter[str]) -> float:
    """Jaccard on words with their counts."""
    both = sum((one & two).values())
    return both / max(1, sum((one | two).values()))


def _close(pieces: Sequence[Any], vectors: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Pairs of passages of different documents that are near in meaning and not word for word the same."""
    owners = np.array([row.document_id for row in pieces])
    near = np.triu(vectors @ vectors.T, 1)
    near[owners[:, None] == owners[None, :]] = 0.0
    places = np.argwhere(near >= CLOSE)
    order = np.argsort(-near[places[:, 0], places[:, 1]])[: MOST_PAIRS * 3]
    pairs = []
    for a, b in places[order].tolist():
        if pieces[a].tokens != pieces[b].tokens:
            pairs.append((pieces[a].id, pieces[b].id))
    return pairs[:MOST_PAIRS]
