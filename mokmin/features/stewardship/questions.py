"""Questions without an answer, in groups: refusals of the own department and those below it, and answers
that people reported.

The words of a refused question are shown only to stewards of the department in which it was asked and of
those above it, with personal information masked; of an administrator without a department, and for other
departments, there are figures alone. Reported answers keep the rule of the review queue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import NotFound
from mokmin.base.korean.ports import Analyser
from mokmin.features.stewardship.homes import Homes
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.knowledge.answering.curated_model import asked_words
from mokmin.knowledge.answering.gaps import Gap, Gaps
from mokmin.knowledge.answering.review_model import Filters
from mokmin.knowledge.answering.reviews import ReviewService

DAYS, MOST = 90, 400
# Over the questions of benchmarks/retrieval 20 of the 30 pairs so near ask of the same article.
NEAR, OVERLAP = 0.88, 0.5
MOST_TEXTS = 4


@dataclass(slots=True)
class Group:
    """Questions that ask much the same. ``turns``: refusals; ``reviews``: reported answers."""

    text: str
    words: frozenset[str]
    vector: NDArray[np.float32] | None
    latest: datetime
    texts: list[str] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    reviews: list[int] = field(default_factory=list)
    departments: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """How often it was asked or reported."""
        return len(self.turns) + len(self.reviews)


class QuestionDesk:
    """The list of questions that the library does not answer well."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        gaps: Gaps,
        reviews: ReviewService,
        homes: Homes,
        analyser: Callable[[], Analyser],
        mask: Callable[[str], str],
    ) -> None:
        self._db = db
        self._audit = audit
        self._gaps = gaps
        self._reviews = reviews
        self._homes = homes
        self._analyser = analyser
        self._mask = mask

    def groups(self, principal: Principal, *, aside: bool = False) -> list[Group]:
        """Groups of the last three months, the largest first. Raises NotAllowed."""
        require(principal, Permission.CURATE)
        gaps = self._gaps.open(self._homes.tree(principal), _since(), limit=MOST, aside=aside)
        found: list[Group] = []
        words = self._words([gap.text for gap in gaps])
        for gap, said in zip(gaps, words, strict=True):
            self._put(found, gap, said)
        if not aside:
            self._reported(principal, found)
        return sorted(found, key=lambda g: (-g.count, -g.latest.timestamp()))

    def others(self, principal: Principal) -> list[tuple[str, int]]:
        """(department, count) where the person may not read the words: for administrators."""
        if not principal.may(Permission.ADMINISTER):
            return []
        own = self._homes.tree(principal)
        counts = self._gaps.counts(_since())
        named = [
            (self._homes.name(k) or "없어진 부서", n) for k, n in counts.items() if k not in own
        ]
        return sorted(named, key=lambda pair: (-pair[1], pair[0]))

    def text(self, principal: Principal, turn_id: int) -> str:
        """A refused question, masked. Raises NotAllowed, and NotFound for one of elsewhere."""
        require(principal, Permission.CURATE)
        found = self._gaps.open(self._homes.tree(principal), _since(), limit=1, only=[turn_id])
        if not found:
            raise NotFound("그 질문을 찾을 수 없습니다. 대화가 지워졌거나 이미 넘긴 질문입니다.")
        return self._mask(found[0].text)

    def set_aside(self, principal: Principal, turn_ids: Sequence[int], *, aside: bool) -> int:
        """Set refusals aside, or take them back; how many. Those of elsewhere stay. Raises NotAllowed."""
        require(principal, Permission.CURATE)
        own = self._homes.tree(principal)
        with self._db.write() as connection:
            done = self._gaps.mark(connection, own, turn_ids, principal.login, aside=aside)
            if done:
                action = "gap.aside" if aside else "gap.reopen"
                self._audit.append(connection, principal.login, action, f"questions:{done}", {})
        return done

    def _words(self, texts: Sequence[str]) -> list[frozenset[str]]:
        if not texts:
            return []
        return [frozenset(asked_words(m)) for m in self._analyser().morphemes(texts)]

    def _put(self, groups: list[Group], gap: Gap, words: frozenset[str]) -> None:
        group = next((g for g in groups if _alike(g, words, gap.vector)), None)
        if group is None:
            group = Group(self._mask(gap.text), words, gap.vector, gap.at)
            groups.append(group)
        group.turns.append(gap.turn_id)
        group.departments[self._homes.name(gap.department_id)] += 1
        self._say(group, gap.text)

    def _reported(self, principal: Principal, groups: list[Group]) -> None:
        page = self._reviews.queue(principal, Filters(state="open", value=-1))
        words = self._words([review.question for review in page.reviews])
        for review, said in zip(page.reviews, words, strict=True):
            group = next((g for g in groups if _alike(g, said, None)), None)
            if group is None:
                text = self._mask(review.question)
                group = Group(text, said, None, review.created_at)
                groups.append(group)
            group.reviews.append(review.id)
            group.departments[review.department or "부서 없음"] += 1
            group.latest = max(group.latest, review.created_at)
            self._say(group, review.question)

    def _say(self, group: Group, text: str) -> None:
        masked = self._mask(text)
        if masked != group.text and masked not in group.texts and len(group.texts) < MOST_TEXTS:
            group.texts.append(masked)


def _since() -> datetime:
    return utcnow() - timedelta(days=DAYS)


def _alike(group: Group, words: frozenset[str], vector: NDArray[np.float32] | None) -> bool:
    if vector is not None and group.vector is not None and float(group.vector @ vector) >= NEAR:
        return True
    both = group.words | words
    return bool(both) and len(group.words & words) / len(both) >= OVERLAP
