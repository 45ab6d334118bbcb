"""Filling a field: which bytes of a section become which. Nothing else is touched; only the line layout
that 한글 keeps of a paragraph (``linesegarray``) goes where its text changes, since it would be wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from .hwpx_form_model import CellSpot, CheckSpot, ClickSpot, Found, ObjectSpot, TextSpot
from .hwpx_form_xml import Node, tag, written

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_YES = frozenset(
    {
        "예",
        "네",
        "참",
        "o",
        "ㅇ",
        "○",
        "y",
        "yes",
        "true",
        "1",
        "✓",
        "√",
        "v",
        "■",
        "☑",
        "해당",
        "있음",
        "동의",
        "동의함",
    }
)
_NO = frozenset({"아니요", "아니오", "x", "n", "no", "false", "0", "□", "-", "해당없음", "없음", "미동의", "동의하지 않음", "거짓"})  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Bytes ``start``–``end`` of a section become ``new``."""

    start: int
    end: int
    new: bytes


def truthy(value: str) -> bool | None:
    """Whether a box is to be checked; None when the word does not say."""
    word = value.strip().lower()
    if word in _YES:
        return True
    return False if word in _NO else None


def spliced(data: bytes, edits: Sequence[Edit]) -> bytes:
    """The data with its edits. Those of a stretch that another one takes away are left out."""
    parts: list[bytes] = []
    at = 0
    for edit in sorted(set(edits), key=lambda e: (e.start, -e.end)):
        if edit.start < at:
            continue
        parts += (data[at : edit.start], edit.new)
        at = edit.end
    return b"".join([*parts, data[at:]])


def edits_of(data: bytes, found: Found, value: str) -> list[Edit]:
    """What filling one field changes."""
    spot = found.spot
    value = clean(value)
    if isinstance(spot, TextSpot):
        return _text(data, spot, value)
    if isinstance(spot, CheckSpot):
        return _checks(spot, value, found.field.kind == "check")
    if isinstance(spot, CellSpot):
        return _cell(data, spot, value)
    if isinstance(spot, ClickSpot):
        return _click(data, spot, value)
    return _object(data, spot, value)


def clean(value: str) -> str:
    """A value without what XML cannot carry; tabs as blanks."""
    value = value.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    return _CONTROL.sub("", value).strip("\n")


def _without_layout(paragraphs: Sequence[Node]) -> list[Edit]:
    return [Edit(n.start, n.end, b"") for p in paragraphs for n in p.all("linesegarray")]


def _characters(text: str, prefix: bytes) -> bytes:
    lines = [escape(line).encode() for line in text.split("\n")]
    return (b"<" + prefix + b"lineBreak/>").join(lines)


def _prefix(data: bytes, node: Node) -> bytes:
    name, colon, _ = written(data, node).partition(b":")
    return name + colon if colon else b""


def _text(data: bytes, spot: TextSpot, value: str) -> list[Edit]:
    if spot.columns:
        width = sum(1 if c.isascii() else 2 for c in value)
        value = f" {value}" + " " * max(1, spot.columns - width - 1)
    value = spot.lead + value
    first, *rest = spot.ranges
    prefix = _prefix(data, spot.paragraph)
    edits = [Edit(first.start, first.end, _characters(value, prefix))]
    edits += [Edit(r.start, r.end, b"") for r in rest]
    return edits + _without_layout([spot.paragraph])


def _checks(spot: CheckSpot, value: str, single: bool) -> list[Edit]:
    """The chosen boxes checked, in the sign of the form; those that were checked before are opened."""
    wanted = {w.strip() for w in re.split(r"[,\n]", value)}
    full = "☑" if any(sign == "☑" for _, sign, _ in spot.boxes) else "■"
    edits = []
    for at, sign, name in spot.boxes:
        chosen = truthy(value) is True if single else name in wanted
        if chosen and sign not in "☑■":
            edits.append(Edit(at.start, at.end, ("[√]" if sign.startswith("[") else full).encode()))
        elif not chosen and sign in "☑■":
            edits.append(Edit(at.start, at.end, "□".encode()))
    return [*edits, *_without_layout([spot.paragraph])] if edits else []


def _cell(data: bytes, spot: CellSpot, value: str) -> list[Edit]:
    """The first paragraph with words, or the first one, takes the value; one of its own for each further
    line, in place of the empty ones that follow. Paragraphs with objects stay."""
    target = next((p for p in spot.paragraphs if _said(p)), spot.paragraphs[0])
    first, *more = value.split("\n")
    edits = _paragraph(data, target, first)
    free = [p for p in spot.paragraphs if p is not target and not _things(p)]
    after = [p for p in free if p.start > target.start]
    gone = [p for p in free if _said(p)]
    spare = [p for p in after if p not in gone]
    gone += spare[: max(0, len(more) - len(gone))]
    edits += [Edit(p.start, p.end, b"") for p in gone]
    if more:
        edits.append(
            Edit(target.end, target.end, b"".join(_twin(data, target, line) for line in more))
        )
    return edits


def _said(paragraph: Node) -> bool:
    return any(t.text.strip() for run in paragraph.all("run") for t in run.all("t"))


def _things(paragraph: Node) -> bool:
    return any(child.name != "t" for run in paragraph.all("run") for child in run.children)


def _paragraph(data: bytes, paragraph: Node, line: str) -> list[Edit]:
    """One paragraph's words become a line, in the look of its first words."""
    prefix = _prefix(data, paragraph)
    body = _characters(line, prefix)
    runs = list(paragraph.all("run"))
    texts = [t for run in runs for t in run.all("t")]
    target = next((t for t in texts if t.text.strip()), texts[0] if texts else None)
    wrapped = b"<" + prefix + b"t>" + body + b"</" + prefix + b"t>"
    edits = _without_layout([paragraph])
    if target is not None:
        edits += [_filled(data, target, body)]
        return edits + [_filled(data, t, b"") for t in texts if t is not target and not t.is_bare]
    if runs:
        run = runs[-1]
        if run.is_bare:
            name = written(data, run)
            return [
                *edits,
                Edit(run.start, run.end, tag(data, run) + wrapped + b"</" + name + b">"),
            ]
        return [*edits, Edit(run.close, run.close, wrapped)]
    made = b"<" + prefix + b'run charPrIDRef="0">' + wrapped + b"</" + prefix + b"run>"
    if paragraph.is_bare:
        name = written(data, paragraph)
        return [
            *edits,
            Edit(paragraph.start, paragraph.end, tag(data, paragraph) + made + b"</" + name + b">"),
        ]
    return [*edits, Edit(paragraph.inner, paragraph.inner, made)]


def _filled(data: bytes, t: Node, body: bytes) -> Edit:
    if t.is_bare:
        return Edit(t.start, t.end, tag(data, t) + body + b"</" + written(data, t) + b">")
    return Edit(t.inner, t.close, body)


def _twin(data: bytes, paragraph: Node, line: str) -> bytes:
    """A further paragraph of the same look."""
    prefix = _prefix(data, paragraph)
    runs = list(paragraph.all("run"))
    run = next(
        (r for r in runs if any(t.text.strip() for t in r.all("t"))), runs[-1] if runs else None
    )
    opened = tag(data, run) if run is not None else b"<" + prefix + b'run charPrIDRef="0">'
    text = b"<" + prefix + b"t>" + _characters(line, prefix) + b"</" + prefix + b"t>"
    # A page break before the paragraph is not repeated.
    head = re.sub(rb'((?:page|column)Break)="1"', rb'\1="0"', tag(data, paragraph))
    return head + opened + text + b"</" + prefix + b"run></" + written(data, paragraph) + b">"


def _click(data: bytes, spot: ClickSpot, value: str) -> list[Edit]:
    """The stretch between begin and end becomes the value, in the look of the words that stood there;
    pictures, tables and controls inside stay behind the words."""
    prefix = _prefix(data, spot.begin)
    begin_run, end_run = spot.begin.parent, spot.end.parent
    if begin_run is None or end_run is None:
        return []
    inside = [
        (run, child)
        for p in spot.paragraphs
        for run in p.all("run")
        for child in run.children
        if spot.begin.end <= child.start < spot.end.start
    ]
    kept = b"".join(data[c.start : c.end] for _, c in inside if c.name != "t" and not _is_field(c))
    looked = next((run for run, c in inside if c.name == "t" and c.text.strip()), begin_run)
    text = b"<" + prefix + b"t>" + _characters(value, prefix) + b"</" + prefix + b"t>" + kept
    close = b"</" + prefix + b"run>"
    if looked is begin_run and begin_run is end_run:
        new = text
    elif looked is begin_run:
        new = text + close + tag(data, end_run)
    else:
        new = close + tag(data, looked) + text + close + tag(data, end_run)
    return [
        Edit(spot.begin.end, spot.end.start, new),
        *_without_layout([spot.paragraphs[0], spot.paragraphs[-1]]),
    ]


def _is_field(node: Node) -> bool:
    return node.name == "ctrl" and any(c.name in ("fieldBegin", "fieldEnd") for c in node.children)


def _object(data: bytes, spot: ObjectSpot, value: str) -> list[Edit]:
    node = spot.node
    if node.name in ("checkBtn", "radioBtn"):
        checked = truthy(value)
        if checked is None:
            return []
        return _attribute(data, node, "value", "CHECKED" if checked else "UNCHECKED")
    if node.name == "comboBox":
        items = {
            i.attributes.get("displayText", ""): i.attributes.get("value", "")
            for i in node.all("listItem")
        }
        return _attribute(data, node, "selectedValue", items.get(value) or value)
    said = node.first("text")
    body = escape(value).encode()
    if said is None:
        return []
    return [_filled(data, said, body)]


def _attribute(data: bytes, node: Node, name: str, value: str) -> list[Edit]:
    opening = data[node.start : node.inner]
    found = re.search(rb"\s" + name.encode() + rb"=(\"[^\"]*\"|'[^']*')", opening)
    quoted = quoteattr(value).encode()
    if found is None:
        at = node.start + 1 + len(written(data, node))
        return [Edit(at, at, b" " + name.encode() + b"=" + quoted)]
    return [Edit(node.start + found.start(1), node.start + found.end(1), quoted)]
