"""Answers that people reported, and what stewards (부서 관리자) say about them.

A review keeps the question and a snapshot of the answer: its sentences and citations, never how it
was searched. A steward sees a review only when every document that the snapshot quotes exists and
is open to the steward; one that quotes nothing (a refusal) is for stewards of the reporter's own
department and for administrators. Of the reporter, the department alone is shown, the name only to
whoever may also read the audit log.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotAllowed
from mokmin.governance.access.model import Permission, Principal, highest
from mokmin.governance.access.rules import require, visible
from mokmin.governance.audit.service import AuditLog
from mokmin.knowledge.answering.review_model import (
    MARKS,
    REASONS,
    VERDICTS,
    Filters,
    Grading,
    Review,
    ReviewPage,
    snapshot,
)
from mokmin.knowledge.answering.review_store import (
    answer_reviews,
    cite,
    conditions,
    find,
    open_to,
    review_documents,
    selected,
    to_review,
)
from mokmin.knowledge.documents.store import documents

LOCK_KEY = 4218
PAGE_SIZE = 20
MAX_COMMENT, MAX_CORRECTION = 2_000, 4_000
MAX_GOLD = 20


class ReviewService:
    """The queue under the steward's rights."""

    def __init__(self, db: Database, audit: AuditLog) -> None:
        self._db = db
        self._audit = audit

    # --- people who ask -------------------------------------------------------------------
    def report(
        self,
        principal: Principal,
        *,
        turn_id: int,
        question: str,
        answer: Mapping[str, Any],
        value: int,
        reason: str = "",
        comment: str = "",
    ) -> int:
        """Put an answer into the queue; the review's id. ``answer`` is the JSON that is kept with
        the turn, and the caller made sure that the turn is the principal's. Reported again, it is
        the same review, open again; a grade of an answer that changed is dropped. Raises
        InvalidInput, NotAllowed."""
        require(principal, Permission.ASK)
        if principal.user_id is None:
            raise NotAllowed("계정으로 로그인한 사람만 의견을 남길 수 있습니다.")
        if reason and reason not in REASONS:
            raise InvalidInput("그런 까닭은 없습니다. 목록에서 골라 주세요.")
        comment = comment.strip()
        if len(comment) > MAX_COMMENT:
            raise InvalidInput(f"의견은 {MAX_COMMENT:,}자까지 적을 수 있습니다. 줄여 주세요.")
        kept = snapshot(answer)
        text = json.dumps(kept, ensure_ascii=False)
        values: dict[str, Any] = {
            "question": question,
            "answer": text,
            "value": 1 if value > 0 else -1,
            "reason": reason,
            "comment": comment,
            "grade": highest([c["grade"] for c in kept["citations"]]),
            "state": "open",
        }
        table = answer_reviews
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            mine = sa.and_(table.c.turn_id == turn_id, table.c.reporter_id == principal.user_id)
            row = connection.execute(sa.select(table).where(mine)).first()
            if row is None:
                insert = table.insert().values(
                    turn_id=turn_id,
                    reporter_id=principal.user_id,
                    department_id=principal.department_id,
                    created_at=utcnow(),
                    **values,
                )
                review_id = new_id(connection, insert)
            else:
                review_id = int(row.id)
                if row.answer != text:
                    values |= {"verdict": "", "marks": "{}", "gold": "[]", "correction": ""}
                values["edition"] = row.edition + 1
                connection.execute(table.update().where(table.c.id == review_id).values(**values))
            cite(connection, review_id, kept["citations"])
            self._audit.append(
                connection,
                principal.login,
                "review.report",
                f"review:{review_id}",
                {"turn": turn_id, "value": values["value"], "reason": reason},
            )
        return review_id

    def withdraw(self, principal: Principal, turn_id: int) -> bool:
        """Take a report back while it is open; whether there was one. A graded one stays."""
        if principal.user_id is None:
            return False
        table = answer_reviews
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            found = connection.execute(
                sa.select(table.c.id).where(
                    table.c.turn_id == turn_id,
                    table.c.reporter_id == principal.user_id,
                    table.c.state == "open",
                )
            ).scalar()
            if found is None:
                return False
            connection.execute(
                review_documents.delete().where(review_documents.c.review_id == found)
            )
            connection.execute(table.delete().where(table.c.id == found))
            self._audit.append(
                connection, principal.login, "review.withdraw", f"review:{found}", {}
            )
        return True

    # --- stewards -------------------------------------------------------------------------
    def queue(self, principal: Principal, filters: Filters | None = None) -> ReviewPage:
        """Reviews that this steward may see. Raises NotAllowed."""
        require(principal, Permission.CURATE)
        wanted = filters or Filters()
        where = [open_to(principal), *conditions(wanted)]
        order = answer_reviews.c.id if wanted.state == "open" else answer_reviews.c.graded_at.desc()
        with self._db.read() as connection:
            count = sa.select(sa.func.count()).select_from(answer_reviews).where(*where)
            total = int(connection.execute(count).scalar_one())
            pages = max(1, -(-total // PAGE_SIZE))
            page = min(max(1, wanted.page), pages)
            rows = connection.execute(
                selected()
                .where(*where)
                .order_by(order, answer_reviews.c.id)
                .limit(PAGE_SIZE)
                .offset((page - 1) * PAGE_SIZE)
            )
            found = [to_review(principal, row) for row in rows]
        return ReviewPage(found, total, page, pages)

    def get(self, principal: Principal, review_id: int) -> Review:
        """One review. Raises NotAllowed, and NotFound also for one that exists but is not open to
        this steward."""
        require(principal, Permission.CURATE)
        with self._db.read() as connection:
            return to_review(principal, find(connection, principal, review_id))

    def next(self, principal: Principal, review_id: int) -> int | None:
        """The next open review after this one, or the first one."""
        require(principal, Permission.CURATE)
        query = (
            sa.select(answer_reviews.c.id)
            .where(
                open_to(principal),
                answer_reviews.c.state == "open",
                answer_reviews.c.id != review_id,
            )
            .order_by(answer_reviews.c.id < review_id, answer_reviews.c.id)
            .limit(1)
        )
        with self._db.read() as connection:
            return connection.execute(query).scalar()

    def departments(self, principal: Principal) -> list[str]:
        """Departments whose documents are cited in the reviews that this steward may see."""
        require(principal, Permission.CURATE)
        query = (
            sa.select(review_documents.c.department)
            .join(answer_reviews, answer_reviews.c.id == review_documents.c.review_id)
            .where(open_to(principal), review_documents.c.department != "")
            .distinct()
            .order_by(review_documents.c.department)
        )
        with self._db.read() as connection:
            return list(connection.execute(query).scalars())

    def grade(
        self, principal: Principal, review_id: int, grading: Grading, *, edition: int | None = None
    ) -> None:
        """Say whether the answer is right. ``edition``: the one that the steward looked at. Raises
        NotAllowed, NotFound, InvalidInput, and Conflict when the review changed meanwhile."""
        require(principal, Permission.CURATE)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            row = find(connection, principal, review_id)
            if edition is not None and row.edition != edition:
                raise Conflict(
                    "그사이 다른 사람이 이 검토를 고쳤습니다. 저장하지 않았습니다. 새로 고친 내용을 "
                    "보고 다시 해 주세요."
                )
            values = _graded(connection, principal, grading, json.loads(row.answer))
            connection.execute(
                answer_reviews.update()
                .where(answer_reviews.c.id == review_id)
                .values(
                    **values,
                    state="done",
                    graded_by=principal.login,
                    graded_at=utcnow(),
                    edition=row.edition + 1,
                )
            )
            self._audit.append(
                connection,
                principal.login,
                "review.grade",
                f"review:{review_id}",
                {"verdict": grading.verdict, "gold": len(set(grading.gold))},
            )

    def reopen(self, principal: Principal, review_id: int) -> None:
        """Back into the queue; the grade stays in the form. Raises NotAllowed, NotFound."""
        require(principal, Permission.CURATE)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            row = find(connection, principal, review_id)
            connection.execute(
                answer_reviews.update()
                .where(answer_reviews.c.id == review_id)
                .values(state="open", edition=row.edition + 1)
            )
            self._audit.append(
                connection, principal.login, "review.reopen", f"review:{review_id}", {}
            )

    def graded(self, principal: Principal) -> list[Review]:
        """All graded reviews that this steward may see, oldest first. Raises NotAllowed."""
        require(principal, Permission.CURATE)
        query = selected().where(open_to(principal), answer_reviews.c.state == "done")
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(answer_reviews.c.id))
            return [to_review(principal, row) for row in rows]


def _graded(
    connection: Connection, principal: Principal, grading: Grading, answer: Mapping[str, Any]
) -> dict[str, Any]:
    """Columns of a grade. Raises InvalidInput."""
    if grading.verdict not in VERDICTS:
        raise InvalidInput("판정을 하나 골라 주세요. 저장하지 않았습니다.")
    correction, note = grading.correction.strip(), grading.note.strip()
    if max(len(correction), len(note)) > MAX_CORRECTION:
        raise InvalidInput(f"글은 {MAX_CORRECTION:,}자까지 적을 수 있습니다. 줄여 주세요.")
    count = len(answer["sentences"])
    if any(not 0 <= n < count or mark not in MARKS for n, mark in grading.marks.items()):
        raise InvalidInput("답에 없는 문장이 표시되었습니다. 화면을 새로 고친 뒤 다시 해 주세요.")
    gold = sorted(set(grading.gold))
    if len(gold) > MAX_GOLD:
        raise InvalidInput(f"바른 문서는 {MAX_GOLD}건까지 적을 수 있습니다. 줄여 주세요.")
    query = sa.select(documents.c.id).where(
        documents.c.id.in_(gold),
        documents.c.deleted_at.is_(None),
        visible(principal, documents.c.id),
    )
    known = set(connection.execute(query).scalars())
    if missing := [n for n in gold if n not in known]:
        raise InvalidInput(f"문서 {missing[0]}번은 없거나 볼 수 없습니다. 번호를 확인해 주세요.")
    return {
        "verdict": grading.verdict,
        "marks": json.dumps({str(n): mark for n, mark in sorted(grading.marks.items())}),
        "correction": correction,
        "note": note,
        "gold": json.dumps(gold),
    }
