"""Questions that hold several questions."""

from __future__ import annotations

import pytest

from mokmin.base.korean.fakes import SimpleAnalyser
from mokmin.knowledge.search.merging import merged
from mokmin.knowledge.search.ranking import Scored
from mokmin.knowledge.search.splitting import MOST, parts


def split(text: str) -> tuple[str, ...]:
    return parts(text, SimpleAnalyser())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "위반건축물 이행강제금은 얼마이고 언제까지 내나요?",
            ("위반건축물 이행강제금은 얼마이고", "위반건축물 이행강제금 언제까지 내나요?"),
        ),
        (
            "공유재산 대부는 누가 승인하나? 그리고 기한은?",
            ("공유재산 대부는 누가 승인하나?", "공유재산 대부 기한은?"),
        ),
        (
            "입법예고는 며칠 이상 해야 하고 행정예고는 최소 며칠인가요?",
            ("입법예고는 며칠 이상 해야 하고", "행정예고는 최소 며칠인가요?"),
        ),
    ],
)
def test_several_questions(text: str, expected: tuple[str, ...]) -> None:
    assert split(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "옆집이 증축을 했습니다. 신고하면 며칠 안에 처리되나요?",
        "전입신고를 했는데 며칠 안에 처리되나요?",
        "신고 기한이 언제인지 알려주세요.",
        "누가 보고하고 승인하나요?",
        "권고문을 보냈음. 어떻게 처리했는지 언제까지 답을 줘야 돼?",
        "올해 더운 곳은 시청이야? 아니면 구청이야?",
        "지원하는 사업이 있니? 자세히 알려줘",
        "누구를 봐주라고 하면 어디에 말해야 해?",
        "보조금 정산 기한",
        "탈북한 지 얼마 안 된 친구가 있는데, 주거지를 어떻게 구할 수 있을까요?",
    ],
)
def test_one_question_stays_whole(text: str) -> None:
    assert split(text) == (text,)


def test_a_letter_carries_its_situation_to_short_questions_alone() -> None:
    found = split("옆집이 증축을 했습니다. 신고는 어디에 하나요? 벌금은 얼마인가요? 감사합니다.")
    assert len(found) == 2
    assert all(part.startswith("옆집이 증축을 했습니다.") for part in found)


def test_no_more_parts_than_are_searched() -> None:
    text = " ".join(
        f"{word}는 언제 내나요?" for word in ("사과", "무", "배추", "고추", "보리", "나무")
    )
    found = split(text)
    assert len(found) == MOST
    assert "나무" in found[-1]


def scored(key: int, score: float) -> Scored:
    return Scored(key, key, score, *([0.0] * 7))


def test_the_best_hit_of_each_part_comes_first() -> None:
    whole = [scored(9, 5.0), scored(1, 4.0), scored(2, 1.0)]
    found = merged(whole, [[scored(1, 8.0), scored(9, 4.0)], [scored(3, 2.0), scored(2, 1.0)]])
    assert {item.key for item in found[:3]} == {1, 3, 9}
    assert found[0].key == 1
    assert [item.score for item in found] == sorted((i.score for i in found), reverse=True)


def test_nothing_found_by_one_part_takes_nothing_from_the_others() -> None:
    assert {item.key for item in merged([scored(1, 0.0)], [[], [scored(2, 0.0)]])} == {1, 2}
    assert merged([], [[], []]) == []
