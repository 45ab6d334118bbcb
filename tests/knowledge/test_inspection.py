"""The inspector tells why, and shows nothing that the person who looks may not read."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import pytest

from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.base.errors import InvalidInput, NotAllowed
from mokmin.governance.access.model import OPERATOR, Principal
from mokmin.governance.audit.service import audit_log
from mokmin.governance.people.store import group_members
from mokmin.knowledge.documents.model import Freshness, State
from mokmin.knowledge.documents.store import documents
from mokmin.knowledge.search.absence import Why
from mokmin.knowledge.search.model import SearchFilters

PARKING = "주차요금은 한 시간에 1,000원이다.\n"
SECRET = "복지과만 아는 주차요금 감면 대상자 명단이다.\n"


def everything(found: Any) -> str:
    """All that an inspection holds, as text."""
    return json.dumps(asdict(found), ensure_ascii=False, default=str)


def change(app: App, document_id: int, **values: Any) -> None:
    with app.db.write() as connection:
        connection.execute(documents.update().where(documents.c.id == document_id).values(**values))


def why(app: App, who: Principal, view: str, document_id: int, **more: Any) -> Any:
    """The reason for one document, for a question on parking fees."""
    query = more.pop("query", "주차요금은 얼마인가?")
    return app.inspection.inspect(who, view, query, document_id=document_id, **more).absence


@pytest.fixture
def library(app: App, people: Any, put: Any) -> App:
    put(app, "주차.txt", PARKING, title="주차 안내")
    put(app, "비밀.txt", SECRET, title="감면 명단", audience=("복지과",), department="복지과")
    put(app, "회계.txt", "회계과의 주차요금 정산 자료이다.\n", title="정산", audience=("회계과",))
    return app


def number(app: App, title: str) -> int:
    with app.db.read() as connection:
        query = documents.select().where(documents.c.title == title)
        return int(connection.execute(query).one().id)


# --- whose eyes -------------------------------------------------------------------------------
def test_a_steward_takes_colleagues_and_lesser_rights_alone(library: App, people: Any) -> None:
    offered = {v.label for v in library.viewpoints.choices(people.lead)}
    assert offered == {"나 (이팀장)", "전 직원 (부서 없이)", "회계과의 직원"}
    assert {v.key for v in library.viewpoints.accounts(people.lead)} == {"user:kim", "user:lead"}
    taken = library.viewpoints.principal(people.lead, "user:kim")
    assert (taken.login, taken.groups) == ("kim", people.kim.groups)
    other = f"dept:{people.other.department_id}"
    for key in ("user:other", other, "user:nobody", "dept:999", "dept:x", "user:", "root"):
        with pytest.raises(NotAllowed):
            library.viewpoints.principal(people.lead, key)


def test_an_administrator_takes_anybody_and_an_official_nobody(library: App, people: Any) -> None:
    for login in ("kim", "lead", "other", "admin"):
        assert library.viewpoints.principal(people.admin, f"user:{login}").login == login
    for key in ("me", "staff", "user:kim"):
        with pytest.raises(NotAllowed):
            library.viewpoints.principal(people.kim, key)
    with pytest.raises(NotAllowed):
        library.inspection.inspect(people.kim, "me", "주차요금")
    with pytest.raises(NotAllowed):
        library.inspection.titles(people.kim, "주차")


def test_a_colleague_with_further_groups_shows_a_steward_a_number_only(
    library: App, people: Any
) -> None:
    group = min(
        set(people.other.groups) - set(people.lead.groups)
    )  # the department, not its subtree
    with library.db.write() as connection:
        connection.execute(
            group_members.insert().values(group_id=group, user_id=people.kim.user_id)
        )
    found = library.inspection.inspect(people.lead, "user:kim", "주차요금 감면 대상자 명단")
    assert found.hidden == 1
    assert {r.piece.title for r in found.ranked} == {"주차 안내", "정산"}
    said = everything(found)
    assert "감면 명단" not in said and "복지과" not in said
    assert "그 밖의 그룹 1개" in found.filters[0]


def test_an_administrator_reads_nothing_through_others(library: App, people: Any) -> None:
    question = "주차요금 감면 대상자 명단"
    found = library.inspection.inspect(people.admin, "user:other", question)
    assert found.hidden == 1
    assert [r.place for r in found.ranked] == [2], "the hidden one is first, and is left out"
    hidden = number(library, "감면 명단")
    told = why(library, people.admin, "user:other", hidden, query=question)
    assert told.why is Why.UNKNOWN
    assert library.inspection.titles(people.admin, "감면") == []
    said = everything(found) + everything(told)
    assert "감면 명단" not in said and "복지과만" not in said


# --- what it shows ----------------------------------------------------------------------------
def test_all_steps_of_a_search_are_shown(library: App, people: Any) -> None:
    chosen = SearchFilters(departments=("회계과",), in_force_on=date(2026, 1, 2))
    found = library.inspection.inspect(people.lead, "me", " 주차요금   기한 ", filters=chosen)
    assert found.terms == ("주차요금", "기한")
    assert found.filters == (
        "권한: 전 직원, 회계과",
        "소관 부서: 회계과",
        "2026. 1. 2.에 시행 중인 것만",
    )
    assert [name for name, _ in found.stages] == ["understand", "retrieve", "check", "rank", "link"]
    assert sum(s for _, s in found.stages) == pytest.approx(found.seconds)
    free = library.inspection.inspect(people.lead, "me", "주차요금")
    same = library.search.search(people.lead, "주차요금")
    assert [r.piece.passage_id for r in free.ranked] == [h.passage_id for h in same.hits]
    assert [r.signals.score for r in free.ranked] == [h.score for h in same.hits]
    assert [w.score for w in free.words] == sorted((w.score for w in free.words), reverse=True)
    assert len(free.near) == free.candidates == 2


def test_an_inspection_is_on_the_record_without_its_words(library: App, people: Any) -> None:
    library.inspection.inspect(people.lead, "user:kim", "아주 특별한 질문", document_id=1)
    with pytest.raises(InvalidInput):
        library.inspection.inspect(people.lead, "staff", "  ")
    with library.db.read() as connection:
        rows = connection.execute(
            audit_log.select().where(audit_log.c.action == "search.inspect")
        ).all()
    assert [(r.actor, r.subject) for r in rows] == [("lead", "as:user:kim"), ("lead", "as:staff")]
    assert "특별" not in "".join(r.detail for r in rows)
    assert library.audit.verify().ok


# --- why not ----------------------------------------------------------------------------------
def test_a_document_that_is_there_says_its_place(library: App, people: Any) -> None:
    told = why(library, people.lead, "me", number(library, "주차 안내"))
    assert told.why is Why.RANKED
    assert "1번째로 나옵니다" in told.sentence


def test_what_does_not_exist_and_what_may_not_be_known_are_told_alike(
    library: App, people: Any
) -> None:
    unknown = why(library, people.lead, "me", 999)
    assert unknown.why is Why.UNKNOWN
    assert why(library, people.lead, "me", number(library, "감면 명단")) == unknown


def test_a_deleted_document_is_told_to_who_could_restore_it(
    library: App, people: Any, put: Any
) -> None:
    put(library, "옛.txt", "옛 주차요금 안내문이다.\n", title="지운 안내", department="회계과")
    key = number(library, "지운 안내")
    change(library, key, deleted_at=utcnow())
    assert why(library, people.lead, "me", key).why is Why.DELETED
    assert [t.deleted for t in library.inspection.titles(people.lead, "지운")] == [True]
    assert why(library, people.admin, "me", key).why is Why.UNKNOWN
    assert library.inspection.titles(people.admin, "지운") == []


def test_a_document_that_could_not_be_read_says_why(library: App, people: Any, put: Any) -> None:
    broken = put(library, "망가진.pdf", b"%PDF-1.7 broken", title="망가진 것", ready=False)
    told = why(library, people.lead, "me", broken.document_id)
    assert told.why is Why.UNREAD
    state = library.documents.get(OPERATOR, broken.document_id)
    assert state.state is State.FAILED and state.reason in told.sentence


def test_missing_rights_name_the_group(library: App, people: Any) -> None:
    told = why(library, people.lead, "staff", number(library, "정산"))
    assert told.why is Why.RIGHTS
    assert "회계과에 속해야" in told.sentence


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        (SearchFilters(departments=("복지과",)), "소관 부서가 없음"),
        (SearchFilters(kinds=("법령",)), "종류가 문서입니다"),
        (SearchFilters(grades=("C",)), "등급이 공개입니다"),
        (SearchFilters(dated_from=date(2026, 1, 1)), "문서 날짜가 적혀 있지 않습니다"),
        (SearchFilters(in_force_on=date(2026, 1, 1)), "2030. 1. 1.부터 시행"),
    ],
)
def test_a_filter_that_drops_it_is_named(
    library: App, people: Any, put: Any, filters: SearchFilters, said: str
) -> None:
    put(
        library,
        "새.txt",
        "새 주차요금은 2,000원이다.\n",
        title="새것",
        effective_on=date(2030, 1, 1),
    )
    told = why(library, people.lead, "me", number(library, "새것"), filters=filters)
    assert told.why is Why.FILTERED
    assert said in told.sentence


def test_dates_outside_the_chosen_ones(library: App, people: Any, put: Any) -> None:
    put(
        library, "날.txt", "날짜가 있는 주차요금 글이다.\n", title="날짜", dated_on=date(2025, 5, 5)
    )
    key = number(library, "날짜")
    for filters in (
        SearchFilters(dated_from=date(2025, 5, 6)),
        SearchFilters(dated_to=date(2025, 5, 4)),
    ):
        told = why(library, people.lead, "me", key, filters=filters)
        assert told.why is Why.FILTERED and "2025. 5. 5." in told.sentence
    inside = SearchFilters(dated_from=date(2025, 5, 5), dated_to=date(2025, 5, 5))
    assert why(library, people.lead, "me", key, filters=inside).why is Why.RANKED


def test_a_superseded_edition_says_what_the_mark_costs(library: App, people: Any, put: Any) -> None:
    for n in range(12):
        put(
            library,
            f"{n}.txt",
            f"{n}구역의 주차요금은 얼마인가 하면 {n}원이다.\n",
            title=f"구역 {n}",
        )
    key = number(library, "구역 5")
    assert why(library, people.lead, "me", key).why is Why.RANKED
    change(library, key, freshness=Freshness.SUPERSEDED)
    told = why(library, people.lead, "me", key)
    assert told.why is Why.OUTDATED
    assert "구판" in told.sentence and "낮추지 않았다면" in told.sentence
    assert "번째라서" in told.details[0]
    tomorrow = date.today() + timedelta(days=1)
    change(library, key, freshness=Freshness.IN_FORCE, effective_on=tomorrow)
    told = why(library, people.lead, "me", key)
    assert told.why is Why.OUTDATED and "시행 전" in told.sentence


def test_beyond_the_first_page_says_by_what_it_falls_behind(
    library: App, people: Any, put: Any
) -> None:
    for n in range(12):
        put(
            library,
            f"{n}.txt",
            f"{n}구역의 주차요금은 얼마인가 하면 {n}원이다.\n",
            title=f"구역 {n}",
        )
    put(library, "먼.txt", "도서관은 월요일에 쉰다.\n", title="먼 것")
    told = why(library, people.lead, "me", number(library, "먼 것"))
    assert told.why is Why.RANKED
    assert "들지 못했습니다" in told.sentence
    assert "모자란 것" in told.details[0] and "뜻 -" in told.details[0]


def test_outside_the_candidates_names_lacking_words_and_cosines(
    library: App, people: Any, put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mokmin.knowledge.search.service.CANDIDATES", 2)
    monkeypatch.setattr("mokmin.knowledge.search.absence.CANDIDATES", 2)
    put(library, "먼.txt", "도서관은 월요일에 쉰다.\n", title="먼 것")
    told = why(library, people.lead, "me", number(library, "먼 것"), query="주차요금 정산")
    assert told.why is Why.NO_CANDIDATE
    text = " ".join(told.details)
    assert "주차요금, 정산" in text and "코사인" in text and "마지막 코사인" in text


def test_a_document_that_the_index_lost(library: App, people: Any) -> None:
    key = number(library, "주차 안내")
    library.index.remove_document(key)
    told = why(library, people.lead, "me", key)
    assert told.why is Why.UNINDEXED
    assert "다시 만들기" in told.sentence


def test_a_newer_version_that_failed_is_mentioned(library: App, people: Any, put: Any) -> None:
    put(library, "두판.txt", "주차요금은 정액이다.\n", title="두 판", source="두판")
    put(library, "두판.pdf", b"%PDF-1.7 broken", title="두 판", source="두판", ready=False)
    told = why(library, people.lead, "me", number(library, "두 판"))
    assert told.why is Why.RANKED
    assert "이전 판으로 찾았습니다" in told.details[0]
