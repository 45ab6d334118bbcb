"""Reader of the demo city's document sources (`mokmin/demo/sources/*.md`).

A source is a front matter of `key: value` lines between `---` lines, then a body, one block a line:

- `# `, `## `, `### `, `#### ` headings; lines of `|` cells are table rows (first row: header);
  a cell `^^` belongs to the cell above it, `<<` to the cell on its left (merged cells);
- every other non-empty line is a paragraph; ` {각주: …}` at its end is its footnote.

A source with `base: NAME` is an older edition: the body of that source, with each `OLD => NEW` line
of its own body applied. An OLD text that the base lacks is an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HEADING = re.compile(r"^(#{1,4}) (.+)$")
FOOTNOTE = re.compile(r"^(.*?)\s*\{각주: (.+)\}$")


@dataclass(frozen=True)
class Block:
    """One block: kind is `heading`, `paragraph` or `table`; level only for headings (1 = title)."""

    kind: str
    text: str = ""
    level: int = 0
    footnote: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Source:
    """One demo document: its front matter and its blocks."""

    name: str
    meta: dict[str, str]
    blocks: tuple[Block, ...]

    @property
    def file(self) -> str:
        """Name of the built file."""
        return self.meta["file"]


def _split(path: Path) -> tuple[dict[str, str], str]:
    _, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    meta: dict[str, str] = {}
    for line in head.splitlines():
        key, _, value = line.partition(":")
        meta[key.strip()] = value.strip()
    return meta, body.strip() + "\n"


def _older(body: str, changes: str, name: str) -> str:
    for line in changes.strip().splitlines():
        old, arrow, new = line.partition(" => ")
        if not arrow or old not in body:
            raise ValueError(f"{name}: not in the base text: {old!r}")
        body = body.replace(old, new)
    return body


def _blocks(body: str) -> tuple[Block, ...]:
    blocks: list[Block] = []
    rows: list[tuple[str, ...]] = []
    for raw in [*body.splitlines(), ""]:
        line = raw.strip()
        if line.startswith("|"):
            cells = tuple(cell.strip() for cell in line.strip("|").split("|"))
            if not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
                rows.append(cells)
            continue
        if rows:
            blocks.append(Block("table", rows=tuple(rows)))
            rows = []
        if not line:
            continue
        heading = HEADING.match(line)
        note = FOOTNOTE.match(line)
        if heading:
            blocks.append(Block("heading", heading[2], level=len(heading[1])))
        elif note:
            blocks.append(Block("paragraph", note[1], footnote=note[2]))
        else:
            blocks.append(Block("paragraph", line))
    return tuple(blocks)


def load(folder: Path) -> list[Source]:
    """All sources of `folder`, by name. Raises ValueError on a ragged table or a bad base."""
    raw = {path.stem: _split(path) for path in sorted(folder.glob("*.md"))}
    sources = []
    for name, (meta, body) in raw.items():
        if "base" in meta:
            body = _older(raw[meta["base"]][1], body, name)
        blocks = _blocks(body)
        for block in blocks:
            if block.kind == "table" and len({len(row) for row in block.rows}) != 1:
                raise ValueError(f"{name}: ragged table {block.rows!r}")
        sources.append(Source(name, meta, blocks))
    return sources


def spans(rows: tuple[tuple[str, ...], ...]) -> list[tuple[int, int, int, int]]:
    """Cells as (row, column, row span, column span), the merged ones once, row by row."""
    out = []
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if cell in ("^^", "<<"):
                continue
            down, right = 1, 1
            while r + down < len(rows) and rows[r + down][c] == "^^":
                down += 1
            while c + right < len(row) and row[c + right] == "<<":
                right += 1
            out.append((r, c, down, right))
    return out
