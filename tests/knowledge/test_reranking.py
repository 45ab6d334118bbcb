"""A reranker may only help: what it says moves the first hits, and nothing else can do harm."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from mokmin.app import App
from mokmin.base.llm.breaker import Breaker
from mokmin.base.llm.fakes import WordReranker
from mokmin.governance.access.model import OPERATOR
from mokmin.knowledge.search.ranking import Scored
from mokmin.knowledge.search.reranking import DEPTH, EXPLANATIONS, Reranking
from mokmin.knowledge.search.service import SearchService


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def hits(count: int) -> list[Scored]:
    return [Scored(key, key, 5.0 - key / 10, *[0.0] * 7) for key in range(count)]


def rows(count: int, grade: str = "O") -> Any:
    return {key: SimpleNamespace(header="", text=f"글 {key}", grade=grade) for key in range(count)}


class Fixed(WordReranker):
    """Says the given scores."""

    def __init__(self, values: list[float], **options: Any) -> None:
        super().__init__(**options)
        self.values = values

    def rerank(self, query: str, texts: Any) -> list[float]:
        super().rerank(query, texts)
        return self.values


def test_a_clear_favourite_rises_and_scores_still_fall() -> None:
    found, outcome = Reranking(Fixed([0.0] * 5 + [1.0] + [0.0] * 4)).order(
        "질문", hits(10), rows(10)
    )
    assert outcome == "used"
    assert found[0].key == 5
    assert [item.key for item in found[1:]] == [0, 1, 2, 3, 4, 6, 7, 8, 9]
    assert [item.score for item in found] == [item.score for item in hits(10)]


def test_probabilities_next_to_one_keep_their_difference() -> None:
    values = [0.0001, 0.0002, 0.9, 0.9999]
    found, _ = Reranking(Fixed(values)).order("질문", hits(4), rows(4))
    order = [item.key for item in found]
    assert order.index(3) < order.index(2)


def test_only_the_first_hits_are_sent_and_moved() -> None:
    model = Fixed([float(n) for n in range(DEPTH)])
    found, _ = Reranking(model).order("질문", hits(DEPTH + 9), rows(DEPTH + 9))
    assert len(model.requests[0][1]) == DEPTH
    assert [item.key for item in found[DEPTH:]] == list(range(DEPTH, DEPTH + 9))
    assert sorted(item.key for item in found[:DEPTH]) == list(range(DEPTH))


def test_equal_scores_change_nothing() -> None:
    found, _ = Reranking(Fixed([0.5] * 8)).order("질문", hits(8), rows(8))
    assert found == hits(8)


def test_a_grade_above_the_endpoints_never_leaves() -> None:
    model = WordReranker(grade="S")
    graded = rows(12) | {7: SimpleNamespace(header="", text="비밀", grade="C")}
    found, outcome = Reranking(model).order("질문", hits(12), graded)
    assert (found, outcome, model.requests) == (hits(12), "grade", [])


def test_a_dead_endpoint_is_asked_twice_and_then_rests() -> None:
    clock, model = Clock(), WordReranker(down=True)
    reranking = Reranking(model, Breaker(clock=clock))
    outcomes = [reranking.order("질문", hits(5), rows(5))[1] for _ in range(6)]
    assert outcomes == ["failed", "failed", "resting", "resting", "resting", "resting"]
    assert reranking.order("질문", hits(5), rows(5))[0] == hits(5)
    assert len(model.requests) == 2


def test_after_a_rest_one_search_tries_and_the_rest_doubles() -> None:
    clock, model = Clock(), WordReranker(down=True)
    reranking = Reranking(model, Breaker(clock=clock))
    order = lambda: reranking.order("질문", hits(5), rows(5))[1]  # noqa: E731
    assert [order(), order()] == ["failed", "failed"]
    clock.now += 31
    assert [order(), order()] == ["failed", "resting"]
    clock.now += 31
    assert order() == "resting", "the second rest is twice as long"
    clock.now += 30
    model.down = False
    assert [order(), order()] == ["used", "used"]


def test_of_many_searches_after_a_rest_only_one_is_let_through() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    breaker.failed()
    breaker.failed()
    clock.now += 40
    assert [breaker.allows() for _ in range(5)] == [True, False, False, False, False]


def test_the_rest_has_a_limit() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    for _ in range(50):
        breaker.failed()
    clock.now += 301
    assert breaker.allows()


# --- through the search ------------------------------------------------------------------------
def reranked(app: App, model: WordReranker) -> SearchService:
    """The search of the app with a reranker."""
    return SearchService(
        app.db,
        lambda: app.index,
        app.analyser,
        app.embedder,
        app.vocabulary,
        reranking=Reranking(model),
    )


@pytest.fixture
def library(app: App, put: Any) -> App:
    for name, text in (
        ("주차.txt", "주차요금은 한 시간에 1,000원으로 한다."),
        ("감면.txt", "주차요금의 감면은 장애인 차량에 절반으로 한다."),
        ("도서.txt", "책은 한 사람이 다섯 권까지 빌린다."),
    ):
        put(app, name, text)
    return app


def order_of(search: SearchService) -> tuple[list[str], str]:
    found = search.search(OPERATOR, "주차요금")
    return [hit.title for hit in found.hits], found.trace.rerank


def test_without_a_reranker_the_trace_is_empty(library: App) -> None:
    assert order_of(library.search)[1] == ""


def test_the_trace_says_that_it_was_used(library: App) -> None:
    model = WordReranker()
    titles, outcome = order_of(reranked(library, model))
    assert outcome == "used"
    assert sorted(titles) == sorted(order_of(library.search)[0])
    query, texts = model.requests[0]
    assert query == "주차요금"
    assert any("1,000원" in text for text in texts)


def test_the_last_may_become_first(library: App) -> None:
    before = order_of(library.search)[0]
    values = [0.0] * (len(before) - 1) + [1.0]
    titles, _ = order_of(reranked(library, Fixed([100 * v for v in values])))
    assert titles.index(before[-1]) < before.index(before[-1])


def test_when_it_is_down_the_order_is_the_old_one(library: App) -> None:
    titles, outcome = order_of(reranked(library, WordReranker(down=True)))
    assert outcome == "failed"
    assert titles == order_of(library.search)[0]


def test_a_secret_hit_keeps_the_whole_search_at_home(library: App, put: Any) -> None:
    put(library, "비밀.txt", "주차요금 단속 계획", grade="C")
    model = WordReranker(grade="S")
    titles, outcome = order_of(reranked(library, model))
    assert (outcome, model.requests) == ("grade", [])
    assert titles == order_of(library.search)[0]
    assert "등급" in EXPLANATIONS["grade"]


def test_one_list_alone_is_not_reranked(library: App) -> None:
    model = WordReranker()
    found = reranked(library, model).search(OPERATOR, "주차요금", mode="lexical")
    assert (found.trace.rerank, model.requests) == ("", [])


def test_scores_of_a_broken_model_never_reach_the_order() -> None:
    """NaN is refused by the adapter; the blend itself survives what is left: one value for all."""
    found, _ = Reranking(Fixed([math.pi] * 3)).order("질문", hits(3), rows(3))
    assert [replace(item) for item in found] == hits(3)
