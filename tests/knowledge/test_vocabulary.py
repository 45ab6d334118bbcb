"""Everyday words and the official ones for them: what is read, what applies, what is added."""

from __future__ import annotations

import pytest

from mokmin.base.errors import InvalidInput
from mokmin.base.korean.fakes import SimpleAnalyser
from mokmin.base.korean.kiwi import KiwiAnalyser
from mokmin.knowledge.search.vocabulary import SHIPPED, Synonym, Vocabulary, parse_synonyms


def vocabulary(*lines: str) -> Vocabulary:
    """A dictionary of such lines with the quick analyser."""
    return Vocabulary(SimpleAnalyser(), parse_synonyms("\n".join(lines)))


def terms(words: str, *lines: str) -> tuple[str, ...]:
    """What a question of these words is widened with."""
    return vocabulary(*lines).widen(words.split()).terms


# --- reading --------------------------------------------------------------------------------
def test_lines_comments_blanks_and_notes() -> None:
    text = "# 머리말\n\n  \n 돈 안내 \t 체납 ,, 미납 ,\t메모, 둘\n공짜\t무상\n"
    assert parse_synonyms(text) == [
        Synonym("돈 안내", ("체납", "미납"), "메모, 둘"),
        Synonym("공짜", ("무상",)),
    ]


@pytest.mark.parametrize(
    "line", ["공짜 무상", "공짜\t", "공짜\t , ,", "\t무상", "  \t무상", "공짜"]
)
def test_a_wrong_line_is_named_by_its_number(line: str) -> None:
    with pytest.raises(InvalidInput, match=r"^4행"):
        parse_synonyms(f"# 하나\n\n돈\t금전\n{line}\n뒤\t후\n")


def test_a_file_of_another_system_reads_the_same() -> None:
    assert parse_synonyms("공짜\t무상\r\n\r\n돈\t금전\r\n") == [
        Synonym("공짜", ("무상",)),
        Synonym("돈", ("금전",)),
    ]


def test_nothing_is_a_dictionary_without_entries() -> None:
    assert parse_synonyms("") == []
    widening = vocabulary().widen(["돈"])
    assert (widening.terms, widening.words, widening.synonyms) == ((), (), ())


# --- what applies ---------------------------------------------------------------------------
def test_all_words_of_an_entry_are_needed_in_any_order() -> None:
    entry = "가게 문 닫음\t폐업"
    assert terms("닫음 우리 문 가게", entry) == ("폐업",)
    assert terms("가게 문", entry) == ()
    assert terms("문 닫음", entry) == ()


def test_a_part_of_a_word_is_not_the_word() -> None:
    assert terms("공짜표", "공짜\t무상") == ()


def test_a_word_of_the_question_is_never_added_again() -> None:
    entry = "세금 밀림\t체납, 지방세 체납, 세금 독촉"
    assert terms("세금 밀림 지방세", entry) == ("체납", "독촉")
    assert terms("세금 밀림 체납 지방세 독촉", entry) == ()


def test_words_of_several_entries_come_once_in_the_order_of_the_question() -> None:
    lines = ("공짜\t무상, 무료", "거저\t무료, 무상 대부", "돈\t금전")
    assert terms("돈 거저 공짜", *lines) == ("금전", "무료", "무상", "대부")
    assert terms("공짜 공짜 공짜", *lines) == ("무상", "무료")


def test_the_entries_that_applied_are_told() -> None:
    widening = vocabulary("공짜\t무상", "돈\t금전", "빚\t채무").widen(["돈", "공짜"])
    assert [entry.everyday for entry in widening.synonyms] == ["돈", "공짜"]
    assert widening.words == ("금전", "무상")


def test_the_words_for_the_meaning_are_few() -> None:
    many = ", ".join(f"용어{n}" for n in range(20))
    widening = vocabulary(f"말\t{many}").widen(["말"])
    assert widening.words == tuple(f"용어{n}" for n in range(6))
    assert len(widening.terms) == 20


def test_the_same_entry_twice_is_one() -> None:
    widening = vocabulary("공짜\t무상", "공짜\t무상").widen(["공짜"])
    assert (len(widening.synonyms), widening.terms) == (1, ("무상",))


# --- what anybody could write ---------------------------------------------------------------
@pytest.mark.parametrize(
    "line",
    [
        "!!!\t???",
        "' OR 1=1 --\t'; DROP TABLE",
        "(.*)+$\t[",
        "%s {0}\t\\",
        "a" * 5000 + "\t" + "b" * 5000,
    ],
)
def test_no_line_breaks_the_others(line: str) -> None:
    found = vocabulary(line, "공짜\t무상").widen(["공짜"])
    assert found.terms == ("무상",)
    assert [entry.everyday for entry in found.synonyms] == ["공짜"]


def test_an_entry_without_any_word_applies_to_nothing() -> None:
    made = vocabulary("!!!\t무상")
    assert made.widen([]).synonyms == ()
    assert made.widen(["!!!", "돈", ""]).synonyms == ()


def test_signs_of_query_languages_become_words() -> None:
    found = vocabulary('공짜\t"무상" OR 무료*, NOT (a:b)').widen(["공짜"]).terms
    assert set("\"*():,'").isdisjoint("".join(found))


# --- the dictionary that ships, with the analyser that ships ---------------------------------
@pytest.fixture(scope="module")
def kiwi() -> KiwiAnalyser:
    return KiwiAnalyser()


@pytest.fixture(scope="module")
def shipped(kiwi: KiwiAnalyser) -> Vocabulary:
    return Vocabulary(kiwi, parse_synonyms(SHIPPED.read_text(encoding="utf-8")))


def test_the_shipped_dictionary_says_nothing_twice() -> None:
    entries = parse_synonyms(SHIPPED.read_text(encoding="utf-8"))
    assert len(entries) > 500
    everyday = [entry.everyday for entry in entries]
    assert sorted({e for e in everyday if everyday.count(e) > 1}) == []
    for entry in entries:
        assert len(set(entry.official)) == len(entry.official), entry
        assert entry.everyday not in entry.official, entry


def test_verbs_are_found_in_the_form_in_which_they_are_asked(kiwi: KiwiAnalyser) -> None:
    made = Vocabulary(kiwi, [Synonym("지우다", ("말소",)), Synonym("건물 헐다", ("철거",))])
    for question, word in (
        ("전과 기록을 지우려면 어떻게 하나요?", "말소"),
        ("기록을 지웠는데요", "말소"),
        ("낡은 건물을 헐 때 신고하나요?", "철거"),
        ("건물을 헐었습니다", "철거"),
    ):
        assert made.widen(kiwi.morphemes([question])[0]).terms == (word,), question
    assert made.widen(kiwi.morphemes(["낡은 건물을 고치려면?"])[0]).terms == ()


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("세금을 안 내면 어떻게 되나요?", "체납"),
        ("과태료를 깎아 줄 수 있나요?", "감경"),
        ("잘못 낸 세금은 돌려받나요?", "환급"),
        ("공짜로 빌려줄 수 있나요?", "무상"),
    ],
)
def test_everyday_questions_reach_official_words(
    shipped: Vocabulary, kiwi: KiwiAnalyser, question: str, word: str
) -> None:
    assert word in shipped.widen(kiwi.morphemes([question])[0]).terms


def test_an_official_question_is_left_alone(shipped: Vocabulary, kiwi: KiwiAnalyser) -> None:
    question = "공유재산의 사용허가 기간은 며칠 전까지 갱신을 신청하여야 하는가?"
    widening = shipped.widen(kiwi.morphemes([question])[0])
    assert len(widening.terms) <= 4, widening
