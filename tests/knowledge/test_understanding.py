"""A question in its conversation."""

from __future__ import annotations

import pytest

from mokmin.base.korean.kiwi import KiwiAnalyser
from mokmin.knowledge.answering.model import Exchange
from mokmin.knowledge.answering.understanding import declined, matter, understand


@pytest.fixture(scope="module")
def analyser() -> KiwiAnalyser:
    return KiwiAnalyser()


@pytest.mark.parametrize(
    ("before", "question", "standalone"),
    [
        ("위반건축물 이행강제금은 얼마인가요?", "그럼 2회면?", "위반건축물 이행강제금 2회면?"),
        ("연가는 며칠인가요?", "예외는?", "연가 예외는?"),
        (
            "공유재산 사용료를 나누어 낼 수 있나요?",
            "그 경우 이자는 얼마인가요?",
            "공유재산 사용료를 나누어 낼 수 있 그 경우 이자는 얼마인가요?",
        ),
    ],
)
def test_a_follow_up_takes_the_matter_along(
    analyser: KiwiAnalyser, before: str, question: str, standalone: str
) -> None:
    found = understand(question, [Exchange(before)], lambda: analyser)
    assert found.follows
    # The matter is there, whatever the asking end was cut to.
    assert set(analyser.morphemes([standalone])[0]) - {"있"} <= set(
        analyser.morphemes([found.standalone])[0]
    )


@pytest.mark.parametrize(
    "question",
    [
        "출산휴가는 며칠이고 누가 승인하나요?",
        "정보공개 청구를 받으면 며칠 안에 결정해야 하나요?",
    ],
)
def test_a_new_matter_stands_alone(analyser: KiwiAnalyser, question: str) -> None:
    history = [Exchange("위반건축물 이행강제금은 얼마인가요?")]
    found = understand(question, history, lambda: analyser)
    assert (found.standalone, found.follows) == (question, False)


def test_without_a_conversation_nothing_changes(analyser: KiwiAnalyser) -> None:
    assert understand("그럼 2회면?", [], lambda: analyser).standalone == "그럼 2회면?"


def test_the_matter_is_what_is_left_without_asking() -> None:
    assert matter("위반건축물 이행강제금은 얼마인가요?") == "위반건축물 이행강제금"
    assert matter("그럼 연가는 며칠인가요?") == "연가"
    assert matter("뭐?") == "뭐"


@pytest.mark.parametrize(
    "question",
    [
        "너는 이 사업을 어떻게 생각해?",
        "이번 선거에서 어느 정당이 좋을까요?",
        "이 사건으로 행정심판 내면 이길 수 있을까요?",
        "대통령을 탄핵해야 하나요?",
    ],
)
def test_opinion_politics_and_verdicts_are_declined(question: str) -> None:
    assert declined(question)


@pytest.mark.parametrize(
    "question",
    [
        "행정심판은 며칠 안에 청구해야 하나요?",
        "선거 기간에 시장이 행사를 열 수 있나요?",
        "대통령령으로 정하는 기준은 무엇인가요?",
        "징계 의결은 누가 요구하나요?",
        "정당 현수막은 어디에 걸 수 있나요?",
        "주민 의견은 어떻게 들어야 하나요?",
        "탄핵 소추된 공무원의 사표를 받아도 되나요?",
    ],
)
def test_questions_about_rules_are_not_declined(question: str) -> None:
    assert declined(question) is None
