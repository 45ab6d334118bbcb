"""Parts that all layouts share: runs with their origin, items with hanging indents, tables, 붙임 and 끝."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mokmin.base.formats.page_model import Grid, GridCell, Look, Paragraph, Part, Run
from mokmin.knowledge.official.model import Block, OfficialDocument, Origin, Span
from mokmin.knowledge.official.numbering import marks

END = "  끝."
BLANK_COLOR = "#C00000"
HEAD_FILL = "EDF1F7"
MM_PER_PT = 25.4 / 72
_WIDE = 0x1100


def columns(text: str) -> float:
    """The width of a text in letters (em): Hangul one, Latin and blanks a half."""
    return sum(1.0 if ord(c) >= _WIDE or c in "□○①②③④⑤⑥⑦⑧⑨⑩※" else 0.5 for c in text)


def run(span: Span, **more: object) -> Run:
    """Words with a note of their origin; a blank stands out."""
    note = span.origin.kind + (f":{span.origin.ref}" if span.origin.ref else "")
    if span.origin.kind == "blank":
        more = {**more, "color": BLANK_COLOR}
    return Run(span.text, note=note, **more)  # type: ignore[arg-type]


def field(document: OfficialDocument, key: str, look: Look, **more: object) -> Paragraph:
    """A field of the document as a paragraph of its own."""
    span = document.fields.get(key, Span(""))
    return Paragraph((run(span, **more),), look, f"field:{key}")


def hung(
    mark: str, spans: Sequence[Span], look: Look, *, anchor: str, bold: bool = False
) -> Paragraph:
    """A paragraph behind its mark; the lines after the first stand below its first word."""
    lead = f"{mark} " if mark else ""
    hang = columns(lead) * look.size * MM_PER_PT
    if mark:
        look = replace(look, first=-round(hang, 1))
    runs = (Run(lead, bold=bold),) if mark else ()
    return Paragraph((*runs, *(run(s, bold=bold) for s in spans)), look, anchor)


def grid(
    block: Block, width: float, *, size: float = 10.5, anchor: str = "", align: str = ""
) -> list[Part]:
    """A table with its caption and unit. Columns are as wide as their longest words need."""
    parts: list[Part] = []
    small = Look(size=size, line=130, align="left", before=3, keep=True)
    if block.caption:
        parts.append(
            Paragraph((Run(f"< {block.caption} >"),), replace(small, align="center"), anchor)
        )
    if block.unit:
        unit = block.unit if block.unit.startswith("(") else f"(단위: {block.unit})"
        parts.append(Paragraph((Run(unit, size=size - 1),), replace(small, align="right"), anchor))
    rows: list[tuple[GridCell, ...]] = []
    for y, row in enumerate(block.rows):
        head = y < block.heads
        cells = []
        for at, cell in enumerate(row):
            side = "center" if head or len(cell.text) <= 14 else "left"
            if not head and _is_number(cell.text) and at:
                side = "right"
            look = Look(size=size, line=130, align=align or side)  # type: ignore[arg-type]
            lines = tuple(
                Paragraph((run(Span(line, cell.origin), bold=head),), look)
                for line in cell.text.split("\n")
            )
            cells.append(GridCell(lines, cell.row_span, cell.col_span, HEAD_FILL if head else ""))
        rows.append(tuple(cells))
    made = Grid(tuple(rows), (), heads=block.heads, anchor=anchor)
    parts.append(replace(made, widths=_widths(made, width, size)))
    return parts


def _is_number(text: str) -> bool:
    bare = text.strip().rstrip("%원명개건대회곳").replace(",", "").replace(".", "").lstrip("△▲-+")
    return bool(bare) and bare.isdigit()


def _widths(made: Grid, width: float, size: float) -> tuple[float, ...]:
    placed = made.placed
    count = max((x + cell.col_span for _, x, cell in placed), default=0)
    wanted = [4.0] * count
    for _, x, cell in placed:
        if cell.col_span == 1:
            longest = max((columns(p.text) for p in cell.paragraphs), default=0.0)
            wanted[x] = max(wanted[x], min(longest, 26.0) + 1.2)
    natural = [w * size * MM_PER_PT for w in wanted]
    scale = width / sum(natural) if natural else 1.0
    return tuple(round(w * scale, 1) for w in natural)


def box(block: Block, width: float, size: float, anchor: str) -> Grid:
    """A framed summary."""
    look = Look(size=size, line=150, align="left", before=1)
    lines: list[Paragraph] = []
    for line in _split_lines(block.spans):
        lines.append(Paragraph(tuple(run(span) for span in line), look))
    return Grid(((GridCell(tuple(lines), fill="F6F8FB"),),), (width,), anchor=anchor)


def _split_lines(spans: Sequence[Span]) -> list[list[Span]]:
    lines: list[list[Span]] = [[]]
    for span in spans:
        for number, piece in enumerate(span.text.split("\n")):
            if number:
                lines.append([])
            if piece:
                lines[-1].append(Span(piece, span.origin))
    return [line or [Span("")] for line in lines]


def body(
    document: OfficialDocument, looks: dict[tuple[str, int], Look], width: float
) -> list[Part]:
    """All blocks of a body. ``looks`` by style and level; a missing level takes the next lower one."""
    parts: list[Part] = []
    for at, (block, mark) in enumerate(zip(document.body, marks(document.body), strict=True)):
        anchor = f"body:{at}"
        look = look_of(looks, block.style, block.level)
        if block.style == "table":
            parts += grid(block, width, size=max(9.0, look.size - 1), anchor=anchor)
        elif block.style == "box":
            parts.append(box(block, width, look.size, anchor))
        else:
            bold = block.style in ("heading", "lead")
            text = f"※ {''}".strip() if block.style == "note" else mark
            parts.append(hung(text, block.spans, look, anchor=anchor, bold=bold))
    return parts


def look_of(looks: dict[tuple[str, int], Look], style: str, level: int) -> Look:
    """The look of a style at a level."""
    for at in range(level, 0, -1):
        if (style, at) in looks:
            return looks[style, at]
    return looks["text", 1]


def items(
    size: float, *, line: int = 160, before: float = 2.0, base: float = 0.0
) -> dict[tuple[str, int], Look]:
    """Looks of numbered items: each level one letter (두 타) further right."""
    em = size * MM_PER_PT
    return {
        ("item", level): Look(
            size=size, left=round(base + (level - 1) * em, 1), line=line, before=before
        )
        for level in range(1, 9)
    }


def attachments(document: OfficialDocument, size: float) -> list[Paragraph]:
    """``붙임  1. 계획서 1부.`` and so on; one alone has no number."""
    found = document.attachments
    if not found:
        return []
    em = size * MM_PER_PT
    made: list[Paragraph] = []
    for number, span in enumerate(found, 1):
        lead = "붙임  " if number == 1 else ""
        mark = f"{number}. " if len(found) > 1 else ""
        words = Span(span.text.rstrip(" ."), span.origin)
        left = 0.0 if number == 1 else round(columns("붙임  ") * em, 1)
        hang = round(columns(lead + mark) * em, 1)
        look = Look(size=size, left=left, first=-hang, before=8 if number == 1 else 0, align="left")
        runs = (Run(lead + mark), run(words), Run("."))
        made.append(Paragraph(runs, look, f"attachment:{number - 1}"))
    return made


def ended(parts: list[Part], size: float) -> list[Part]:
    """The parts with 끝. after the last word, or below a table at its end (시행규칙 제4조제5항)."""
    if parts and isinstance(parts[-1], Paragraph):
        last = parts[-1]
        runs = last.runs
        text = last.text.rstrip()
        if not text.endswith((".", "?", "!")) and last.anchor.startswith("attachment"):
            runs = (*runs, Run("."))
        return [*parts[:-1], replace(last, runs=(*runs, Run(END)))]
    return [*parts, Paragraph((Run(END),), Look(size=size, align="left"))]


def plain(text: str, look: Look, **more: object) -> Paragraph:
    """Words of the form."""
    return Paragraph((run(Span(text, Origin()), **more),), look)
