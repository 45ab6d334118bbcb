"""Laid-out pages as PDF: every word stands there, in a file that needs no font of the reader."""

from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor

import pdfplumber
import pytest

from mokmin.base.formats.page_model import Grid, GridCell, Look, Pages, Paragraph, Run, plain
from mokmin.base.formats.writing_pages_pdf import pages_pdf_bytes
from mokmin.knowledge.official.drafting import compose
from mokmin.knowledge.official.handover import written_pdf
from mokmin.knowledge.official.kinds.examples import examples


def _text(content: bytes) -> str:
    with pdfplumber.open(io.BytesIO(content)) as opened:
        return "\n".join(page.extract_text() or "" for page in opened.pages)


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("kind", ["letter", "report", "press", "notice"])
def test_all_words_of_a_document_are_there(kind: str) -> None:
    found = examples(kind)
    document = compose(kind, found[0].facts).document
    content, count = written_pdf(document)
    text = _bare(_text(content))
    with pdfplumber.open(io.BytesIO(content)) as opened:
        assert len(opened.pages) == count
        assert opened.metadata["Title"] == document.title
    missing = [one for one, _ in document.texts if _bare(one) and _bare(one) not in text]
    # A line or a cell that breaks over a page is the only thing that may stand apart.
    assert len(missing) <= 1, missing
    assert b"/FontFile2" in content


def test_hostile_pages_become_a_file() -> None:
    tall = Paragraph(tuple(Run("길다 " * 400 + "\n") for _ in range(8)))
    cells = ((GridCell((tall,), row_span=2), GridCell((plain("a"),))), (GridCell((plain(""),)),))
    pages = Pages(
        title="<b>제목</b> & \x00 글",
        parts=(
            plain("<font color='x'>&amp;</b> \x00\x1f 낱말" + "가" * 3000),
            plain("", Look(new_page=True, rule=True)),
            Grid(cells, (10.0, 400.0), heads=2),
            Grid((), ()),
            plain("☐ 𠮷 😀 ｢법｣ 끝", Look(first=-500.0, left=300.0)),
        ),
        header="머리 <i>",
        properties=(("a", "<b>"),),
    )
    content, count = pages_pdf_bytes(pages)
    text = _bare(_text(content))
    assert count > 10 and text.count("길") == 3_200
    assert "<fontcolor='x'>&amp;</b>" in text
    assert "「법" in text


def test_the_same_pages_give_the_same_bytes_also_at_once() -> None:
    pages = Pages(title="가", parts=tuple(plain(f"{n}번째 글월") for n in range(80)))
    first = pages_pdf_bytes(pages)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: pages_pdf_bytes(pages), range(8))) == {first}
    assert pages_pdf_bytes(Pages(title="빈 글", parts=()))[1] == 1
