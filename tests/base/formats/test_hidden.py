"""Text that no reader can see is not read; text that is only folded away is."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest

from mokmin.base.formats.reader import read_document


def html(tmp_path: Path, body: str) -> tuple[str, tuple[str, ...]]:
    """The text and the warnings of a page."""
    path = tmp_path / "a.html"
    path.write_text(f"<html><body><p>보이는 글입니다.</p>{body}</body></html>", encoding="utf-8")
    found = read_document(path, name="a.html")
    return "\n".join(block.text for block in found.blocks), tuple(found.warnings)


@pytest.mark.parametrize(
    "style",
    [
        "font-size:0",
        "FONT-SIZE: 0px; color:red",
        "font-size:1px",
        "opacity:0",
        "opacity: 0.0 !important",
        "position:absolute;left:-9999px",
        "text-indent:-99999px",
        "color:#fff;background:#fff",
        "background-color: white; color: #FFFFFF",
    ],
)
def test_what_nobody_can_see_is_not_read(tmp_path: Path, style: str) -> None:
    text, warnings = html(tmp_path, f'<p style="{style}">숨긴 지시</p><p>뒤의 글입니다.</p>')
    assert text == "보이는 글입니다.\n뒤의 글입니다."
    assert any("숨긴 글 1곳" in warning for warning in warnings)


@pytest.mark.parametrize(
    "style",
    ["display:none", "font-size:10px", "opacity:0.5", "left:-10px", "color:#fff;background:#036"],
)
def test_what_is_folded_or_small_is_read(tmp_path: Path, style: str) -> None:
    text, warnings = html(tmp_path, f'<p style="{style}">접힌 답변</p>')
    assert "접힌 답변" in text and not warnings


def test_hidden_runs_of_a_docx_are_not_read(tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("보이는 글")
    paragraph.add_run(" 숨긴 글").font.hidden = True
    paragraph.add_run(" 다시 보이는 글").font.hidden = False
    cell = document.add_table(1, 1).cell(0, 0).paragraphs[0]
    cell.add_run("칸의 글")
    cell.add_run(" 칸의 숨긴 글").font.hidden = True
    document.save(str(tmp_path / "a.docx"))
    text = "\n".join(b.text for b in read_document(tmp_path / "a.docx", name="a.docx").blocks)
    assert text == "보이는 글 다시 보이는 글\n칸의 글"
