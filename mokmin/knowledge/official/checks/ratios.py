"""Shares, rates, changes and averages of tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mokmin.knowledge.official.checks.figures import near
from mokmin.knowledge.official.checks.grids import AVERAGE, TOTAL, Grid
from mokmin.knowledge.official.checks.judging import (
    CHANGE,
    CHANGE_RATE,
    NO_SUM,
    Formula,
    added,
    agrees,
    judge,
    leaves,
    of_percent,
    summable,
    wrong,
)
from mokmin.knowledge.official.checks.model import Finding

_SHARE = re.compile(r"비율|비중|구성비|점유율|백분율|^%$|분포")
_RATE = re.compile(
    r"(?:집행|달성|진척|이행|참석|참여|출석|징수|응답|완료|처리|합격|이용|가동|설치|추진|공정|수납|낙찰)[률율]"
)


def changes(grid: Grid) -> Iterator[Finding]:
    for column in grid.numeric:
        head = grid.low_head(column)
        full = grid.cells[grid.heads - 1][column].text if grid.heads else ""
        rate = bool(CHANGE_RATE.search(full)) or (
            bool(CHANGE.match(head)) and of_percent(grid, column)
        )
        if not rate and not CHANGE.match(head):
            continue
        before = [
            c for c in grid.numeric
            if c < column and not CHANGE.match(grid.low_head(c)) and not CHANGE_RATE.search(grid.low_head(c))
        ]  # fmt: skip
        if len(before) < 2:
            continue
        old, new = before[-2:]

        def change(a: int, b: int, *, rate: bool = rate) -> Formula:
            def work(row: int) -> float | None:
                first, last = grid.value(row, a), grid.value(row, b)
                if first is None or last is None or (rate and first == 0):
                    return None
                return (last - first) / first * 100 if rate else last - first

            return work

        orders = [change(old, new), change(new, old)]
        if years := _years(grid, old, new):
            orders = orders[:1] if years[0] < years[1] else orders[1:]
        what = f"'{head or full}' 칸이 맞지 않습니다."
        yield from judge(grid, column, orders, "table.change", what, 1.0 if rate else 0.0)


def _years(grid: Grid, old: int, new: int) -> tuple[int, int] | None:
    said = [re.search(r"(?:19|20)\d\d", grid.head(c)) for c in (old, new)]
    first, second = said
    return (int(first[0]), int(second[0])) if first and second and first[0] != second[0] else None


def shares(grid: Grid) -> Iterator[Finding]:
    for column in grid.numeric:
        full = grid.cells[grid.heads - 1][column].text.strip() if grid.heads else ""
        if not _SHARE.search(full) or _RATE.search(full) or CHANGE_RATE.search(full):
            continue
        bases = [c for c in grid.numeric if c < column and not NO_SUM.search(grid.low_head(c))]
        formulas: list[Formula] = []
        for base in reversed(bases):
            total = _base_total(grid, base)
            if total:
                formulas.append(_part_of(grid, base, total))
        slack = 1.0
        yield from judge(
            grid, column, formulas, "table.share", f"'{full}' 칸이 맞지 않습니다.", slack
        )
        if not formulas:
            yield from _hundred(grid, column, full)


def _base_total(grid: Grid, base: int) -> float | None:
    """What is 100 %: the sum of the rows, which a wrong total cannot spoil."""
    return added(grid, grid.rows, base)


def _part_of(grid: Grid, base: int, total: float) -> Formula:
    def share(row: int) -> float | None:
        if grid.totals.get(row) == "total":
            return 100.0
        if grid.totals.get(row) == "average":
            return None
        value = grid.value(row, base)
        return None if value is None or not total else value / total * 100

    return share


def _hundred(grid: Grid, column: int, name: str) -> Iterator[Finding]:
    for row, kind in grid.totals.items():
        if kind == "total" and grid.rows:
            exact = added(grid, leaves(grid, row), column)
            cell = grid.cells[row][column]
            places = cell.number.places if cell.number else 0
            if agrees(grid, row, column, exact, max(1.0, len(grid.rows) * 0.5)) is False:
                what = f"'{name}' 열의 합계가 맞지 않습니다."
                yield wrong(grid, row, column, "table.share", round(exact or 0.0, places), what)


def rates(grid: Grid) -> Iterator[Finding]:
    for column in grid.numeric:
        full = grid.cells[grid.heads - 1][column].text.strip() if grid.heads else ""
        if not _RATE.search(full) or CHANGE_RATE.search(full):
            continue
        plain = [
            c
            for c in grid.numeric
            if c < column and not NO_SUM.search(grid.low_head(c)) and not of_percent(grid, c)
        ]
        formulas: list[Formula] = []
        pairs = [(a, b) for a in plain for b in plain if a != b]
        pairs.sort(key=lambda pair: (-max(pair), pair[0] > pair[1], -min(pair)))

        def ratio(of: int, some: int) -> Formula:
            def work(row: int) -> float | None:
                total, part = grid.value(row, of), grid.value(row, some)
                return None if not total or part is None else part / total * 100

            return work

        formulas = [ratio(a, b) for a, b in pairs[:12]]
        yield from judge(
            grid, column, formulas, "table.share", f"'{full}' 칸이 맞지 않습니다.", 1.0
        )


def averages(grid: Grid) -> Iterator[Finding]:
    for column in grid.numeric:
        for row, kind in grid.totals.items():
            cell = grid.cells[row][column]
            if kind != "average" or not cell.own or cell.number is None:
                continue
            values = [
                v
                for r in grid.rows
                if grid.cells[r][column].number and (v := grid.value(r, column)) is not None
            ]
            if len(values) > 1:
                exact = sum(values) / len(values)
                if not near(exact, cell.number.value, cell.number.places):
                    what = f"'{grid.head(column)}' 열의 평균이 맞지 않습니다."
                    yield wrong(grid, row, column, "table.average", exact, what)
        if AVERAGE.match(grid.low_head(column)):
            before = [c for c in summable(grid) if c < column and not TOTAL.match(grid.low_head(c))]
            if len(before) > 1:
                yield from judge(
                    grid,
                    column,
                    [_mean(grid, before)],
                    "table.average",
                    "'평균' 칸이 맞지 않습니다.",
                    1.0,
                )


def _mean(grid: Grid, columns: list[int]) -> Formula:
    def work(row: int) -> float | None:
        values = [v for c in columns if (v := grid.value(row, c)) is not None]
        return sum(values) / len(values) if len(values) == len(columns) else None

    return work
