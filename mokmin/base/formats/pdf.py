"""PDF: text lines with boxes through pdfium, ruled tables through pdfplumber, scans through OCR."""

from __future__ import annotations

import time
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from . import ocr
from .extracted import Extracted, characters, clean_line
from .limits import ReadContext
from .model import Block
from .pdf_glyphs import page_glyphs, text_lines
from .pdf_layout import Found, PageLines, page_blocks, without_running_lines
from .pdf_tables import TableFinder
from .reasons import unreadable

_MIN_RULES = 4
_MIN_PAGE_CHARACTERS = 3
_PAINTED = (pdfium_c.FPDF_PAGEOBJ_IMAGE, pdfium_c.FPDF_PAGEOBJ_PATH, pdfium_c.FPDF_PAGEOBJ_FORM)


def read(path: Path, context: ReadContext) -> Extracted:
    """Blocks of a PDF with page and boxes. Raises UnreadableFile."""
    try:
        document = pdfium.PdfDocument(str(path))
    except pdfium.PdfiumError as error:
        message = str(error).lower()
        raise unreadable("password" if "password" in message else "damaged") from error
    try:
        return _read(document, path, context)
    except pdfium.PdfiumError as error:
        raise unreadable("damaged") from error
    finally:
        document.close()


def _read(document: pdfium.PdfDocument, path: Path, context: ReadContext) -> Extracted:
    count = len(document)
    if count == 0:
        raise unreadable("damaged")
    warnings: list[str] = []
    if count > context.limits.pages:
        warnings.append(f"쪽수가 많아 앞의 {context.limits.pages:,}쪽만 읽었습니다.")
        count = context.limits.pages
    finder = TableFinder(path, context.limits.wall_seconds(path.stat().st_size) * 0.6)
    pages: list[PageLines] = []
    scanned: list[int] = []
    for index in range(count):
        page = document[index]
        try:
            glyphs = page_glyphs(page)
            lines = tuple(text_lines(page, glyphs))
            tables: tuple[Found, ...] = ()
            if sum(len(line.text) for line in lines) < _MIN_PAGE_CHARACTERS:
                if _is_painted(page):
                    scanned.append(index)
            elif _has_rules(page):
                tables = finder.find(index, page, glyphs)
            pages.append(PageLines(index + 1, lines, tables))
        finally:
            page.close()
    finder.close()
    warnings.extend(finder.warnings)
    recognised = _recognise(document, scanned, pages, context, warnings)
    blocks: list[Block] = []
    for item in page_blocks(without_running_lines(pages)):
        blocks.extend(recognised.get(item.number, item.blocks))
    if not characters(blocks):
        raise unreadable("ocr-failed" if scanned else "no-text")
    title = clean_line(document.get_metadata_dict().get("Title", ""))
    return Extracted(tuple(blocks), title, tuple(warnings))


def _recognise(
    document: pdfium.PdfDocument,
    scanned: list[int],
    pages: list[PageLines],
    context: ReadContext,
    warnings: list[str],
) -> dict[int, list[Block]]:
    """Blocks of the scanned pages by page number (from 1)."""
    if not scanned:
        return {}
    has_text = any(page.lines for page in pages)
    if not ocr.available():
        if not has_text:
            raise unreadable("needs-ocr")
        warnings.append(
            f"{_page_list(scanned)}쪽은 그림으로 된 쪽이라 읽지 못했습니다"
            "(문자 인식 프로그램 없음: "
            "sudo apt-get install tesseract-ocr tesseract-ocr-kor)."
        )
        return {}
    limit = context.limits.ocr_seconds_per_page
    context.extend(limit * len(scanned))
    deadline = time.monotonic() + min(context.limits.max_seconds * 0.9, limit * len(scanned))
    found: dict[int, list[Block]] = {}
    failed: list[int] = []
    for index in scanned:
        page = document[index]
        width, height = page.get_size()
        scale = min(ocr.RENDER_SCALE, 5000 / max(width, height, 1.0))
        image = page.render(scale=scale, grayscale=True).to_pil()
        page.close()
        left = deadline - time.monotonic()
        found[index + 1] = ocr.page_blocks(image, index + 1, min(limit, left)) if left > 1 else []
        if not found[index + 1]:
            failed.append(index)
    done = len(scanned) - len(failed)
    if done:
        warnings.append(f"그림으로 된 {done}쪽은 문자 인식으로 읽어 틀린 글자가 있을 수 있습니다.")
    if failed and (done or has_text):
        warnings.append(f"{_page_list(failed)}쪽에서는 글자를 찾지 못했습니다.")
    return found


def _page_list(indexes: list[int]) -> str:
    shown = ", ".join(str(index + 1) for index in indexes[:10])
    return shown + (f" 등 {len(indexes)}개 " if len(indexes) > 10 else "")


def _is_painted(page: pdfium.PdfPage) -> bool:
    return any(item.type in _PAINTED for item in page.get_objects(max_depth=2))


def _has_rules(page: pdfium.PdfPage) -> bool:
    """Whether enough drawn paths stand on the page for a ruled table."""
    count = 0
    for item in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_PATH], max_depth=4):
        count += 1 if item.type == pdfium_c.FPDF_PAGEOBJ_PATH else 0
        if count >= _MIN_RULES:
            return True
    return False
