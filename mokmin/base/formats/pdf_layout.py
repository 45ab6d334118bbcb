"""Lines of PDF pages to headings and paragraphs, with tables put where they stand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from .model import Block
from .provisions import locate, mark_of

_EDGE = 0.085  # running headers and footers stand in this part of the page
_HEADING_RATIO = 1.15
_HEADING_LENGTH = 80
_MAX_LEVEL = 3
_ROW_TEXT = 60
_ALIGNED = 0.02
_PAGE_NUMBER = re.compile(
    r"^[-–—\s]*(?:\d{1,4}|[ivxlc]{1,6})(?:\s*/\s*\d{1,4})?[-–—\s]*(?:쪽|페이지)?$"
)
_HANGUL, _WORD_END = re.compile("[가-힣]"), re.compile("[가-힣0-9]")
_FULL = 2.2  # in line heights: a line that ends nearer to the edge of its column is full
# A document in which fewer full lines end with a blank draws none there, and does not tell.
_BLANKS, _BLANK_SHARE = 5, 0.15
_ENDED = re.compile(r"[.。!?:;]$")

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """One text line: box as fractions of the page, type height and center in PDF points, and whether
    a blank is drawn after its last word."""

    text: str
    box: Box
    height: float
    center: tuple[float, float]
    spaced: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A table, its box as fractions of the page, and its bounds in PDF points (l, b, r, t)."""

    block: Block
    box: Box
    bounds: Box

    def holds(self, point: tuple[float, float]) -> bool:
        """Whether a point in PDF space lies in the table."""
        left, bottom, right, top = self.bounds
        return left <= point[0] <= right and bottom <= point[1] <= top


@dataclass(frozen=True, slots=True)
class PageLines:
    """What stands on page ``number`` (from 1)."""

    number: int
    lines: tuple[Line, ...]
    tables: tuple[Found, ...] = ()


@dataclass(frozen=True, slots=True)
class PageBlocks:
    """The blocks of page ``number`` (from 1)."""

    number: int
    blocks: list[Block]


def without_running_lines(pages: Sequence[PageLines]) -> list[PageLines]:
    """The pages without headers, footers and page numbers that repeat from page to page."""
    seen: Counter[str] = Counter()
    for page in pages:
        seen.update({_running_key(line) for line in page.lines if _at_edge(line)})
    needed = max(3, len(pages) // 6)
    kept = []
    for page in pages:
        lines = tuple(
            line
            for line in page.lines
            if not (
                _at_edge(line)
                and (seen[_running_key(line)] >= needed or _PAGE_NUMBER.match(line.text))
            )
        )
        kept.append(replace(page, lines=lines))
    return kept


def _at_edge(line: Line) -> bool:
    return line.box[3] <= _EDGE or line.box[1] >= 1 - _EDGE


def _running_key(line: Line) -> str:
    return re.sub(r"\d+", "#", line.text)


def page_blocks(pages: Sequence[PageLines]) -> Iterator[PageBlocks]:
    """Blocks page by page; a paragraph does not run across pages, so that its box is true."""
    levels = _heading_levels(line for page in pages for line in page.lines)
    breaks = sum((_breaks(page) for page in pages), Counter[bool]())
    told = breaks[True] >= _BLANKS and breaks[True] >= _BLANK_SHARE * breaks.total()
    for page in pages:
        yield PageBlocks(page.number, _blocks(page, levels, told))


def _breaks(page: PageLines) -> Counter[bool]:
    """How many full lines that another follows end with a blank, and how many without."""
    found: Counter[bool] = Counter()
    for line, after in pairwise(page.lines):
        if not _beside(line, after) and _may_split(line, after, page.lines):
            found[line.spaced] += 1
    return found


def _may_split(line: Line, after: Line, lines: Sequence[Line]) -> bool:
    """Whether a word may run from the end of a line into the next: the line is full, and Hangul goes
    on after Hangul or a number."""
    if not _HANGUL.match(after.text[0]) or not _WORD_END.match(line.text[-1]):
        return False
    column = [o.box[2] for o in lines if o.box[0] < line.box[2] and o.box[2] > line.box[0]]
    return line.box[2] >= max(column, default=0.0) - _FULL * (line.box[3] - line.box[1])


def _joined(run: Sequence[Line], lines: Sequence[Line]) -> str:
    """The text of a paragraph of a document that draws the blank at which a line was broken: where it
    drew none, the line was broken inside a word, as Korean writers do at any syllable."""
    parts = [run[0].text]
    for line, after in pairwise(run):
        inside = not line.spaced and not _beside(line, after) and _may_split(line, after, lines)
        parts += ["" if inside else " ", after.text]
    return "".join(parts)


def _heading_levels(lines: Iterable[Line]) -> dict[float, int]:
    """Heading level by type height: sizes clearly above the body's, largest first."""
    weight: Counter[float] = Counter()
    for line in lines:
        weight[line.height] += len(line.text)
    if not weight:
        return {}
    body = weight.most_common(1)[0][0]
    total = sum(weight.values())
    sizes = sorted(
        (size for size in weight if size >= body * _HEADING_RATIO and weight[size] <= total * 0.2),
        reverse=True,
    )
    levels: dict[float, int] = {}
    level, previous = 0, 0.0
    for size in sizes:
        if level == 0 or size < previous * 0.93:
            level, previous = level + 1, size
        levels[size] = min(level, _MAX_LEVEL)
    return levels


def _blocks(page: PageLines, levels: dict[float, int], told: bool) -> list[Block]:
    """Blocks in content order; tables stand where they are drawn, since many writers emit them
    after the text that follows them. ``told``: lines end with a blank where one belongs."""
    lines = [
        line for line in page.lines if not any(table.holds(line.center) for table in page.tables)
    ]
    waiting = sorted(page.tables, key=lambda table: table.box[1])
    blocks: list[Block] = []
    run: list[Line] = []

    def close_run() -> None:
        if run:
            text = _joined(run, lines) if told else " ".join(line.text for line in run)
            blocks.append(_block(page.number, run, text, levels))
            run.clear()

    for line in lines:
        while waiting and _is_above(waiting[0].box, line.box):
            close_run()
            table = waiting.pop(0)
            blocks.append(replace(table.block, locator=locate(page.number, table.box)))
        if run and not _continues(run, line, levels):
            close_run()
        run.append(line)
    close_run()
    blocks.extend(replace(item.block, locator=locate(page.number, item.box)) for item in waiting)
    return blocks


def _is_above(table: Box, line: Box) -> bool:
    """Whether a table ends above a line of the same column."""
    overlaps = line[0] < table[2] and line[2] > table[0]
    return overlaps and (table[1] + table[3]) / 2 < (line[1] + line[3]) / 2


def _beside(first: Line, second: Line) -> bool:
    """Whether two lines stand on one baseline, as the cells of an unruled row do."""
    tall = max(first.height, second.height)
    return abs(first.center[1] - second.center[1]) < 0.4 * tall


def _continues(run: list[Line], line: Line, levels: dict[float, int]) -> bool:
    """Whether ``line`` goes on with the paragraph of ``run``."""
    last = run[-1]
    if abs(last.height - line.height) > 0.12 * max(last.height, line.height):
        return False
    if mark_of(line.text).role != "text":
        return False
    if _beside(last, line):
        return line.height not in levels and max(len(last.text), len(line.text)) <= _ROW_TEXT
    is_row = any(_beside(one, other) for one, other in pairwise(run))
    if is_row and abs(line.box[0] - last.box[0]) > _ALIGNED:
        return False
    tall = max(last.box[3] - last.box[1], line.box[3] - line.box[1], 0.001)
    gap = line.box[1] - last.box[3]
    if gap > 0.9 * tall or gap < -0.6 * tall:
        return False
    if line.height in levels:
        return len(run[0].text) + len(line.text) <= _HEADING_LENGTH and last.height in levels
    left, right = min(item.box[0] for item in run), max(item.box[2] for item in run)
    full = max(right, line.box[2]) - left
    reaches_edge = last.box[2] >= left + 0.85 * full
    overlaps = line.box[0] < right and line.box[2] > left
    indented = line.box[0] > left + 0.02
    return reaches_edge and overlaps and not (indented and _ENDED.search(last.text))


def _block(page: int, run: list[Line], text: str, levels: dict[float, int]) -> Block:
    where = locate(page, *(line.box for line in run))
    level = levels.get(run[0].height, 0)
    sentence = text.endswith(("다.", "요."))
    if level and not sentence and len(text) <= _HEADING_LENGTH and any(map(str.isalpha, text)):
        return Block("heading", text, level, locator=where)
    return Block("paragraph", text, locator=where)
