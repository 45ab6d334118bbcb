"""Cutting documents into passages."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from mokmin.base.formats.model import Block, Cell, Locator
from mokmin.knowledge.documents.model import PassageDraft
from mokmin.knowledge.documents.passages import (
    HARD_LIMIT,
    TARGET,
    article_title,
    context_header,
    document_text,
    split_passages,
    table_lines,
)

SENTENCE = "공유재산의 사용료는 납부기한까지 내야 하며 그 밖의 사항은 규칙으로 정한다. "


def paragraph(text: str, **place: object) -> Block:
    return Block("paragraph", text, locator=Locator(**place))  # type: ignore[arg-type]


def table(*rows: Sequence[Cell | str], **place: object) -> Block:
    cells = tuple(tuple(c if isinstance(c, Cell) else Cell(c) for c in row) for row in rows)
    return Block("table", "표", rows=cells, locator=Locator(**place))  # type: ignore[arg-type]


def lines(*rows: Sequence[Cell | str]) -> list[str]:
    return table_lines(table(*rows).rows)


def test_each_row_reads_alone() -> None:
    assert lines(
        ["구분", "요금", "비고"], ["1급지", "1,000원", ""], ["2급지", "500원", "할인"]
    ) == [
        "구분: 1급지 · 요금: 1,000원",
        "구분: 2급지 · 요금: 500원 · 비고: 할인",
    ]


def test_a_cell_merged_down_counts_in_every_row() -> None:
    assert lines(
        ["시설", "시간", "요금"],
        [Cell("수영장", row_span=2), "평일", "3,000원"],
        ["주말", "4,000원"],
    ) == [
        "시설: 수영장 · 시간: 평일 · 요금: 3,000원",
        "시설: 수영장 · 시간: 주말 · 요금: 4,000원",
    ]


def test_a_header_of_two_rows_is_read_from_top_to_bottom() -> None:
    assert lines(
        [Cell("구분", row_span=2), Cell("요금", col_span=2)],
        ["어른", "어린이"],
        ["수영장", "3,000원", "1,500원"],
    ) == ["구분: 수영장 · 요금 어른: 3,000원 · 요금 어린이: 1,500원"]


def test_a_cell_merged_across_is_said_once() -> None:
    assert lines(["가", "나", "다"], [Cell("해당 없음", col_span=3)]) == ["가: 해당 없음"]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [[]],
        [["", ""], ["", ""]],
        [["성명", "주소"], ["", ""]],
        [["가", "나"], ["다"]],
        [[Cell("하나", row_span=50, col_span=50)]],
        [["가"], ["나", "다", "라"]],
    ],
)
def test_odd_tables_do_not_break(rows: Sequence[Sequence[Cell | str]]) -> None:
    text = " ".join(lines(*rows))
    for row in rows:
        for cell in row:
            value = cell.text if isinstance(cell, Cell) else cell
            assert value in text


def test_a_table_is_never_cut_inside_a_row() -> None:
    rows = [["품목", "기준", "금액"]] + [
        [f"품목{n}", "규칙으로 정하는 기준에 따른다" * 3, f"{n * 1000:,}원"] for n in range(60)
    ]
    block = table(*rows)
    drafts = split_passages("요금표", [block])
    assert len(drafts) > 3
    whole = table_lines(block.rows)
    found = [line for draft in drafts for line in draft.text.split("\n")]
    assert found == whole
    assert max(len(d.text) for d in drafts) <= HARD_LIMIT + max(map(len, whole))


def test_a_passage_never_crosses_an_article() -> None:
    blocks = [
        paragraph(f"제{n}조(뜻 {n}) 짧은 조문이다.", article=f"제{n}조", section="제1장 총칙")
        for n in range(1, 8)
    ]
    drafts = split_passages("시 조례", blocks)
    assert [d.text for d in drafts] == [b.text for b in blocks]
    assert [d.locator.article for d in drafts] == [f"제{n}조" for n in range(1, 8)]


def test_a_passage_never_crosses_a_section_or_a_page() -> None:
    blocks = [
        paragraph("첫째 절의 글이다.", section="가", page=1),
        paragraph("첫째 절의 다음 글이다.", section="가", page=1),
        paragraph("다음 쪽의 글이다.", section="가", page=2),
        paragraph("둘째 절의 글이다.", section="나", page=2),
    ]
    drafts = split_passages("편람", blocks)
    assert [d.blocks for d in drafts] == [(0, 2), (2, 3), (3, 4)]
    assert drafts[0].text == "첫째 절의 글이다.\n첫째 절의 다음 글이다."


def test_short_neighbours_are_joined_up_to_the_target() -> None:
    drafts = split_passages("편람", [paragraph(f"짧은 글 {n}이다.") for n in range(200)])
    assert all(len(d.text) <= TARGET for d in drafts)
    assert len(drafts) < 200 * 12 / TARGET * 2


def test_a_long_paragraph_is_cut_at_sentences() -> None:
    drafts = split_passages("편람", [paragraph(SENTENCE * 40)])
    assert len(drafts) > 4
    assert all(d.text.endswith("정한다.") and d.text.startswith("공유재산") for d in drafts)
    assert all(len(d.text) <= 2 * TARGET for d in drafts)


def test_text_without_any_place_to_cut_is_cut_all_the_same() -> None:
    text = "가" * 5000
    drafts = split_passages("편람", [paragraph(text)])
    assert "".join(d.text for d in drafts) == text
    assert all(len(d.text) <= 2 * TARGET for d in drafts)


def test_a_heading_goes_into_the_header_of_what_stands_under_it() -> None:
    blocks = [
        Block("heading", "제1장 총칙", level=1),
        paragraph("이 조례는 요금을 정한다.", section="제1장 총칙", article="제1조"),
        Block("heading", "부칙", level=1),
    ]
    drafts = split_passages("주차장 조례", blocks)
    assert drafts[0].indexed_text == ("주차장 조례 > 제1장 총칙 > 제1조\n이 조례는 요금을 정한다.")
    assert drafts[1].text == "부칙", "a heading with nothing under it is not lost"


def test_the_header_repeats_nothing() -> None:
    place = Locator(section="주차장 조례 > 요금 > 요금", article="제3조")
    assert context_header("주차장 조례", place, "제3조 요금은 다음과 같다.") == "주차장 조례 > 요금"


def test_article_titles() -> None:
    assert article_title("제12조의2(사용료의 감면) ① 시장은") == "제12조의2(사용료의 감면)"
    assert article_title("그 밖의 글") == ""


def test_nothing_gives_nothing() -> None:
    assert split_passages("빈 문서", []) == []
    assert split_passages("빈 문서", [paragraph("  \n ")]) == []


def check_offsets(blocks: Sequence[Block], drafts: Sequence[PassageDraft]) -> None:
    """Every passage's lines stand in its span of the document's text, in order."""
    text = document_text(blocks)
    for draft in drafts:
        span = text[draft.start : draft.end]
        at = 0
        for line in draft.text.split("\n"):
            at = span.index(line, at) + len(line)
        assert span.startswith(draft.text.split("\n")[0])
        assert span.endswith(draft.text.split("\n")[-1])


def test_offsets_point_at_the_text_for_any_document() -> None:
    chance = random.Random(11)
    for _ in range(60):
        blocks: list[Block] = []
        for number in range(chance.randint(1, 25)):
            place = {"section": chance.choice("가나"), "article": chance.choice(["", "제1조"])}
            kind = chance.random()
            if kind < 0.2:
                blocks.append(Block("heading", f"제목 {number}", level=1))
            elif kind < 0.4:
                rows = [
                    [f"칸{number}-{r}-{c}" for c in range(3)] for r in range(chance.randint(1, 30))
                ]
                blocks.append(table(*rows, **place))
            else:
                text = f"{number}번째 글. " + SENTENCE * chance.randint(0, 30)
                blocks.append(paragraph(text, **place))
        drafts = split_passages("무작위", blocks)
        check_offsets(blocks, drafts)
        assert [d.start for d in drafts] == sorted(d.start for d in drafts)
        covered = {n for d in drafts for n in range(*d.blocks)}
        assert covered >= {n for n, b in enumerate(blocks) if b.type != "heading"}
