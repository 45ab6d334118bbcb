"""Cross-references in manuals lead to the provision that they cite."""

from __future__ import annotations

import pytest

from mokmin.knowledge.documents.references import Reference, base_law, own_references, references

LAW = "공유재산 및 물품 관리법"


def test_the_law_that_a_manual_means() -> None:
    assert base_law(f"이 매뉴얼은 「{LAW}」(이하 법)에 따른다. 「행정절차법」도 따른다.") == LAW
    assert base_law("아무 법도 이름으로 부르지 않는다.") == ""


def test_short_and_full_names_with_items() -> None:
    text = "취소할 수 있는 사유(법 제25조제1항제5호)이다. 영 제80조와 「행정절차법」 제21조제2항을 따른다."
    assert list(references(text, LAW)) == [
        Reference(LAW, "제25조", 5),
        Reference(f"{LAW} 시행령", "제80조", None),
        Reference("행정절차법", "제21조", None),
    ]


def test_each_provision_once_and_no_guess_without_a_law() -> None:
    assert len(list(references("법 제25조에 따라, 다시 법 제25조제2항", LAW))) == 1
    assert list(references("법 제25조", "")) == []


def test_words_that_only_end_in_the_letter_are_no_reference() -> None:
    assert list(references("방법 제3조는 없다. 수영 제5조도 없다.", LAW)) == []


@pytest.mark.parametrize(
    ("text", "articles"),
    [
        ("제2조(허가) 제7조제1항 및 제9조의2에 따라 허가한다.", ["제7조", "제9조의2"]),
        ("제3조부터 제5조까지를 따르고, 제3조는 또 따른다.", ["제3조", "제5조"]),
        ("「행정절차법」 제21조제1항, 제22조 또는 제23조에 따른다. 제4조도 따른다.", ["제4조"]),
        ("「지방재정법」(이하 “재정법”이라 한다) 제3조와 지방공무원법 제6조", []),
        ("같은 법 제8조, 영 제9조, 같은 조 제3항, 부칙 제1조", []),
        ("제2조에 따른다.", []),
    ],
)
def test_an_article_without_a_law_is_one_of_the_same(text: str, articles: list[str]) -> None:
    own = Reference("공유재산 조례", "제2조")
    found = list(own_references(text, own))
    assert found == [Reference("공유재산 조례", article) for article in articles]
