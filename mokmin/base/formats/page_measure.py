"""How many pages a laid-out document fills, by the widths of its letters.

An estimate: Hangul is one em wide, Latin letters and digits a half; a word that does not fit goes to the
next line. Printers and word processors differ by a line or two a page.
"""

from __future__ import annotations

import math

from mokmin.base.formats.page_model import A4_MM, Grid, GridCell, Look, Pages, Paragraph

MM_PER_PT = 25.4 / 72
_CELL_MM = 2.8
_WIDE = 0x1100


def em(text: str) -> float:
    """The width of a text in em."""
    return sum(1.0 if ord(letter) >= _WIDE else 0.5 for letter in text)


def page_count(pages: Pages) -> int:
    """The number of pages, at least 1."""
    _, _, top, bottom = pages.margins
    room = A4_MM[1] - top - bottom
    count, used = 1, 0.0
    for part in pages.parts:
        if isinstance(part, Paragraph) and part.look.new_page and used:
            count, used = count + 1, 0.0
        for height in _heights(part, pages.width):
            if used + height > room and used:
                count, used = count + 1, 0.0
            used += height
            while used > room:
                count, used = count + 1, used - room
    return count


def _heights(part: Paragraph | Grid, width: float) -> list[float]:
    """The heights of what may be broken apart: the lines of a paragraph, the rows of a table (mm)."""
    if isinstance(part, Paragraph):
        lines, each = _lines(part, width), _line_mm(part.look)
        before, after = part.look.before * MM_PER_PT, part.look.after * MM_PER_PT
        heights = [each] * lines
        heights[0] += before
        heights[-1] += after
        return heights
    return row_heights(part)


def row_heights(grid: Grid) -> list[float]:
    """The height of each row of a table (mm): what its words need, at least ``grid.height``."""
    rows = [grid.height] * len(grid.rows)
    placed = grid.placed
    for y, x, cell in placed:
        if cell.row_span == 1:
            across = sum(grid.widths[x : x + cell.col_span]) - _CELL_MM
            rows[y] = max(rows[y], _cell_mm(cell, across))
    for y, x, cell in placed:
        if cell.row_span > 1:
            across = sum(grid.widths[x : x + cell.col_span]) - _CELL_MM
            end = min(y + cell.row_span, len(rows))
            rows[end - 1] += max(0.0, _cell_mm(cell, across) - sum(rows[y:end]))
    return rows


def _cell_mm(cell: GridCell, width: float) -> float:
    return sum(sum(_heights(p, max(width, 4.0))) for p in cell.paragraphs) + 1.0


def _line_mm(look: Look) -> float:
    return look.size * MM_PER_PT * look.line / 100


def _lines(paragraph: Paragraph, width: float) -> int:
    look = paragraph.look
    letter = look.size * MM_PER_PT
    hanging = max(-look.first, 0.0)
    room = max((width - look.left - hanging) / letter, 1.0)
    first = max((width - look.left - max(look.first, 0.0)) / letter, 1.0)
    count, used, space = 1, 0.0, first
    for word in paragraph.text.split(" "):
        wide = em(word)
        if used and used + wide > space:
            count, used, space = count + 1, 0.0, room
        if wide > space:
            more = math.ceil((wide - space) / room)
            count, wide, space = count + more, (wide - space) % room, room
        used += wide + 0.5
    return count
