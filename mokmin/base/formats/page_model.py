"""A laid-out document: paragraphs and tables with their looks, free of any file format.

Lengths are millimetres, type sizes and spaces points. One layout serves the HWPX writer and the preview.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Align = Literal["left", "center", "right", "justify"]
A4_MM = (210.0, 297.0)


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a paragraph of one look. ``note`` tells a preview where the words come from; no file
    carries it."""

    text: str
    bold: bool = False
    size: float | None = None
    color: str | None = None
    underline: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """How a paragraph stands. A negative ``first`` hangs: the first line begins at ``left``, the others
    that much further in. ``rule`` draws a line below. ``level`` is the outline level, 0 for none."""

    align: Align = "justify"
    size: float = 12.0
    left: float = 0.0
    first: float = 0.0
    before: float = 0.0
    after: float = 0.0
    line: int = 160
    keep: bool = False
    new_page: bool = False
    rule: bool = False
    level: int = 0


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Runs of text with one look. ``anchor`` names the part of the document that it shows, for previews."""

    runs: tuple[Run, ...]
    look: Look = field(default_factory=Look)
    anchor: str = ""

    @property
    def text(self) -> str:
        """All its text."""
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True, slots=True)
class GridCell:
    """A cell; covered positions of a merged cell are not repeated. ``fill`` is ``RRGGBB`` or empty."""

    paragraphs: tuple[Paragraph, ...]
    row_span: int = 1
    col_span: int = 1
    fill: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; ``widths`` of its columns, ``height`` of a row at least. ``lines``: drawn or not.
    ``anchor`` as of a paragraph."""

    rows: tuple[tuple[GridCell, ...], ...]
    widths: tuple[float, ...]
    height: float = 7.0
    lines: bool = True
    heads: int = 0
    anchor: str = ""

    @property
    def placed(self) -> list[tuple[int, int, GridCell]]:
        """Each cell with its row and column."""
        taken: set[tuple[int, int]] = set()
        found: list[tuple[int, int, GridCell]] = []
        for y, row in enumerate(self.rows):
            x = 0
            for cell in row:
                while (y, x) in taken:
                    x += 1
                across, down = range(cell.col_span), range(cell.row_span)
                taken |= {(y + dy, x + dx) for dy in down for dx in across}
                found.append((y, x, cell))
                x += cell.col_span
        return found


Part = Paragraph | Grid


@dataclass(frozen=True, slots=True)
class Pages:
    """A document on A4 paper. ``margins``: left, right, top, bottom. ``properties`` go into the file's
    metadata as names and values."""

    title: str
    parts: tuple[Part, ...]
    margins: tuple[float, float, float, float] = (20.0, 20.0, 20.0, 15.0)
    font: str = "함초롬바탕"
    header: str = ""
    footer: str = ""
    numbered: bool = True
    properties: tuple[tuple[str, str], ...] = ()

    @property
    def width(self) -> float:
        """Millimetres between the margins."""
        return A4_MM[0] - self.margins[0] - self.margins[1]


def plain(text: str, look: Look | None = None, **more: object) -> Paragraph:
    """A paragraph of one run; ``more`` as in ``Run``."""
    return Paragraph((Run(text, **more),), look or Look())  # type: ignore[arg-type]
