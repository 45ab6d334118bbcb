"""Blocks: the one form that every reader produces and everything later consumes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

BlockType = Literal["heading", "paragraph", "list", "table", "footnote", "image", "formula"]


@dataclass(frozen=True, slots=True)
class Locator:
    """Where a block stands in its document.

    ``page`` counts from 1 (PDF page, slide, sheet). ``section`` is the path of headings joined by
    `` > ``. ``article`` is a provision such as ``제12조의2``; ``paragraph`` is the 1-based number of
    the block in its document. ``boxes`` are PDF rectangles ``(x0, top, x1, bottom)`` as fractions
    (0–1) of the page, origin at the top left.
    """

    page: int | None = None
    section: str = ""
    article: str = ""
    paragraph: int | None = None
    boxes: tuple[tuple[float, float, float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """One table cell; covered positions of a merged cell are not repeated."""

    text: str
    row_span: int = 1
    col_span: int = 1


@dataclass(frozen=True, slots=True)
class Block:
    """One unit of a document in reading order. ``level`` is 1–6 for headings, depth for lists."""

    type: BlockType
    text: str
    level: int = 0
    rows: tuple[tuple[Cell, ...], ...] = ()
    locator: Locator = field(default_factory=Locator)


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """What a reader returns: never empty; a file without text raises UnreadableFile instead."""

    format: str
    title: str
    blocks: tuple[Block, ...]
    warnings: tuple[str, ...] = ()
