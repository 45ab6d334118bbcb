"""Blocks to passages.

Rules: a passage never crosses a heading or an article; a table is never cut inside a row, and each
row reads as ``header: value``; a provision too long for one passage is cut at its paragraphs (항),
items (호) or sentences; short neighbours under one heading are joined. Every passage carries a
context header (title > section > article), so that it can be found and read alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mokmin.base.formats.model import Block, Cell, Locator
from mokmin.knowledge.documents.model import PassageDraft

TARGET = 350
HARD_LIMIT = 700
UNIT_SIZE = 24
_CUT = re.compile(r"(?<=[.!?다함음임됨요])[\s]+|\n")
_ARTICLE_TITLE = re.compile(r"^(제\d+조(?:의\d+)?)\s*\(([^)]{1,60})\)")


@dataclass(slots=True)
class _Piece:
    text: str
    start: int
    end: int
    block: int
    locator: Locator
    whole: bool = False


def document_text(blocks: Sequence[Block]) -> str:
    """The text that offsets refer to: the text of all blocks, each ended by a newline."""
    return "".join(block_text(block) + "\n" for block in blocks)


def block_text(block: Block) -> str:
    """A block as plain text; a table row by row."""
    return (
        "\n".join(table_lines(block.rows)) if block.type == "table" and block.rows else block.text
    )


def table_lines(rows: Sequence[Sequence[Cell]]) -> list[str]:
    """Each row as ``header: value`` pairs, with merged cells repeated where they apply."""
    grid = _grid(rows)
    if not grid:
        return []
    if len(grid) == 1 or len(grid[0]) == 1:
        return [" · ".join(_distinct(row)) for row in grid if any(row)]
    captions = 0
    while captions < len(grid) - 2 and len(set(filter(None, grid[captions]))) <= 1:
        captions += 1
    if captions:
        title = [" ".join(_distinct(row)) for row in grid[:captions] if any(row)]
        return [*title, *_rows_as_pairs(grid[captions:], 1)]
    return _rows_as_pairs(grid, _header_depth(rows))


def _rows_as_pairs(grid: list[list[str]], depth: int) -> list[str]:
    """Rows under their headers; headers of columns without any value (a blank form) stay as words."""
    heads = [" ".join(_distinct([grid[r][c] for r in range(depth)])) for c in range(len(grid[0]))]
    body = grid[depth:]
    unused = [head for c, head in enumerate(heads) if head and not any(row[c] for row in body)]
    lines = [" · ".join(_distinct(unused))] if unused else []
    for row in body:
        pairs: list[str] = []
        for column, value in enumerate(row):
            if not value or (column and value == row[column - 1]):
                continue
            head = heads[column]
            pairs.append(f"{head}: {value}" if head and head != value else value)
        if pairs:
            lines.append(" · ".join(pairs))
    return lines


def _grid(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    width = max((sum(max(1, c.col_span) for c in row) for row in rows), default=0)
    width = min(width, 256)
    grid: list[list[str]] = [[] for _ in rows]
    pending: dict[tuple[int, int], str] = {}
    for r, row in enumerate(rows):
        line: list[str] = []
        cells = iter(row)
        while len(line) < width:
            if (r, len(line)) in pending:
                line.append(pending[(r, len(line))])
                continue
            cell = next(cells, None)
            if cell is None:
                line.append("")
                continue
            value = " ".join(cell.text.split())
            for _ in range(min(max(1, cell.col_span), width - len(line))):
                for below in range(1, min(max(1, cell.row_span), len(rows) - r)):
                    pending[(r + below, len(line))] = value
                line.append(value)
        grid[r] = line
    return grid


def _header_depth(rows: Sequence[Sequence[Cell]]) -> int:
    first = max((min(c.row_span, 3) for c in rows[0]), default=1)
    return first if first < len(rows) else 1


def _distinct(values: Sequence[str]) -> list[str]:
    kept: list[str] = []
    for value in values:
        if value and (not kept or kept[-1] != value):
            kept.append(value)
    return kept


def split_passages(
    title: str, blocks: Sequence[Block], *, target: int = TARGET
) -> list[PassageDraft]:
    """All passages of a document in order."""
    passages: list[PassageDraft] = []
    group: list[_Piece] = []
    key: tuple[str, str, int | None] | None = None
    for piece in _pieces(blocks, target):
        here = (piece.locator.section, piece.locator.article, piece.locator.page)
        size = sum(len(p.text) + 1 for p in group)
        if group and (here != key or size + len(piece.text) > target):
            passages.append(_join(title, group))
            group = []
        group.append(piece)
        key = here
    if group:
        passages.append(_join(title, group))
    return in_units(passages)


def in_units(passages: Sequence[PassageDraft]) -> list[PassageDraft]:
    """Numbers the units: a new one at each article, section, and after ``UNIT_SIZE`` passages."""
    numbered: list[PassageDraft] = []
    unit = size = 0
    for draft in passages:
        before = numbered[-1].locator if numbered else draft.locator
        here = draft.locator
        if (before.section, before.article) != (here.section, here.article) or size == UNIT_SIZE:
            unit, size = unit + 1, 0
        numbered.append(replace(draft, unit=unit))
        size += 1
    return numbered


def _pieces(blocks: Sequence[Block], target: int) -> Iterator[_Piece]:
    offset = 0
    for number, block in enumerate(blocks):
        text = block_text(block)
        if block.type == "heading" and _governs(blocks, number):
            offset += len(text) + 1
            continue
        limit = HARD_LIMIT if block.type == "table" else target
        for start, end in _cut(text, limit, rows=block.type == "table"):
            yield _Piece(text[start:end], offset + start, offset + end, number, block.locator)
        offset += len(text) + 1


def _governs(blocks: Sequence[Block], number: int) -> bool:
    """A heading is dropped as a passage when something stands under it (it is in the header then)."""
    following = blocks[number + 1] if number + 1 < len(blocks) else None
    return following is not None and following.type != "heading"


def _cut(text: str, limit: int, *, rows: bool) -> Iterator[tuple[int, int]]:
    """Half-open spans of at most about ``limit`` characters, cut at lines or sentences."""
    ends = [m.end() for m in (re.finditer(r"\n", text) if rows else _CUT.finditer(text))]
    start, last = 0, 0
    for end in [*ends, len(text)]:
        if end - start > limit and last > start:
            yield from _trim(text, start, last)
            start = last
        while not rows and end - start > 2 * limit:
            cut = text.rfind(" ", start + 1, start + limit)
            cut = cut if cut > start else start + limit
            yield from _trim(text, start, cut)
            start = cut
        last = end
    yield from _trim(text, start, len(text))


def _trim(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end


def _join(title: str, group: list[_Piece]) -> PassageDraft:
    first, last = group[0], group[-1]
    boxes = tuple(box for piece in group for box in piece.locator.boxes)
    return PassageDraft(
        header=context_header(title, first.locator, first.text),
        text="\n".join(piece.text for piece in group),
        start=first.start,
        end=last.end,
        blocks=(first.block, last.block + 1),
        locator=replace(first.locator, boxes=boxes),
    )


def context_header(title: str, locator: Locator, text: str) -> str:
    """``title > section > article``, without what the text itself begins with."""
    parts = [title, *[p for p in locator.section.split(" > ") if p and p != title]]
    if locator.article and not text.startswith(locator.article):
        parts.append(locator.article)
    return " > ".join(_distinct([" ".join(p.split())[:80] for p in parts]))


def article_title(text: str) -> str:
    """``제5조(목적)`` out of the beginning of a provision, or an empty string."""
    match = _ARTICLE_TITLE.match(text)
    return match.group(0) if match else ""
