"""Ruled tables of PDF pages: the grid from pdfplumber, the words from pdfium."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pdfplumber
import pypdfium2 as pdfium
from pdfminer.pdfexceptions import PDFException
from pdfplumber.utils.exceptions import PdfminerException

from .extracted import table_block
from .model import Cell
from .pdf_glyphs import Glyph, text_within
from .pdf_layout import Found

_MAX_PATHS = 6_000  # above it the page is a drawing, and finding edges takes minutes
_SNAP = 3.0  # points within which two rules are one
_FAILURES = (
    PDFException, PdfminerException, ValueError, LookupError, TypeError, AttributeError,
    RecursionError, OSError, AssertionError, ArithmeticError,
)  # fmt: skip
Rect = tuple[float, float, float, float]


class TableFinder:
    """Finds tables page by page until its share of time (seconds) is used up."""

    def __init__(self, path: Path, seconds: float) -> None:
        self.warnings: list[str] = []
        self._path = path
        self._left = seconds
        self._document: Any = None

    def find(
        self, index: int, page: pdfium.PdfPage, glyphs: list[list[Glyph]]
    ) -> tuple[Found, ...]:
        """Tables on page ``index`` (from 0), top to bottom; none where it is rotated."""
        if page.get_rotation() != 0:
            return ()
        if self._left <= 0:
            if not self.warnings:
                self.warnings.append(f"시간이 모자라 {index + 1}쪽부터는 표를 글로만 읽었습니다.")
            return ()
        start = time.monotonic()
        try:
            return self._find(index, page, glyphs)
        except _FAILURES:
            return ()
        finally:
            self._left -= time.monotonic() - start

    def _find(
        self, index: int, page: pdfium.PdfPage, glyphs: list[list[Glyph]]
    ) -> tuple[Found, ...]:
        if self._document is None:
            self._document = pdfplumber.open(str(self._path))
        plumbed = self._document.pages[index]
        try:
            if len(plumbed.rects) + len(plumbed.lines) + len(plumbed.curves) > _MAX_PATHS:
                return ()
            found = [
                self._table(table, plumbed, page, glyphs)
                for table in plumbed.find_tables({"snap_tolerance": _SNAP})
            ]
        finally:
            plumbed.close()
        return tuple(item for item in found if item is not None)

    def _table(
        self, table: Any, plumbed: Any, page: pdfium.PdfPage, glyphs: list[list[Glyph]]
    ) -> Found | None:
        cells = [cell for cell in table.cells if cell is not None]
        if len(cells) < 2:
            return None
        columns = _edges([cell[0] for cell in cells] + [cell[2] for cell in cells])
        rows = _edges([cell[1] for cell in cells] + [cell[3] for cell in cells])
        left, bottom, right, top = page.get_bbox()
        to_x = left - plumbed.bbox[0]
        to_y = top + plumbed.bbox[1]
        lines: dict[int, list[tuple[int, Cell]]] = {}
        for x0, y0, x1, y1 in cells:
            text = text_within(glyphs, x0 + to_x, to_y - y1, x1 + to_x, to_y - y0)
            row, column = _index(rows, y0), _index(columns, x0)
            cell = Cell(
                text,
                max(1, _index(rows, y1) - row),
                max(1, _index(columns, x1) - column),
            )
            lines.setdefault(row, []).append((column, cell))
        grid = [
            tuple(cell for _, cell in sorted(lines.get(row, []), key=lambda item: item[0]))
            for row in range(len(rows) - 1)
        ]
        block = table_block(grid)
        if block is None:
            return None
        x0, y0, x1, y1 = table.bbox
        bounds = (x0 + to_x, to_y - y1, x1 + to_x, to_y - y0)
        width, height = (right - left) or 1.0, (top - bottom) or 1.0
        box = (
            (bounds[0] - left) / width,
            (top - bounds[3]) / height,
            (bounds[2] - left) / width,
            (top - bounds[1]) / height,
        )
        return Found(block, _within_page(box), bounds)

    def close(self) -> None:
        """Release the file."""
        if self._document is not None:
            self._document.close()


def _within_page(box: Rect) -> Rect:
    x0, y0, x1, y1 = (min(1.0, max(0.0, value)) for value in box)
    return x0, y0, x1, y1


def _edges(values: list[float]) -> list[float]:
    """Sorted rule positions, those closer than the snap distance taken as one."""
    edges: list[float] = []
    for value in sorted(values):
        if not edges or value - edges[-1] > _SNAP:
            edges.append(value)
    return edges


def _index(edges: list[float], value: float) -> int:
    return min(range(len(edges)), key=lambda index: abs(edges[index] - value))
