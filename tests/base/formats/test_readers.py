"""Each format, from a file that its own library wrote, to blocks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mokmin.base.errors import UnreadableFile
from mokmin.base.formats import ocr
from mokmin.base.formats.model import Cell
from mokmin.base.formats.reader import read_document, read_isolated
from mokmin.base.formats.serial import from_dict, to_dict


def test_hwpx_keeps_text_articles_and_numbers_of_blocks(hwpx_file: Callable[..., Path]) -> None:
    document = read_document(
        hwpx_file("제1장 총칙", "제1조(목적) 이 규칙은 여비를 정한다.", "① 여비는 선급한다.")
    )
    assert document.format == "hwpx"
    heading, article, first = document.blocks[-3:]
    assert (heading.type, heading.text) == ("heading", "제1장 총칙")
    assert (article.locator.article, article.locator.section) == ("제1조", "제1장 총칙")
    assert (first.type, first.level, first.locator.article) == ("list", 1, "제1조")
    assert [b.locator.paragraph for b in document.blocks] == list(
        range(1, len(document.blocks) + 1)
    )


def test_docx_tables_stand_in_order_with_merged_cells(docx_file: Path) -> None:
    document = read_document(docx_file)
    assert [block.type for block in document.blocks] == [
        "heading", "paragraph", "table", "paragraph",
    ]  # fmt: skip
    rows = document.blocks[2].rows
    assert rows[0] == (Cell("구분", 1, 2), Cell("0,2"))
    assert rows[1][2] == Cell("비고", 2, 1)
    assert rows[2] == (Cell("2,0"), Cell("2,1"))
    assert document.title == "출장여비 지급 기준"


def test_xlsx_shows_values_as_the_sheet_does(xlsx_file: Path) -> None:
    heading, table = read_document(xlsx_file).blocks
    assert (heading.text, heading.locator.page) == ("세출예산", 1)
    assert table.rows[0] == (Cell("부서", 2, 1), Cell("예산", 1, 2))
    assert table.rows[2] == (Cell("총무과"), Cell("1,234,567"), Cell("87.5%"))
    assert table.locator.section == "세출예산"


def test_pptx_slide_title_table_and_notes(pptx_file: Path) -> None:
    heading, table, notes = read_document(pptx_file).blocks
    assert (heading.type, heading.text, heading.locator.page) == ("heading", "주요업무 보고", 1)
    assert table.rows == ((Cell("추진 일정", 1, 2),), (Cell("3월"), Cell("착수")))
    assert notes.text == "(발표자 노트) 발표는 5분"


def test_pdf_heading_table_and_true_boxes(text_pdf: Path) -> None:
    heading, body, table = read_document(text_pdf).blocks
    assert (heading.type, heading.text, heading.locator.page) == ("heading", "City Road Plan", 1)
    assert body.text == "Roads are repaired every spring by the road team."
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["Team", "Amount"],
        ["Roads", "1,200"],
    ]
    x0, top, x1, bottom = table.locator.boxes[0]
    assert (x0, x1) == pytest.approx((72 / 595, 330 / 595), abs=0.01)
    assert (top, bottom) == pytest.approx((282 / 842, 342 / 842), abs=0.01)
    x0, top, x1, bottom = heading.locator.boxes[0]
    assert x0 == pytest.approx(72 / 595, abs=0.01)
    assert top < 142 / 842 <= bottom + 0.001


@pytest.mark.skipif(not ocr.available(), reason="tesseract is not installed")
def test_a_scan_is_recognised_with_a_box_and_a_warning(scanned_pdf: Path) -> None:
    document = read_isolated(scanned_pdf)
    assert "BUDGET" in document.blocks[0].text
    assert document.blocks[0].locator.page == 1
    assert len(document.blocks[0].locator.boxes) == 1
    assert "문자 인식" in document.warnings[0]


def test_a_scan_without_tesseract_names_the_line_that_installs_it(
    scanned_pdf: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnreadableFile) as caught:
        read_document(scanned_pdf)
    assert "sudo apt-get install tesseract-ocr tesseract-ocr-kor" in caught.value.message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16", "utf-16-le"])
def test_plain_text_in_every_usual_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "공지.txt"
    path.write_bytes("청사 정전 안내\n토요일 09시부터 정전입니다.".encode(encoding))
    document = read_document(path)
    assert [block.text for block in document.blocks] == [
        "청사 정전 안내",
        "토요일 09시부터 정전입니다.",
    ]
    assert document.title == "청사 정전 안내"


def test_csv_in_cp949_is_a_table(tmp_path: Path) -> None:
    path = tmp_path / "명단.csv"
    path.write_bytes("부서,전화\n총무과,1234\n".encode("cp949"))
    (table,) = read_document(path).blocks
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["부서", "전화"],
        ["총무과", "1234"],
    ]


def test_html_and_markdown_give_the_same_structure(tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    page.write_text(
        "<html><head><title>민원 안내</title><script>x()</script></head><body><h1>민원</h1>"
        "<p>접수 <b>방법</b></p><ul><li>방문</li></ul><table><tr><td rowspan=2>가</td><td>나</td>"
        "</tr><tr><td>다</td></tr></table></body></html>",
        "utf-8",
    )
    document = read_document(page)
    assert [(b.type, b.text) for b in document.blocks[:3]] == [
        ("heading", "민원"),
        ("paragraph", "접수 방법"),
        ("list", "방문"),
    ]
    assert document.blocks[3].rows[0][0] == Cell("가", 2, 1)
    assert document.title == "민원 안내"
    notes = tmp_path / "a.md"
    notes.write_text("# 민원\n\n접수 **방법**\n\n- 방문\n\n|가|나|\n|-|-|\n|다|라|\n", "utf-8")
    blocks = read_document(notes).blocks
    assert [b.type for b in blocks] == ["heading", "paragraph", "list", "table"]


def test_json_form_comes_back_equal(docx_file: Path) -> None:
    document = read_document(docx_file)
    assert from_dict(to_dict(document)) == document
    assert read_isolated(docx_file) == document
