"""Recognition of articles, report marks and numbering."""

from __future__ import annotations

import pytest

from mokmin.base.formats.model import Block, Cell
from mokmin.base.formats.provisions import article_of, mark_of, structure


@pytest.mark.parametrize(
    ("text", "article"),
    [
        ("제12조의2(사용료의 감면) 시장은", "제12조의2"),
        ("제 3 조 (정의)", "제3조"),
        ("제7조 삭제 <2020. 1. 1.>", "제7조"),
        ("제26조 [불공정 정보의 입수]", "제26조"),
        ("제21조 경기개시 시간", "제21조"),
        ("제12조에 따라 감면한다.", ""),
        ("제12조 및 제13조에 따른 사용료", ""),
        ("제12조 제2항에 따른 신청", ""),
    ],
)
def test_article_of(text: str, article: str) -> None:
    assert article_of(text) == article


@pytest.mark.parametrize(
    ("text", "role", "level"),
    [
        ("제2장 사용허가", "division", 2),
        ("제2장에 따른 허가는 시장이 한다.", "text", 0),
        ("부칙 <제100호, 2024. 1. 1.>", "division", 1),
        ("Ⅱ. 추진 계획", "division", 1),
        ("Ⅱ. 추진 계획 ··· 12", "text", 0),
        ("□ 추진 배경", "report", 1),
        ("○ 현황", "report", 2),
        ("- 세부", "report", 3),
        ("※ 참고", "report", 4),
        ("1. 관련", "list", 1),
        ("가. 일시", "list", 2),
        ("1) 장소", "list", 3),
        ("가) 회의실", "list", 4),
        ("2026. 10. 12. 접수", "text", 0),
        ("3.5배 늘었다", "text", 0),
        ("-5도까지 내려간다", "text", 0),
    ],
)
def test_mark_of(text: str, role: str, level: int) -> None:
    mark = mark_of(text)
    assert (mark.role, mark.level) == (role, level)


def test_a_law_has_paths_articles_and_items() -> None:
    texts = [
        "제1장 총칙",
        "제1조(목적) 이 조례는 목적을 정한다.",
        "제2장 허가",
        "제1절 신청",
        "제5조의2(신청) ① 신청한다.",
        "② 다음 각 호와 같다.",
        "1. 신청서",
        "가. 서식",
        "부칙",
        "제1조(시행일) 공포한 날부터 시행한다.",
    ]
    blocks = structure(Block("paragraph", text) for text in texts)
    where = [(b.type, b.level, b.locator.section, b.locator.article) for b in blocks]
    assert where[1] == ("paragraph", 0, "제1장 총칙", "제1조")
    assert where[2] == ("heading", 2, "제2장 허가", "")
    assert where[5] == ("list", 1, "제2장 허가 > 제1절 신청", "제5조의2")
    assert where[6] == ("list", 2, "제2장 허가 > 제1절 신청", "제5조의2")
    assert where[7] == ("list", 3, "제2장 허가 > 제1절 신청", "제5조의2")
    assert where[9] == ("paragraph", 0, "부칙", "제1조")


def test_drawn_frames_become_headings_and_text() -> None:
    banner = Block("table", "Ⅱ | 추진", rows=((Cell("Ⅱ"), Cell(""), Cell("추진 계획")),))
    box = Block("table", "가\n나", rows=((Cell("첫 줄\n둘째 줄"),),))
    data = Block("table", "가 | 나", rows=((Cell("가"), Cell("나")), (Cell("다"), Cell("라"))))
    blocks = structure([banner, box, data])
    assert [(b.type, b.text) for b in blocks] == [
        ("heading", "Ⅱ. 추진 계획"),
        ("paragraph", "첫 줄"),
        ("paragraph", "둘째 줄"),
        ("table", "가 | 나"),
    ]


def test_large_type_alone_does_not_make_a_date_or_bullet_a_heading() -> None:
    blocks = structure([Block("heading", "2019. 10. 29.", 2), Block("heading", "○ 현황", 2)])
    assert [b.type for b in blocks] == ["paragraph", "list"]
