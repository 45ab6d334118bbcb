"""A form as lines and tables with its fields marked, for a page that shows where each one stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .hwpx_form_model import CellSpot, CheckSpot, ClickSpot, Found, ObjectSpot, TextSpot
from .hwpx_form_styles import number
from .hwpx_form_xml import Node, Piece
from .hwpx_forms import Form

MOST_BLOCKS = 1_500
MOST_LETTERS = 400


@dataclass(frozen=True, slots=True)
class Part:
    """Words of a line, or a field by its number in ``Form.fields``."""

    text: str = ""
    field: int | None = None


@dataclass(frozen=True, slots=True)
class ViewCell:
    """A cell with its spans."""

    rows: int
    cols: int
    blocks: tuple[ViewBlock, ...]


@dataclass(frozen=True, slots=True)
class ViewBlock:
    """A line, or a table when it has rows."""

    parts: tuple[Part, ...] = ()
    rows: tuple[tuple[ViewCell, ...], ...] = ()


def view(form: Form) -> list[ViewBlock]:
    """The blocks of all sections, cut off where a form is very long."""
    made: list[ViewBlock] = []
    for section, (_, _, root) in sorted(form.sections.items()):
        made += _Viewer(section, form.found).container(root)
    return made[:MOST_BLOCKS]


class _Viewer:
    def __init__(self, section: int, found: Sequence[Found]) -> None:
        self._marks: dict[int, list[tuple[int, int]]] = {}  # paragraph or cell → (byte, field)
        self._taken: list[tuple[int, int]] = []
        for index, one in enumerate(found):
            if one.section == section:
                self._note(index, one)

    def _note(self, index: int, one: Found) -> None:
        spot = one.spot
        if isinstance(spot, CellSpot):
            self._marks.setdefault(id(spot.cell), []).append((spot.cell.start, index))
        elif isinstance(spot, TextSpot):
            self._mark(spot.paragraph, spot.ranges[0].start, index)
            self._taken += [(r.start, r.end) for r in spot.ranges]
        elif isinstance(spot, CheckSpot):
            self._mark(spot.paragraph, spot.boxes[0][0].start, index)
        elif isinstance(spot, ClickSpot):
            self._mark(spot.paragraphs[0], spot.begin.start, index)
            self._taken.append((spot.begin.end, spot.end.start))
        elif isinstance(spot, ObjectSpot):
            at: Node | None = spot.node
            while at is not None and at.name != "p":
                at = at.parent
            if at is not None:
                self._mark(at, spot.node.start, index)

    def _mark(self, paragraph: Node, byte: int, index: int) -> None:
        self._marks.setdefault(id(paragraph), []).append((byte, index))

    def container(self, node: Node) -> list[ViewBlock]:
        made: list[ViewBlock] = []
        for paragraph in node.all("p"):
            if any(a <= paragraph.start < b for a, b in self._taken):
                continue
            made += self._paragraph(paragraph)
        return made

    def _paragraph(self, paragraph: Node) -> list[ViewBlock]:
        pieces: list[tuple[int, Part]] = [
            (byte, Part(field=index)) for byte, index in self._marks.get(id(paragraph), ())
        ]
        tables: list[ViewBlock] = []
        for run in paragraph.all("run"):
            for child in run.children:
                if child.name == "t":
                    pieces += [
                        (start, Part(text)) for p in child.pieces for start, text in self._left(p)
                    ]
                elif child.name == "tbl":
                    tables.append(self._table(child))
                elif child.name not in ("secPr", "ctrl"):
                    tables += [b for inner in child.deep("subList") for b in self.container(inner)]
        parts = tuple(part for _, part in sorted(pieces, key=lambda item: item[0]))
        line = (
            [ViewBlock(_joined(parts))]
            if any(p.text.strip() or p.field is not None for p in parts)
            else []
        )
        return line + tables

    def _left(self, piece: Piece) -> list[tuple[int, str]]:
        """What of a piece no field stands in."""
        if not piece.exact:
            inside = any(a <= piece.start < b for a, b in self._taken)
            return [] if inside else [(piece.start, piece.text)]
        data, at, made = piece.text.encode(), piece.start, []
        for a, b in sorted(self._taken):
            if b <= at or a >= piece.end:
                continue
            if a > at:
                made.append((at, data[at - piece.start : a - piece.start].decode(errors="ignore")))
            at = max(at, b)
        if at < piece.end:
            made.append((at, data[at - piece.start :].decode(errors="ignore")))
        return made

    def _table(self, table: Node) -> ViewBlock:
        rows = []
        for row in table.all("tr"):
            cells = []
            for cell in row.all("tc"):
                span = cell.first("cellSpan")
                marks = [Part(field=index) for _, index in self._marks.get(id(cell), ())]
                box = cell.first("subList")
                blocks = (
                    (ViewBlock(tuple(marks)),)
                    if marks
                    else tuple(self.container(box))
                    if box is not None
                    else ()
                )
                cells.append(
                    ViewCell(
                        min(200, max(1, number(span, "rowSpan", 1))),
                        min(63, max(1, number(span, "colSpan", 1))),
                        blocks,
                    )
                )
            rows.append(tuple(cells))
        return ViewBlock(rows=tuple(rows))


def _joined(parts: Sequence[Part]) -> tuple[Part, ...]:
    made: list[Part] = []
    for part in parts:
        if made and part.field is None and made[-1].field is None:
            made[-1] = Part((made[-1].text + part.text)[:MOST_LETTERS])
        else:
            made.append(part)
    return tuple(made)
