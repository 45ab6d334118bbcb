"""What the header of an HWPX package says on letters and borders, as far as finding fields needs it."""

from __future__ import annotations

from dataclasses import dataclass, field

from .hwpx_form_xml import Node, parse

_SIDES = ("leftBorder", "rightBorder", "topBorder", "bottomBorder")


@dataclass(slots=True)
class Styles:
    """``height``: letter size of a charPr (1/100 pt); ``underlined``: those with a line below;
    ``borders``: how many sides of a borderFill are drawn."""

    height: dict[str, int] = field(default_factory=dict)
    underlined: set[str] = field(default_factory=set)
    borders: dict[str, int] = field(default_factory=dict)


def styles_of(header: bytes) -> Styles:
    """The styles of ``Contents/header.xml``."""
    found = Styles()
    for node in parse(header).deep("charPr", "borderFill"):
        key = node.attributes.get("id", "")
        if node.name == "charPr":
            found.height[key] = number(node, "height", 1000)
            line = node.first("underline")
            if line is not None and line.attributes.get("type", "NONE") == "BOTTOM":
                found.underlined.add(key)
        else:
            sides = (node.first(side) for side in _SIDES)
            found.borders[key] = sum(
                1 for side in sides if side is not None and side.attributes.get("type") != "NONE"
            )
    return found


def number(node: Node | None, name: str, otherwise: int) -> int:
    """A whole number of an attribute."""
    raw = node.attributes.get(name, "") if node is not None else ""
    try:
        return int(raw)
    except ValueError:
        return otherwise
