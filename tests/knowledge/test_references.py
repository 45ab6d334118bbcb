"""Cross-references in manuals lead to the provision that they cite."""

from __future__ import annotations

from mokmin.knowledge.documents.references import Reference, base_law, references

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
