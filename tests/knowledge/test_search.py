"""Finding under rights; the index is never believed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.errors import InvalidInput
from mokmin.base.korean.fakes import SimpleAnalyser
from mokmin.governance.access.model import OPERATOR
from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.documents.store import documents, passages
from mokmin.knowledge.search.model import SearchFilters
from mokmin.knowledge.search.question import MAX_QUESTION, clean_query
from mokmin.knowledge.search.ranking import OUTDATED
from mokmin.knowledge.search.vocabulary import Synonym, Vocabulary

PARKING = "주차요금은 한 시간에 1,000원이다.\n"
POOL = "수영장 이용료는 하루에 3,000원이다.\n"


def titles(app: App, query: str, **more: Any) -> list[str]:
    """Titles of what the operator finds."""
    return [h.title for h in app.search.search(OPERATOR, query, **more).hits]


@pytest.fixture
def library(app: App, put: Any) -> App:
    put(app, "주차.txt", PARKING, title="주차 안내")
    put(app, "수영.txt", POOL, title="수영장 안내")
    return app


@pytest.mark.parametrize("mode", ["hybrid", "lexical", "dense"])
def test_the_better_document_comes_first(library: App, mode: Any) -> None:
    assert titles(library, "주차요금은 얼마인가?", mode=mode)[0] == "주차 안내"
    assert titles(library, "수영장 이용료", mode=mode)[0] == "수영장 안내"


def test_ranks_scores_and_trace_tell_the_truth(library: App) -> None:
    result = library.search.search(OPERATOR, "  수영장   이용료  ")
    assert result.query == "수영장 이용료"
    assert [h.rank for h in result.hits] == list(range(1, len(result.hits) + 1))
    assert [h.score for h in result.hits] == sorted((h.score for h in result.hits), reverse=True)
    assert result.trace.terms == ("수영장", "이용료")
    assert result.trace.candidates == len(result.hits) + result.trace.rejected
    assert len(library.search.search(OPERATOR, "이용료 요금", top=1).hits) == 1


def test_within_some_documents(library: App) -> None:
    pool = library.documents.by_source(OPERATOR, "/수영.txt")
    assert pool is not None
    assert titles(library, "주차요금", within=[pool.id]) == ["수영장 안내"]
    assert titles(library, "주차요금", within=[]) == []


def test_everybody_finds_only_their_own(app: App, people: Any, put: Any) -> None:
    put(app, "가.txt", "회계과의 주차요금 자료이다.\n", audience=("회계과",), title="회계")
    put(app, "나.txt", "복지과의 주차요금 자료이다.\n", audience=("복지과",), title="복지")
    put(app, "다.txt", "모두의 주차요금 자료이다.\n", title="모두")
    found = {
        login: {h.title for h in app.search.search(app.people.principal(login), "주차요금").hits}
        for login in ("kim", "other", "admin")
    }
    assert found == {
        "kim": {"회계", "모두"},
        "other": {"복지", "모두"},
        "admin": {"모두"},
    }


def test_a_passage_left_in_the_index_of_a_deleted_document_is_not_shown(library: App) -> None:
    with library.db.write() as connection:
        connection.execute(documents.update().values(deleted_at=sa.func.current_timestamp()))
    assert library.index.health().passages == 2, "the index still holds them"
    result = library.search.search(OPERATOR, "주차요금")
    assert result.hits == ()
    assert result.trace.rejected == 2


def test_a_passage_left_in_the_index_alone_is_not_shown(library: App) -> None:
    with library.db.write() as connection:
        gone = connection.execute(sa.select(passages.c.id).where(passages.c.text.contains("주차")))
        key = gone.scalar_one()
        connection.execute(passages.delete().where(passages.c.id == key))
    assert titles(library, "주차요금") == ["수영장 안내"]
    assert library.search.passage(OPERATOR, key) is None


@pytest.mark.parametrize("query", ["", "   ", "\n\t"])
def test_an_empty_question_is_refused(app: App, query: str) -> None:
    with pytest.raises(InvalidInput, match="비어"):
        app.search.search(OPERATOR, query)


def test_an_overlong_question_is_refused_with_its_length() -> None:
    assert len(clean_query("가" * MAX_QUESTION)) == MAX_QUESTION
    with pytest.raises(InvalidInput, match="100,000자"):
        clean_query("가" * 100_000)


@pytest.mark.parametrize(
    "query", ["?", "...", "주차\u200b요금", "😀", "'; DROP TABLE passages; --", "%_\\"]
)
def test_odd_questions_do_not_break(library: App, query: str) -> None:
    library.search.search(OPERATOR, query)
    assert library.documents.count(OPERATOR) == 2


def test_a_question_with_a_nul_character(library: App) -> None:
    assert titles(library, "주차\x00요금")


def test_what_is_not_yet_in_force_is_marked(
    library: App, put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = date(2030, 1, 1)
    put(library, "새.txt", "새 주차요금은 2,000원이다.\n", title="새 안내", effective_on=day)

    def marks(today: date) -> dict[str, Freshness]:
        monkeypatch.setattr(library.search, "_today", lambda: today)
        return {h.title: h.freshness for h in library.search.search(OPERATOR, "주차요금").hits}

    assert marks(day - timedelta(days=1))["새 안내"] is Freshness.NOT_YET
    assert marks(day)["새 안내"] is Freshness.IN_FORCE


# --- rights and what the searcher narrows down to, together ----------------------------------
SHELF: tuple[dict[str, Any], ...] = (
    {"title": "공개 편람", "kind": "편람", "department": "회계과", "dated_on": date(2024, 5, 1)},
    {"title": "회계 편람", "kind": "편람", "department": "회계과", "audience": ("회계과",)},
    {"title": "복지 편람", "kind": "편람", "department": "복지과", "audience": ("복지과",)},
    {"title": "민감 지침", "kind": "지침", "department": "회계과", "grade": "S"},
    {"title": "장래 지침", "kind": "지침", "effective_on": date(2030, 1, 1)},
    {"title": "묵은 지침", "kind": "지침", "freshness": Freshness.SUPERSEDED},
    {
        "title": "복지 지침",
        "kind": "지침",
        "department": "복지과",
        "dated_on": date(2025, 1, 1),
        "audience": ("복지과", "회계과"),
    },
)
EVERYBODY = {"공개 편람", "민감 지침", "장래 지침", "묵은 지침"}
NARROWED: tuple[tuple[SearchFilters, dict[str, set[str]]], ...] = (
    (
        SearchFilters(),
        {
            "kim": EVERYBODY | {"회계 편람", "복지 지침"},
            "other": EVERYBODY | {"복지 편람", "복지 지침"},
            "admin": EVERYBODY,
        },
    ),
    (
        SearchFilters(kinds=("편람",)),
        {
            "kim": {"공개 편람", "회계 편람"},
            "other": {"공개 편람", "복지 편람"},
            "admin": {"공개 편람"},
        },
    ),
    (
        SearchFilters(departments=("복지과",)),
        {"kim": {"복지 지침"}, "other": {"복지 편람", "복지 지침"}, "admin": set()},
    ),
    (
        SearchFilters(kinds=("지침",), departments=("복지과",), grades=("O",)),
        {"kim": {"복지 지침"}, "other": {"복지 지침"}, "admin": set()},
    ),
    (
        SearchFilters(grades=("S", "C")),
        {"kim": {"민감 지침"}, "other": {"민감 지침"}, "admin": {"민감 지침"}},
    ),
    (
        SearchFilters(dated_from=date(2024, 5, 1), dated_to=date(2025, 1, 1)),
        {
            "kim": {"공개 편람", "복지 지침"},
            "other": {"공개 편람", "복지 지침"},
            "admin": {"공개 편람"},
        },
    ),
    (
        SearchFilters(kinds=("지침",), in_force_on=date(2029, 12, 31)),
        {
            "kim": {"민감 지침", "복지 지침"},
            "other": {"민감 지침", "복지 지침"},
            "admin": {"민감 지침"},
        },
    ),
)


@pytest.fixture
def shelf(app: App, people: Any, put: Any) -> App:
    """Documents that all answer the same question."""
    for n, meta in enumerate(SHELF):
        put(app, f"{n}.txt", f"주차요금은 한 시간에 {n},000원이다.\n", **meta)
    return app


@pytest.mark.parametrize("mode", ["hybrid", "lexical", "dense"])
def test_a_filter_narrows_rights_and_never_widens_them(shelf: App, mode: Any) -> None:
    for filters, expected in NARROWED:
        for login, seen in expected.items():
            person = shelf.people.principal(login)
            result = shelf.search.search(person, "주차요금", filters=filters, mode=mode)
            assert {h.title for h in result.hits} == seen, (filters, login)
            assert result.trace.rejected == 0, (filters, login)


def test_a_filter_and_a_choice_of_documents_both_count(shelf: App, people: Any) -> None:
    every = shelf.documents.ids(OPERATOR)
    assert len(every) == len(SHELF)
    only = SearchFilters(kinds=("편람",))
    result = shelf.search.search(people.kim, "주차요금", within=every, filters=only)
    assert {h.title for h in result.hits} == {"공개 편람", "회계 편람"}
    some = [h.document_id for h in result.hits if h.title == "공개 편람"]
    result = shelf.search.search(people.other, "주차요금", within=some, filters=only)
    assert [h.title for h in result.hits] == ["공개 편람"]
    hidden = [key for key in every if shelf.documents.get(OPERATOR, key).title == "회계 편람"]
    assert shelf.search.search(people.other, "주차요금", within=hidden).hits == ()


def test_an_outdated_text_comes_after_the_current_one_unless_it_is_asked_for(
    app: App, put: Any
) -> None:
    old = put(app, "가.txt", "주차요금은 한 시간에 500원이다.\n", title="주차 지침(2023)")
    new = put(app, "나.txt", "주차요금은 한 시간에 900원이다.\n", title="주차 지침(2025)")
    app.documents.supersede(OPERATOR, old.document_id, new.document_id)
    current, former = "주차 지침(2025)", "주차 지침(2023)"
    assert titles(app, "주차요금은 얼마인가?") == [current, former]
    assert titles(app, "2023년 주차요금은 얼마인가?") == [former, current]
    assert titles(app, "2025년 주차요금은 얼마인가?") == [current, former]


def test_what_is_not_yet_in_force_comes_after_what_is(
    app: App, put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = date(2030, 1, 1)
    put(app, "가.txt", "주차요금은 한 시간에 2,000원이다.\n", title="새 지침", effective_on=day)
    put(app, "나.txt", "주차요금은 한 시간에 1,000원이다.\n", title="이 지침")

    def lead(today: date) -> float:
        monkeypatch.setattr(app.search, "_today", lambda: today)
        hits = app.search.search(OPERATOR, "주차요금은 얼마인가?").hits
        scores = {h.title: h.score for h in hits}
        return scores["이 지침"] - scores["새 지침"]

    assert lead(day - timedelta(days=1)) > 0
    assert lead(day - timedelta(days=1)) - lead(day) == pytest.approx(OUTDATED)


def test_the_newest_first_when_the_question_asks_for_it(app: App, put: Any) -> None:
    for year in (2021, 2025, 2023):
        text = f"주차요금은 한 시간에 {year - 2000}00원이다.\n"
        put(app, f"{year}.txt", text, title=f"안내 {chr(year)}", dated_on=date(year, 1, 1))
    hits = app.search.search(OPERATOR, "최신 주차요금은?").hits
    assert [h.dated_on.year for h in hits if h.dated_on] == [2025, 2023, 2021]


def test_everyday_words_reach_a_text_in_official_ones(
    app: App, put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Vocabulary(SimpleAnalyser(), [Synonym("공짜", ("무상대부",))])
    monkeypatch.setattr(app.search, "_vocabulary", lambda: made)
    put(app, "가.txt", "무상대부 신청서를 낸다.\n", title="대부")
    put(app, "나.txt", "수영장 이용료를 낸다.\n", title="수영장")
    result = app.search.search(OPERATOR, "공짜", mode="lexical")
    assert result.hits[0].title == "대부"
    assert result.trace.lexical == 1
    assert result.trace.widened == (("공짜", ("무상대부",)),)
    assert result.trace.terms == ("공짜",), "the question's own words alone"
