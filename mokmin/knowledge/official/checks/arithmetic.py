"""Arithmetic of tables: totals of rows and columns, products, units; ratios.py has the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mokmin.knowledge.official.checks.grids import SUBTOTAL, TOTAL, Grid
from mokmin.knowledge.official.checks.judging import (
    CHANGE,
    Formula,
    added,
    agrees,
    judge,
    leaves,
    summable,
    wrong,
)
from mokmin.knowledge.official.checks.model import Finding
from mokmin.knowledge.official.checks.parts import Reading
from mokmin.knowledge.official.checks.ratios import averages, changes, rates, shares
from mokmin.knowledge.official.checks.register import finding

_PRICE = re.compile(r"단가")
_COUNT = re.compile(r"^(?:수량|인원|수|횟수|물량|일수|명수|부수|개수|대수)$")
_AMOUNT = re.compile(r"^(?:금액|예산액|예산|사업비|소요액|소요예산|산출액|계약금액|합계|계)$")
_UNIT_IN_HEAD = re.compile(r"\(\s*(?:단위\s*:\s*)?(?P<unit>원|천원|만원|백만원|억원)\s*\)")
_SCALE = {"원": 1, "천원": 1_000, "만원": 10_000, "백만원": 1_000_000, "억원": 100_000_000}


def check_tables(reading: Reading) -> Iterator[Finding]:
    """All calculations of all tables."""
    for index, block in enumerate(reading.document.body):
        if block.style == "table" and len(block.rows) > 1:
            grid = Grid(block, index)
            if len(grid.cells) > grid.heads:
                for check in (
                    _column_sums,
                    _row_sums,
                    changes,
                    shares,
                    rates,
                    averages,
                    _products,
                    _units,
                ):
                    yield from check(grid)


def _column_sums(grid: Grid) -> Iterator[Finding]:
    subs = [r for r, kind in grid.totals.items() if kind == "sub"]
    for column in summable(grid):
        yield from _subtotals(grid, column, subs)
        for row, kind in grid.totals.items():
            if kind != "total" or not grid.cells[row][column].own:
                continue
            members = leaves(grid, row)
            exact = added(grid, members, column)
            fraction = _fraction(grid, members, column)
            if agrees(grid, row, column, exact, fraction) is False and len(members) > 0:
                name = grid.head(column) or f"{column + 1}번째 열"
                yield wrong(
                    grid,
                    row,
                    column,
                    "table.sum",
                    exact or 0.0,
                    f"'{name}' 열의 합계가 맞지 않습니다.",
                )


def _fraction(grid: Grid, rows: Sequence[int], column: int) -> float:
    """Slack for decimals that were rounded one by one: none for whole numbers."""
    return (
        0.0
        if all((n := grid.cells[r][column].number) is None or n.places == 0 for r in rows)
        else 0.51
    )


def _subtotals(grid: Grid, column: int, subs: list[int]) -> Iterator[Finding]:
    """소계 adds what stands above it, or below it, since the one before."""
    if not subs:
        return
    stops = sorted([*subs, *(r for r, kind in grid.totals.items() if kind != "sub")])
    above: dict[int, list[int]] = {}
    below: dict[int, list[int]] = {}
    for row in subs:
        before = max((r for r in stops if r < row), default=grid.heads - 1)
        after = min((r for r in stops if r > row), default=len(grid.cells))
        above[row] = [r for r in grid.rows if before < r < row]
        below[row] = [r for r in grid.rows if row < r < after]
    ways = [way for way in (above, below) if all(way.values())]
    if not ways:
        return

    def right(way: dict[int, list[int]]) -> int:
        return sum(agrees(grid, r, column, added(grid, way[r], column)) is True for r in subs)

    best = max(ways, key=right)
    for row in subs:
        exact = added(grid, best[row], column)
        if agrees(grid, row, column, exact, _fraction(grid, best[row], column)) is False:
            name = grid.head(column) or f"{column + 1}번째 열"
            yield wrong(
                grid, row, column, "table.sum", exact or 0.0, f"'{name}' 열의 소계가 맞지 않습니다."
            )


def _row_sums(grid: Grid) -> Iterator[Finding]:
    columns = grid.numeric
    usable = summable(grid)
    totals = [
        c for c in columns if TOTAL.match(grid.low_head(c)) or SUBTOTAL.match(grid.low_head(c))
    ]
    for column in totals:

        def adder(chosen: list[int]) -> Formula:
            def add(row: int) -> float | None:
                values = [grid.value(row, c) for c in chosen if grid.cells[row][c].own]
                return (
                    None
                    if None in values or not values
                    else sum(v for v in values if v is not None)
                )

            return add

        plain = [c for c in usable if c not in totals and not CHANGE.match(grid.low_head(c))]
        earlier = [c for c in totals if c < column]
        later = [c for c in totals if c > column]
        left = [c for c in plain if c < column and c > (earlier[-1] if earlier else -1)]
        right = [c for c in plain if c > column and c < (later[0] if later else grid.width)]
        options = [o for o in (left, right, plain, [c for c in earlier]) if len(o) > 1]
        name = grid.low_head(column)
        yield from judge(
            grid,
            column,
            [adder(o) for o in options],
            "table.sum",
            f"'{name}' 칸의 합이 맞지 않습니다.",
            0.0,
        )


def _products(grid: Grid) -> Iterator[Finding]:
    prices = [c for c in grid.numeric if _PRICE.search(grid.low_head(c))]
    counts = [c for c in grid.numeric if _COUNT.match(grid.low_head(c))]
    amounts = [
        c
        for c in grid.numeric
        if _AMOUNT.match(grid.low_head(c)) and c > max([*prices, *counts], default=99)
    ]
    if not (prices and counts and amounts):
        return
    price, amount = prices[0], amounts[0]
    scale = _scale(grid, price) / _scale(grid, amount)

    def product(row: int) -> float | None:
        if row in grid.totals or not grid.cells[row][price].number:
            return None
        found = grid.value(row, price) or 0.0
        for column in counts:
            if column < amount:
                if grid.cells[row][column].number is None:
                    return None
                found *= grid.value(row, column) or 0.0
        return found * scale

    name = grid.low_head(amount)
    slack = 0.0 if scale == 1 else 1.0
    yield from judge(
        grid,
        amount,
        [product],
        "table.product",
        f"단가와 수량을 곱한 '{name}'이 맞지 않습니다.",
        slack,
    )


def _scale(grid: Grid, column: int) -> int:
    match = _UNIT_IN_HEAD.search(grid.head(column))
    if match:
        return _SCALE[match["unit"]]
    units = {n.unit for r in grid.rows if (n := grid.cells[r][column].number)} & set(_SCALE)
    if units:
        return _SCALE[units.pop()]
    return _SCALE.get(re.sub(r"^.*단위\s*:\s*|[()\s]", "", grid.block.unit), 1)


def _units(grid: Grid) -> Iterator[Finding]:
    """A unit over the table and another one in all heads that name one."""
    over = re.search(r"(?P<unit>백만원|천원|만원|억원|원)", grid.block.unit)
    if over is None or "," in grid.block.unit:
        return
    for column in range(grid.width):
        head = grid.cells[0][column] if grid.cells else None
        match = _UNIT_IN_HEAD.search(head.text) if head and head.own else None
        if match and match["unit"] != over["unit"]:
            message = f"표 위의 단위({over['unit']})와 머리글의 단위({match['unit']})가 다릅니다."
            yield finding("table.unit", message, grid.place(0, column))
    for row in grid.rows:
        for column in grid.numeric:
            cell = grid.cells[row][column]
            if (
                cell.own
                and cell.number
                and cell.number.unit in _SCALE
                and cell.number.unit != over["unit"]
            ):
                message = (
                    f"표의 단위는 {over['unit']}인데 이 칸에는 {cell.number.unit}이 적혀 있습니다."
                )
                yield finding("table.unit", message, grid.place(row, column))
