"""The register as files for publication: CSV, XLSX, JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from mokmin.governance.transparency.model import AREAS, FIELDS, GRADES, IMPACTS, STATUSES, Entry

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WIDTHS = {"purpose": 50, "reason": 50, "oversight": 50, "name": 28, "models": 28, "area": 28}


def row_of(entry: Entry) -> dict[str, str]:
    """One entry in words, by the names of its fields."""
    use = entry.use
    values = {
        "name": use.name,
        "purpose": use.purpose,
        "department": use.department,
        "owner": use.owner,
        "models": use.models,
        "grades": ", ".join(GRADES[grade] for grade in use.grades),
        "personal_data": "예" if use.personal_data else "아니요",
        "impact": IMPACTS[use.impact],
        "area": AREAS[use.area],
        "reason": use.reason,
        "oversight": use.oversight,
        "status": STATUSES[use.status],
        "started_on": use.started_on.isoformat() if use.started_on else "",
        "review_on": use.review_on.isoformat() if use.review_on else "",
    }
    return {FIELDS[key]: values[key] for key in FIELDS}


def csv_bytes(entries: Sequence[Entry]) -> bytes:
    """UTF-8 with a mark, for spreadsheets; what looks like a formula begins with ``'``."""
    target = io.StringIO()
    out = csv.writer(target)
    out.writerow(FIELDS.values())
    for entry in entries:
        values = row_of(entry).values()
        out.writerow([f"'{text}" if text.startswith(_FORMULA) else text for text in values])
    return ("\ufeff" + target.getvalue()).encode()


def json_bytes(entries: Sequence[Entry], at: datetime) -> bytes:
    """Names in Korean, as in the other files. ``at``: when it was taken out, UTC."""
    body = {
        "기준 시각": at.isoformat(timespec="seconds") + "Z",
        "인공지능": [row_of(entry) for entry in entries],
    }
    return json.dumps(body, ensure_ascii=False, indent=2).encode()


def xlsx_bytes(entries: Sequence[Entry]) -> bytes:
    """A workbook with one sheet. No cell is a formula."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "인공지능 대장"
    rows = [list(FIELDS.values()), *(list(row_of(entry).values()) for entry in entries)]
    for r, row in enumerate(rows, start=1):
        for c, text in enumerate(row, start=1):
            cell = sheet.cell(r, c)
            cell.value = "".join(x for x in text if x >= " " or x == "\n")
            cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if r == 1:
                cell.font = Font(bold=True)
    for n, key in enumerate(FIELDS):
        letter = get_column_letter(n + 1)
        sheet.column_dimensions[letter].width = _WIDTHS.get(key, 16)
    sheet.freeze_panes = "B2"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()
