"""Fields of a form, and what filling it brought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .hwpx_form_text import Kind
from .hwpx_form_xml import Node

Where = Literal["누름틀", "입력 개체", "칸 이름", "빈 칸", "빈자리", "표시 상자", "자리 표시"]


@dataclass(frozen=True, slots=True)
class FormField:
    """One place to fill. ``key`` follows from the label, so that it stays the same when other parts of the
    form change; fields of one label are counted. ``room`` is how many letters fit, 0 where nothing bounds
    it; ``example`` what stands there now, ``hint`` what the form
    itself says to write."""

    key: str
    label: str
    kind: Kind
    where: Where
    place: str
    example: str = ""
    options: tuple[str, ...] = ()
    room: int = 0
    table: int = 0
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """Characters of one text element: its bytes."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class TextSpot:
    """Characters of a paragraph that the value replaces. ``pad``: how many columns it takes with blanks."""

    paragraph: Node
    ranges: tuple[Range, ...]
    columns: int = 0
    lead: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class CheckSpot:
    """Boxes of one paragraph: where, the sign as it stands, the name."""

    paragraph: Node
    boxes: tuple[tuple[Range, str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class CellSpot:
    """A table cell whose text the value becomes."""

    cell: Node
    paragraphs: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ClickSpot:
    """What stands between the begin and the end of a click-here field (누름틀), maybe over paragraphs."""

    begin: Node
    end: Node
    paragraphs: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ObjectSpot:
    """A form object: check box, combo box or edit line."""

    node: Node


Spot = TextSpot | CheckSpot | CellSpot | ClickSpot | ObjectSpot


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A field and where it is filled; ``section`` counts from 0."""

    field: FormField
    section: int
    spot: Spot


@dataclass(frozen=True, slots=True)
class Problem:
    """What a person should look at after filling: the field and one Korean sentence."""

    key: str
    message: str


@dataclass(frozen=True, slots=True)
class Filled:
    """The filled package."""

    package: bytes
    problems: tuple[Problem, ...] = ()
