"""The model of an official document (공문서), free of any file format.

Numbers of items are never stored: they follow from the order and depth of the blocks
(행정업무의 운영 및 혁신에 관한 규정 시행규칙 제2조제1항). Every span tells where its words come from, so that
a reader sees what a machine wrote, who changed it, and which fact or source it rests on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

OriginKind = Literal["form", "fact", "source", "ai", "person", "blank"]
BlockStyle = Literal["item", "bullet", "heading", "text", "lead", "quote", "note", "box", "table"]
Role = Literal["기안", "검토", "협조", "결재"]
BLANK = "[  ]"
STYLES: tuple[BlockStyle, ...] = (
    "item", "bullet", "heading", "text", "lead", "quote", "note", "box", "table",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Origin:
    """Where words come from. ``ref``: the name of the fact, the passage, the model or the login; for
    ``blank`` the name of the missing fact; for ``form`` (words of the form itself) nothing."""

    kind: OriginKind = "form"
    ref: str = ""


FORM = Origin()


@dataclass(frozen=True, slots=True)
class Span:
    """Words of one origin."""

    text: str
    origin: Origin = FORM


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell; covered positions of a merged cell are not repeated."""

    text: str
    row_span: int = 1
    col_span: int = 1
    origin: Origin = FORM


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph or table of the body.

    ``item``: numbered by the official marks, ``level`` 1–8. ``bullet``: □ ○ - ※ of reports, 1–4.
    ``heading``: a title inside the body, 1–3. ``box``: a framed summary, one line a ``\\n``.
    ``caption`` of a table stands above it, ``unit`` (단위: 천원) at the right.
    """

    style: BlockStyle
    spans: tuple[Span, ...] = ()
    level: int = 1
    rows: tuple[tuple[TableCell, ...], ...] = ()
    heads: int = 1
    caption: str = ""
    unit: str = ""

    @property
    def text(self) -> str:
        """All its words; cells of a table joined by spaces, rows by line ends."""
        if self.style == "table":
            return "\n".join(" ".join(cell.text for cell in row) for row in self.rows)
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class Approver:
    """One person of the decision block (결재란). ``signed_on`` stays empty until that person signs; ``how``
    is 전결, 대결 or empty."""

    role: Role
    post: str
    name: str = ""
    signed_on: str = ""
    how: str = ""


@dataclass(frozen=True, slots=True)
class OfficialDocument:
    """A document of one kind. ``fields`` are the parts of its head and foot by their Korean names
    (수신, 제목, 발신명의 …); ``attachments`` the lines after 붙임, without number."""

    kind: str
    fields: Mapping[str, Span] = field(default_factory=dict)
    body: tuple[Block, ...] = ()
    attachments: tuple[Span, ...] = ()
    approvers: tuple[Approver, ...] = ()

    def value(self, key: str) -> str:
        """The words of a field, empty where it has none."""
        found = self.fields.get(key)
        return found.text if found else ""

    @property
    def title(self) -> str:
        """제목."""
        return self.value("제목")

    @property
    def blanks(self) -> tuple[str, ...]:
        """Names of the facts that are missing, in order, each once."""
        return tuple(dict.fromkeys(o.ref for _, o in self.texts if o.kind == "blank"))

    @property
    def texts(self) -> Iterator[tuple[str, Origin]]:
        """All words with their origins: fields, body, attachments."""
        for span in (*self.fields.values(), *self.attachments):
            yield span.text, span.origin
        for block in self.body:
            for span in block.spans:
                yield span.text, span.origin
            for row in block.rows:
                for cell in row:
                    yield cell.text, cell.origin

    def with_field(self, key: str, span: Span) -> OfficialDocument:
        """The document with one field changed."""
        return replace(self, fields={**self.fields, key: span})
