"""Did you mean."""

from __future__ import annotations

from typing import Any

import pytest

from mokmin.app import App
from mokmin.governance.access.model import OPERATOR
from mokmin.knowledge.search.spelling import suggest

PASSAGES = ["공유재산 사용료를 체납한 경우", "공유재산의 대부 계약", "정보공개 청구의 처리 기간"]
TERMS = ["공유재산", "사용료", "공유재산", "정보공개", "정보공개", "청구", "체납", "사용료"]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("공유제산 사용료", "공유재산 사용료"),
        ("공유제산을 빌리려면", "공유재산을 빌리려면"),
        ("정보공게 청구", "정보공개 청구"),
        ("공유재산 사용료", None),
        ("공유재산은 누구의 것인가", None),
        ("우주정거장", None),
        ("", None),
    ],
)
def test_a_word_is_put_right_by_words_that_are_there(asked: str, meant: str | None) -> None:
    assert suggest(asked, PASSAGES, TERMS) == meant


def test_a_word_seen_once_is_not_offered() -> None:
    assert suggest("공유제산", ["공유재산"], ["공유재산"]) is None


def test_search_offers_it_and_only_from_what_may_be_read(app: App, people: Any, put: Any) -> None:
    for number in range(3):
        put(
            app,
            f"{number}.txt",
            f"공유재산 대부 안내 {number}이다.\n",
            audience=("회계과",),
            title=f"안내 {number}",
        )
    put(app, "모두.txt", "공유하는 것의 안내이다.\n", title="모두")
    assert app.search.search(OPERATOR, "공유제산 대부").suggestion == "공유재산 대부"
    assert app.search.search(people.other, "공유제산 대부").suggestion is None
