"""Characters of a PDF page with their boxes, and the text lines they form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from .extracted import clean_line
from .pdf_layout import Line

_SCALE = 1_000_000  # pdfium's device space for fractions of the page
_COLUMN_GAP = 2.0  # in type heights: a wider gap separates columns
_WORD_GAP = 0.22  # in type heights: a wider gap separates words
_LINE_JUMP = 0.9  # in type heights: more than a superscript rises
_BACKWARD = 0.6  # in type heights: a jump back this far means that drawing order is no order

Rect = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character and its box (left, bottom, right, top) in PDF points; blanks have none."""

    char: str
    box: Rect | None

    @property
    def center(self) -> tuple[float, float] | None:
        """The middle of the box, in PDF points."""
        if self.box is None:
            return None
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2


def page_glyphs(page: pdfium.PdfPage) -> list[list[Glyph]]:
    """The page's characters, a list for each line that pdfium sees, in content order."""
    text_page = page.get_textpage()
    raw = text_page.raw
    rect = pdfium_c.FS_RECTF()
    lines: list[list[Glyph]] = [[]]
    try:
        for index in range(text_page.count_chars()):
            char = chr(pdfium_c.FPDFText_GetUnicode(raw, index))
            if char in "\r\n":
                lines.append([])
            elif char.isspace() or pdfium_c.FPDFText_IsGenerated(raw, index) == 1:
                lines[-1].append(Glyph(" " if char.isspace() else char, None))
            elif char in "\x00\x02\ufffe":
                continue
            elif pdfium_c.FPDFText_GetLooseCharBox(raw, index, rect):
                lines[-1].append(Glyph(char, (rect.left, rect.bottom, rect.right, rect.top)))
    finally:
        text_page.close()
    rows = [row for line in lines for row in _rows(line)]
    return [_in_order(row) for row in rows if any(glyph.box for glyph in row)]


def _rows(line: list[Glyph]) -> Iterator[list[Glyph]]:
    """pdfium at times runs two lines together; a jump of the baseline parts them."""
    row: list[Glyph] = []
    last: Rect | None = None
    for glyph in line:
        if glyph.box is not None:
            tall = min(glyph.box[3] - glyph.box[1], last[3] - last[1]) if last else 0.0
            if last is not None and abs(glyph.box[1] - last[1]) > _LINE_JUMP * tall > 0:
                yield row
                row = []
            last = glyph.box
        row.append(glyph)
    yield row


def _in_order(line: list[Glyph]) -> list[Glyph]:
    """The line as drawn, or from left to right when it was drawn out of order."""
    boxed = [(glyph, glyph.box) for glyph in line if glyph.box is not None]
    backward = any(
        after[0] < before[0] - _BACKWARD * (before[3] - before[1])
        for (_, before), (_, after) in pairwise(boxed)
    )
    level = all(
        abs(after[1] - before[1]) < 0.5 * (before[3] - before[1])
        for (_, before), (_, after) in pairwise(boxed)
    )
    if not backward or not level:
        return line
    boxed.sort(key=lambda item: item[1][0])
    ordered: list[Glyph] = []
    end = boxed[0][1][0]
    for glyph, box in boxed:
        if box[0] - end > _WORD_GAP * (box[3] - box[1]):
            ordered.append(Glyph(" ", None))
        ordered.append(glyph)
        end = max(end, box[2])
    return ordered


def text_lines(page: pdfium.PdfPage, glyphs: Iterable[Sequence[Glyph]]) -> Iterator[Line]:
    """Text lines with boxes as fractions of the page; a wide gap starts a new one."""
    for line in glyphs:
        run: list[Glyph] = []
        end: float | None = None
        for glyph in line:
            if glyph.box is not None:
                height = glyph.box[3] - glyph.box[1]
                if end is not None and glyph.box[0] - end > _COLUMN_GAP * height:
                    if done := _line(page, run):
                        yield done
                    run = []
                end = glyph.box[2]
            run.append(glyph)
        if done := _line(page, run):
            yield done


def text_within(
    glyphs: Iterable[Sequence[Glyph]], left: float, bottom: float, right: float, top: float
) -> str:
    """The text whose characters have their middle in the rectangle (PDF points)."""
    lines = []
    for line in glyphs:
        kept: list[str] = []
        inside = False
        for glyph in line:
            center = glyph.center
            if center is not None:
                inside = left <= center[0] <= right and bottom <= center[1] <= top
            if inside:
                kept.append(glyph.char)
        if text := _text(kept):
            lines.append(text)
    return "\n".join(lines)


def _line(page: pdfium.PdfPage, run: Sequence[Glyph]) -> Line | None:
    boxes = [glyph.box for glyph in run if glyph.box is not None]
    text = _text(glyph.char for glyph in run)
    if not text or not boxes:
        return None
    left, bottom = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, top = max(box[2] for box in boxes), max(box[3] for box in boxes)
    (xa, ya), (xb, yb) = _fraction(page, left, top), _fraction(page, right, bottom)
    x0, x1, y0, y1 = min(xa, xb), max(xa, xb), min(ya, yb), max(ya, yb)
    if x1 <= 0 or y1 <= 0 or x0 >= 1 or y0 >= 1:
        return None  # outside the visible page
    box = (max(0.0, x0), max(0.0, y0), min(1.0, x1), min(1.0, y1))
    heights = sorted(round(item[3] - item[1], 1) for item in boxes)
    center = ((left + right) / 2, (bottom + top) / 2)
    return Line(text, box, heights[len(heights) // 2], center, run[-1].char.isspace())


def _text(chars: Iterable[str]) -> str:
    """One clean line; characters beyond the first plane come as surrogate pairs and are joined."""
    joined = "".join(chars).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return clean_line(joined)


def _fraction(page: pdfium.PdfPage, x: float, y: float) -> tuple[float, float]:
    device_x, device_y = pdfium_c.c_int(), pdfium_c.c_int()
    pdfium_c.FPDF_PageToDevice(page.raw, 0, 0, _SCALE, _SCALE, 0, x, y, device_x, device_y)
    return device_x.value / _SCALE, device_y.value / _SCALE
