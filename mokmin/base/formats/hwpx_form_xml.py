"""XML with the byte range of every element and text, so that a part can be replaced and every other byte
stays what it was.

A parser that reads and writes again changes quotes, empty elements and namespace declarations all over a
file; an office's own form must come back untouched but for its filled places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from .reasons import unreadable

_OPEN = re.compile(rb"""<[^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*>""")
_NAME = re.compile(rb"<([^\s/>]+)")
# Signs inside of a text that are elements of their own (OWPML hp:t), and what they read as.
_SIGNS = {
    "lineBreak": "\n",
    "tab": "\t",
    "fwSpace": " ",
    "nbSpace": " ",
    "hyphen": "-",
}
_WITH_TEXT = frozenset({"t", "stringParam", "text"})


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters of a text and the bytes that they stand in. ``exact``: each character is its own UTF-8;
    otherwise (an entity, a sign) the bytes belong together."""

    text: str
    start: int
    end: int
    exact: bool


@dataclass(slots=True, eq=False)
class Node:
    """An element. ``start``–``end`` is all of it, ``inner``–``close`` what its tags enclose; of an element
    without content (``<hp:t/>``) both are its end."""

    name: str
    attributes: dict[str, str]
    start: int
    inner: int
    parent: Node | None
    close: int = 0
    end: int = 0
    children: list[Node] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)

    @property
    def is_bare(self) -> bool:
        """Written as one tag, ``<x/>``."""
        return self.inner == self.end

    @property
    def text(self) -> str:
        """Its own characters."""
        return "".join(piece.text for piece in self.pieces)

    def first(self, name: str) -> Node | None:
        """The first child of a name."""
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> Iterator[Node]:
        """All children of a name."""
        return (child for child in self.children if child.name == name)

    def deep(self, *names: str) -> Iterator[Node]:
        """All descendants of some names, in the order of the file."""
        waiting = list(reversed(self.children))
        while waiting:
            node = waiting.pop()
            if node.name in names:
                yield node
            waiting.extend(reversed(node.children))


def tag(data: bytes, node: Node) -> bytes:
    """The start tag of an element as it is written; of ``<x/>`` as ``<x>``."""
    found = _OPEN.match(data, node.start)
    raw = found[0] if found else b""
    return raw[:-2].rstrip() + b">" if raw.endswith(b"/>") else raw


def written(data: bytes, node: Node) -> bytes:
    """The name of an element with its prefix, as it is written."""
    found = _NAME.match(data, node.start)
    return found[1] if found else node.name.encode()


def parse(data: bytes) -> Node:
    """The tree of a UTF-8 file. Raises UnreadableFile; declarations of types and entities are refused."""
    return _Builder(data).build()


class _Builder:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._root = Node("", {}, 0, 0, None)
        self._at = self._root
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = False
        self._parser.StartElementHandler = self._opened
        self._parser.EndElementHandler = self._closed
        self._parser.CharacterDataHandler = self._said
        self._parser.StartDoctypeDeclHandler = self._refused
        self._parser.XmlDeclHandler = self._declared

    def build(self) -> Node:
        try:
            self._parser.Parse(self._data, True)
        except expat.ExpatError as error:
            raise unreadable("damaged") from error
        return self._root.children[0]

    def _refused(self, *_: object) -> None:
        raise unreadable("damaged")

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "utf8"):
            raise unreadable("damaged")

    def _opened(self, name: str, attributes: dict[str, str]) -> None:
        start = self._parser.CurrentByteIndex
        found = _OPEN.match(self._data, start)
        if found is None:
            raise unreadable("damaged")
        local = name.rpartition(" ")[2]
        node = Node(local, attributes, start, found.end(), self._at)
        self._at.children.append(node)
        self._at = node

    def _closed(self, _name: str) -> None:
        node = self._at
        at = self._parser.CurrentByteIndex
        if self._data[node.inner - 2 : node.inner] == b"/>":
            node.close = node.end = node.inner
        else:
            node.close = at
            node.end = self._data.index(b">", at) + 1
        self._at = node.parent or self._root
        if self._at.name == "t":
            sign = _SIGNS.get(node.name, "")
            self._at.pieces.append(Piece(sign, node.start, node.end, False))

    def _said(self, text: str) -> None:
        if self._at.name not in _WITH_TEXT:
            return
        start = self._parser.CurrentByteIndex
        if self._data[start : start + 1] == b"&":
            end, exact = self._data.index(b";", start) + 1, False
        elif self._data[start : start + 2] == b"\r\n":
            end, exact = start + 2, False
        else:
            end, exact = start + len(text.encode("utf-8")), True
        self._at.pieces.append(Piece(text, start, end, exact))
