"""Finding under rights; the index is never believed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.errors import InvalidInput
from mokmin.governance.access.model import OPERATOR
from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.documents.store import documents, passages
from mokmin.knowledge.search.service import MAX_QUESTION, clean_query

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
