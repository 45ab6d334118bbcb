"""Write laid-out pages as DOCX (ECMA-376): the same paper as the HWPX writer, by python-docx."""

from __future__ import annotations

import io
from typing import Any

import docx
from docx.document import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from openpyxl.packaging.custom import CustomPropertyList, StringProperty
from openpyxl.xml.functions import tostring

from mokmin.base.formats.page_model import A4_MM, Grid, Pages, Paragraph
from mokmin.base.formats.writing_model import clean

CUSTOM = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
MOST_COLUMNS = 63
_ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
    "justify": WD_ALIGN_PARAGRAPH.JUSTIFY,
}


def pages_docx_bytes(pages: Pages) -> bytes:
    """The pages as a DOCX file: A4, margins, hanging indents, tables with their spans, properties."""
    made = docx.Document()
    style = made.styles["Normal"]
    style.font.name = pages.font
    style.element.rPr.rFonts.set(qn("w:eastAsia"), pages.font)
    section = made.sections[0]
    section.page_width, section.page_height = Mm(A4_MM[0]), Mm(A4_MM[1])
    left, right, top, bottom = pages.margins
    section.left_margin, section.right_margin = Mm(left), Mm(right)
    section.top_margin, section.bottom_margin = Mm(top), Mm(bottom)
    section.header_distance = section.footer_distance = Mm(8)
    if pages.header:
        section.header.paragraphs[0].text = clean(pages.header)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if pages.footer:
        foot.add_run(clean(pages.footer) + " ")
    if pages.numbered:
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), "PAGE")
        foot._p.append(field)
    for part in pages.parts:
        if isinstance(part, Grid):
            _grid(made, part)
        else:
            _paragraph(made.add_paragraph(), part)
    made.core_properties.title = clean(pages.title)[:255]
    made.core_properties.author = "Mokmin"
    _custom(made, pages)
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def _paragraph(made: Any, part: Paragraph) -> None:
    look = part.look
    shape = made.paragraph_format
    shape.alignment = _ALIGN[look.align]
    # A negative first line hangs: here the whole paragraph stands at the deeper place.
    shape.left_indent = Mm(look.left + max(-look.first, 0.0))
    shape.first_line_indent = Mm(look.first)
    shape.space_before, shape.space_after = Pt(look.before), Pt(look.after)
    # 160% of HWPX is of the type size, 100% of DOCX is of the font's own line: fixed points are alike.
    shape.line_spacing = Pt(look.size * look.line / 100)
    shape.keep_with_next, shape.page_break_before = look.keep, look.new_page
    if look.rule:
        _ruled(made)
    for run in part.runs:
        added = made.add_run(clean(run.text))
        added.bold, added.underline = run.bold, run.underline
        added.font.size = Pt(run.size or look.size)
        if run.color:
            added.font.color.rgb = RGBColor.from_string(run.color.lstrip("#").upper())


def _ruled(made: Any) -> None:
    borders = OxmlElement("w:pBdr")
    line = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "8"), ("space", "1"), ("color", "000000")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    made._p.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:outlineLvl", "w:rPr"
    )


def _grid(made: Document, part: Grid) -> None:
    width = min(MOST_COLUMNS, len(part.widths))
    placed = [(y, x, cell) for y, x, cell in part.placed if x < width]
    if not placed:
        return
    height = max(y + cell.row_span for y, _, cell in placed)
    table = made.add_table(rows=height, cols=width)
    if part.lines:
        table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for x, millimetres in enumerate(part.widths[:width]):
        table.columns[x].width = Mm(millimetres)
    # python-docx walks the whole table for every cell it is asked for: once is enough.
    cells = [list(row.cells) for row in table.rows]
    for row in table.rows:
        row.height, row.height_rule = Mm(part.height), WD_ROW_HEIGHT_RULE.AT_LEAST
    for y, x, cell in placed:
        across = min(width, x + cell.col_span) - 1
        down = y + cell.row_span - 1
        spot = cells[y][x]
        if (down, across) != (y, x):
            spot = spot.merge(cells[down][across])
        spot.width = Mm(sum(part.widths[x : across + 1]))
        spot.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        for number, paragraph in enumerate(cell.paragraphs):
            _paragraph(spot.add_paragraph() if number else spot.paragraphs[0], paragraph)
        if cell.fill:
            shade = OxmlElement("w:shd")
            for name, value in (("val", "clear"), ("color", "auto"), ("fill", cell.fill)):
                shade.set(qn(f"w:{name}"), value.lstrip("#"))
            spot._tc.get_or_add_tcPr().insert_element_before(shade, "w:vAlign")
    for y in range(min(part.heads, height)):
        table.rows[y]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _custom(made: Document, pages: Pages) -> None:
    """Custom document properties (ECMA-376 part 1, 22.3)."""
    found: Any = CustomPropertyList()
    for name, value in pages.properties:
        found.append(StringProperty(name=name, value=clean(value)))
    package = made.part.package
    part = Part(PackURI("/docProps/custom.xml"), CUSTOM, tostring(found.to_tree()), package)
    package.relate_to(part, RELATIONSHIP_TYPE.CUSTOM_PROPERTIES)
