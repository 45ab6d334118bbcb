"""Markdown output: notes, merged cells, hostile text, the AI label."""

from mokmin.base.formats.ai_label import VISIBLE
from mokmin.base.formats.model import Block, Cell
from mokmin.base.formats.writing_markdown import markdown
from mokmin.base.formats.writing_model import Footnote, OutputDocument


def test_known_marks_become_footnotes_and_unknown_ones_stay() -> None:
    note = Footnote(1, "주차장 조례", "제3조", "2026-01-02", "공개", "요금은 시장이 정한다.")
    out = markdown(OutputDocument("답변", (Block("paragraph", "감면[1] 예외[2]"),), (note,)))
    assert "감면[^1] 예외[2]" in out
    assert "[^1]: 주차장 조례, 제3조, 2026-01-02, 공개: “요금은 시장이 정한다.”" in out


def test_merged_cells_keep_columns() -> None:
    rows = ((Cell("가", row_span=2), Cell("나")), (Cell("다"),))
    out = markdown(OutputDocument("표", (Block("table", "", rows=rows),)))
    assert "| 가 | 나 |\n| --- | --- |\n|  | 다 |" in out


def test_empty_answer_carries_the_label() -> None:
    assert markdown(OutputDocument("빈 답", ())) == f"# 빈 답\n\n> {VISIBLE}\n"


def test_hostile_text() -> None:
    out = markdown(OutputDocument("t", (Block("paragraph", "a\x00\ud800<b>|" + "가" * 100_000),)))
    assert "a\\<b\\>\\|가" in out
    assert out.count("가") == 100_000 + VISIBLE.count("가")
    out.encode()
