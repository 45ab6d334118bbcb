"""A disclosure pack as a ZIP: an index (XLSX and HTML), each record as HTML, a manifest (SHA-256)."""

from __future__ import annotations

import hashlib
import html
import io
import json
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

HEAD = ("번호", "종류", "기록 번호", "생산일", "결정", "근거", "까닭", "파일", "비고")
_STAMP = (1980, 1, 1, 0, 0, 0)


def page(title: str, sections: Sequence[tuple[str, str]]) -> bytes:
    """A record as HTML without scripts or addresses."""
    parts = [
        f"<h2>{html.escape(head)}</h2><p>{html.escape(text).replace(chr(10), '<br>')}</p>"
        for head, text in sections
    ]
    return _html(title, "".join(parts))


def index_page(title: str, rows: Sequence[Sequence[str]]) -> bytes:
    """The index as HTML."""
    return table_page(title, HEAD, rows)


def table_page(title: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """A table as HTML."""
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return _html(
        title, f"<table border><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def index_sheet(rows: Sequence[Sequence[str]]) -> bytes:
    """The index as a workbook. No cell is a formula."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "목록"
    for r, row in enumerate([HEAD, *rows], start=1):
        for c, text in enumerate(row, start=1):
            cell = sheet.cell(r, c)
            cell.value = "".join(x for x in text if x >= " ")
            cell.data_type = "s"
    sheet.freeze_panes = "A2"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def write(
    target: Path, files: Mapping[str, bytes | Path], who: Mapping[str, str], at: datetime
) -> str:
    """Write the pack whole or not at all; return its SHA-256. Raises OSError."""
    hashes = {name: _digest(content) for name, content in files.items()}
    manifest = {"만든 시각(UTC)": at.isoformat(timespec="seconds"), **who, "sha256": hashes}
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = target.with_suffix(".part")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with pack.open(entry, "w") as sink, _opened(content) as source:
                shutil.copyfileobj(source, sink)
        body = json.dumps(manifest, ensure_ascii=False, indent=2)
        pack.writestr(zipfile.ZipInfo("manifest.json", _STAMP), body, zipfile.ZIP_DEFLATED)
    digest = _digest(draft)
    draft.chmod(0o600)
    draft.replace(target)
    return digest


def _opened(content: bytes | Path) -> BinaryIO:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def _digest(content: bytes | Path) -> str:
    with _opened(content) as source:
        total = hashlib.sha256()
        while block := source.read(2**20):
            total.update(block)
        return total.hexdigest()


def _html(title: str, body: str) -> bytes:
    name = html.escape(title)
    return (
        f'<!doctype html><html lang="ko"><head><meta charset="utf-8"><title>{name}</title></head>'
        f"<body><h1>{name}</h1>{body}</body></html>"
    ).encode()
