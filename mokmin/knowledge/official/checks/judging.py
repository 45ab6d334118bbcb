"""Judging the cells of a table: what a calculation gives against what stands there.

A head can mean more than one calculation (합계 of the columns to its left or to its right). The reading that
most rows agree with is taken, and the rows that do not agree are reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from mokmin.base.korean.josa import with_josa
from mokmin.knowledge.official.checks.figures import Number, near, number_text
from mokmin.knowledge.official.checks.grids import TOTAL, Grid
from mokmin.knowledge.official.checks.model import Finding
from mokmin.knowledge.official.checks.register import finding

Formula = Callable[[int], float | None]
"""What a row should hold, None where nothing can be said."""
CHANGE = re.compile(
    r"^(?:전년\s*)?(?:대비\s*)?(?:증\s*감|증감액|증가액|감소액|차이|차액|변동|증가|증감수)$"
)
CHANGE_RATE = re.compile(
    r"증감[률율]|증가[률율]|감소[률율]|변동[률율]|신장[률율]|증감\s*\(\s*%\s*\)"
)
NO_SUM = re.compile(
    r"단가|율|률|비중|비율|구성비|%|평균|연도|기준|등급|점수|순위|최고|최저|최대|최소|나이|온도|배수|면적당|1인당"
)


def wrong(grid: Grid, row: int, column: int, rule: str, right: float, what: str) -> Finding:
    """A cell that holds another number than ``right``, with the cell's text corrected as the fix."""
    cell = grid.cells[row][column]
    number = cell.number or Number(0, 0, "")
    said = number_text(abs(right), number.places)
    negative = right < 0
    # △ is how public tables write a decrease, unless this one has a minus or ▲.
    decrease = "-" if re.search(r"-\d", grid.block.text) else "▲" if "▲" in grid.block.text else "△"
    sign = decrease if negative else ""
    fixed = re.sub(r"^[△▲▽▼\-−–+\s]*\d[\d,]*(?:\.\d+)?", f"{sign}{said}", cell.text.strip())
    fix = fixed if cell.number is not None else f"{sign}{said}"
    stands = with_josa(cell.text.strip() or "빈칸", "으로/로")
    message = f"{what} 계산하면 {sign}{said}인데 {stands} 적혀 있습니다."
    return finding(rule, message, grid.place(row, column), fix)


def summable(grid: Grid) -> list[int]:
    """Columns that can be added up: no shares, rates, prices or averages."""
    return [
        c for c in grid.numeric if not NO_SUM.search(grid.low_head(c)) and not of_percent(grid, c)
    ]


def of_percent(grid: Grid, column: int) -> bool:
    """Whether the cells of a column are percentages."""
    units = [grid.cells[r][column].number for r in grid.rows]
    return any(n is not None and n.unit in ("%", "퍼센트") for n in units)


def added(grid: Grid, rows: Sequence[int], column: int) -> float | None:
    """The sum of a column over rows, each stored cell once; None when words stand between."""
    total = 0.0
    seen: set[tuple[int, int]] = set()
    for r in rows:
        cell = grid.cells[r][column]
        if (cell.row, cell.cell) in seen:
            continue
        seen.add((cell.row, cell.cell))
        value = grid.value(r, column)
        if value is None:
            return None
        total += value
    return total


def agrees(
    grid: Grid, row: int, column: int, exact: float | None, slack: float = 0.0
) -> bool | None:
    """Whether a cell holds the number; None where nothing can be said."""
    cell = grid.cells[row][column]
    if exact is None or (cell.number is None and not cell.nothing) or not cell.text.strip():
        return None
    said = cell.number.value if cell.number else 0.0
    places = cell.number.places if cell.number else 0
    if slack:
        return near(exact, said, places, slack)
    return abs(exact - said) < 0.5 * 10**-places + 1e-6 if places else abs(exact - said) < 1e-6


def leaves(grid: Grid, row: int) -> list[int]:
    """The rows that a total adds up: all, or, of several totals, those since the one before it."""
    totals = [r for r, kind in grid.totals.items() if kind == "total"]
    if len(totals) == 1:
        return grid.rows
    labels = [said for said in grid.label(row) if TOTAL.match(said)]
    grand = any(re.match(r"총\s*계|총\s*합", said) for said in labels)
    if grand:
        return grid.rows
    if row == totals[0] and row == grid.heads:
        return grid.rows
    before = [r for r in totals if r < row]
    start = before[-1] + 1 if before and before[-1] != grid.heads else grid.heads
    return [r for r in grid.rows if start <= r < row]


def judge(
    grid: Grid,
    column: int,
    formulas: Sequence[Formula],
    rule: str,
    what: str,
    slack: float,
    *,
    strict: bool = False,
) -> Iterator[Finding]:
    """The formula that most rows follow is taken to be meant; its exceptions are reported. ``strict``:
    silent unless some row follows it."""
    rows = [r for r in range(grid.heads, len(grid.cells)) if grid.cells[r][column].own]
    best: tuple[int, Formula | None] = (-1, None)
    for formula in formulas:
        good = sum(agrees(grid, r, column, formula(r), slack) is True for r in rows)
        if good > best[0]:
            best = good, formula
    good, chosen = best
    if chosen is None or (strict and good == 0):
        return
    bad = [r for r in rows if agrees(grid, r, column, chosen(r), slack) is False]
    if bad and (good >= len(bad) or (good == 0 and len(bad) == 1)):
        for row in bad:
            yield wrong(grid, row, column, rule, chosen(row) or 0.0, what)
