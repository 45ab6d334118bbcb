"""Paragraphs of a form as text, with the bytes of every character, and its click-here fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .hwpx_form_model import ClickSpot, Range
from .hwpx_form_styles import Styles
from .hwpx_form_text import BARRIER, Blank, plain_label
from .hwpx_form_xml import Node, Piece

OBJECTS = frozenset(
    {"tbl", "pic", "rect", "line", "ellipse", "arc", "polygon", "curve", "container", "ole", "equation",
     "video", "textart", "chart", "unknownObject", "checkBtn", "radioBtn", "comboBox", "edit", "btn"}
)  # fmt: skip  # fmt: skip


@dataclass(slots=True)
class Line:
    """One paragraph as text: its pieces, with a barrier where an object or a field stands."""

    node: Node
    parts: list[tuple[Piece | None, Node | None, Node | None]]  # piece, its hp:t, its run

    @property
    def text(self) -> str:
        """Its characters; a barrier stands for each object and field."""
        return "".join(p.text if p is not None else BARRIER for p, _, _ in self.parts)


def line_of(paragraph: Node, clicks: Sequence[ClickSpot]) -> Line:
    """The text of a paragraph; ``clicks`` are fields whose words are none of it."""
    parts: list[tuple[Piece | None, Node | None, Node | None]] = []
    covered = [(c.begin.start, c.end.end) for c in clicks]
    for run in paragraph.all("run"):
        for child in run.children:
            if child.name == "t" and not any(a <= child.start < b for a, b in covered):
                parts.extend((piece, child, run) for piece in child.pieces if piece.text)
            elif child.name in OBJECTS or (
                child.name == "ctrl" and any(True for _ in child.deep("fieldBegin"))
            ):
                parts.append((None, None, None))
    return Line(paragraph, parts)


def ranges_of(line: Line, start: int, end: int) -> tuple[Range, ...]:
    """The bytes of some characters of a line; of an empty stretch the place where it stands."""
    found: list[Range] = []
    at = 0
    for piece, _, _ in line.parts:
        length = len(piece.text) if piece is not None else 1
        begin, stop = max(start, at), min(end, at + length)
        empty_here = start == end and at <= start <= at + length
        if piece is not None and (begin < stop or (empty_here and not found)):
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
    return tuple(found)


def underlined(line: Line, styles: Styles) -> Iterator[Blank]:
    """Underlined stretches of blanks."""
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


def inner_lists(node: Node) -> Iterator[Node]:
    """The nearest lists of paragraphs below an object or a control."""
    waiting = list(reversed(node.children))
    while waiting:
        at = waiting.pop()
        if at.name == "subList":
            yield at
        else:
            waiting.extend(reversed(at.children))


def is_list_of_boxes(container: Node) -> bool:
    """Whether all paragraphs with words begin with a box to check."""
    texts = [t for p in container.all("p") if (t := line_of(p, ()).text.strip())]
    return bool(texts) and all(t[0] in "□☐▢☑■" and len(t) <= 40 for t in texts)


def clicks_of(paragraphs: Sequence[Node]) -> list[ClickSpot]:
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


def words_between(spot: ClickSpot) -> str:
    """What stands in a click-here field now."""
    words = [
        t.text
        for p in spot.paragraphs
        for run in p.all("run")
        for t in run.all("t")
        if spot.begin.end <= t.start < spot.end.start
    ]
    return " ".join("".join(words).split())


def hint_of(begin: Node) -> str:
    """What a click-here field says before it is filled."""
    said = {p.attributes.get("name", ""): p.text for p in begin.deep("stringParam")}
    if direct := said.get("Direction", "").strip():
        return direct
    found = re.search(r"Direction:wstring:\d+:(.*?)\s*HelpState:", said.get("Command", ""))
    return found[1].strip() if found else ""


def words_around(paragraph: Node, spot: ClickSpot) -> str:
    """The words beside a click-here field that has no name."""
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
