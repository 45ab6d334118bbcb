"""HTML, Markdown, plain text and CSV."""

from __future__ import annotations

import csv
import io
import re
from itertools import islice
from pathlib import Path

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PreformattedString, Tag
from markdown_it import MarkdownIt

from .charset import decode_text
from .extracted import Extracted, clean_line, clean_text, table_block
from .limits import ReadContext
from .model import Block, Cell
from .reasons import unreadable

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_SKIPPED = frozenset(
    ("script", "style", "noscript", "template", "nav", "svg", "head", "iframe", "button", "select")
)
_BLOCKS = frozenset(
    ("p", "div", "section", "article", "main", "body", "html", "ul", "ol", "dl", "dt", "dd", "li",
     "table", "blockquote", "pre", "header", "footer", "aside", "figure", "figcaption", "address",
     "form", "fieldset", "details", "summary", "center", "[document]", *_HEADINGS)
)  # fmt: skip


def read(path: Path, context: ReadContext) -> Extracted:
    """Blocks of a text file of kind html, md, txt or csv. Raises UnreadableFile."""
    text = decode_text(path.read_bytes())
    if text is None:
        raise unreadable("encoding")
    if context.kind == "html":
        return _html(text, context)
    if context.kind == "md":
        return _html(MarkdownIt("commonmark").enable("table").render(text), context)
    if context.kind == "csv":
        return _csv(text, context)
    return Extracted(tuple(_plain(text)))


def _plain(text: str) -> list[Block]:
    """A block for every line: official text carries its marks at line starts."""
    return [Block("paragraph", line) for line in clean_text(text).split("\n") if line]


def _csv(text: str, context: ReadContext) -> Extracted:
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(text[:8192], delimiters=",\t;|")
    except csv.Error:
        dialect = csv.excel
    limits = context.limits
    rows: list[tuple[Cell, ...]] = []
    warnings: list[str] = []
    cells = 0
    try:
        for raw in csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), dialect):
            if not any(value.strip() for value in raw):
                continue
            cells += len(raw)
            if len(rows) >= limits.table_rows or cells > limits.table_cells:
                warnings.append(f"표가 커서 앞의 {len(rows):,}행만 읽었습니다.")
                break
            rows.append(tuple(Cell(clean_text(value)) for value in raw[: limits.table_columns]))
    except csv.Error as error:
        raise unreadable("damaged") from error
    block = table_block(rows)
    return Extracted((block,) if block else (), warnings=tuple(warnings))


# What no reader can see however the page is used. ``display:none`` is not among it: pages fold the
# answers of questions that way.
_UNSEEN = re.compile(
    r"font-size:\s*(?:0(?:\.\d+)?|1)(?:px|pt|em|rem|%)?\s*(?:;|!|$)|(?<!-)opacity:\s*0(?:\.0+)?\s*(?:;|!|$)"
    r"|(?:left|top|text-indent):\s*-\d{4,}px",
    re.IGNORECASE,
)
_WHITE = r"(?:#fff(?:fff)?|white|rgb\(\s*255\s*,\s*255\s*,\s*255\s*\))"
_WHITE_ON_WHITE = (
    re.compile(rf"(?<![-\w])color:\s*{_WHITE}", re.IGNORECASE),
    re.compile(rf"background(?:-color)?:\s*{_WHITE}", re.IGNORECASE),
)
UNSEEN_WARNING = "화면에 보이지 않게 숨긴 글 {count}곳은 읽지 않았습니다."


def _unseen(tag: Tag) -> bool:
    style = str(tag.get("style") or "")
    return bool(style) and (
        _UNSEEN.search(style) is not None
        or all(pattern.search(style) for pattern in _WHITE_ON_WHITE)
    )


def _html(markup: str, context: ReadContext) -> Extracted:
    soup = BeautifulSoup(markup, "lxml")
    hidden = [tag for tag in soup.find_all(style=True) if _unseen(tag) and tag.get_text(strip=True)]
    for tag in hidden:
        tag.extract()
    warnings = (UNSEEN_WARNING.format(count=len(hidden)),) if hidden else ()
    title = clean_line(soup.title.get_text()) if soup.title else ""
    blocks: list[Block] = []
    _Walker(blocks, context.limits.nesting, context.limits.table_cells).walk(soup.body or soup)
    return Extracted(tuple(blocks), title, warnings)


class _Walker:
    """Collects blocks from an HTML tree; inline text between block elements is a paragraph."""

    def __init__(self, blocks: list[Block], nesting: int, cells: int) -> None:
        self._blocks = blocks
        self._nesting = nesting
        self._cells = cells

    def walk(self, tag: Tag, depth: int = 0) -> None:
        """Append the blocks under ``tag``. Raises UnreadableFile when nested absurdly deep."""
        if depth > self._nesting:
            raise unreadable("too-deep")
        inline: list[str] = []
        for child in tag.children:
            if isinstance(child, PreformattedString):
                continue
            if isinstance(child, NavigableString):
                inline.append(re.sub(r"\s+", " ", str(child)))
            elif isinstance(child, Tag) and child.name not in _SKIPPED:
                if child.name == "br":
                    inline.append("\n")
                elif child.name in _BLOCKS or child.find(list(_BLOCKS)):
                    self._flush(inline)
                    self._block(child, depth)
                else:
                    inline.append(_inline_text(child))
        self._flush(inline)

    def _flush(self, inline: list[str]) -> None:
        for line in clean_text("".join(inline)).split("\n"):
            if line:
                self._blocks.append(Block("paragraph", line))
        inline.clear()

    def _block(self, tag: Tag, depth: int) -> None:
        if tag.name in _HEADINGS:
            if text := clean_line(tag.get_text(" ")):
                self._blocks.append(Block("heading", text, _HEADINGS[tag.name]))
        elif tag.name == "table":
            if block := table_block(self._rows(tag)):
                self._blocks.append(block)
        elif tag.name == "li":
            start = len(self._blocks)
            self.walk(tag, depth + 1)
            level = min(6, len(tag.find_parents(["ul", "ol"])))
            for index in range(start, len(self._blocks)):
                if self._blocks[index].type == "paragraph":
                    text = _numbered(tag) + self._blocks[index].text
                    self._blocks[index] = Block("list", text, level)
                    break
        elif tag.name == "pre":
            self._blocks.extend(_plain(tag.get_text()))
        else:
            self.walk(tag, depth + 1)

    def _rows(self, table: Tag) -> list[tuple[Cell, ...]]:
        rows = []
        for row in table.find_all("tr"):
            if row.find_parent("table") is not table:
                continue
            cells = row.find_all(["td", "th"], recursive=False)
            self._cells -= len(cells)
            if self._cells < 0:
                raise unreadable("too-wide")
            rows.append(
                tuple(
                    Cell(
                        clean_text(_inline_text(cell)),
                        _span(cell.get("rowspan")),
                        _span(cell.get("colspan")),
                    )
                    for cell in cells
                )
            )
        return rows


def _numbered(item: Tag) -> str:
    """The number that a browser would draw before an item of an ordered list."""
    parent = item.parent
    if parent is None or parent.name != "ol":
        return ""
    start = str(parent.get("start") or "1")
    before = sum(1 for sibling in item.find_previous_siblings("li"))
    return f"{(int(start) if start.isdecimal() else 1) + before}. "


def _inline_text(tag: Tag) -> str:
    parts = []
    for node in tag.descendants:
        if isinstance(node, PreformattedString):
            continue
        if isinstance(node, NavigableString):
            if not any(parent.name in _SKIPPED for parent in islice(node.parents, 4)):
                parts.append(re.sub(r"\s+", " ", str(node)))
        elif isinstance(node, Tag) and node.name in ("br", "p", "div", "li", "tr"):
            parts.append("\n")
        elif isinstance(node, Tag) and node.name in ("td", "th"):
            parts.append(" ")
    return "".join(parts)


def _span(value: object) -> int:
    text = str(value or "1").strip()
    return max(1, min(1000, int(text))) if text.isdecimal() and len(text) < 10 else 1
