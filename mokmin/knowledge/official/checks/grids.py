"""A table as a rectangle: covered positions of merged cells filled, heads and labels told from numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from mokmin.knowledge.official.checks.figures import Number, is_nothing, number_of
from mokmin.knowledge.official.checks.model import Place
from mokmin.knowledge.official.model import Block

_MOST = 60
TOTAL = re.compile(
    r"^(?:총\s*합\s*계|합\s*계|총\s*계|소\s*계|누\s*계|계|총액|합계액|전체|총\s*사업비)\s*(?:\([^()]*\))?$"
)
SUBTOTAL = re.compile(r"^소\s*계|^중\s*계")
AVERAGE = re.compile(r"^(?:평\s*균|전체\s*평균|월\s*평균)(?:\s*\([^()]*\))?$")
_NUMBERING = re.compile(
    r"^(?:연번|순번|번호|순위|No\.?|구분|비고|연도|년도|차수|등급|단계|규격)$", re.I
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A position of the rectangle: its text, where it is stored, whether it is the first position of its
    cell, and the number it holds."""

    text: str
    row: int
    cell: int
    own: bool
    number: Number | None

    @property
    def nothing(self) -> bool:
        """Whether it says that there is nothing."""
        return is_nothing(self.text)


_EMPTY = Cell("", -1, -1, False, None)


@dataclass(frozen=True)
class Grid:
    """The rectangle of a table and what its rows and columns are."""

    block: Block
    index: int

    @cached_property
    def cells(self) -> list[list[Cell]]:
        """Rows of equal width."""
        taken: dict[tuple[int, int], Cell] = {}
        for r, row in enumerate(self.block.rows):
            c = 0
            for k, cell in enumerate(row):
                while (r, c) in taken:
                    c += 1
                number = number_of(cell.text)
                for dr in range(min(cell.row_span, len(self.block.rows) - r)):
                    for dc in range(min(cell.col_span, _MOST)):
                        own = dr == 0 and dc == 0
                        taken.setdefault((r + dr, c + dc), Cell(cell.text, r, k, own, number))
                c += cell.col_span
        width = 1 + max((c for _, c in taken), default=-1)
        return [
            [taken.get((r, c), _EMPTY) for c in range(width)] for r in range(len(self.block.rows))
        ]

    @property
    def width(self) -> int:
        """Columns."""
        return len(self.cells[0]) if self.cells else 0

    @cached_property
    def heads(self) -> int:
        """Head rows: as said, and those below them that hold no number."""
        count = min(self.block.heads, len(self.cells))
        while count < len(self.cells) - 1 and not any(c.number for c in self.cells[count]):
            if TOTAL.match(self.cells[count][0].text.strip()):
                break
            if not any(c.own and c.row < count for c in self.cells[count]) and count >= 1:
                covered = any(c.row < count and c.row >= 0 for c in self.cells[count])
                if not covered:
                    break
            count += 1
        return count

    def head(self, column: int) -> str:
        """The words over a column, all its head rows."""
        said = [self.cells[r][column].text.strip() for r in range(self.heads)]
        return " ".join(dict.fromkeys(said))

    def low_head(self, column: int) -> str:
        """The head cell right above the numbers, without what stands in brackets."""
        if not self.heads:
            return ""
        return re.sub(r"\([^()]*\)", "", self.cells[self.heads - 1][column].text).strip()

    def label(self, row: int) -> list[str]:
        """The texts before the first number of a row."""
        found: list[str] = []
        for cell in self.cells[row]:
            if cell.number is not None and cell.own:
                break
            found.append(re.sub(r"\s+", " ", cell.text.strip()))
        return found

    @cached_property
    def totals(self) -> dict[int, str]:
        """Rows of totals with the kind: total, sub or average."""
        found: dict[int, str] = {}
        for r in range(self.heads, len(self.cells)):
            for said in self.label(r):
                if AVERAGE.match(said):
                    found[r] = "average"
                elif SUBTOTAL.match(said):
                    found[r] = "sub"
                elif TOTAL.match(said):
                    found.setdefault(r, "total")
        return found

    @cached_property
    def rows(self) -> list[int]:
        """Rows that are neither heads nor totals."""
        return [r for r in range(self.heads, len(self.cells)) if r not in self.totals]

    @cached_property
    def numeric(self) -> list[int]:
        """Columns whose cells are mostly numbers."""
        found = []
        for c in range(self.width):
            cells = [self.cells[r][c] for r in range(self.heads, len(self.cells))]
            numbers = sum(1 for cell in cells if cell.number is not None)
            others = sum(1 for cell in cells if cell.number is None and not cell.nothing)
            if numbers and numbers > others and not _NUMBERING.match(self.low_head(c)):
                found.append(c)
        return found

    def place(self, row: int, column: int) -> Place:
        """Where a position is stored, its whole text."""
        cell = self.cells[row][column]
        return Place("body", "", self.index, cell.row, cell.cell, 0, len(cell.text))

    def value(self, row: int, column: int) -> float | None:
        """The number there, 0 for nothing, None for other words."""
        cell = self.cells[row][column]
        if cell.number is not None:
            return cell.number.value
        return 0.0 if cell.nothing else None
