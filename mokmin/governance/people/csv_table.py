"""CSV files as people make them: UTF-8 or CP949, commas, tabs or semicolons, Korean or English heads."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from mokmin.base.errors import InvalidInput
from mokmin.base.formats.charset import decode_text

MOST_LINES = 5_000
MOST_BYTES = 4 * 2**20
NOTHING = " 아무것도 넣지 않았습니다."
_PHONE = re.compile(r"[+-][\d\s().-]*")
_DATE = re.compile(r"(\d{4})\s*[-./년]\s*(\d{1,2})\s*[-./월]\s*(\d{1,2})\s*[.일]?")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file: its number as an editor shows it, and its cells by column."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a line."""

    line: int
    message: str


def text_of(data: bytes) -> str:
    """The text of an uploaded file. Raises InvalidInput."""
    if len(data) > MOST_BYTES:
        raise InvalidInput(
            f"파일이 {MOST_BYTES // 2**20}MB보다 큽니다. 나누어 넣어 주세요." + NOTHING
        )
    text = decode_text(data) if data.strip() else None
    if text is None:
        raise InvalidInput("글로 된 CSV 파일이 아니거나 비어 있습니다." + NOTHING)
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def read(
    text: str, names: Mapping[str, tuple[str, ...]], required: tuple[str, ...]
) -> tuple[list[Line], list[Problem]]:
    """The lines of a table and what is wrong with single cells. ``names``: what each column may be
    called. Raises InvalidInput when the table as a whole cannot be used."""
    text = text.lstrip("\ufeff")
    head = text.lstrip().split("\n", 1)[0]
    delimiter = max(",\t;", key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InvalidInput(
            "CSV의 따옴표나 줄이 맞지 않습니다. 다시 저장해 주세요." + NOTHING
        ) from error
    filled = [(n, row) for n, row in enumerate(rows, start=1) if any(c.strip() for c in row)]
    if not filled:
        raise InvalidInput("빈 파일입니다." + NOTHING)
    columns = _columns(filled[0][1], names)
    missing = [names[column][0] for column in required if column not in columns]
    if missing:
        raise InvalidInput(f"첫 줄에 이런 열이 없습니다: {', '.join(missing)}." + NOTHING)
    if len(filled) - 1 > MOST_LINES:
        raise InvalidInput(f"한 번에 {MOST_LINES:,}줄까지 넣습니다. 나누어 넣어 주세요." + NOTHING)
    lines, problems = [], []
    for number, row in filled[1:]:
        cells = {c: row[i].strip() if i < len(row) else "" for c, i in columns.items()}
        bad = [text for text in cells.values() if is_formula(text)]
        if bad:
            problems.append(Problem(number, f"계산식으로 보이는 칸이 있습니다: {bad[0][:30]}"))
        problems += [
            Problem(number, f"'{names[c][0]}' 칸이 비어 있습니다.")
            for c in required
            if not cells[c]
        ]
        lines.append(Line(number, cells))
    return lines, problems


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would take a cell for a formula; telephone numbers are none."""
    if text[:1] in ("=", "@", "\t", "\r"):
        return True
    return text[:1] in ("+", "-") and len(text) > 1 and not _PHONE.fullmatch(text)


def safe_cell(text: str) -> str:
    """A cell for a file that goes out: never a formula (OWASP, CSV injection)."""
    return "'" + text if is_formula(text) else text


def day_of(text: str) -> date | None:
    """``2026-11-23``, ``2026. 11. 23.`` or ``2026년 11월 23일``; None for empty. Raises InvalidInput."""
    if not text.strip():
        return None
    found = _DATE.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError
        return date(*(int(part) for part in found.groups()))
    except ValueError as error:
        raise InvalidInput(f"날짜를 2026-11-23처럼 적어 주세요: {text[:30]}") from error


def _columns(head: list[str], names: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    known = {_plain(name): column for column, all_ in names.items() for name in all_}
    found: dict[str, int] = {}
    for index, cell in enumerate(head):
        column = known.get(_plain(cell))
        if column is None:
            continue
        if column in found:
            raise InvalidInput(f"'{cell.strip()}' 열이 두 번 있습니다." + NOTHING)
        found[column] = index
    return found


def _plain(name: str) -> str:
    return re.sub(r"[\s_()·-]", "", name).lower()
