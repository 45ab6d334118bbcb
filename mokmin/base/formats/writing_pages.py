"""Lay out an answer, a summary or a conversation as pages, marked as made by AI."""

from __future__ import annotations

from mokmin.base.formats.model import Block, Cell
from mokmin.base.formats.page_model import Grid, GridCell, Look, Pages, Paragraph, Part, plain
from mokmin.base.formats.writing_model import OutputDocument

HEAD_FILL = "EDF1F7"
_SIZES = {1: 15.0, 2: 13.0, 3: 11.5}
_BODY = Look(size=11, before=3)
_NOTE = Look(size=10, first=-7, before=2)
_CELL = Look(size=10, line=130, align="left")


def pages_of(document: OutputDocument) -> Pages:
    """The document as pages: title, label, blocks, then its sources under 근거."""
    parts: list[Part] = [
        plain(document.title, Look(align="center", size=18, keep=True), bold=True),
        plain(document.label_line, Look(align="center", size=9, after=4), color="#555555"),
    ]
    parts += [part for block in document.blocks if (part := _part(block)) is not None]
    if document.footnotes:
        parts.append(_heading("근거", 2))
        parts += [plain(f"[{note.number}] {note.text}", _NOTE) for note in document.footnotes]
    return Pages(
        title=document.title,
        parts=tuple(parts),
        header=" · ".join(filter(None, (document.grade, "AI 작성"))),
        properties=(*document.label_fields.items(), ("description", document.label_line)),
    )


def _heading(text: str, level: int) -> Paragraph:
    size = _SIZES.get(level, 11.0)
    return plain(text, Look(align="left", size=size, before=8, keep=True), bold=True)


def _part(block: Block) -> Part | None:
    if block.type == "table":
        return _grid(block.rows)
    text = " ".join(block.text.split())
    if block.type == "heading":
        return _heading(text, max(1, block.level))
    if block.type == "list":
        depth = min(4, max(1, block.level))
        return plain(f"· {text}", Look(size=11, left=5.0 * depth - 3, first=-3.5, before=2))
    return plain(text, _BODY)


def _grid(rows: tuple[tuple[Cell, ...], ...]) -> Grid | None:
    cells = tuple(
        tuple(
            GridCell(
                tuple(plain(line, _CELL, bold=y == 0) for line in cell.text.split("\n")),
                cell.row_span,
                cell.col_span,
                HEAD_FILL if y == 0 and len(rows) > 1 else "",
            )
            for cell in row
        )
        for y, row in enumerate(rows)
    )
    columns = max((x + cell.col_span for _, x, cell in Grid(cells, ()).placed), default=0)
    return Grid(cells, (170.0 / columns,) * columns, heads=1) if columns else None
