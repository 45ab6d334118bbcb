"""Numbers in other ways of writing, and blanks put right."""

from __future__ import annotations

import pytest

from mokmin.base.korean.kiwi import KiwiAnalyser
from mokmin.base.korean.numbers import other_forms, value


@pytest.mark.parametrize(
    ("text", "number"),
    [("삼십일", 31), ("삼십", 30), ("5천만", 50_000_000), ("1억 2천만", 120_000_000), ("1.5억", 150_000_000), ("천만", 10_000_000), ("사과", None)],
)  # fmt: skip
def test_values(text: str, number: int | None) -> None:
    assert value(text) == number


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("삼십일 이내", "30일"),
        ("과태료 5천만원", "50,000,000원"),
        ("과태료 5,000만원", "5천만원"),
        ("과태료 50,000,000원", "5,000만원"),
        ("열흘 안에", "10일"),
        ("두 달 안에", "2개월"),
    ],
)
def test_other_forms(text: str, form: str) -> None:
    assert form in {other for forms in other_forms(text).values() for other in forms}


@pytest.mark.parametrize("text", ["백만장자", "일이 많아요", "보름달", "만 19세", "제20조", "30일"])
def test_no_other_form(text: str) -> None:
    assert other_forms(text) == {}


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("과 태 료 는 얼마인가요", "과태료는 얼마인가요"),
        ("노인맞춤돌봄서비스 절차 알려주렴", "노인맞춤돌봄서비스 절차 알려주렴"),
        ("공유재산 대부료 요율은?", "공유재산 대부료 요율은?"),
    ],
)
def test_blanks(text: str, right: str) -> None:
    assert KiwiAnalyser().spaced(text) == right
