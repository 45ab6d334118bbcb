"""Finds the fields of one section of a form.

Click-here fields, form objects and named cells say themselves what they are. Everything else is a
judgement: an empty cell counts when a label stands left of it or above; a blank in a line counts by its
signs. Cells that only make room (narrow, or without borders) do not count.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from .hwpx_form_lines import (
    Line,
    clicks_of,
    hint_of,
    inner_lists,
    is_list_of_boxes,
    line_of,
    ranges_of,
    underlined,
    words_around,
    words_between,
)
from .hwpx_form_model import (
    CellSpot,
    CheckSpot,
    ClickSpot,
    FormField,
    Found,
    ObjectSpot,
    Spot,
    TextSpot,
    Where,
)
from .hwpx_form_styles import Styles
from .hwpx_form_tables import FormCell, cells_of, head_row, label_of
from .hwpx_form_text import Blank, Kind, blanks, plain_label
from .hwpx_form_xml import Node

MOST_FIELDS = 5_000
NARROW, LOW = 1_700, 450  # cells thinner than 6 mm or lower than 1.6 mm hold no words
_FORM_OBJECTS = frozenset({"checkBtn", "radioBtn", "comboBox", "edit"})
_USUAL_HINT = "이곳을 마우스로 누르고 내용을 입력하세요."
_DATE_WORD = re.compile(
    r"(?:일자|연월일|년월일|날짜|생일|시행일|접수일|작성일|신청일|기준일|발급일)$"
)


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
        clicks = clicks_of(paragraphs)
        for click in clicks:
            self._click(click, paragraphs)
        inside = {id(p) for c in clicks for p in c.paragraphs[1:-1]}
        for paragraph in paragraphs:
            if len(self.found) >= MOST_FIELDS:
                return
            if id(paragraph) not in inside:
                self._paragraph(paragraph, container, clicks)

    def _paragraph(self, paragraph: Node, container: Node, clicks: Sequence[ClickSpot]) -> None:
        line = line_of(paragraph, clicks)
        text = line.text
        in_cell = container.name == "subList"
        last = ""
        for blank in blanks(text, lone_boxes=in_cell and is_list_of_boxes(container)):
            self._blank(line, blank, text, last)
            last = blank.label or last
        for blank in underlined(line, self._styles):
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
                    for inner in inner_lists(child):
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
        hint = hint_of(spot.begin)
        at = next(i for i, p in enumerate(paragraphs) if p is spot.paragraphs[0])
        label = plain_label(attributes.get("name", ""))
        if not label and hint and hint != _USUAL_HINT:
            label = plain_label(hint)
        if not label:
            label = "본문" if len(spot.paragraphs) > 1 else words_around(paragraphs[at], spot)
        example = words_between(spot)
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

    def _blank(self, line: Line, blank: Blank, text: str, label: str = "") -> None:
        if blank.signs:
            boxes = []
            for start, end, name in blank.signs:
                ranges = ranges_of(line, start, end)
                if ranges:
                    boxes.append((ranges[0], text[start:end], name))
            options = tuple(name for _, _, name in boxes)
            field = self._field(
                blank.label or label or self._heading[:20], "표시 상자", blank.kind,
                options=options if blank.kind == "choice" else (),
            )  # fmt: skip
            self._add(field, CheckSpot(line.node, tuple(boxes)))
            return
        ranges = ranges_of(line, blank.start, blank.end)
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
        self._add(field, TextSpot(line.node, ranges, columns, blank.lead))

    # --- tables ---------------------------------------------------------------------------------
    def _table(self, table: Node) -> None:
        self._tables += 1
        number_here = self._tables
        place = self._heading
        cells = list(cells_of(table))
        at = {(r, c): cell for cell in cells for r in range(cell.row, cell.row + cell.rows)
              for c in range(cell.col, cell.col + cell.cols)}  # fmt: skip
        heads = head_row(cells)
        for cell in cells:
            name = plain_label(cell.node.attributes.get("name", ""))
            box = cell.node.first("subList")
            if box is None:
                continue
            paragraphs = tuple(box.all("p"))
            label = name or label_of(cell, at, heads)
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

    def _holds_words(self, cell: FormCell) -> bool:
        if cell.width < NARROW or cell.height < LOW:
            return False
        drawn = self._styles.borders.get(cell.node.attributes.get("borderFillIDRef", ""), 4)
        return drawn > 1

    def _room(self, cell: FormCell, paragraphs: Sequence[Node]) -> int:
        """About how many Hangul letters fit without the cell growing."""
        run = next((r for p in paragraphs for r in p.all("run")), None)
        size = self._styles.height.get(run.attributes.get("charPrIDRef", "") if run else "", 1000)
        across = max(1, (cell.width - 1_020) // max(size, 100))
        return across * max(1, int(cell.height / (max(size, 100) * 1.6)))


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
