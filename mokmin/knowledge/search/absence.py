"""Why a document is not among the results of a search: the first reason that applies, in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Row

from mokmin.base.db import Database
from mokmin.base.korean.josa import with_josa
from mokmin.governance.access.model import Principal
from mokmin.governance.access.rules import document_groups, in_force, today, visible
from mokmin.governance.people.viewpoints import Viewpoints
from mokmin.knowledge.documents.model import Freshness, State
from mokmin.knowledge.documents.store import documents, passages, versions
from mokmin.knowledge.search.embedding import matrix, vector_column
from mokmin.knowledge.search.model import SearchFilters
from mokmin.knowledge.search.ports import IndexFilter, PassageIndex
from mokmin.knowledge.search.ranking import (
    ANSWER_FORM,
    CHARACTERS,
    DENSE,
    OUTDATED,
    UNIT,
    WORDS,
    Scored,
)
from mokmin.knowledge.search.service import CANDIDATES, Found

FIRST_PAGE = 10
_WAITING = {
    State.QUEUED: "차례를 기다리고 있습니다",
    State.READING: "글자를 읽고 있습니다",
    State.INDEXING: "색인하고 있습니다",
}
_GRADES = {"O": "공개", "S": "민감", "C": "기밀"}
_SIGNALS = (
    ("뜻", "meaning", DENSE),
    ("낱말", "words", (1 - DENSE) * WORDS),
    ("글자", "characters", (1 - DENSE) * CHARACTERS),
    ("조문·절의 낱말", "unit_words", (1 - DENSE) * UNIT),
    ("답의 꼴", "form", ANSWER_FORM),
    ("시점", "adjustment", 1.0),
    ("법령 연결", "link", 1.0),
)


class Why(StrEnum):
    """Reasons, in the order in which they are looked for."""

    UNKNOWN = "unknown"
    DELETED = "deleted"
    UNREAD = "unread"
    RIGHTS = "rights"
    FILTERED = "filtered"
    OUTDATED = "outdated"
    UNINDEXED = "unindexed"
    NO_CANDIDATE = "no-candidate"
    RANKED = "ranked"


@dataclass(frozen=True, slots=True)
class Absence:
    """The reason, one sentence, and what else helps to understand it."""

    why: Why
    sentence: str
    details: tuple[str, ...] = ()
    title: str = ""


UNKNOWN = Absence(Why.UNKNOWN, "그런 문서가 없거나, 내가 알 수 없는 문서입니다.")


@dataclass(frozen=True, slots=True)
class Examination:
    """One search, asked about documents."""

    db: Database
    index: PassageIndex
    viewpoints: Viewpoints
    viewer: Principal
    found: Found
    today: date

    def of(self, document_id: int, may_know: ColumnElement[bool]) -> Absence:
        """Why this document is absent, or where it stands. ``may_know``: the condition on documents
        of the person who asks; nothing is told of any other."""
        with self.db.read() as connection:
            row = connection.execute(_document(document_id, may_know)).first()
            if row is None:
                return UNKNOWN
            return self._early(connection, row) or self._late(connection, row)

    def _early(self, connection: Connection, row: Row[Any]) -> Absence | None:
        """Reasons that have nothing to do with the words of the question."""
        name = f"‘{row.title}’"
        if row.deleted_at is not None:
            text = f"{with_josa(name, '은/는')} 지워진 문서입니다. 되살리면 다시 나옵니다."
            return Absence(Why.DELETED, text, title=row.title)
        if row.current_version_id is None:
            return Absence(Why.UNREAD, _unread(name, row), title=row.title)
        return self._rights(connection, row) or self._filtered(row)

    def _rights(self, connection: Connection, row: Row[Any]) -> Absence | None:
        allowed = sa.select(documents.c.id).where(
            documents.c.id == row.id, visible(self.viewer, documents.c.id)
        )
        if connection.execute(allowed).first() is not None:
            return None
        ids = connection.execute(
            sa.select(document_groups.c.group_id).where(
                document_groups.c.document_id == row.id, in_force(today())
            )
        ).scalars()
        needed = " 또는 ".join(self.viewpoints.group_names(tuple(ids)))
        text = f"{with_josa(self.viewer.name, '은/는')} 이 문서를 볼 권한이 없습니다. " + (
            f"{needed}에 속해야 볼 수 있습니다."
            if needed
            else "지금은 아무에게도 열려 있지 않습니다."
        )
        return Absence(Why.RIGHTS, text, title=row.title)

    def _filtered(self, row: Row[Any]) -> Absence | None:
        misses = missed(row, self.found.where.chosen)
        if not misses:
            return None
        text = f"고른 조건에 맞지 않아 빠졌습니다. {' '.join(misses)}"
        return Absence(Why.FILTERED, text, title=row.title)

    def _late(self, connection: Connection, row: Row[Any]) -> Absence:
        places = [
            (place, item)
            for place, item in enumerate(self.found.scored, start=1)
            if self.found.rows[item.key].document_id == row.id
        ]
        note = () if row.state == State.READY else (_older(row),)
        if places and places[0][0] <= FIRST_PAGE:
            text = f"빠지지 않았습니다. {places[0][0]}번째로 나옵니다."
            return Absence(Why.RANKED, text, note, row.title)
        outdated = _outdated(row, self.today)
        if not places:
            why, text, details = self._no_candidate(connection, row)
            return Absence(why, text, (*note, *details, *filter(None, [outdated])), row.title)
        place, item = places[0]
        text = f"후보에 들었지만 {place}번째라서 처음 {FIRST_PAGE}건에 들지 못했습니다."
        details = (*note, self._behind(item))
        if not outdated or item.adjustment >= 0:
            return Absence(Why.RANKED, text, details, row.title)
        without = 1 + sum(other.score > item.score + OUTDATED for other in self.found.scored)
        cause = (
            f"{outdated} 지난 것을 묻지 않은 질문에서는 점수를 {OUTDATED}점 낮추어 뒤로 보냅니다. "
            f"낮추지 않았다면 {without}번째입니다."
        )
        return Absence(Why.OUTDATED, cause, (text, *details), row.title)

    def _behind(self, item: Scored) -> str:
        """What separates a candidate from the last one of the first page."""
        last = self.found.scored[FIRST_PAGE - 1]
        gaps = [
            (name, share * (getattr(item, field) - getattr(last, field)))
            for name, field, share in _SIGNALS
        ]
        behind = [
            f"{name} {gap:+.2f}" for name, gap in sorted(gaps, key=lambda g: g[1]) if gap < -0.005
        ]
        better = [f"{name} {gap:+.2f}" for name, gap in gaps if gap > 0.005]
        said = f"{FIRST_PAGE}번째({last.score:.2f}점)와 견주면 이 문서는 {item.score:.2f}점입니다. "
        said += f"모자란 것(비중을 곱한 값): {', '.join(behind) or '없음'}."
        return said + (f" 나은 것: {', '.join(better)}." if better else "")

    def _no_candidate(
        self, connection: Connection, row: Row[Any]
    ) -> tuple[Why, str, tuple[str, ...]]:
        question, where = self.found.question, self.found.where
        only = IndexFilter(where.groups, (row.id,), where.chosen)
        searched = self.found.index or self.index
        by_meaning = searched.model == question.model
        if by_meaning and not searched.search_vector(question.vector, only, 1):
            text = (
                "검색 색인이 이 문서를 아직 모르거나 바뀐 권한을 아직 따라오지 못했습니다. "
                "잠시 뒤에도 그대로면 관리자에게 색인 다시 만들기를 부탁하세요."
            )
            return Why.UNINDEXED, text, ()
        rows = connection.execute(
            sa.select(passages.c.tokens, vector_column(question.model), passages.c.header)
            .where(passages.c.version_id == row.current_version_id)
            .order_by(passages.c.seq)
        ).all()
        near = matrix([r.vector for r in rows], len(question.vector)) @ question.vector
        near = np.nan_to_num(near, nan=-1.0)
        best = int(np.argmax(near))
        terms = list(dict.fromkeys(question.terms))
        here = set(rows[best].tokens.split())
        anywhere = {token for r in rows for token in r.tokens.split()}
        lacking = [t for t in terms if t not in here]
        nowhere = [t for t in terms if t not in anywhere]
        details = [
            f"가장 가까운 대목: {rows[best].header or '첫머리'} (코사인 {float(near[best]):.3f})."
        ]
        if len(self.found.near) >= CANDIDATES:
            last = min(self.found.near.values())
            details.append(f"뜻으로 {CANDIDATES}번째까지 받았고, 마지막 코사인은 {last:.3f}입니다.")
        if len(self.found.words) >= CANDIDATES:
            last = min(self.found.words.values())
            details.append(f"낱말로 {CANDIDATES}번째까지 받았고, 마지막 BM25는 {last:.2f}입니다.")
        if lacking:
            details.append(f"그 대목에 없는 질문의 낱말: {', '.join(lacking)}.")
        if nowhere:
            details.append(
                f"문서 어디에도 없는 낱말: {', '.join(nowhere)}. 같은 뜻의 행정 용어가 문서에 있다면 "
                "용어 사전에 넣어 보세요."
            )
        text = "질문과 가까운 후보에 들지 못했습니다. 낱말로도 뜻으로도 더 가까운 글이 많습니다."
        return Why.NO_CANDIDATE, text, tuple(details)


def _document(document_id: int, may_know: ColumnElement[bool]) -> sa.Select[Any]:
    return (
        sa.select(documents, versions.c.state, versions.c.reason, versions.c.number)
        .outerjoin(versions, versions.c.id == documents.c.newest_version_id)
        .where(documents.c.id == document_id, may_know)
    )


def _unread(name: str, row: Row[Any]) -> str:
    if row.state == State.FAILED:
        return f"{with_josa(name, '은/는')} 읽지 못했습니다. 까닭: {row.reason}"
    step = _WAITING.get(State(row.state), "") if row.state else ""
    return f"{with_josa(name, '은/는')} 아직 읽지 않았습니다. 지금 {step or '기다리고 있습니다'}."


def _older(row: Row[Any]) -> str:
    if row.state == State.FAILED:
        return f"새 판({row.number}판)을 읽지 못해 이전 판으로 찾았습니다. 까닭: {row.reason}"
    return f"새 판({row.number}판)을 아직 읽는 중이라 이전 판으로 찾았습니다."


def _outdated(row: Row[Any], today: date) -> str:
    """One sentence when the document is not in force today."""
    if row.effective_on is not None and today < row.effective_on:
        return f"{row.effective_on:%Y. %-m. %-d.}부터 시행하는, 아직 시행 전인 문서입니다."
    if row.freshness == Freshness.SUPERSEDED:
        return "지금은 쓰지 않는 구판입니다."
    return "아직 시행 전인 문서입니다." if row.freshness == Freshness.NOT_YET else ""


def missed(row: Row[Any], chosen: SearchFilters) -> list[str]:
    """For each chosen condition that a document does not meet, a sentence."""
    found = []
    if chosen.departments and row.department not in chosen.departments:
        found.append(f"소관 부서가 {row.department or '없음'}입니다.")
    if chosen.kinds and row.kind not in chosen.kinds:
        found.append(f"종류가 {row.kind}입니다.")
    if chosen.grades and row.grade not in chosen.grades:
        found.append(f"등급이 {_GRADES.get(row.grade, row.grade)}입니다.")
    if (chosen.dated_from or chosen.dated_to) and row.dated_on is None:
        found.append("문서 날짜가 적혀 있지 않습니다.")
    elif (chosen.dated_from and row.dated_on < chosen.dated_from) or (
        chosen.dated_to and row.dated_on > chosen.dated_to
    ):
        found.append(f"문서 날짜가 {row.dated_on:%Y. %-m. %-d.}입니다.")
    if chosen.in_force_on is not None:
        if row.freshness == Freshness.SUPERSEDED or row.superseded_by_id is not None:
            found.append("구판입니다.")
        elif row.effective_on is not None and row.effective_on > chosen.in_force_on:
            found.append(f"{row.effective_on:%Y. %-m. %-d.}부터 시행합니다.")
    return found
