"""Small real files of every format, made by the libraries that write them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest
from hwpx import HwpxDocument
from PIL import Image, ImageDraw


@pytest.fixture
def hwpx_file(tmp_path: Path) -> Callable[..., Path]:
    """A maker of HWPX files from paragraphs."""

    def make(*paragraphs: str, name: str = "문서.hwpx") -> Path:
        document = HwpxDocument.new()
        for text in paragraphs:
            document.add_paragraph(text)
        path = tmp_path / name
        document.save_to_path(str(path))
        return path

    return make


@pytest.fixture
def docx_file(tmp_path: Path) -> Path:
    """A DOCX with a heading, a list and a table merged across and down."""
    document = docx.Document()
    document.add_heading("출장여비 지급 기준", level=1)
    document.add_paragraph("출장여비는 다음 표에 따라 지급한다.")
    table = document.add_table(rows=3, cols=3)
    for row in range(3):
        for column in range(3):
            table.cell(row, column).text = f"{row},{column}"
    table.cell(0, 0).merge(table.cell(0, 1)).text = "구분"
    table.cell(1, 2).merge(table.cell(2, 2)).text = "비고"
    document.add_paragraph("끝.")
    path = tmp_path / "여비.docx"
    document.save(str(path))
    return path


@pytest.fixture
def xlsx_file(tmp_path: Path) -> Path:
    """An XLSX budget with a merged header, thousands, percents and dates."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "세출예산"
    sheet.append(["부서", "예산", None])
    sheet.append([None, "금액", "집행률"])
    sheet.append(["총무과", 1234567, 0.875])
    sheet["B3"].number_format = "#,##0"
    sheet["C3"].number_format = "0.0%"
    sheet.merge_cells("B1:C1")
    sheet.merge_cells("A1:A2")
    path = tmp_path / "예산.xlsx"
    book.save(str(path))
    return path


@pytest.fixture
def pptx_file(tmp_path: Path) -> Path:
    """A PPTX with a titled slide, a table and notes."""
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "주요업무 보고"
    table = slide.shapes.add_table(2, 2, 0, 2_000_000, 4_000_000, 1_000_000).table
    table.cell(0, 0).merge(table.cell(0, 1))
    table.cell(0, 0).text = "추진 일정"
    table.cell(1, 0).text = "3월"
    table.cell(1, 1).text = "착수"
    slide.notes_slide.notes_text_frame.text = "발표는 5분"
    path = tmp_path / "보고.pptx"
    deck.save(str(path))
    return path


@pytest.fixture
def scanned_pdf(tmp_path: Path) -> Path:
    """A PDF that is only a picture of a line of text."""
    image = Image.new("L", (1600, 500), 255)
    ImageDraw.Draw(image).text((100, 150), "CITY BUDGET 2026", fill=0, font_size=120)
    path = tmp_path / "스캔.pdf"
    image.save(path, "PDF", resolution=150)
    return path


@pytest.fixture
def text_pdf(tmp_path: Path) -> Path:
    """A hand-made PDF: a large title, a body line, and a ruled 2 by 2 table."""
    rules = "".join(f"{x} 500 m {x} 560 l S\n" for x in (72, 200, 330))
    rules += "".join(f"72 {y} m 330 {y} l S\n" for y in (500, 530, 560))
    cells = (("Team", 80, 540), ("Amount", 210, 540), ("Roads", 80, 510), ("1,200", 210, 510))
    words = "".join(f"BT /F1 11 Tf {x} {y} Td ({text}) Tj ET\n" for text, x, y in cells)
    content = (
        "BT /F1 24 Tf 72 700 Td (City Road Plan) Tj ET\n"
        "BT /F1 11 Tf 72 650 Td (Roads are repaired every spring by the road team.) Tj ET\n"
        + rules
        + words
    ).encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    data = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, item in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, item)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    data += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )
    path = tmp_path / "plan.pdf"
    path.write_bytes(bytes(data))
    return path


@pytest.fixture
def rewrite_section() -> Callable[[Path, Path, Callable[[bytes], bytes]], Path]:
    """Copies an HWPX, changing its section XML."""

    def rewrite(source: Path, target: Path, change: Callable[[bytes], bytes]) -> Path:
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", 8) as new:
            for info in old.infolist():
                data = old.read(info)
                new.writestr(info, change(data) if "section0" in info.filename else data)
        return target

    return rewrite
