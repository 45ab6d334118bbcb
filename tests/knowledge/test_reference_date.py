"""The day that a question asks about."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.search.candidates import in_force_on
from mokmin.knowledge.search.reference_date import reference_date

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024년 3월 당시 주차요금은?", date(2024, 3, 31)),
        ("2023년 기준 대부료 요율", date(2023, 12, 31)),
        ("2025. 7. 1. 현재 시행 중인 지침", date(2025, 7, 1)),
        ("작년 12월 요금은?", date(2025, 12, 31)),
        ("재작년 수당", date(2024, 12, 31)),
        ("2026년 기준 수당", TODAY),
        ("2024년 지침의 요금", None),
        ("2024년 13월 당시", None),
        ("2023년 2월 30일 당시", None),
        ("주차요금은 얼마인가?", None),
    ],
)
def test_the_day(text: str, day: date | None) -> None:
    assert reference_date(text, TODAY) == day


def row(begins: date | None, replaced: date | None, freshness: Freshness) -> Any:
    return SimpleNamespace(
        effective_on=begins, dated_on=None, replaced_on=replaced, freshness=freshness
    )


@pytest.mark.parametrize(
    ("begins", "replaced", "freshness", "held"),
    [
        (date(2023, 1, 1), date(2025, 1, 1), Freshness.SUPERSEDED, True),
        (date(2023, 1, 1), date(2024, 1, 1), Freshness.SUPERSEDED, False),
        (date(2025, 1, 1), None, Freshness.IN_FORCE, False),
        (date(2023, 1, 1), None, Freshness.IN_FORCE, True),
        (date(2023, 1, 1), None, Freshness.SUPERSEDED, None),
        (None, None, Freshness.IN_FORCE, None),
    ],
)
def test_what_was_in_force(
    begins: date | None, replaced: date | None, freshness: Freshness, held: bool | None
) -> None:
    assert in_force_on(row(begins, replaced, freshness), date(2024, 3, 31)) is held
