"""Laid-out pages as HTML: every length is a class of ``paper.css``, so that no inline style is needed.

A sheet is 210 mm wide; its unit ``--u`` is one millimetre on the screen, so that the paper scales with
the room it has. ``paper_css`` makes the stylesheet that lies in ``static/paper.css``.
"""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup, escape

from mokmin.base.formats.page_model import Grid, Look, Pages, Paragraph, Run

MM_PER_PT = 25.4 / 72
_SIZES = [n / 2 for n in range(8, 61)]
_LEFTS = [n / 2 for n in range(0, 141)]
_HANGS = [n / 2 for n in range(0, 61)]
_SPACES = range(0, 41)
_LINES = range(100, 205, 5)


def paper_html(pages: Pages) -> Markup:
    """The pages as one flow of parts; the script breaks it into sheets."""
    left, right, top, bottom = (_half(m) for m in pages.margins)
    classes = f"flow ml{left} mr{right} mt{top} mb{bottom}"
    parts = "".join(_part(part) for part in pages.parts)
    return Markup(f'<div class="{classes}">{parts}</div>')  # noqa: S704 - escaped piece by piece


def _half(value: float) -> str:
    """A length on the grid of half millimetres or points, as a class writes it: 4.5 is ``9``."""
    return str(max(0, round(value * 2)))


def _part(part: Paragraph | Grid) -> str:
    return _paragraph(part) if isinstance(part, Paragraph) else _grid(part)


def _paragraph(part: Paragraph) -> str:
    anchor = f' data-anchor="{escape(part.anchor)}"' if part.anchor else ""
    runs = "".join(_run(run) for run in part.runs) or "&nbsp;"
    return f'<p class="{_look(part.look)}"{anchor}>{runs}</p>'


def _look(look: Look) -> str:
    hang = max(-look.first, 0.0)
    names = [
        f"a-{look.align}",
        f"s{_half(look.size)}",
        f"l{_half(look.left)}",
        f"h{_half(hang)}" if hang else f"i{_half(look.first)}",
        f"b{round(look.before)}",
        f"e{round(look.after)}",
        f"n{round(look.line / 5) * 5}",
    ]
    if look.rule:
        names.append("p-rule")
    if look.keep:
        names.append("p-keep")
    if look.new_page:
        names.append("p-new")
    return " ".join(names)


def _run(run: Run) -> str:
    names = []
    if run.bold:
        names.append("p-strong")
    if run.underline:
        names.append("p-under")
    if run.size:
        names.append(f"s{_half(run.size)}")
    kind, _, ref = run.note.partition(":")
    if kind and kind != "form":
        names.append(f"from-{kind}")
    told = f' data-ref="{escape(ref)}"' if ref and kind != "form" else ""
    title = f' title="{escape(_TOLD[kind].format(ref=ref))}"' if ref and kind in _TOLD else ""
    text = str(escape(run.text)).replace("  ", " &nbsp;")
    if not names and not told:
        return text
    return f'<span class="{" ".join(names)}"{told}{title}>{text}</span>'


_TOLD = {
    "source": "출처: {ref}",
    "blank": "빠진 사실: {ref}",
    "ai": "AI가 쓴 말 ({ref})",
}


def _grid(grid: Grid) -> str:
    anchor = f' data-anchor="{escape(grid.anchor)}"' if grid.anchor else ""
    total = sum(grid.widths) or 1.0
    columns = "".join(f'<col width="{width / total * 100:.2f}%">' for width in grid.widths)
    rows: dict[int, list[str]] = {y: [] for y in range(len(grid.rows))}
    for y, _, cell in grid.placed:
        tag = "th" if y < grid.heads else "td"
        spans = "".join(
            f' {name}="{value}"'
            for name, value in (("rowspan", cell.row_span), ("colspan", cell.col_span))
            if value > 1
        )
        fill = ' class="p-fill"' if cell.fill else ""
        inner = "".join(_paragraph(p) for p in cell.paragraphs)
        rows.setdefault(y, []).append(f"<{tag}{spans}{fill}>{inner}</{tag}>")
    body = "".join(f"<tr>{''.join(cells)}</tr>" for cells in rows.values())
    lines = "" if grid.lines else " p-bare"
    height = f"g{_half(grid.height)}"
    return f'<table class="p-table {height}{lines}"{anchor}><colgroup>{columns}</colgroup><tbody>{body}</tbody></table>'


def paper_css() -> str:
    """The stylesheet of all lengths that layouts use."""
    return "\n".join(_rules()) + "\n"


def _rules() -> Iterator[str]:
    yield "/* Made by tools/write_paper_css.py from mokmin/base/web/paper.py. */"
    for align in ("left", "center", "right", "justify"):
        yield f".sheet .a-{align}{{text-align:{align}}}"
    for size in _SIZES:
        yield f".sheet .s{_half(size)}{{font-size:calc(var(--u)*{size * MM_PER_PT:.3f})}}"
    for left in _LEFTS:
        yield f".sheet .l{_half(left)}{{margin-left:calc(var(--u)*{left})}}"
    for hang in _HANGS:
        if hang:
            yield f".sheet .h{_half(hang)}{{padding-left:calc(var(--u)*{hang});text-indent:calc(var(--u)*-{hang})}}"
            yield f".sheet .i{_half(hang)}{{text-indent:calc(var(--u)*{hang})}}"
    for space in _SPACES:
        yield f".sheet .b{space}{{padding-top:calc(var(--u)*{space * MM_PER_PT:.3f})}}"
        yield f".sheet .e{space}{{padding-bottom:calc(var(--u)*{space * MM_PER_PT:.3f})}}"
    for line in _LINES:
        yield f".sheet .n{line}{{line-height:{line / 100:g}}}"
    for margin in range(0, 81):
        mm = margin / 2
        yield f".sheet .ml{margin}{{padding-left:calc(var(--u)*{mm:g})}}"
        yield f".sheet .mr{margin}{{padding-right:calc(var(--u)*{mm:g})}}"
        yield f".sheet .mt{margin}{{padding-top:calc(var(--u)*{mm:g})}}"
        yield f".sheet .mb{margin}{{padding-bottom:calc(var(--u)*{mm:g})}}"
    for height in range(0, 61):
        yield f".sheet .g{height} tr{{height:calc(var(--u)*{height / 2:g})}}"
