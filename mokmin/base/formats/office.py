"""DOCX, XLSX and PPTX through python-docx, openpyxl and python-pptx."""

from __future__ import annotations

import datetime
import re
import warnings as python_warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pptx
from docx.opc.exceptions import OpcError
from docx.table import Table
from docx.text.paragraph import Paragraph
from lxml.etree import LxmlError
from openpyxl.utils.exceptions import InvalidFileException
from pptx.exc import PythonPptxError

from .archive import check_package
from .extracted import Extracted, clean_line, clean_text, table_block
from .limits import MB, ReadContext, ReadLimits
from .model import Block, Cell, Locator
from .reasons import unreadable

_LIBRARY_ERRORS = (OpcError, PythonPptxError, InvalidFileException, LxmlError)
_SLIDE_TITLE = 60  # the first short line of a slide without a title stands for it
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MERGE_AWARE_BYTES = 12 * MB  # above it openpyxl's streaming mode is used, which sees no merges


def read(path: Path, context: ReadContext) -> Extracted:
    """Blocks of a DOCX, XLSX or PPTX file. Raises UnreadableFile."""
    check_package(path, context.limits)
    reader = {"docx": _docx, "xlsx": _xlsx, "pptx": _pptx}[context.kind]
    with python_warnings.catch_warnings():
        python_warnings.simplefilter("ignore")
        try:
            return reader(path, context.limits)
        except _LIBRARY_ERRORS as error:
            raise unreadable("damaged") from error


def _docx(path: Path, limits: ReadLimits) -> Extracted:
    document = docx.Document(str(path))
    blocks: list[Block] = []
    notes = _docx_notes(document)
    for item in document.iter_inner_content():
        if isinstance(item, Table):
            if block := table_block(_docx_rows(item, limits)):
                blocks.append(block)
        else:
            blocks.extend(_docx_paragraph(item))
            for reference in item._p.iter(f"{_W}footnoteReference"):
                if text := notes.get(reference.get(f"{_W}id", "")):
                    blocks.append(Block("footnote", text))
    return Extracted(tuple(blocks), clean_line(document.core_properties.title or ""))


def _docx_paragraph(paragraph: Paragraph) -> Iterator[Block]:
    text = clean_text(_docx_text(paragraph))
    style = (paragraph.style.name if paragraph.style is not None else "") or ""
    for box in paragraph._p.iter(f"{_W}txbxContent"):
        if any(parent.tag.endswith("}Fallback") for parent in box.iterancestors()):
            continue
        for inner in box.iter(f"{_W}p"):
            if line := clean_line("".join(node.text or "" for node in inner.iter(f"{_W}t"))):
                yield Block("paragraph", line)
    if not text:
        return
    heading = re.match(r"(?:Heading|제목|heading)\s*(\d)", style)
    if heading or style == "Title":
        yield Block("heading", text.replace("\n", " "), min(6, int(heading[1])) if heading else 1)
    elif style.startswith("List") or paragraph._p.find(f"{_W}pPr/{_W}numPr") is not None:
        depth = paragraph._p.find(f"{_W}pPr/{_W}numPr/{_W}ilvl")
        level = int(depth.get(f"{_W}val", "0")) + 1 if depth is not None else 1
        yield Block("list", text, min(6, level))
    else:
        yield Block("paragraph", text)


def _docx_text(paragraph: Paragraph) -> str:
    """Text with tabs and breaks, including hyperlinks, inserted runs and formulas."""
    parts = []
    for node in paragraph._p.iter():
        if node.tag == f"{_W}t" and _vanished(node.getparent()):
            continue
        if next(node.iterancestors(f"{_W}txbxContent"), None) is not None:
            continue
        if node.tag in (f"{_W}t", f"{_M}t"):
            parts.append(node.text or "")
        elif node.tag in (f"{_W}tab",) and node.getparent().tag == f"{_W}r":
            parts.append("\t")
        elif node.tag in (f"{_W}br", f"{_W}cr"):
            parts.append("\n")
    return "".join(parts)


def _vanished(run: Any) -> bool:
    """Whether a run is hidden text (Word's "hidden" font effect), which no page shows."""
    mark = run.find(f"{_W}rPr/{_W}vanish")
    return mark is not None and mark.get(f"{_W}val", "1") not in ("0", "false", "off")


def _docx_notes(document: Any) -> dict[str, str]:
    """Footnote texts by their id."""
    for relation in document.part.rels.values():
        if relation.reltype.endswith("/footnotes") and not relation.is_external:
            root = docx.oxml.parse_xml(relation.target_part.blob)
            return {
                note.get(f"{_W}id", ""): clean_line(
                    "".join(node.text or "" for node in note.iter(f"{_W}t"))
                )
                for note in root.iter(f"{_W}footnote")
            }
    return {}


def _docx_rows(table: Table, limits: ReadLimits) -> list[tuple[Cell, ...]]:
    """Rows with spans: gridSpan across, vMerge down."""
    grid: list[list[tuple[str, int, str]]] = []
    cells = 0
    for row in table._tbl.tr_lst:
        line = []
        for cell in row.tc_lst:
            cells += 1
            if cells > limits.table_cells:
                raise unreadable("too-wide")
            merge = cell.vMerge or ""
            text = "" if merge == "continue" else clean_text(_docx_cell_text(cell))
            line.append((text, min(limits.table_columns, max(1, cell.grid_span)), str(merge)))
        grid.append(line)
    positions = [_positions(line) for line in grid]
    return [
        tuple(
            Cell(text, _docx_row_span(grid, positions, r, start) if merge == "restart" else 1, span)
            for (text, span, merge), start in zip(line, positions[r], strict=True)
            if merge != "continue"
        )
        for r, line in enumerate(grid)
    ]


def _positions(line: list[tuple[str, int, str]]) -> list[int]:
    starts, column = [], 0
    for _, span, _ in line:
        starts.append(column)
        column += span
    return starts


def _docx_row_span(
    grid: list[list[tuple[str, int, str]]], positions: list[list[int]], row: int, column: int
) -> int:
    span = 1
    for below in range(row + 1, len(grid)):
        found = [
            merge
            for (_, _, merge), start in zip(grid[below], positions[below], strict=True)
            if start == column
        ]
        if found != ["continue"]:
            break
        span += 1
    return span


def _docx_cell_text(cell: Any) -> str:
    return "\n".join(
        "".join(
            node.text or "" for node in paragraph.iter(f"{_W}t") if not _vanished(node.getparent())
        )
        for paragraph in cell.iter(f"{_W}p")
    )


def _xlsx(path: Path, limits: ReadLimits) -> Extracted:
    streaming = path.stat().st_size > _MERGE_AWARE_BYTES
    # By content, not by name: stored files have no extension, and openpyxl insists on one.
    book = openpyxl.load_workbook(path.open("rb"), read_only=streaming, data_only=True)
    blocks: list[Block] = []
    warnings: list[str] = []
    for number, sheet in enumerate(book.worksheets, start=1):
        where = Locator(page=number)
        rows, cut = _xlsx_rows(sheet, limits)
        block = table_block(rows)
        if block is None:
            continue
        title = clean_line(sheet.title)
        blocks.append(Block("heading", title, 1, locator=where))
        blocks.append(Block("table", block.text, rows=block.rows, locator=where))
        if cut:
            warnings.append(f"‘{title}’ 시트가 커서 앞의 {len(rows):,}행만 읽었습니다.")
        if sheet.sheet_state != "visible":
            warnings.append(f"‘{title}’은 숨겨진 시트입니다.")
    title = clean_line(book.properties.title or "")
    book.close()
    return Extracted(tuple(blocks), title, tuple(warnings))


def _xlsx_rows(sheet: Any, limits: ReadLimits) -> tuple[list[tuple[Cell, ...]], bool]:
    spans, covered = _xlsx_merges(sheet, limits)
    kept: list[tuple[int, dict[int, Cell]]] = []
    cells = 0
    cut = False
    for row in sheet.iter_rows(max_col=limits.table_columns):
        found: dict[int, Cell] = {}
        number = 0
        for cell in row:
            if cell.value is None and not hasattr(cell, "row"):
                continue
            number = cell.row
            if (number, cell.column) in covered:
                continue
            text = _xlsx_text(cell.value, getattr(cell, "number_format", ""))
            row_span, col_span = spans.get((number, cell.column), (1, 1))
            if text or (number, cell.column) in spans:
                found[cell.column] = Cell(text, row_span, col_span)
        if any(cell.text for cell in found.values()):
            kept.append((number, found))
            cells += len(found)
            if len(kept) >= limits.table_rows or cells >= limits.table_cells:
                cut = True
                break
    return _xlsx_padded(kept, covered), cut


def _xlsx_padded(
    kept: list[tuple[int, dict[int, Cell]]], covered: set[tuple[int, int]]
) -> list[tuple[Cell, ...]]:
    """Rows over the used columns; empty cells stay so that columns line up."""
    columns = [column for _, found in kept for column, cell in found.items() if cell.text]
    if not columns:
        return []
    first, last = min(columns), max(columns)
    return [
        tuple(
            found.get(column, Cell(""))
            for column in range(first, last + 1)
            if (number, column) not in covered
        )
        for number, found in kept
    ]


def _xlsx_merges(
    sheet: Any, limits: ReadLimits
) -> tuple[dict[tuple[int, int], tuple[int, int]], set[tuple[int, int]]]:
    """Spans by the top-left (row, column) of each merged range, and the positions it covers."""
    spans: dict[tuple[int, int], tuple[int, int]] = {}
    covered: set[tuple[int, int]] = set()
    merged = getattr(sheet, "merged_cells", None)
    for area in merged.ranges if merged else ():
        height = min(area.size["rows"], limits.table_rows)
        width = min(area.size["columns"], limits.table_columns)
        if len(covered) + height * width > limits.table_cells:
            continue
        spans[(area.min_row, area.min_col)] = (height, width)
        covered.update(
            (row, column)
            for row in range(area.min_row, area.min_row + height)
            for column in range(area.min_col, area.min_col + width)
        )
        covered.discard((area.min_row, area.min_col))
    return spans, covered


def _xlsx_text(value: object, number_format: str) -> str:
    """A value as the sheet shows it, for the formats that change its reading."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime.datetime):
        has_time = value.time() != datetime.time()
        return value.strftime("%Y-%m-%d %H:%M" if has_time else "%Y-%m-%d")
    if isinstance(value, (int, float)):
        if "%" in number_format:
            return f"{round(value * 100, 6):.10g}%"
        if "#,##0" in number_format:
            grouped = value if isinstance(value, int) else round(value, 6)
            return f"{grouped:,}".removesuffix(".0")
        return str(value) if isinstance(value, int) else f"{round(value, 10):.15g}"
    return clean_text(str(value))


def _pptx(path: Path, limits: ReadLimits) -> Extracted:
    deck = pptx.Presentation(str(path))
    blocks: list[Block] = []
    for number, slide in enumerate(deck.slides, start=1):
        where = Locator(page=number)
        title = slide.shapes.title
        heading = clean_line(title.text_frame.text) if title is not None else ""
        if heading:
            blocks.append(Block("heading", heading, 2, locator=where))
        start = len(blocks)
        for shape in _ordered(_flattened(slide.shapes, limits.nesting)):
            if title is None or shape.shape_id != title.shape_id:
                blocks.extend(_pptx_shape(shape, where, limits))
        if not heading and len(blocks) > start and blocks[start].type != "table":
            first = blocks[start]
            if len(first.text) <= _SLIDE_TITLE:
                blocks[start] = Block("heading", first.text, 2, locator=where)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            for line in clean_text(slide.notes_slide.notes_text_frame.text).split("\n"):
                if line:
                    blocks.append(Block("paragraph", f"(발표자 노트) {line}", locator=where))
    return Extracted(tuple(blocks), clean_line(deck.core_properties.title or ""))


def _flattened(shapes: Iterable[Any], depth: int) -> Iterator[Any]:
    if depth <= 0:
        raise unreadable("too-deep")
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _flattened(shape.shapes, depth - 1)
        else:
            yield shape


def _ordered(shapes: Iterable[Any]) -> list[Any]:
    """Reading order: bands of about 1 cm (360,000 EMU) from the top, then from the left."""
    return sorted(shapes, key=lambda shape: ((shape.top or 0) // 360_000, shape.left or 0))


def _pptx_shape(shape: Any, where: Locator, limits: ReadLimits) -> Iterator[Block]:
    if getattr(shape, "has_table", False):
        if block := table_block(_pptx_rows(shape.table, limits)):
            yield Block("table", block.text, rows=block.rows, locator=where)
        return
    if not getattr(shape, "has_text_frame", False):
        return
    if shape.is_placeholder and str(shape.placeholder_format.type).startswith(
        ("SLIDE_NUMBER", "DATE", "FOOTER")
    ):
        return
    for paragraph in shape.text_frame.paragraphs:
        for line in clean_text(paragraph.text).split("\n"):
            if line:
                kind = Block("list", line, paragraph.level, locator=where)
                plain = Block("paragraph", line, locator=where)
                yield kind if paragraph.level else plain


def _pptx_rows(table: Any, limits: ReadLimits) -> list[tuple[Cell, ...]]:
    if len(table.rows) * len(table.columns) > limits.table_cells:
        raise unreadable("too-wide")
    return [
        tuple(
            Cell(
                clean_text(cell.text_frame.text),
                cell.span_height if cell.is_merge_origin else 1,
                cell.span_width if cell.is_merge_origin else 1,
            )
            for cell in row.cells
            if not cell.is_spanned
        )
        for row in table.rows
    ]
