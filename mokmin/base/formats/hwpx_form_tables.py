"""Tables of a form as grids, and the label of a cell: what stands left of it or above."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .hwpx_form_lines import OBJECTS, line_of
from .hwpx_form_styles import number
from .hwpx_form_text import BARRIER, plain_label
from .hwpx_form_xml import Node

_NO_LABEL = re.compile(r"^[※*<〈《【]|귀하\s*$")
_NUMBERED = re.compile(r"^[\d.,:()\-~%·․ㆍ\s]*$")


@dataclass(slots=True)
class FormCell:
    """A cell in the grid of its table. ``is_empty``: no words and no objects. Sizes in 1/7200 inch."""

    node: Node
    row: int
    col: int
    rows: int
    cols: int
    text: str
    is_empty: bool
    width: int
    height: int


def cells_of(table: Node) -> Iterator[FormCell]:
    """The cells of a table, those of tables inside of it left out."""
    for row in table.all("tr"):
        for node in row.all("tc"):
            address, span, size = (
                node.first("cellAddr"),
                node.first("cellSpan"),
                node.first("cellSz"),
            )
            box = node.first("subList")
            paragraphs = list(box.all("p")) if box is not None else []
            words = [t for p in paragraphs if (t := line_of(p, ()).text.replace(BARRIER, ""))]
            things = any(
                child.name in OBJECTS or (child.name == "ctrl" and any(True for _ in child.deep("fieldBegin")))
                for p in paragraphs for run in p.all("run") for child in run.children
            )  # fmt: skip
            text = "\n".join(words).strip()
            yield FormCell(
                node, number(address, "rowAddr", 0), number(address, "colAddr", 0),
                min(200, max(1, number(span, "rowSpan", 1))), min(63, max(1, number(span, "colSpan", 1))),
                text, not text and not things and bool(paragraphs),
                number(size, "width", 5_000), number(size, "height", 1_500),
            )  # fmt: skip


def head_row(cells: Sequence[FormCell]) -> int:
    """The row that names all its columns (0 or 1, below a title over the whole width), or −1."""
    last = max((c.col + c.cols for c in cells), default=0)
    for row in (0, 1):
        own = [c for c in cells if c.row == row]
        if row == 0 and len(own) == 1 and own[0].cols == last:
            continue
        if len(own) > 2 and all(c.text and not _NUMBERED.match(c.text) for c in own):
            covers = sum(c.cols for c in own) == last
            below = [c for c in cells if c.row > row and c.is_empty]
            return row if covers and below and not _alternates(cells, row) else -1
        return -1
    return -1


def _alternates(cells: Sequence[FormCell], head: int) -> bool:
    """Whether rows go label, blank, label, blank: then the first row is one of them, no head."""
    for row in {c.row for c in cells if c.row > head}:
        own = sorted((c for c in cells if c.row == row), key=lambda c: c.col)
        if any(
            own[i].is_empty and own[i + 2].is_empty and own[i - 1].text and own[i + 1].text
            for i in range(1, len(own) - 2)
        ):
            return True
    return False


def label_of(cell: FormCell, at: dict[tuple[int, int], FormCell], heads: int) -> str:
    """What a cell is called; empty where nothing says it."""
    above = _nearest(cell, at, up=True)
    left = _nearest(cell, at, up=False)
    row_name = _row_name(cell, at)
    if heads >= 0 and cell.row > heads and (column := at.get((heads, cell.col))) is not None:
        head = plain_label(column.text)
        return f"{head} · {row_name or f'{cell.row - heads}행'}"
    beside = at.get((cell.row, cell.col - 1))
    if beside is not None and plain_label(beside.text) and not _NUMBERED.match(beside.text):
        over = at.get((cell.row - 1, cell.col))
        if (
            beside.rows > cell.rows
            and over is not None
            and plain_label(over.text)
            and over.row > beside.row
        ):
            return plain_label(over.text)  # the label at the left is that of a whole block
        outer = at.get((cell.row, beside.col - 1))
        name = plain_label(beside.text)
        if outer is not None and outer is not beside and outer.text and outer.rows > beside.rows:
            return f"{plain_label(outer.text)} {name}"
        return name
    if left is not None and left.rows > cell.rows and (above is None or above.row < left.row):
        return plain_label(left.text)  # what stands above belongs to another block
    if above is not None and len(above.text) <= 40 and not _NO_LABEL.search(above.text):
        head = plain_label(above.text)
        return (
            f"{head} · {row_name}"
            if row_name and left is not None and left.row == cell.row
            else head
        )
    return plain_label(left.text) if left is not None else ""


def _nearest(cell: FormCell, at: dict[tuple[int, int], FormCell], *, up: bool) -> FormCell | None:
    row, col = cell.row, cell.col
    for _ in range(300):
        row, col = (row - 1, col) if up else (row, col - 1)
        if row < 0 or col < 0:
            return None
        other = at.get((row, col))
        if other is None or not plain_label(other.text):
            continue
        if not (up and _NUMBERED.match(other.text)):
            return other
    return None


def _row_name(cell: FormCell, at: dict[tuple[int, int], FormCell]) -> str:
    names: list[str] = []
    for col in range(cell.col):
        other = at.get((cell.row, col))
        if other is None or not other.text or not re.search(r"[0-9A-Za-z가-힣]", other.text):
            continue
        name = plain_label(other.text)[:20]
        if name and name not in names:
            names.append(name)
    return " ".join(names[:2])
