"""A list of recipients (XLSX or CSV): its first row names the columns, each further row is one recipient."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mokmin.base.errors import InvalidInput
from mokmin.base.formats.hwpx_form_filling import truthy
from mokmin.base.formats.limits import MB, ReadLimits
from mokmin.base.formats.reader import read_isolated
from mokmin.features.forms.model import MOST_ROWS, RowProblem, Template, folded

MOST_BYTES = 20 * MB
_LIMITS = ReadLimits(file_bytes=MOST_BYTES, table_rows=MOST_ROWS + 2, table_cells=200_000)
_NOTHING = " 아무것도 만들지 않았습니다."
LONGEST_HEAD = 60


@dataclass(frozen=True, slots=True)
class Sheet:
    """The columns of a list and its rows, each as long as the columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a list brings to a form: values by name for each row, columns that found their place, those
    that did not, names without a column, and what is wrong."""

    values: tuple[Mapping[str, str], ...]
    matched: Mapping[str, str]
    unused: tuple[str, ...]
    missing: tuple[str, ...]
    problems: tuple[RowProblem, ...]


def sheet_of(data: bytes, name: str) -> Sheet:
    """The first table of a file. Read in a process of its own. Raises InvalidInput, UnreadableFile."""
    if len(data) > MOST_BYTES:
        raise InvalidInput(f"명단은 {MOST_BYTES // MB}MB까지 올릴 수 있습니다." + _NOTHING)
    suffix = Path(name).suffix.lower()
    if suffix not in (".xlsx", ".csv", ".tsv", ".txt"):
        raise InvalidInput("명단은 엑셀(XLSX)이나 CSV 파일이어야 합니다." + _NOTHING)
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(data)
        file.flush()
        parsed = read_isolated(Path(file.name), name=f"list{suffix}", limits=_LIMITS)
    table = next((block for block in parsed.blocks if block.type == "table"), None)
    if table is not None:
        lines = [[cell.text.strip() for cell in row] for row in table.rows]
    else:  # A text file of one column is no table to a reader, yet a list of names is a list.
        words = [line.strip() for block in parsed.blocks for line in block.text.split("\n")]
        lines = [[word] for word in words if word]
    if not lines or len(lines[0][0]) > LONGEST_HEAD:
        raise InvalidInput(
            "명단에서 표를 찾지 못했습니다. 첫 줄에 열 이름을 적어 주세요." + _NOTHING
        )
    head, *rest = lines
    if len(rest) > MOST_ROWS:
        raise InvalidInput(
            f"한 번에 {MOST_ROWS:,}명까지 만듭니다. 명단을 나누어 주세요." + _NOTHING
        )
    seen: set[str] = set()
    for column in head:
        if column and folded(column) in seen:
            raise InvalidInput(f"‘{column[:40]}’ 열이 두 번 있습니다." + _NOTHING)
        seen.add(folded(column))
    rows = [(row + [""] * len(head))[: len(head)] for row in rest]
    kept = tuple(tuple(row) for row in rows if any(row))
    if not kept:
        raise InvalidInput("명단에 받는 사람이 없습니다. 첫 줄 아래에 적어 주세요." + _NOTHING)
    return Sheet(tuple(head), kept)


def plan_of(template: Template, sheet: Sheet) -> Plan:
    """Match columns with the names of the form's mapping and look through every row."""
    of_column = {folded(column): i for i, column in enumerate(sheet.columns) if column}
    matched: dict[str, str] = {}
    index: dict[str, int] = {}
    for _, use in template.used:
        for called in (use.name, use.label, use.key):
            at = of_column.get(folded(called))
            if at is not None and use.name not in index:
                index[use.name], matched[sheet.columns[at]] = at, use.label
    values = tuple({name: row[at] for name, at in index.items()} for row in sheet.rows)
    extra = tuple(
        {c: v for c, v in zip(sheet.columns, row, strict=True) if c and c not in matched}
        for row in sheet.rows
    )
    known = tuple({**more, **own} for own, more in zip(values, extra, strict=True))
    missing = tuple(
        dict.fromkeys(
            use.label for _, use in template.used if use.name not in index and not use.default
        )
    )
    unused = tuple(c for c in sheet.columns if c and c not in matched)
    return Plan(known, matched, unused, missing, tuple(_problems(template, values)))


def _problems(template: Template, rows: Sequence[Mapping[str, str]]) -> list[RowProblem]:
    found: list[RowProblem] = []
    for number, values in enumerate(rows, start=2):
        for field, use in template.used:
            value = values.get(use.name, "").strip() or use.default
            if not value:
                if use.required:
                    found.append(RowProblem(number, f"‘{use.label}’ 칸이 비어 있습니다.", True))
                continue
            if field.kind == "check" and truthy(value) is None:
                found.append(
                    RowProblem(
                        number, f"‘{use.label}’는 예/아니요로 적어야 합니다: {value[:20]}", True
                    )
                )
            if field.kind == "choice" and field.options:
                wrong = [
                    w
                    for w in (part.strip() for part in re.split(r"[,\n]", value))
                    if w and w not in field.options
                ]
                if wrong:
                    message = f"‘{use.label}’에 없는 보기입니다: {wrong[0][:20]} (보기: {', '.join(field.options)[:80]})"
                    found.append(RowProblem(number, message, True))
            if field.room and len(value) > field.room * 1.8:
                found.append(
                    RowProblem(
                        number,
                        f"‘{use.label}’가 칸보다 깁니다: {len(value)}자 (약 {field.room}자 자리)",
                        False,
                    )
                )
    return list(dict.fromkeys(found))
