"""Curated answers under the steward's rights: written, renewed, withdrawn.

A steward sees those of the own department and of all below it, each only while every source of it that is
still there may be seen. What is not used any more (its day is past, a source has changed) stands first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotFound
from mokmin.features.stewardship.homes import Homes
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.knowledge.answering.curated import CuratedAnswers, cited_numbers
from mokmin.knowledge.answering.curated_model import Curated, CuratedDraft, Match, Source
from mokmin.knowledge.answering.curated_store import (
    Wording,
    curated_answers,
    curated_wordings,
    living,
    load,
    replace_parts,
    selected,
)
from mokmin.knowledge.answering.understanding import Understood
from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.search.model import Hit
from mokmin.knowledge.search.question import clean_query
from mokmin.knowledge.search.service import SearchService

LOCK_KEY = 4241
MAX_QUESTION, MAX_ANSWER = 500, 4_000
MOST_WAYS, MOST_SOURCES, MOST_SHOWN = 10, 8, 500
LONGEST_DAYS, USUAL_DAYS = 730, 180
FOUND = 8
_GONE = "그 답을 찾을 수 없거나 볼 권한이 없습니다."


@dataclass(frozen=True, slots=True)
class Listing:
    """Curated answers: those that wait for the steward, those in use, those withdrawn."""

    due: list[Curated]
    used: list[Curated]
    withdrawn: list[Curated]


class CuratedDesk:
    """The desk on which curated answers are kept."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        curated: CuratedAnswers,
        search: SearchService,
        homes: Homes,
        today: Callable[[], date],
    ) -> None:
        self._db = db
        self._audit = audit
        self._curated = curated
        self._search = search
        self.homes = homes
        self.today = today

    # --- looking --------------------------------------------------------------------------
    def listing(self, principal: Principal) -> Listing:
        """All that the steward may see, what is due first to end. Raises NotAllowed."""
        require(principal, Permission.CURATE)
        mine = self.homes.ids(principal)
        query = selected().order_by(curated_answers.c.valid_until, curated_answers.c.id)
        if mine is not None:
            query = query.where(curated_answers.c.department_id.in_(mine))
        with self._db.read() as connection:
            found = load(connection, query.limit(MOST_SHOWN))
        seen = [c for c in self._curated.states(principal, found) if self._open(principal, c)]
        withdrawn = [c for c in seen if c.withdrawn_at is not None]
        held, day = [c for c in seen if c.withdrawn_at is None], self.today()
        return Listing(
            [c for c in held if c.due(day)], [c for c in held if not c.due(day)], withdrawn
        )

    def get(self, principal: Principal, curated_id: int) -> Curated:
        """One of them. Raises NotFound, also for one that the steward may not see."""
        require(principal, Permission.CURATE)
        with self._db.read() as connection:
            found = load(connection, selected().where(curated_answers.c.id == curated_id))
        seen = self._curated.states(principal, found)
        if not seen or not self.homes.holds(principal, seen[0].department_id):
            raise NotFound(_GONE)
        if not self._open(principal, seen[0]):
            raise NotFound(_GONE)
        return seen[0]

    @staticmethod
    def _open(principal: Principal, curated: Curated) -> bool:
        """Whether the words may be shown: no source is hidden, and where the library no longer knows
        one, the person belongs to the department that wrote them."""
        states = {s.state for s in curated.sources}
        if "hidden" in states:
            return False
        lost = any(s.state == "gone" and not s.title for s in curated.sources)
        return not lost or curated.department_id == principal.department_id

    def passages(self, principal: Principal, ids: tuple[int, ...]) -> list[Hit]:
        """Passages by number, in this order; those that the steward may not see are left out."""
        found = self._search.passages(principal, ids[:MOST_SOURCES])
        return [found[key] for key in dict.fromkeys(ids) if key in found]

    def find(self, principal: Principal, text: str) -> list[Hit]:
        """Passages that may be cited for a question. Raises InvalidInput for an empty one."""
        require(principal, Permission.CURATE)
        hits = self._search.search(principal, text, top=FOUND).hits
        return [hit for hit in hits if hit.freshness is not Freshness.SUPERSEDED]

    def try_out(self, principal: Principal, question: str) -> Match | None:
        """The curated answer that this person would get for a question. Raises InvalidInput."""
        require(principal, Permission.CURATE)
        text = clean_query(question)
        found = self._curated.match(principal, Understood(text, text))
        return found[0] if found else None

    # --- writing --------------------------------------------------------------------------
    def add(self, principal: Principal, draft: CuratedDraft) -> int:
        """A new one; its id. Raises NotAllowed, InvalidInput, Conflict."""
        wordings, sources, home = self._checked(principal, draft)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            self._refuse_twice(connection, home, wordings)
            values = self._columns(principal, draft, home)
            insert = curated_answers.insert().values(created_at=utcnow(), **values)
            made = new_id(connection, insert)
            replace_parts(connection, made, wordings, sources)
            self._record(connection, principal, "curated.add", made, len(sources))
        return made

    def change(
        self, principal: Principal, curated_id: int, draft: CuratedDraft, *, edition: int
    ) -> None:
        """Write one anew and confirm it from today on. Raises NotAllowed, NotFound, InvalidInput, and
        Conflict when somebody changed it meanwhile."""
        self.get(principal, curated_id)
        wordings, sources, home = self._checked(principal, draft)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            self._same_edition(connection, curated_id, edition)
            self._refuse_twice(connection, home, wordings, but=curated_id)
            connection.execute(
                curated_answers.update()
                .where(curated_answers.c.id == curated_id)
                .values(
                    withdrawn_at=None,
                    edition=edition + 1,
                    **self._columns(principal, draft, home),
                )
            )
            replace_parts(connection, curated_id, wordings, sources)
            self._record(connection, principal, "curated.change", curated_id, len(sources))

    def withdraw(self, principal: Principal, curated_id: int) -> None:
        """Use it no more, at once; ``restore`` brings it back. Raises NotFound."""
        self._mark(principal, curated_id, withdrawn=True)

    def restore(self, principal: Principal, curated_id: int) -> None:
        """Undo ``withdraw``. Raises NotFound, Conflict when the question was answered anew."""
        self._mark(principal, curated_id, withdrawn=False)

    def _mark(self, principal: Principal, curated_id: int, *, withdrawn: bool) -> None:
        self.get(principal, curated_id)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            if not withdrawn:
                self._refuse_restored(connection, curated_id)
            connection.execute(
                curated_answers.update()
                .where(curated_answers.c.id == curated_id)
                .values(
                    withdrawn_at=utcnow() if withdrawn else None,
                    edition=curated_answers.c.edition + 1,
                )
            )
            action = "curated.withdraw" if withdrawn else "curated.restore"
            self._record(connection, principal, action, curated_id, 0)

    # --- rules ----------------------------------------------------------------------------
    def _checked(
        self, principal: Principal, draft: CuratedDraft
    ) -> tuple[list[Wording], list[Source], int]:
        require(principal, Permission.CURATE)
        home = self.homes.require(principal, draft.department_id)
        texts = list(dict.fromkeys([clean_query(draft.question), *_cleaned(draft.ways)]))
        _check_texts(texts, draft.answer)
        self._check_day(draft.valid_until)
        wanted = list(dict.fromkeys(draft.passages))
        if not wanted:
            raise InvalidInput("근거로 삼을 글을 하나 이상 골라 주세요. 저장하지 않았습니다.")
        if len(wanted) > MOST_SOURCES:
            raise InvalidInput(
                f"근거는 {MOST_SOURCES}개까지 고를 수 있습니다. 몇 개를 빼 주세요. 저장하지 않았습니다."
            )
        hits = self.passages(principal, tuple(wanted))
        if len(hits) < len(wanted) or any(h.freshness is Freshness.SUPERSEDED for h in hits):
            raise InvalidInput(
                "고른 근거 가운데 새 판이 나왔거나 구판이 되었거나 볼 수 없는 글이 있습니다. "
                "저장하지 않았습니다. 근거를 다시 찾아 골라 주세요."
            )
        strange = sorted(cited_numbers(draft.answer) - set(range(1, len(hits) + 1)))
        if strange:
            raise InvalidInput(
                f"답에 적은 근거 번호 [{strange[0]}]이 없습니다. 근거는 {len(hits)}개입니다. "
                "번호를 고쳐 주세요. 저장하지 않았습니다."
            )
        sources = [Source(h.passage_id, h.document_id, h.version_id) for h in hits]
        return self._curated.wordings(texts), sources, home

    def _check_day(self, day: date | None) -> None:
        today = self.today()
        if day is None or not today <= day <= today + timedelta(days=LONGEST_DAYS):
            raise InvalidInput(
                "유효 기한은 오늘부터 2년 안의 날짜로 정해 주세요. 저장하지 않았습니다."
            )

    def _refuse_twice(
        self, connection: Connection, home: int, wordings: list[Wording], *, but: int = 0
    ) -> None:
        """Raise Conflict when the department answers one of these wordings already."""
        query = (
            sa.select(curated_wordings.c.text)
            .join(curated_answers, curated_answers.c.id == curated_wordings.c.curated_id)
            .where(
                curated_wordings.c.key.in_([key for _, key, *_ in wordings]),
                curated_answers.c.department_id == home,
                curated_answers.c.id != but,
                living(self.today()),
            )
            .limit(1)
        )
        if (taken := connection.execute(query).scalar()) is not None:
            raise Conflict(
                f"‘{taken[:80]}’에는 이 부서가 확인한 답이 이미 있습니다. 저장하지 않았습니다. "
                "그 답을 고치거나 거둔 뒤 다시 저장해 주세요."
            )

    def _refuse_restored(self, connection: Connection, curated_id: int) -> None:
        found = load(connection, selected().where(curated_answers.c.id == curated_id))[0]
        keys = sa.select(
            curated_wordings.c.text,
            curated_wordings.c.key,
            curated_wordings.c.words,
            curated_wordings.c.vector,
        ).where(curated_wordings.c.curated_id == curated_id)
        wordings = [(r.text, r.key, r.words, r.vector) for r in connection.execute(keys)]
        self._refuse_twice(connection, found.department_id, wordings, but=curated_id)

    @staticmethod
    def _same_edition(connection: Connection, curated_id: int, edition: int) -> None:
        now = connection.execute(
            sa.select(curated_answers.c.edition).where(curated_answers.c.id == curated_id)
        ).scalar()
        if now != edition:
            raise Conflict(
                "그사이 다른 사람이 이 답을 고쳤습니다. 저장하지 않았습니다. 고친 내용을 보고 다시 해 주세요."
            )

    @staticmethod
    def _columns(principal: Principal, draft: CuratedDraft, home: int) -> dict[str, object]:
        return {
            "question": clean_query(draft.question),
            "answer": draft.answer.strip(),
            "department_id": home,
            "valid_until": draft.valid_until,
            "confirmed_login": principal.login,
            "confirmed_by": principal.name,
            "confirmed_at": utcnow(),
        }

    def _record(
        self, connection: Connection, principal: Principal, action: str, key: int, sources: int
    ) -> None:
        self._audit.append(
            connection, principal.login, action, f"curated:{key}", {"sources": sources}
        )


def _cleaned(ways: tuple[str, ...]) -> list[str]:
    return [clean_query(way) for way in ways if way.strip()]


def _check_texts(texts: list[str], answer: str) -> None:
    if any(len(text) > MAX_QUESTION for text in texts):
        raise InvalidInput(
            f"질문은 {MAX_QUESTION}자까지 적을 수 있습니다. 줄여 주세요. 저장하지 않았습니다."
        )
    if len(texts) > MOST_WAYS + 1:
        raise InvalidInput(
            f"다르게 묻는 말은 {MOST_WAYS}개까지 적을 수 있습니다. 저장하지 않았습니다."
        )
    if not answer.strip():
        raise InvalidInput("답이 비어 있습니다. 답을 적어 주세요. 저장하지 않았습니다.")
    if len(answer) > MAX_ANSWER:
        raise InvalidInput(
            f"답은 {MAX_ANSWER:,}자까지 적을 수 있습니다. 줄여 주세요. 저장하지 않았습니다."
        )
