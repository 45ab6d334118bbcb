"""Write laid-out pages as HWPX (KS X 6101, OWPML).

python-hwpx makes the package. What it would do by itself and must not: a new paragraph inherits the look
of the one before, a table has no row heights, a package passes validation without a page size; so every
paragraph gets its look, every table its sizes, every section its page.
"""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

from hwpx import HwpxDocument
from lxml import etree

from mokmin.base.formats.hwpx_texts import HP
from mokmin.base.formats.page_measure import row_heights
from mokmin.base.formats.page_model import Grid, Look, Pages, Paragraph, Run
from mokmin.base.formats.writing_model import clean

UNITS_PER_MM = 7200 / 25.4
MOST_COLUMNS = 63
HEADER_MM = 10.0
_CARRIER = Look(line=100)
OPF = "http://www.idpf.org/2007/opf/"


def hwpx_bytes(pages: Pages) -> bytes:
    """The pages as an HWPX file."""
    made = HwpxDocument.new()
    left, right, top, bottom = pages.margins
    made.page.setup(
        paper_size="A4",
        # The text begins below the header's own strip, which HWPX counts apart.
        margins_mm={
            "left": left,
            "right": right,
            "top": max(top - HEADER_MM, 0.0),
            "bottom": max(bottom - HEADER_MM, 0.0),
        },
        header_margin_mm=HEADER_MM,
        footer_margin_mm=HEADER_MM,
    )
    if pages.header:
        made.page.set_header(text=clean(pages.header))
    if pages.numbered:
        made.page.set_page_number(prefix=f"{clean(pages.footer)} " if pages.footer else "")
    writer = _Writer(made, pages)
    for part in pages.parts:
        if isinstance(part, Grid):
            writer.grid(part)
        else:
            writer.paragraph(part)
    writer.finish()
    return _described(made.to_bytes(), pages)


class _Writer:
    """Adds paragraphs and tables; all paragraphs of one look are formatted at once."""

    def __init__(self, made: HwpxDocument, pages: Pages) -> None:
        self._made, self._pages = made, pages
        self._of_look: dict[Look, list[Any]] = {}
        self._runs: dict[tuple[float, bool, str | None, bool], str] = {}

    def paragraph(self, part: Paragraph) -> None:
        """One paragraph with all its runs."""
        runs = part.runs or (Run(""),)
        added = self._made.add_paragraph(
            clean(runs[0].text),
            char_pr_id_ref=self._run(runs[0], part.look),
            inherit_style=False,
        )
        for run in runs[1:]:
            added.add_run(clean(run.text), char_pr_id_ref=self._run(run, part.look))
        self._of_look.setdefault(part.look, []).append(added)

    def grid(self, part: Grid) -> None:
        """One table; a paragraph of its own carries it."""
        width = min(MOST_COLUMNS, len(part.widths))
        placed = [(y, x, cell) for y, x, cell in part.placed if x < width]
        if not placed:
            return
        height = max(y + cell.row_span for y, _, cell in placed)
        rows = row_heights(part)
        rows += [part.height] * (height - len(rows))
        table = self._made.add_table(
            height,
            width,
            width=_units(sum(part.widths[:width])),
            height=_units(sum(rows)),
            inherit_style=False,
        )
        if part.heads:
            table.element.set("repeatHeader", "1")
        table.set_column_widths(list(part.widths[:width]))
        for y, x, cell in placed:
            across = min(width, x + cell.col_span) - 1
            down = y + cell.row_span - 1
            if (down, across) != (y, x):
                table.merge_cells(y, x, down, across)
            made = table.cell(y, x)
            self._cell(made, cell.paragraphs)
            made.set_size(height=_units(sum(rows[y : down + 1])))
            for place in made.element.iter(f"{HP}subList"):
                place.set("vertAlign", "CENTER")
            if y < part.heads:
                made.element.set("header", "1")
            if not part.lines:
                table.set_cell_border_fill(y, x, self._no_lines())
            elif cell.fill:
                table.set_cell_shading(y, x, cell.fill)
        self._of_look.setdefault(_CARRIER, []).append(self._made.paragraphs[-1])

    def _no_lines(self) -> str:
        made: str = self._made.styles.ensure_border_fill(active_borders=())
        return made

    def _cell(self, cell: Any, paragraphs: tuple[Paragraph, ...]) -> None:
        for number, wanted in enumerate(paragraphs or (Paragraph((Run(""),)),)):
            first = wanted.runs[0] if wanted.runs else Run("")
            if number:
                paragraph = cell.add_paragraph(clean(wanted.text))
            else:
                cell.set_text(clean(wanted.text))
                paragraph = cell.paragraphs[0]
            paragraph.char_pr_id_ref = self._run(first, wanted.look)
            self._of_look.setdefault(wanted.look, []).append(paragraph)

    def finish(self) -> None:
        """Give every paragraph its look."""
        for look, paragraphs in self._of_look.items():
            self._made.styles.apply_paragraph_format(
                paragraphs=paragraphs,
                alignment=look.align.upper(),
                line_spacing_percent=look.line,
                indent_left_mm=look.left,
                first_line_indent_mm=look.first,
                spacing_before_pt=look.before,
                spacing_after_pt=look.after,
                keep_with_next=look.keep,
                page_break_before=look.new_page,
                bottom_border=look.rule,
                border_color="#404040",
                border_width="0.3 mm",
                outline_level=look.level or None,
            )

    def _run(self, run: Run, look: Look) -> str:
        key = (run.size or look.size, run.bold, run.color, run.underline)
        if key not in self._runs:
            self._runs[key] = self._made.styles.ensure_run(
                size=key[0],
                bold=run.bold,
                color=run.color,
                underline=run.underline,
                font=self._pages.font,
            )
        return self._runs[key]


def _units(millimetres: float) -> int:
    return round(millimetres * UNITS_PER_MM)


def _described(package: bytes, pages: Pages) -> bytes:
    """The package with the title and properties in the metadata of ``Contents/content.hpf`` (OPF)."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w") as new:
        for item in old.infolist():
            body = old.read(item)
            if item.filename == "Contents/content.hpf":
                body = _metadata(body, pages)
            new.writestr(item, body)
    return out.getvalue()


def _metadata(body: bytes, pages: Pages) -> bytes:
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    place = root.find(f"{{{OPF}}}metadata")
    if place is None:
        return body
    title = place.find(f"{{{OPF}}}title")
    if title is None:
        title = etree.SubElement(place, f"{{{OPF}}}title")
    title.text = clean(pages.title)
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    # What the empty package of the library says of its own making is replaced.
    ours = (("creator", "Mokmin"), ("lastsaveby", "Mokmin"), ("CreatedDate", now))
    made_on = (("ModifiedDate", now), ("date", now))
    for name, value in (*ours, *made_on, *pages.properties):
        for old in place.findall(f"{{{OPF}}}meta[@name='{name}']"):
            place.remove(old)
        meta = etree.SubElement(place, f"{{{OPF}}}meta", name=name, content="text")
        meta.text = clean(value)
    made: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return made
