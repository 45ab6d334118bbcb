"""Renderers of demo sources: one function per file format, all reproducible to the byte."""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import re
import subprocess
import tempfile
import zipfile
from pathlib import Path

from demo_source import Block, Source, spans
from docx import Document
from docx.oxml.ns import qn
from hwpx import HwpxDocument
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from PIL import Image, ImageDraw, ImageFont
from pptx import Presentation
from pptx.util import Pt

EPOCH = (2026, 1, 1, 0, 0, 0)
STYLE = """@page{size:A4;margin:22mm 20mm}
body{font-family:NanumBarunGothic,"Nanum Gothic",sans-serif;font-size:11pt;line-height:1.7}
h1{font-size:18pt;text-align:center}h2{font-size:14pt;border-bottom:1px solid #333}
h3{font-size:12pt}table{border-collapse:collapse;width:100%;margin:8pt 0;font-size:10pt}
td,th{border:1px solid #555;padding:4pt 6pt}th{background:#eef2f7}.note{font-size:9pt}"""


def _rezip(data: bytes) -> bytes:
    """The same ZIP members in the same order, with fixed times and counted instead of random ids."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for item in old.infolist():
            info = zipfile.ZipInfo(item.filename, EPOCH)
            info.compress_type = item.compress_type
            body = old.read(item)
            if item.filename in ("docProps/core.xml", "Contents/content.hpf"):
                body = re.sub(
                    rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", b"2026-01-01T00:00:00Z", body
                )
            elif item.filename.startswith("Contents/section"):
                body = _count_ids(body)
            new.writestr(info, body)
    return out.getvalue()


def _count_ids(body: bytes) -> bytes:
    """HWPX section XML with its random object ids replaced by a count, equal ids alike."""
    seen: dict[bytes, int] = {}

    def number(match: re.Match[bytes]) -> bytes:
        return b'%s="%d"' % (match[1], 100_000 + seen.setdefault(match[2], len(seen)))

    return re.sub(rb'\b(id|instId|instid)="(\d{5,})"', number, body)


def _footnotes(blocks: tuple[Block, ...]) -> list[str]:
    return [block.footnote for block in blocks if block.footnote]


def hwpx(source: Source) -> bytes:
    """HWPX with outline headings, paragraphs, footnotes and tables with merged cells."""
    document = HwpxDocument.new()
    title = document.styles.ensure_run(bold=True, size=18)
    bold = document.styles.ensure_run(bold=True, size=13)
    for block in source.blocks:
        if block.kind == "heading":
            document.add_heading(
                block.text, block.level, char_pr_id_ref=title if block.level == 1 else bold
            )
        elif block.kind == "paragraph":
            paragraph = document.add_paragraph(block.text, inherit_style=False)
            if block.footnote:
                document.notes.add_footnote(block.footnote, paragraph)
        else:
            table = document.add_table(len(block.rows), len(block.rows[0]))
            for r, c, down, right in spans(block.rows):
                table.set_cell_text(r, c, block.rows[r][c])
                if r == 0:
                    table.set_cell_shading(r, c, "E8EEF5")
                if down > 1 or right > 1:
                    table.merge_cells(r, c, r + down - 1, c + right - 1)
    return _rezip(document.to_bytes())


def docx(source: Source) -> bytes:
    """DOCX with real headings and tables."""
    document = Document()
    normal = document.styles["Normal"]
    normal.font.name = "맑은 고딕"
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "맑은 고딕")
    for block in source.blocks:
        if block.kind == "heading":
            document.add_heading(block.text, block.level - 1)
        elif block.kind == "paragraph":
            document.add_paragraph(block.text)
        else:
            table = document.add_table(len(block.rows), len(block.rows[0]), style="Table Grid")
            for r, c, down, right in spans(block.rows):
                cell = table.cell(r, c)
                if down > 1 or right > 1:
                    cell = cell.merge(table.cell(r + down - 1, c + right - 1))
                cell.text = block.rows[r][c]
    for note in _footnotes(source.blocks):
        document.add_paragraph(f"※ {note}")
    stamp = dt.datetime.fromisoformat(source.meta["date"])
    props = document.core_properties
    props.author, props.title = source.meta["department"], source.meta["title"]
    props.created = props.modified = stamp
    out = io.BytesIO()
    document.save(out)
    return _rezip(out.getvalue())


def page(source: Source) -> bytes:
    """A complete HTML page, tables with row and column spans."""
    parts = []
    for block in source.blocks:
        if block.kind == "heading":
            parts.append(f"<h{block.level}>{html.escape(block.text)}</h{block.level}>")
        elif block.kind == "paragraph":
            parts.append(f"<p>{html.escape(block.text)}</p>")
            if block.footnote:
                parts.append(f'<p class="note">※ {html.escape(block.footnote)}</p>')
        else:
            parts.append(_html_table(block))
    title = html.escape(source.meta["title"])
    return (
        f'<!doctype html>\n<html lang="ko"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head>\n<body>\n" + "\n".join(parts) + "\n</body></html>\n"
    ).encode()


def _html_table(block: Block) -> str:
    lines = []
    cells = spans(block.rows)
    for r in range(len(block.rows)):
        tag = "th" if r == 0 else "td"
        row = "".join(
            f'<{tag} rowspan="{down}" colspan="{right}">{html.escape(block.rows[r][c])}</{tag}>'
            for rr, c, down, right in cells
            if rr == r
        )
        lines.append(f"<tr>{row}</tr>")
    return "<table>\n" + "\n".join(lines) + "\n</table>"


def pdf(source: Source) -> bytes:
    """PDF printed by Chromium with the Nanum font embedded; dates made fixed."""
    with tempfile.TemporaryDirectory() as folder:
        page_file, out = Path(folder, "page.html"), Path(folder, "page.pdf")
        page_file.write_bytes(page(source))
        command = [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--no-pdf-header-footer",
            f"--user-data-dir={folder}/profile", f"--print-to-pdf={out}", page_file.as_uri(),
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        data = out.read_bytes()
    return re.sub(rb"/(CreationDate|ModDate) \(D:\d{14}", rb"/\1 (D:20260101000000", data)


def scan(source: Source) -> bytes:
    """PDF of page pictures only, as a scanner makes it (150 dpi, grey)."""
    width, height, margin = 1240, 1754, 130
    fonts = {
        level: ImageFont.truetype(f"/usr/share/fonts/truetype/nanum/{name}.ttf", size)
        for level, name, size in (
            (1, "NanumGothicBold", 42), (2, "NanumGothicBold", 32), (3, "NanumGothicBold", 28),
            (4, "NanumGothicBold", 26), (0, "NanumGothic", 26),
        )
    }  # fmt: skip
    pages, image = [], Image.new("L", (width, height), 250)
    draw, y = ImageDraw.Draw(image), margin
    for block in source.blocks:
        texts = [block.text] if block.kind != "table" else ["   ".join(r) for r in block.rows]
        font = fonts[block.level]
        for line in [part for text in texts for part in _wrap(text, font, width - 2 * margin)]:
            if y > height - margin - 60:
                pages.append(image)
                image = Image.new("L", (width, height), 250)
                draw, y = ImageDraw.Draw(image), margin
            draw.text((margin, y), line, font=font, fill=25)
            y += int(font.size * 1.7)
        y += 14
    pages.append(image)
    out = io.BytesIO()
    stamp = dt.datetime(*EPOCH, tzinfo=dt.UTC).timetuple()
    pages[0].save(
        out, "PDF", save_all=True, append_images=pages[1:], resolution=150, quality=60,
        creationDate=stamp, modDate=stamp,
    )  # fmt: skip
    return out.getvalue()


def _wrap(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines, line = [], ""
    for word in text.split(" "):
        trial = f"{line} {word}".strip()
        if line and font.getlength(trial) > width:
            lines.append(line)
            line = word
        else:
            line = trial
    return [*lines, line]


def xlsx(source: Source) -> bytes:
    """XLSX: a sheet per `##` heading, holding that heading's paragraphs and tables."""
    book = Workbook()
    sheet = book.active
    sheet.title = "개요"
    line = Side(style="thin", color="888888")
    fill = PatternFill("solid", fgColor="DCE6F1")
    row = 1
    for block in source.blocks:
        if block.kind == "heading" and block.level == 2:
            sheet, row = book.create_sheet(block.text[:31]), 1
        if block.kind != "table":
            sheet.cell(row, 1, block.text).font = Font(bold=block.kind == "heading")
            row += 1
            continue
        for r, c, down, right in spans(block.rows):
            text = block.rows[r][c]
            number = text.replace(",", "")
            value = int(number) if re.fullmatch(r"-?\d+", number) else text
            cell = sheet.cell(row + r, c + 1, value)
            cell.alignment = Alignment(wrap_text=True, vertical="center")
            cell.border = Border(left=line, right=line, top=line, bottom=line)
            if isinstance(value, int):
                cell.number_format = "#,##0"
            if r == 0:
                cell.font, cell.fill = Font(bold=True), fill
            if down > 1 or right > 1:
                sheet.merge_cells(
                    start_row=row + r, end_row=row + r + down - 1,
                    start_column=c + 1, end_column=c + right,
                )  # fmt: skip
        row += len(block.rows) + 1
    for each in book.worksheets:
        for letter in "ABCDEFGH":
            each.column_dimensions[letter].width = 24
    stamp = dt.datetime.fromisoformat(source.meta["date"])
    book.properties.creator = source.meta["department"]
    book.properties.created = book.properties.modified = stamp
    out = io.BytesIO()
    book.save(out)
    return _rezip(out.getvalue())


def pptx(source: Source) -> bytes:
    """PPTX: a title slide, then a slide per `##` heading; a table stands on a slide of its own."""
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[0])
    slide.shapes.title.text = source.meta["title"]
    slide.placeholders[1].text = f"{source.meta['department']} ({source.meta['date']})"
    heading, frame = source.meta["title"], None
    for block in source.blocks:
        if block.kind == "heading" and block.level > 1:
            heading = block.text
            slide = deck.slides.add_slide(deck.slide_layouts[1])
            slide.shapes.title.text = heading
            frame = slide.placeholders[1].text_frame
        elif block.kind == "table":
            slide = deck.slides.add_slide(deck.slide_layouts[5])
            slide.shapes.title.text = heading
            shape = slide.shapes.add_table(
                len(block.rows), len(block.rows[0]), Pt(40), Pt(110), Pt(640), Pt(300)
            )
            for r, c, down, right in spans(block.rows):
                cell = shape.table.cell(r, c)
                cell.text = block.rows[r][c]
                cell.text_frame.paragraphs[0].font.size = Pt(13)
                if down > 1 or right > 1:
                    cell.merge(shape.table.cell(r + down - 1, c + right - 1))
            frame = None
        elif block.kind == "paragraph" and frame is not None:
            first = frame.paragraphs[0]
            paragraph = first if not first.text else frame.add_paragraph()
            paragraph.text = block.text
            paragraph.font.size = Pt(18)
    props = deck.core_properties
    props.author, props.title = source.meta["department"], source.meta["title"]
    props.created = props.modified = dt.datetime.fromisoformat(source.meta["date"])
    out = io.BytesIO()
    deck.save(out)
    return _rezip(out.getvalue())


def markdown(source: Source) -> bytes:
    """Markdown; merged cells are written out again in every cell they cover."""
    parts = []
    for block in source.blocks:
        if block.kind == "table":
            rows = [list(row) for row in block.rows]
            for r, c, down, right in spans(block.rows):
                for rr in range(r, r + down):
                    for cc in range(c, c + right):
                        rows[rr][cc] = block.rows[r][c]
            rows.insert(1, ["---"] * len(rows[0]))
            parts.append("\n".join("| " + " | ".join(row) + " |" for row in rows))
        else:
            parts.append("#" * block.level + " " * bool(block.level) + block.text)
    return ("\n\n".join(parts) + "\n").encode()


def text(source: Source) -> bytes:
    """Plain text; front matter `encoding: cp949` gives the old Windows encoding with CRLF."""
    parts = ["\t".join(row) for block in source.blocks for row in (block.rows or ((block.text,),))]
    encoding = source.meta.get("encoding", "utf-8")
    end = "\r\n" if encoding == "cp949" else "\n"
    return (end.join(parts) + end).encode(encoding)


def table(source: Source) -> bytes:
    """CSV of the first table, UTF-8 with a byte order mark as spreadsheets write it."""
    out = io.StringIO()
    rows = next(block.rows for block in source.blocks if block.kind == "table")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode("utf-8-sig")


RENDERERS = {
    "hwpx": hwpx, "docx": docx, "pdf": pdf, "scan": scan, "xlsx": xlsx, "pptx": pptx,
    "md": markdown, "html": page, "txt": text, "csv": table,
}  # fmt: skip
