"""Write a document as DOCX (ECMA-376): headings, lists, tables, sources at the end, marks in the header.

Citations keep their ``[n]`` in the text; the sources follow as a numbered list under 근거, which every word
processor shows alike (footnotes differ between them).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import docx
from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from openpyxl.packaging.custom import CustomPropertyList, StringProperty
from openpyxl.xml.functions import tostring

from mokmin.base.formats.model import Block
from mokmin.base.formats.writing_model import OutputDocument, clean

FONT = "맑은 고딕"
MOST_COLUMNS = 63
CUSTOM = "application/vnd.openxmlformats-officedocument.custom-properties+xml"


def docx_bytes(document: OutputDocument) -> bytes:
    """The document as a DOCX file; A4, marked as made by AI in sight and in its properties."""
    made = docx.Document()
    style = made.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(11)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin, section.bottom_margin = Mm(20), Mm(15)
    section.header.paragraphs[0].text = " · ".join(filter(None, (document.grade, "AI 작성")))
    properties = made.core_properties
    properties.title = clean(document.title)[:255]
    properties.author = "Mokmin"
    properties.category = "AI-generated"
    properties.comments = clean(document.label_line)[:255]
    _custom(made, document.label_fields)
    made.add_heading(clean(document.title), level=0)
    made.add_paragraph(clean(document.label_line))
    for block in document.blocks:
        _block(made, block)
    if document.footnotes:
        made.add_heading("근거", level=1)
        for note in document.footnotes:
            made.add_paragraph(f"[{note.number}] {clean(note.text)}")
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def _custom(made: Document, fields: Mapping[str, str]) -> None:
    """Custom document properties (ECMA-376 part 1, 22.3), which core properties have no room for."""
    found: Any = CustomPropertyList()
    for name, value in fields.items():
        found.append(StringProperty(name=name, value=clean(value)))
    package = made.part.package
    part = Part(PackURI("/docProps/custom.xml"), CUSTOM, tostring(found.to_tree()), package)
    package.relate_to(part, RELATIONSHIP_TYPE.CUSTOM_PROPERTIES)


def _block(made: Document, block: Block) -> None:
    if block.type == "table":
        _table(made, block)
    elif block.type == "heading":
        made.add_heading(clean(block.text), level=min(9, max(1, block.level)))
    elif block.type == "list":
        depth = min(3, max(1, block.level))
        made.add_paragraph(
            clean(block.text), style="List Bullet" if depth == 1 else f"List Bullet {depth}"
        )
    else:
        made.add_paragraph(clean(block.text))


def _table(made: Document, block: Block) -> None:
    width = min(MOST_COLUMNS, max((len(row) for row in block.rows), default=0))
    if not width:
        return
    table = made.add_table(rows=0, cols=width, style="Table Grid")
    for row in block.rows:
        cells = table.add_row().cells
        for cell, value in zip(cells, row, strict=False):
            cell.text = clean(value.text)
