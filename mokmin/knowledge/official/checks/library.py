"""What the library says of a cited provision: the adapter between the reviewer and the documents."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from difflib import get_close_matches

import sqlalchemy as sa

from mokmin.base.db import Database
from mokmin.governance.access.model import Principal
from mokmin.governance.access.rules import visible
from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.documents.store import documents, passages
from mokmin.knowledge.documents.structure import provisions
from mokmin.knowledge.official.checks.model import LawState

_DELETED = re.compile(r"^\s*제\d+조(?:의\d+)?(?:\([^()]*\))?\s*삭제(?:\s|<|$)")
_CIRCLED = re.compile(r"(?:^|\n|\)|\s)([①-⑳])")
_FOLD = str.maketrans("", "", " ㆍ·,")


class LibraryLaws:
    """Answers ``Context.laws`` from what a person may see. One object serves one review: it remembers
    what it has looked up."""

    def __init__(self, db: Database, principal: Principal) -> None:
        self._db = db
        self._principal = principal
        self._names: dict[str, str] | None = None
        self._states: dict[tuple[str, str], LawState] = {}

    def __call__(self, name: str, article: str, day: date) -> LawState:
        """The state of an article of the law with that name; of the law where ``article`` is empty."""
        key = (name, article)
        if key not in self._states:
            self._states[key] = self._look(name, article)
        state = self._states[key]
        begins = state.effective_on
        return replace(state, effective_on=None) if begins is not None and begins <= day else state

    def _look(self, name: str, article: str) -> LawState:
        names = self._known()
        law = names.get(name.translate(_FOLD))
        if law is None:
            near = get_close_matches(name.translate(_FOLD), names, n=1, cutoff=0.86)
            return LawState(False, similar=names[near[0]] if near else "")
        if not article:
            return LawState(True, article=True)
        query = (
            sa.select(
                passages.c.text, passages.c.unit_id, documents.c.freshness, documents.c.effective_on
            )
            .join(provisions, provisions.c.unit_id == passages.c.unit_id)
            .join(documents, documents.c.current_version_id == passages.c.version_id)
            .where(
                provisions.c.law == law,
                provisions.c.article == article,
                documents.c.deleted_at.is_(None),
                visible(self._principal, documents.c.id),
            )
            .order_by(documents.c.freshness != Freshness.IN_FORCE, passages.c.seq)
        )
        with self._db.read() as connection:
            rows = connection.execute(query).all()
        if not rows:
            return LawState(True)
        first = rows[0]
        text = "\n".join(row.text for row in rows if row.unit_id == first.unit_id)
        return LawState(
            True,
            article=True,
            in_force=first.freshness != Freshness.SUPERSEDED,
            deleted=bool(_DELETED.match(text)),
            effective_on=first.effective_on,
            paragraphs=len(set(_CIRCLED.findall(text))),
        )

    def _known(self) -> dict[str, str]:
        """Names of all laws that the person can see, folded, with their names as stored."""
        if self._names is None:
            query = (
                sa.select(provisions.c.law)
                .join(documents, documents.c.current_version_id == provisions.c.version_id)
                .where(documents.c.deleted_at.is_(None), visible(self._principal, documents.c.id))
                .distinct()
            )
            with self._db.read() as connection:
                self._names = {
                    law.translate(_FOLD): law for law in connection.execute(query).scalars()
                }
        return self._names
