"""Finds the fields of one section of a form.

Click-here fields, form objects and named cells say themselves what they are. Everything else is a
judgement: an empty cell counts when a label stands left of it or above; a blank in a line counts by its
signs. Cells that only make room (narrow, or without borders) do not count.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from .hwpx_form_model import (
    CellSpot,
    CheckSpot,
    ClickSpot,
    FormField,
    Found,
    ObjectSpot,
    Range,
    Spot,
    TextSpot,
    Where,
)
from .hwpx_form_styles import Styles, number
from .hwpx_form_text import BARRIER, Blank, Kind, blanks, plain_label
from .hwpx_form_xml import Node, Piece

MOST_FIELDS = 5_000
NARROW, LOW = 1_700, 450  # cells thinner than 6 mm or lower than 1.6 mm hold no words
_OBJECTS = frozenset(
    {"tbl", "pic", "rect", "line", "ellipse", "arc", "polygon", "curve", "container", "ole", "equation",
     "video", "textart", "chart", "unknownObject", "checkBtn", "radioBtn", "comboBox", "edit", "btn"}
)  # fmt: skip
_FORM_OBJECTS = frozenset({"checkBtn", "radioBtn", "comboBox", "edit"})
_USUAL_HINT = "이곳을 마우스로 누르고 내용을 입력하세요."
_DATE_WORD = re.compile(
    r"(?:일자|연월일|년월일|날짜|생일|시행일|접수일|작성일|신청일|기준일|발급일)$"
)
_NO_LABEL = re.compile(r"^[※*<〈《【]|귀하\s*$")
_NUMBERED = re.compile(r"^[\d.,:()\-~%·․ㆍ\s]*$")


@dataclass(slots=True)
class _Line:
    """One paragraph as text: its pieces, with a barrier where an object or a field stands."""

    node: Node
    parts: list[tuple[Piece | None, Node | None, Node | None]]  # piece, its hp:t, its run

    @property
    def text(self) -> str:
        return "".join(p.text if p is not None else BARRIER for p, _, _ in self.parts)


@dataclass(slots=True)
class _Cell:
    node: Node
    row: int
    col: int
    rows: int
    cols: int
    text: str
    is_empty: bool
    width: int
    height: int


class Finder:
    """Collects the fields of a section in the order of the document."""

    def __init__(self, section: int, styles: Styles) -> None:
        self.found: list[Found] = []
        self._section, self._styles = section, styles
        self._heading = ""
        self._tables = 0

    def walk(self, container: Node) -> None:
        """The paragraphs of a section, a cell, a text box, a header or a footer."""
        paragraphs = list(container.all("p"))
        clicks = _clicks(paragraphs)
        for click in clicks:
            self._click(click, paragraphs)
        inside = {id(p) for c in clicks for p in c.paragraphs[1:-1]}
        for paragraph in paragraphs:
            if len(self.found) >= MOST_FIELDS:
                return
            if id(paragraph) not in inside:
                self._paragraph(paragraph, container, clicks)

    def _paragraph(self, paragraph: Node, container: Node, clicks: Sequence[ClickSpot]) -> None:
        line = _line(paragraph, clicks)
        text = line.text
        in_cell = container.name == "subList"
        last = ""
        for blank in blanks(text, lone_boxes=in_cell and _is_list_of_boxes(container)):
            self._blank(line, blank, text, last)
            last = blank.label or last
        for blank in _underlined(line, self._styles):
            self._blank(line, blank, text)
        if not in_cell and (said := plain_label(text)):
            self._heading = said[:40]
        for run in paragraph.all("run"):
            for child in run.children:
                if child.name == "tbl":
                    self._table(child)
                elif child.name in _FORM_OBJECTS:
                    self._object(child, text)
                elif child.name not in ("t", "secPr"):
                    for inner in _inner_lists(child):
                        self.walk(inner)

    # --- kinds of places ------------------------------------------------------------------------
    def _add(self, field: FormField, spot: Spot) -> None:
        self.found.append(Found(field, self._section, spot))

    def _field(
        self, label: str, where: Where, kind: Kind = "text", *, example: str = "",
        options: tuple[str, ...] = (), room: int = 0, place: str = "", table: int = 0,
    ) -> FormField:  # fmt: skip
        place = place or self._heading
        label = label or plain_label(self._heading)[:20] or where
        return FormField(label, label, kind, where, place, example[:200], options, room, table)

    def _click(self, spot: ClickSpot, paragraphs: Sequence[Node]) -> None:
        attributes = spot.begin.attributes
        hint = _hint(spot.begin)
        at = next(i for i, p in enumerate(paragraphs) if p is spot.paragraphs[0])
        label = plain_label(attributes.get("name", ""))
        if not label and hint and hint != _USUAL_HINT:
            label = plain_label(hint)
        if not label:
            label = "본문" if len(spot.paragraphs) > 1 else _around(paragraphs[at], spot)
        example = _between(spot)
        field = self._field(
            label, "누름틀", _kind_of(label), example="" if example == hint else example
        )
        self._add(replace(field, hint=hint if hint != _USUAL_HINT else ""), spot)

    def _object(self, node: Node, text: str) -> None:
        a = node.attributes
        label = plain_label(a.get("caption", "") or a.get("name", "")) or plain_label(text)
        if node.name in ("checkBtn", "radioBtn"):
            field = self._field(label, "입력 개체", "check")
        elif node.name == "comboBox":
            options = tuple(
                i.attributes.get("displayText") or i.attributes.get("value", "")
                for i in node.all("listItem")
            )
            label = plain_label(a.get("name", "")) or label
            field = self._field(
                label, "입력 개체", "choice", example=a.get("selectedValue", ""), options=options
            )
        else:
            said = node.first("text")
            label = plain_label(a.get("name", "")) or label
            field = self._field(label, "입력 개체", example=said.text if said else "")
        self._add(field, ObjectSpot(node))

    def _blank(self, line: _Line, blank: Blank, text: str, label: str = "") -> None:
        if blank.signs:
            boxes = []
            for start, end, name in blank.signs:
                ranges, _ = _ranges(line, start, end)
                if ranges:
                    boxes.append((ranges[0], text[start:end], name))
            options = tuple(name for _, _, name in boxes)
            field = self._field(
                blank.label or label or self._heading[:20], "표시 상자", blank.kind,
                options=options if blank.kind == "choice" else (),
            )  # fmt: skip
            self._add(field, CheckSpot(line.node, tuple(boxes)))
            return
        ranges, t = _ranges(line, blank.start, blank.end)
        if not ranges:
            return
        where: Where = (
            "자리 표시" if text[blank.start : blank.start + 2] in ("{{", "«") else "빈자리"
        )
        columns = (
            sum(1 if c.isascii() else 2 for c in text[blank.start : blank.end]) if blank.pad else 0
        )
        example = text[blank.start : blank.end].strip()
        kind = blank.kind if blank.kind != "text" else _kind_of(blank.label)
        field = self._field(blank.label or label, where, kind, example=example)
        self._add(field, TextSpot(line.node, ranges, columns, t))

    # --- tables ---------------------------------------------------------------------------------
    def _table(self, table: Node) -> None:
        self._tables += 1
        number_here = self._tables
        place = self._heading
        cells = list(_cells(table))
        at = {(r, c): cell for cell in cells for r in range(cell.row, cell.row + cell.rows)
              for c in range(cell.col, cell.col + cell.cols)}  # fmt: skip
        heads = _head_row(cells)
        for cell in cells:
            name = plain_label(cell.node.attributes.get("name", ""))
            box = cell.node.first("subList")
            if box is None:
                continue
            paragraphs = tuple(box.all("p"))
            label = name or _label(cell, at, heads)
            if name or (cell.is_empty and label and self._holds_words(cell)):
                where: Where = "칸 이름" if name else "빈 칸"
                field = self._field(
                    label, where, _kind_of(label), example=cell.text, place=place,
                    room=self._room(cell, paragraphs), table=number_here,
                )  # fmt: skip
                self._add(field, CellSpot(cell.node, paragraphs))
                continue
            before = len(self.found)
            self.walk(box)
            for i in range(before, len(self.found)):
                own = self.found[i]
                better = (
                    own.field.label
                    if own.field.label != plain_label(place)[:20]
                    else (label or own.field.label)
                )
                changed = replace(
                    own.field,
                    label=better,
                    key=better,
                    place=place,
                    table=own.field.table or number_here,
                )
                self.found[i] = replace(own, field=changed)

    def _holds_words(self, cell: _Cell) -> bool:
        if cell.width < NARROW or cell.height < LOW:
            return False
        drawn = self._styles.borders.get(cell.node.attributes.get("borderFillIDRef", ""), 4)
        return drawn > 1

    def _room(self, cell: _Cell, paragraphs: Sequence[Node]) -> int:
        """About how many Hangul letters fit without the cell growing."""
        run = next((r for p in paragraphs for r in p.all("run")), None)
        size = self._styles.height.get(run.attributes.get("charPrIDRef", "") if run else "", 1000)
        across = max(1, (cell.width - 1_020) // max(size, 100))
        return across * max(1, int(cell.height / (max(size, 100) * 1.6)))


def _is_list_of_boxes(container: Node) -> bool:
    """Whether all paragraphs with words begin with a box to check."""
    texts = [t for p in container.all("p") if (t := _line(p, ()).text.strip())]
    return bool(texts) and all(t[0] in "□☐▢☑■" and len(t) <= 40 for t in texts)


def _inner_lists(node: Node) -> Iterator[Node]:
    """The nearest lists of paragraphs below an object or a control."""
    waiting = list(reversed(node.children))
    while waiting:
        at = waiting.pop()
        if at.name == "subList":
            yield at
        else:
            waiting.extend(reversed(at.children))


def _cells(table: Node) -> Iterator[_Cell]:
    for row in table.all("tr"):
        for node in row.all("tc"):
            address, span, size = (
                node.first("cellAddr"),
                node.first("cellSpan"),
                node.first("cellSz"),
            )
            box = node.first("subList")
            paragraphs = list(box.all("p")) if box is not None else []
            words = [t for p in paragraphs if (t := _line(p, ()).text.replace(BARRIER, ""))]
            things = any(
                child.name in _OBJECTS or (child.name == "ctrl" and any(True for _ in child.deep("fieldBegin")))
                for p in paragraphs for run in p.all("run") for child in run.children
            )  # fmt: skip
            text = "\n".join(words).strip()
            yield _Cell(
                node, number(address, "rowAddr", 0), number(address, "colAddr", 0),
                min(200, max(1, number(span, "rowSpan", 1))), min(63, max(1, number(span, "colSpan", 1))),
                text, not text and not things and bool(paragraphs),
                number(size, "width", 5_000), number(size, "height", 1_500),
            )  # fmt: skip


def _head_row(cells: Sequence[_Cell]) -> int:
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


def _alternates(cells: Sequence[_Cell], head: int) -> bool:
    """Whether rows go label, blank, label, blank: then the first row is one of them, no head."""
    for row in {c.row for c in cells if c.row > head}:
        own = sorted((c for c in cells if c.row == row), key=lambda c: c.col)
        if any(
            own[i].is_empty and own[i + 2].is_empty and own[i - 1].text and own[i + 1].text
            for i in range(1, len(own) - 2)
        ):
            return True
    return False


def _label(cell: _Cell, at: dict[tuple[int, int], _Cell], heads: int) -> str:
    above = _nearest(cell, at, up=True)
    left = _nearest(cell, at, up=False)
    row_name = _row_name(cell, at)
    if heads >= 0 and cell.row > heads and (column := at.get((heads, cell.col))) is not None:
        head = plain_label(column.text)
        return f"{head} · {row_name or f'{cell.row - heads}행'}"
    beside = at.get((cell.row, cell.col - 1))
    if beside is not None and plain_label(beside.text) and not _NUMBERED.match(beside.text):
        over = at.get((cell.row - 1, cell.col))
        if beside.rows > cell.rows and over is not None and over.text and over.row > beside.row:
            return plain_label(over.text)  # the label at the left is that of a whole block
        outer = at.get((cell.row, beside.col - 1))
        name = plain_label(beside.text)
        if outer is not None and outer is not beside and outer.text and outer.rows > beside.rows:
            return f"{plain_label(outer.text)} {name}"
        return name
    if above is not None and len(above.text) <= 40 and not _NO_LABEL.search(above.text):
        head = plain_label(above.text)
        return (
            f"{head} · {row_name}"
            if row_name and left is not None and left.row == cell.row
            else head
        )
    return plain_label(left.text) if left is not None else ""


def _nearest(cell: _Cell, at: dict[tuple[int, int], _Cell], *, up: bool) -> _Cell | None:
    row, col = cell.row, cell.col
    for _ in range(300):
        row, col = (row - 1, col) if up else (row, col - 1)
        if row < 0 or col < 0:
            return None
        other = at.get((row, col))
        if other is not None and plain_label(other.text):
            return other
    return None


def _row_name(cell: _Cell, at: dict[tuple[int, int], _Cell]) -> str:
    names: list[str] = []
    for col in range(cell.col):
        other = at.get((cell.row, col))
        if other is None or not other.text or not re.search(r"[0-9A-Za-z가-힣]", other.text):
            continue
        name = plain_label(other.text)[:20]
        if name and name not in names:
            names.append(name)
    return " ".join(names[:2])


def _line(paragraph: Node, clicks: Sequence[ClickSpot]) -> _Line:
    parts: list[tuple[Piece | None, Node | None, Node | None]] = []
    covered = [(c.begin.start, c.end.end) for c in clicks]
    for run in paragraph.all("run"):
        for child in run.children:
            if child.name == "t" and not any(a <= child.start < b for a, b in covered):
                parts.extend((piece, child, run) for piece in child.pieces if piece.text)
            elif child.name in _OBJECTS or (
                child.name == "ctrl" and any(True for _ in child.deep("fieldBegin"))
            ):
                parts.append((None, None, None))
    return _Line(paragraph, parts)


def _ranges(line: _Line, start: int, end: int) -> tuple[tuple[Range, ...], Node | None]:
    """The bytes of some characters of a line; of an empty stretch the place where it stands."""
    found: list[Range] = []
    first: Node | None = None
    at = 0
    for piece, t, _ in line.parts:
        length = len(piece.text) if piece is not None else 1
        begin, stop = max(start, at), min(end, at + length)
        empty_here = start == end and at <= start <= at + length
        if piece is not None and (begin < stop or (empty_here and not found)):
            first = first or t
            if piece.exact:
                a = piece.start + len(piece.text[: begin - at].encode())
                b = a + len(piece.text[begin - at : max(begin, stop) - at].encode())
                found.append(Range(a, b))
            elif start == end:
                found.append(Range(piece.end, piece.end))
            else:
                found.append(Range(piece.start, piece.end))
        at += length
    if start == end and len(found) > 1:
        found = found[-1:]
    return tuple(found), first


def _underlined(line: _Line, styles: Styles) -> Iterator[Blank]:
    at = 0
    text = line.text
    for piece, _, run in line.parts:
        length = len(piece.text) if piece is not None else 1
        if (
            piece is not None and run is not None and length > 2 and not piece.text.strip()
            and run.attributes.get("charPrIDRef") in styles.underlined
        ):  # fmt: skip
            label = plain_label(re.split(r"[ \u3000]{3,}", text[:at].rstrip(" :："))[-1])
            yield Blank(at, at + length, label[-20:], pad=True)
        at += length


def _clicks(paragraphs: Sequence[Node]) -> list[ClickSpot]:
    """The click-here fields whose ends stand in paragraphs of the same list."""
    begun: dict[str, tuple[Node, int]] = {}
    found: list[ClickSpot] = []
    for number_here, paragraph in enumerate(paragraphs):
        for control in (c for run in paragraph.all("run") for c in run.all("ctrl")):
            for node in control.children:
                if node.name == "fieldBegin" and node.attributes.get("type") == "CLICK_HERE":
                    begun[node.attributes.get("id", "")] = (control, number_here)
                elif node.name == "fieldEnd" and node.attributes.get("beginIDRef", "") in begun:
                    begin, first = begun.pop(node.attributes["beginIDRef"])
                    inner = begin.first("fieldBegin") or begin
                    begin.attributes.update(inner.attributes)
                    found.append(
                        ClickSpot(begin, control, tuple(paragraphs[first : number_here + 1]))
                    )
    return found


def _hint(begin: Node) -> str:
    """What a click-here field says before it is filled."""
    said = {p.attributes.get("name", ""): p.text for p in begin.deep("stringParam")}
    if direct := said.get("Direction", "").strip():
        return direct
    found = re.search(r"Direction:wstring:\d+:(.*?)\s*HelpState:", said.get("Command", ""))
    return found[1].strip() if found else ""


def _between(spot: ClickSpot) -> str:
    words = [
        t.text
        for p in spot.paragraphs
        for run in p.all("run")
        for t in run.all("t")
        if spot.begin.end <= t.start < spot.end.start
    ]
    return " ".join("".join(words).split())


def _around(paragraph: Node, spot: ClickSpot) -> str:
    before = after = ""
    for t in (t for run in paragraph.all("run") for t in run.all("t")):
        if t.end <= spot.begin.start:
            before += t.text
        elif t.start >= spot.end.end:
            after += t.text
    if before.rstrip().endswith((":", "：")):
        return plain_label(before)[-20:]
    follows = re.match(r"[가-힣]{1,8}", after)
    return follows[0] if follows else plain_label(before)[-20:]


def _kind_of(label: str) -> Kind:
    return "date" if _DATE_WORD.search(label.split(" · ")[0]) else "text"


def with_keys(found: Sequence[Found]) -> list[Found]:
    """The same fields with keys of their own: the label, counted where several bear it."""
    seen: Counter[str] = Counter()
    made = []
    for one in found:
        seen[one.field.label] += 1
        count = seen[one.field.label]
        key = one.field.label if count == 1 else f"{one.field.label} ({count})"
        made.append(replace(one, field=replace(one.field, key=key)))
    return made
