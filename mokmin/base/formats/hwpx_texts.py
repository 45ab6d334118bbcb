"""What is really written in an HWPX package: its texts, page sizes and tables, read straight from the XML.

Apart from the library that writes it, so that a fault of one is seen by the other.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

from lxml import etree

from mokmin.base.errors import InvalidInput

HP = "{http://www.hancom.co.kr/hwpml/2011/paragraph}"
MOST_MEMBER = 64 * 2**20


@dataclass(frozen=True, slots=True)
class WrittenTable:
    """Rows of ``(text, row span, column span)``."""

    rows: tuple[tuple[tuple[str, int, int], ...], ...]


@dataclass(frozen=True, slots=True)
class Written:
    """Paragraphs outside of tables, in order; the tables; page sizes ``(width, height)`` in HWP units."""

    paragraphs: tuple[str, ...]
    tables: tuple[WrittenTable, ...]
    pages: tuple[tuple[int, int], ...]


def written_texts(package: bytes) -> Written:
    """Read a package. Raises InvalidInput for what is no HWPX."""
    paragraphs: list[str] = []
    tables: list[WrittenTable] = []
    sizes: list[tuple[int, int]] = []
    for root in _sections(package):
        sizes += [
            (int(p.get("width", 0)), int(p.get("height", 0))) for p in root.iter(f"{HP}pagePr")
        ]
        for paragraph in root.findall(f"{HP}p"):
            inner = paragraph.findall(f"{HP}run/{HP}tbl")
            tables += [_table(table) for table in inner]
            if not inner:
                paragraphs.append(_text(paragraph))
    return Written(tuple(paragraphs), tuple(tables), tuple(sizes))


def _sections(package: bytes) -> list[etree._Element]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            names = sorted(n for n in archive.namelist() if n.startswith("Contents/section"))
            if any(archive.getinfo(n).file_size > MOST_MEMBER for n in names):
                raise InvalidInput("HWPX 파일의 본문이 너무 큽니다.")
            found = [etree.fromstring(archive.read(n), parser) for n in names]
    except (zipfile.BadZipFile, etree.XMLSyntaxError, KeyError) as error:
        raise InvalidInput("HWPX 파일로 읽을 수 없습니다.") from error
    if not found:
        raise InvalidInput("HWPX 파일에 본문이 없습니다.")
    return found


def _text(paragraph: etree._Element) -> str:
    return "".join(str(text) for t in paragraph.findall(f"{HP}run/{HP}t") for text in t.itertext())


def _table(table: etree._Element) -> WrittenTable:
    rows = []
    for row in table.findall(f"{HP}tr"):
        cells = []
        for cell in row.findall(f"{HP}tc"):
            span = cell.find(f"{HP}cellSpan")
            down = int(span.get("rowSpan", 1)) if span is not None else 1
            across = int(span.get("colSpan", 1)) if span is not None else 1
            text = "\n".join(_text(p) for p in cell.findall(f"{HP}subList/{HP}p"))
            cells.append((text, down, across))
        rows.append(tuple(cells))
    return WrittenTable(tuple(rows))
