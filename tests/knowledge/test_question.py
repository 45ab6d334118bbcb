"""What search understands of a question."""

from __future__ import annotations

import unicodedata
from datetime import date

import numpy as np
import pytest

from mokmin.base.errors import InvalidInput
from mokmin.base.korean.fakes import SimpleAnalyser
from mokmin.base.llm.fakes import HashEmbedder
from mokmin.knowledge.search.embedding import SearchModel
from mokmin.knowledge.search.question import MAX_QUESTION, Question, analysed, clean_query, embedded
from mokmin.knowledge.search.vocabulary import Synonym, Vocabulary


def asked(text: str, *synonyms: Synonym) -> Question:
    """A question as understood with the quick models."""
    analyser = SimpleAnalyser()
    return embedded(
        analysed(text, analyser, Vocabulary(analyser, synonyms)), SearchModel(0, HashEmbedder())
    )


# --- what is asked for ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("question", "says", "says_not"),
    [
        ("며칠 안에 신고하나요?", "15일 이내에 신고한다.", "시장에게 신고한다."),
        ("언제까지 갱신을 신청하나요?", "끝나기 1개월 전에 신청한다.", "문서로 신청한다."),
        ("즉시 알릴 기한이 있나요?", "지체 없이 알린다.", "문서로 알린다."),
        ("과태료는 얼마인가요?", "500만원 이하의 과태료를 부과한다.", "과태료를 부과한다."),
        ("위원은 몇 명인가요?", "위원 15명으로 구성한다.", "위원으로 구성한다."),
        ("요율은 몇 퍼센트인가요?", "1천분의 50으로 한다.", "조례로 정한다."),
        ("누가 허가하나요?", "시장은 허가할 수 있다.", "허가할 수 있다."),
        ("어디에 신청하나요?", "구청장에게 신청한다.", "서면으로 신청한다."),
        ("예외가 있나요?", "다만, 긴급하면 그러하지 아니하다.", "통지하여야 한다."),
    ],
)
def test_an_answer_of_the_kind_that_is_asked_for_counts(
    question: str, says: str, says_not: str
) -> None:
    understood = asked(question)
    assert understood.answer_form(says) > understood.answer_form(says_not) == 0


def test_what_is_not_asked_for_counts_nothing() -> None:
    question = asked("공유재산이란 무엇인가")
    assert question.answer_form("시장은 15일 이내에 500만원을 낸다. 다만, 제외한다.") == 0


def test_several_kinds_add_up_to_three() -> None:
    question = asked("누가 며칠 안에 얼마를 내며 예외는?")
    assert question.answer_form("시장은 15일 이내에 500만원을 낸다. 다만, 제외한다.") == 3.0
    assert question.answer_form("15일 이내에 낸다.") == 1.0
    assert question.answer_form("") == 0


# --- time -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("2024년 지침과 2023년 지침은?", {"2024", "2023"}),
        ("1999년 12월 31일", {"1999"}),
        ("제20245호 문서", set()),
        ("12024건", set()),
        ("3024년", set()),
        ("2024-2025 회계연도", {"2024", "2025"}),
        ("연도 없는 질문", set()),
    ],
)
def test_years_that_a_question_names(text: str, years: set[str]) -> None:
    assert asked(text).years == years


@pytest.mark.parametrize(
    ("text", "past", "recent"),
    [
        ("개정 전 요금은?", True, False),
        ("구판 지침에서는 얼마였나?", True, False),
        ("작년 지침의 요금", True, False),
        ("이전 매뉴얼의 절차", True, False),
        ("사무실을 이전하려면?", False, False),
        ("최신 지침은?", False, True),
        ("올해 바뀐 요금", False, True),
        ("종전 기준과 최근 기준의 차이", True, True),
        ("주차요금은 얼마인가?", False, False),
    ],
)
def test_earlier_and_newest(text: str, past: bool, recent: bool) -> None:
    understood = asked(text)
    assert (understood.past, understood.recent) == (past, recent)


# --- the text itself ------------------------------------------------------------------------
def test_decomposed_hangul_is_the_same_question() -> None:
    text = "2024년 작년 과태료는 얼마인가?"
    one, other = asked(text), asked(unicodedata.normalize("NFD", text))
    assert other.text == one.text == text
    assert (other.terms, other.bigrams, other.years) == (one.terms, one.bigrams, one.years)
    assert (other.past, other.answer_form("5만원")) == (True, 1.0)
    assert np.array_equal(one.vector, other.vector)


@pytest.mark.parametrize(
    "sign", ["\x00", "\x07", "\x1b", "\t", "\r\n", "\u2028", "\ud800", "\u00a0"]
)
def test_signs_that_cannot_be_seen_part_words(sign: str) -> None:
    assert clean_query(f"{sign}주차{sign}요금{sign}") == "주차 요금"


@pytest.mark.parametrize("text", ["", " ", "\x00\x1b", "\u2028\u00a0"])
def test_nothing_to_see_is_an_empty_question(text: str) -> None:
    with pytest.raises(InvalidInput, match="비어"):
        clean_query(text)


def test_the_length_counts_after_cleaning() -> None:
    assert len(clean_query("가" + " " * 50_000 + "\x00" * 50_000)) == 1
    decomposed = unicodedata.normalize("NFD", "각" * MAX_QUESTION)
    assert len(decomposed) == 3 * MAX_QUESTION
    assert len(clean_query(decomposed)) == MAX_QUESTION
    with pytest.raises(InvalidInput, match="4,001자"):
        clean_query("가" * (MAX_QUESTION + 1))


# --- widening -------------------------------------------------------------------------------
def test_a_widened_question_means_more_and_stays_a_unit() -> None:
    plain, widened = asked("공짜 대여"), asked("공짜 대여", Synonym("공짜", ("무상대부",)))
    for question in (plain, widened):
        assert np.linalg.norm(question.vector) == pytest.approx(1.0, abs=1e-5)
        assert question.vector.dtype == np.float32
    official = HashEmbedder().embed_query("무상대부")
    assert widened.vector @ official > plain.vector @ official
    assert widened.vector @ plain.vector > 0.8, "what was asked still decides"


def test_own_words_weigh_one_and_those_of_the_dictionary_less() -> None:
    question = asked("공짜 대여 공짜", Synonym("공짜", ("무상 대여",)))
    assert question.terms == ("공짜", "대여", "공짜")
    assert question.weighted_terms(0.5) == {"공짜": 1.0, "대여": 1.0, "무상": 0.5}


def test_a_question_of_signs_alone_has_no_words() -> None:
    question = asked("??!")
    assert (question.terms, question.bigrams, question.weighted_terms(0.5)) == ((), (), {})
    assert question.answer_form("15일 이내") == 0


# --- time -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "past"),
    [
        ("2024년 3월 기준 병가", True),
        ("2025년판 매뉴얼의 병가", True),
        ("종전 지침의 병가", True),
        ("2026년 기준 병가", False),
        ("2026년판 매뉴얼의 병가", False),
        ("병가는 며칠인가", False),
    ],
)
def test_whether_the_past_is_asked_for(text: str, past: bool) -> None:
    analyser, today = SimpleAnalyser(), date(2026, 11, 22)
    question = analysed(text, analyser, Vocabulary(analyser, ()), today)
    assert question.asks_for_past(today) is past
    assert not question.as_of_today().asks_for_past(today)
