"""Write a document as Markdown with footnotes."""

from __future__ import annotations

import re

from mokmin.base.formats.ai_label import front_matter
from mokmin.base.formats.model import Block, Cell
from mokmin.base.formats.writing_model import OutputDocument, clean

_MARK = re.compile(r"\[(\d+)\](?!\()")
_SPECIAL = re.compile(r"([\\`*_<>|])")


def markdown(document: OutputDocument) -> str:
    """Return ``document`` as Markdown; a mark ``[n]`` without its footnote stays plain text."""
    known = frozenset(note.number for note in document.footnotes)
    parts = [
        f"# {_inline(document.title, frozenset())}",
        f"> {_inline(document.label_line, frozenset())}",
    ]
    if document.grade:
        parts.append(f"> {_inline(document.grade, frozenset())}")
    parts.extend(_block(block, known) for block in document.blocks)
    parts.extend(f"[^{n.number}]: {_inline(n.text, frozenset())}" for n in document.footnotes)
    head = front_matter(document.label) + "\n" if document.label else ""
    return head + "\n\n".join(part for part in parts if part) + "\n"


def _inline(text: str, known: frozenset[int]) -> str:
    escaped = _SPECIAL.sub(r"\\\1", " ".join(clean(text).split()))
    return _MARK.sub(lambda m: f"[^{m[1]}]" if int(m[1]) in known else m[0], escaped)


def _block(block: Block, known: frozenset[int]) -> str:
    if block.type == "table":
        return _table(block.rows, known)
    text = _inline(block.text, known)
    if block.type == "heading":
        return f"{'#' * min(6, max(1, block.level) + 1)} {text}"
    if block.type == "list":
        return f"{'  ' * max(0, block.level - 1)}- {text}"
    return text


def _table(rows: tuple[tuple[Cell, ...], ...], known: frozenset[int]) -> str:
    """Pipe table; Markdown has no merged cells, so covered positions are left empty."""
    grid: dict[tuple[int, int], str] = {}
    for y, row in enumerate(rows):
        x = 0
        for cell in row:
            while (y, x) in grid:
                x += 1
            for dy in range(cell.row_span):
                for dx in range(cell.col_span):
                    grid[y + dy, x + dx] = "" if dy or dx else _inline(cell.text, known)
            x += cell.col_span
    width = 1 + max((x for _, x in grid), default=-1)
    lines = [
        "| " + " | ".join(grid.get((y, x), "") for x in range(width)) + " |"
        for y in range(len(rows))
    ]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]]) if width else ""
