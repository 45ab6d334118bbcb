"""ParsedDocument as plain JSON data and back (the shape of ``mokmin read``)."""

from __future__ import annotations

from typing import Any, cast

from .model import Block, BlockType, Cell, Locator, ParsedDocument


def to_dict(document: ParsedDocument) -> dict[str, Any]:
    """``document`` as JSON-ready data."""
    return {
        "format": document.format,
        "title": document.title,
        "blocks": [block_to_dict(block) for block in document.blocks],
        "warnings": list(document.warnings),
    }


def block_to_dict(block: Block) -> dict[str, Any]:
    """One block as JSON-ready data."""
    where = block.locator
    return {
        "type": block.type,
        "level": block.level,
        "text": block.text,
        "rows": [
            [
                {"text": cell.text, "row_span": cell.row_span, "col_span": cell.col_span}
                for cell in row
            ]
            for row in block.rows
        ],
        "locator": {
            "page": where.page,
            "section": where.section,
            "article": where.article,
            "paragraph": where.paragraph,
            "boxes": [list(box) for box in where.boxes],
        },
    }


def from_dict(data: dict[str, Any]) -> ParsedDocument:
    """The document that ``to_dict`` wrote. Raises KeyError, TypeError or ValueError on others."""
    return ParsedDocument(
        format=str(data["format"]),
        title=str(data["title"]),
        blocks=tuple(block_from_dict(item) for item in data["blocks"]),
        warnings=tuple(str(item) for item in data.get("warnings", ())),
    )


def block_from_dict(data: dict[str, Any]) -> Block:
    """One block from ``block_to_dict``."""
    where = data.get("locator") or {}
    return Block(
        type=cast(BlockType, data["type"]),
        text=str(data["text"]),
        level=int(data.get("level", 0)),
        rows=tuple(
            tuple(
                Cell(str(cell["text"]), int(cell["row_span"]), int(cell["col_span"]))
                for cell in row
            )
            for row in data.get("rows", ())
        ),
        locator=Locator(
            page=where.get("page"),
            section=where.get("section", ""),
            article=where.get("article", ""),
            paragraph=where.get("paragraph"),
            boxes=tuple(
                (float(box[0]), float(box[1]), float(box[2]), float(box[3]))
                for box in where.get("boxes", ())
            ),
        ),
    )
