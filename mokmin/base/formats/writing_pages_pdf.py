"""Write laid-out pages as PDF (ISO 32000): the same paper as the HWPX writer, by ReportLab.

The type is 나눔명조, embedded as far as it is used, so that a reader needs no Korean font. The PDF is for
reading and filing on paper; it carries no tags for screen readers (the HWPX and DOCX files do better there).
"""

from __future__ import annotations

import io
import threading
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, HRFlowable, PageBreak, PageTemplate
from reportlab.platypus import Paragraph as Set
from reportlab.platypus import Table as SetTable

from mokmin.base.formats.page_model import Grid, Pages, Paragraph, Run
from mokmin.base.formats.writing_model import clean

FONT = "Mokmin-Myeongjo"
BOLD = "Mokmin-Myeongjo-Bold"
FOLDER = Path(__file__).parent / "fonts" / "nanum-myeongjo"
_ALIGN = {"left": 0, "center": 1, "right": 2, "justify": 4}
_EDGE_MM = 8.0
_CELL_PAD = 1.4 * mm
_CELL_RISE = 0.5 * mm
_TALL = 0.9
# Signs that the type lacks, and what says the same.
_ALIKE = {
    "☐": "□", "☑": "■", "☒": "■", "‑": "-", "−": "-", "∙": "·", "•": "·", "‧": "·", "⋅": "·",
    "｢": "「", "｣": "」", "\u00ad": "", "\u200b": "", "\ufeff": "",
}  # fmt: skip
_LOCK = threading.Lock()


def pages_pdf_bytes(pages: Pages) -> tuple[bytes, int]:
    """The pages as a PDF file and the number of its pages. The same pages give the same bytes."""
    with _LOCK:  # ReportLab keeps the letters that a font used on the font itself.
        return _made(pages)


def _made(pages: Pages) -> tuple[bytes, int]:
    _fonts()
    left, right, top, bottom = (length * mm for length in pages.margins)
    target = io.BytesIO()
    made = BaseDocTemplate(
        target,
        pagesize=A4,
        title=clean(pages.title)[:255],
        author="Mokmin",
        subject="; ".join(f"{name}={clean(value)}" for name, value in pages.properties),
        lang="ko-KR",
        invariant=1,
        displayDocTitle=True,
    )
    width, height = A4[0] - left - right, A4[1] - top - bottom
    frame = Frame(left, bottom, width, height, 0, 0, 0, 0, id="text")
    made.addPageTemplates([PageTemplate("sheet", [frame], onPage=_edges(pages))])
    parts: list[Flowable] = []
    for part in pages.parts:
        parts.extend(_grid(part, width, height) if isinstance(part, Grid) else _paragraph(part))
    made.build(parts or [Set("&nbsp;", ParagraphStyle("empty", fontName=FONT))])
    return target.getvalue(), int(made.page)


@cache
def _fonts() -> None:
    for name, file in ((FONT, "regular.ttf"), (BOLD, "bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, str(FOLDER / file)))
    pdfmetrics.registerFontFamily(FONT, normal=FONT, bold=BOLD, italic=FONT, boldItalic=BOLD)


def _edges(pages: Pages) -> Any:
    """What stands above and below the text of each page."""
    header, footer = _fit(clean(pages.header)), _fit(clean(pages.footer))

    def draw(canvas: Canvas, made: Any) -> None:
        canvas.saveState()
        canvas.setFont(FONT, 9)
        if header:
            canvas.drawString(pages.margins[0] * mm, A4[1] - (_EDGE_MM + 3) * mm, header)
        number = str(made.page) if pages.numbered else ""
        below = " ".join(word for word in (footer, number) if word)
        if below:
            canvas.drawCentredString(A4[0] / 2, _EDGE_MM * mm, below)
        canvas.restoreState()

    return draw


def _fit(text: str) -> str:
    return "".join(_ALIKE.get(letter, letter) for letter in text)


def _paragraph(part: Paragraph) -> list[Flowable]:
    look = part.look
    largest = max([look.size, *(run.size or 0.0 for run in part.runs if run.text.strip())])
    style = ParagraphStyle(
        "look",
        fontName=FONT,
        fontSize=look.size,
        leading=max(look.size * look.line / 100, largest * 1.15),
        alignment=_ALIGN[look.align],
        # A negative first line hangs: the whole paragraph stands at the deeper place.
        leftIndent=(look.left + max(-look.first, 0.0)) * mm,
        firstLineIndent=look.first * mm,
        spaceBefore=look.before,
        spaceAfter=0 if look.rule else look.after,
        keepWithNext=int(look.keep or look.rule),
        splitLongWords=1,
        allowWidows=1,
        allowOrphans=1,
    )
    found: list[Flowable] = [PageBreak()] if look.new_page else []
    found.append(Set("".join(map(_run, part.runs)) or "&nbsp;", style))
    if look.rule:
        found.append(
            HRFlowable("100%", 0.7, color=colors.black, spaceBefore=1, spaceAfter=look.after)
        )
    return found


def _run(run: Run) -> str:
    text = escape(_fit(clean(run.text)))
    # The setter folds spaces; official writing counts them.
    text = text.replace("\t", "    ").replace("  ", "\u00a0\u00a0").replace("\n", "<br/>")
    if text.startswith(" "):
        text = "\u00a0" + text[1:]
    if run.bold:
        text = f"<b>{text}</b>"
    if run.underline:
        text = f"<u>{text}</u>"
    looks = f' size="{run.size:g}"' if run.size else ""
    if run.color:
        looks += f' color="#{run.color.lstrip("#")}"'
    return f"<font{looks}>{text}</font>" if looks else text


def _grid(grid: Grid, room: float, page: float) -> list[Flowable]:
    placed = grid.placed
    if not placed:
        return []
    columns = max(x + cell.col_span for _, x, cell in placed)
    rows = max(y + cell.row_span for y, _, cell in placed)
    given = [*grid.widths, *[10.0] * columns][:columns]
    scale = min(1.0, room / (sum(given) * mm or 1.0))
    widths = [width * mm * scale for width in given]
    content: list[list[Any]] = [[""] * columns for _ in range(rows)]
    looks: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LEFTPADDING", (0, 0), (-1, -1), _CELL_PAD),
        ("RIGHTPADDING", (0, 0), (-1, -1), _CELL_PAD),
        ("TOPPADDING", (0, 0), (-1, -1), _CELL_RISE),
        ("BOTTOMPADDING", (0, 0), (-1, -1), _CELL_RISE),
    ]
    if grid.lines:
        looks.append(("GRID", (0, 0), (-1, -1), 0.4, colors.black))
    heights = [grid.height * mm] * rows
    for y, x, cell in sorted(placed, key=lambda one: one[2].row_span):
        inner = [f for paragraph in cell.paragraphs for f in _paragraph(paragraph)]
        content[y][x] = inner
        across, down = x + cell.col_span - 1, y + cell.row_span - 1
        need = _height(inner, sum(widths[x : across + 1]) - 2 * _CELL_PAD)
        if need > page * _TALL:  # Only a cell of one row can break over pages.
            down = y
        if (across, down) != (x, y):
            looks.append(("SPAN", (x, y), (across, down)))
        if cell.fill:
            looks.append(("BACKGROUND", (x, y), (across, down), f"#{cell.fill.lstrip('#')}"))
        heights[down] += max(0.0, need - sum(heights[y : down + 1]))
    # A row that is higher than a page has to break inside, which it does only where no row is spanned.
    free: list[float | None] = [None if height > page * _TALL else height for height in heights]
    table = SetTable(
        content,
        colWidths=widths,
        rowHeights=free,
        style=looks,
        repeatRows=grid.heads if grid.heads < rows else 0,
        splitInRow=int(None in free),
        hAlign="CENTER",
    )
    return [table]


def _height(inner: list[Flowable], width: float) -> float:
    """The height that the paragraphs of a cell need (points)."""
    total = 2 * _CELL_RISE
    for number, one in enumerate(inner):
        total += one.wrap(max(width, 4.0), 1e6)[1]
        total += (one.getSpaceBefore() if number else 0.0) + one.getSpaceAfter()
    return float(total)
