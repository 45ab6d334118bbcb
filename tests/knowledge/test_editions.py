"""Two editions of a manual: which one is found first, and for what day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mokmin.app import App
from mokmin.governance.access.model import OPERATOR
from mokmin.knowledge.documents.model import Freshness

TEXT = "병가는 연 {days}일까지 쓸 수 있다. 진단서는 7일을 넘을 때 낸다.\n"
OLD, NEW = "복무 매뉴얼(2023년판)", "복무 매뉴얼(2025년판)"


@pytest.fixture
def editions(app: App, put: Any) -> App:
    """The edition of 2023 says 30 days, that of 2025 60."""
    old, new = (
        put(
            app,
            f"복무{year}.txt",
            TEXT.format(days=days),
            title=title,
            kind="매뉴얼",
            dated_on=date(year, 1, 2),
        ).document_id
        for title, year, days in ((OLD, 2023, 30), (NEW, 2025, 60))
    )
    put(app, "주차.txt", "주차요금은 한 시간에 1,000원이다.\n", title="주차 안내")
    app.documents.supersede(OPERATOR, old, new)
    return app


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [
        ("병가는 며칠까지 쓸 수 있나", NEW, OLD),
        ("병가는 30일까지 쓸 수 있나", NEW, OLD),
        ("2023년판 복무 매뉴얼에서 병가는 며칠인가", OLD, NEW),
        ("2024년 3월 기준 병가는 며칠까지 쓸 수 있나", OLD, NEW),
        ("2025년 3월 기준 병가는 며칠까지 쓸 수 있나", NEW, OLD),
        ("2025. 1. 1. 현재 병가는 며칠까지 쓸 수 있나", OLD, NEW),
        ("2025. 1. 2. 현재 병가는 며칠까지 쓸 수 있나", NEW, OLD),
    ],
)
def test_the_edition_of_the_time_that_is_asked_about_comes_first(
    editions: App, question: str, first: str, second: str
) -> None:
    found = [hit.title for hit in editions.search.search(OPERATOR, question).hits]
    assert list(dict.fromkeys(t for t in found if t in (OLD, NEW))) == [first, second]


def test_each_hit_says_what_it_is_and_what_took_its_place(editions: App) -> None:
    hits = {h.title: h for h in editions.search.search(OPERATOR, "병가는 며칠인가").hits}
    assert hits[OLD].freshness is Freshness.SUPERSEDED
    assert hits[OLD].successor_id == hits[NEW].document_id
    assert (hits[NEW].freshness, hits[NEW].successor_id) == (Freshness.IN_FORCE, None)


def test_the_day_is_told_and_can_be_switched_off(editions: App) -> None:
    question = "2024년 3월 기준 병가는 며칠까지 쓸 수 있나"
    named = editions.search.search(OPERATOR, question)
    today = editions.search.search(OPERATOR, question, as_of_today=True)
    assert (named.trace.reference, named.trace.past) == ("2024-03-31", True)
    assert (today.trace.reference, today.trace.past, today.trace.years) == ("", False, ())
    assert (named.hits[0].title, today.hits[0].title) == (OLD, NEW)
