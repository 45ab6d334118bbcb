"""Fields found in real HWPX forms against a list made by looking at each form, filling with everything else
as it was, and the time for 500 recipients.

python benchmarks/official/forms.py FOLDER_WITH_THE_FORMS
"""

from __future__ import annotations

import json
import re
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

from lxml import etree

from mokmin.base.formats.hwpx_form_compare import differences
from mokmin.base.formats.hwpx_form_model import CellSpot, FormField
from mokmin.base.formats.hwpx_forms import Form, read_form

GOLD = Path(__file__).with_name("forms_gold.json")
RECIPIENTS = 500
_P = "{http://www.hancom.co.kr/hwpml/2011/paragraph}"


def value(field: FormField) -> str:
    """A value that fits a field."""
    if field.kind == "choice" and field.options:
        return field.options[0]
    return {"check": "예", "date": "2026. 11. 23."}.get(field.kind, "홍길동")


def missed(form: Form, wanted: list[str]) -> list[str]:
    """Labels of the list that no field bears; each field counts once."""
    left = [re.sub(r"\s", "", f.key) for f in form.fields]
    lost = []
    for label in wanted:
        bare = re.sub(r"\s", "", label)
        hit = next((key for key in left if bare in key), None)
        if hit is None:
            lost.append(label)
        else:
            left.remove(hit)
    return lost


def empty_cells(package: Path, section: int, table: int | None = None) -> int:
    """Cells without text or objects, counted by another parser."""
    with zipfile.ZipFile(package) as archive:
        root = etree.fromstring(archive.read(f"Contents/section{section}.xml"))
    tables = list(root.iter(f"{_P}tbl"))
    chosen = tables if table is None else [tables[table - 1]]
    words = {
        f"{_P}{name}" for name in ("p", "run", "t", "linesegarray", "lineseg", "subList", "fwSpace")
    }
    return sum(
        1
        for tbl in chosen
        for cell in tbl.iterfind(f"{_P}tr/{_P}tc")
        if (box := cell.find(f"{_P}subList")) is not None
        and not "".join(box.itertext()).strip()
        and all(e.tag in words for e in box.iter())
    )


def measured(package: Path, gold: dict[str, Any]) -> dict[str, Any]:
    """One form."""
    began = time.perf_counter()
    form = read_form(package.read_bytes())
    read = time.perf_counter() - began
    values = {field.key: value(field) for field in form.fields}
    began = time.perf_counter()
    filled = form.fill(values)
    took = time.perf_counter() - began
    lost = missed(form, gold["labels"])
    for section in gold.get("empty_cells_of_sections", []):
        own = sum(1 for f in form.found if f.section == section and isinstance(f.spot, CellSpot))
        if own != (wanted := empty_cells(package, section)):
            lost.append(f"빈 칸 {own}/{wanted}")
    for table in gold.get("empty_cells_of_tables", []):
        own = sum(1 for f in form.found if f.field.table == table and isinstance(f.spot, CellSpot))
        if own != (wanted := empty_cells(package, 0, table)):
            lost.append(f"{table}번째 표의 빈 칸 {own}/{wanted}")
    return {
        "form": package.name,
        "fields": len(form.fields),
        "listed": len(gold["labels"]),
        "missed": lost,
        "extra": len(form.fields) - len(gold["labels"]) if gold["complete"] else None,
        "changed_elsewhere": differences(form, filled.package, values),
        "read_s": round(read, 3),
        "fill_s": round(took, 4),
    }


def recipients(package: Path) -> float:
    """Seconds for ``RECIPIENTS`` filled files of one form."""
    form = read_form(package.read_bytes())
    keys = [f.key for f in form.fields if f.kind == "text"][:20]
    began = time.perf_counter()
    for number in range(RECIPIENTS):
        form.fill({key: f"받는 사람 {number}" for key in keys})
    return time.perf_counter() - began


def main() -> None:
    """Print one line a form, and the times."""
    folder = Path(sys.argv[1])
    gold = json.loads(GOLD.read_text("utf-8"))
    for name, own in gold.items():
        print(json.dumps(measured(folder / name, own), ensure_ascii=False))
    for name in ("일반기안문_서식.hwpx", "blank_form_1-2hak.hwpx", "test.hwpx"):
        print(f"{RECIPIENTS} × {name}: {recipients(folder / name):.1f} s")


if __name__ == "__main__":
    main()
