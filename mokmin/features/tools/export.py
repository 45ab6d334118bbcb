"""Results as files: Markdown, XLSX and CSV, each with the AI label, the sources and the grade."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from mokmin.base.formats.ai_label import AiLabel, front_matter
from mokmin.features.tools.model import KIND_NAMES, Json, Kind, Run

GRADE_NAMES = {"O": "공개", "S": "민감", "C": "기밀"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MOST_CELL = 32_000


def markdown(run: Run, grade: str, label: AiLabel) -> str:
    """The whole result as Markdown, sources at the end."""
    result = run.result or {}
    lines = [
        front_matter(label),
        f"# {KIND_NAMES[run.kind]}: {run.title}",
        "",
        f"> {label.line} (보안 등급: {GRADE_NAMES[grade]})",
        "",
    ]
    lines += [f"> {notice}" for notice in result.get("notices", [])]
    lines += {
        Kind.SUMMARY: _summary,
        Kind.TABLE: _table,
        Kind.COMPARE: _compare,
        Kind.TIMELINE: _timeline,
        Kind.QUIZ: _quiz,
    }[run.kind](result)
    lines += ["", "## 근거", ""]
    for c in result.get("citations", []):
        at = f" · {c['place']}" if c["place"] else ""
        lines.append(f"{c['n']}. {c['title']}{at}: “{c['quote']}”")
    return "\n".join(lines).strip() + "\n"


def _marks(numbers: Sequence[int]) -> str:
    return "".join(f" [{n}]" for n in numbers)


def _summary(result: Json) -> Iterator[str]:
    for group in result["groups"]:
        head = " · ".join(part for part in (group["title"], group["section"]) if part)
        if head:
            yield from ("", f"**{head}**", "")
        for line in group["lines"]:
            yield f"- {line['text']}{_marks(line['cites'])}"


def _table(result: Json) -> Iterator[str]:
    yield "| 문서 | " + " | ".join(map(_cell, result["columns"])) + " |"
    yield "|---" * (len(result["columns"]) + 1) + "|"
    for row in result["rows"]:
        cells = [
            "<br>".join(_cell(v["text"]) + _marks(v["cites"]) for v in cell["values"])
            for cell in row["cells"]
        ]
        yield f"| {_cell(row['title'])} | " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _compare(result: Json) -> Iterator[str]:
    names = {"changed": "바뀜", "added": "새로 생김", "removed": "없어짐", "moved": "자리 옮김"}
    counts = result["counts"]
    yield ", ".join(f"{names[k]} {counts[k]}" for k in names) + f", 그대로 {counts['same']}"
    if result["meaning"]:
        yield from ("", "## 달라지는 것", "")
        for m in result["meaning"]:
            change = (
                f"{m['old'] or '없음'} → {m['new'] or '없음'}"
                if m["old"] or m["new"]
                else m["name"]
            )
            yield f"- [{m['name']}] {change}: {m['text']} ({m['section'] or '처음'})"
    yield from (
        "",
        "## 조문별 대비",
        "",
        "| 구분 | 위치 | 앞 문서 | 뒤 문서 |",
        "|---|---|---|---|",
    )
    for row in result["rows"]:
        old = "".join(f"~~{t.strip()}~~ " if k == "del" else t for k, t in row["old"])
        new = "".join(f"**{t.strip()}** " if k == "ins" else t for k, t in row["new"])
        yield f"| {names[row['kind']]} | {_cell(row['section'])} | {_cell(old)} | {_cell(new)} |"


def _timeline(result: Json) -> Iterator[str]:
    for key, name in (
        ("events", "날짜가 정해진 일"),
        ("relative", "어떤 일부터 세는 기한"),
        ("recurring", "되풀이되는 일"),
    ):
        if result[key]:
            yield from ("", f"## {name}", "")
            for e in result[key]:
                guess = " (연도는 문서에서 미루어 봄)" if e.get("guessed") else ""
                yield f"- {e['shown'].strip()}{guess}: {e['text']}{_marks(e['cites'])}"


def _quiz(result: Json) -> Iterator[str]:
    for n, pair in enumerate(result["pairs"], start=1):
        short = f"{pair['short']}. " if pair["short"] else ""
        yield from (
            f"**{n}. {pair['question']}**",
            "",
            f"답: {short}{pair['answer']}{_marks(pair['cites'])}",
            "",
        )


# --- tables -----------------------------------------------------------------------------------
def rows_of(run: Run) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the sheet of a kind."""
    result = run.result or {}
    places = {c["n"]: _place(c) for c in result.get("citations", [])}

    def at(numbers: Sequence[int | None]) -> str:
        return "\n".join(places[n] for n in numbers if n is not None)

    if run.kind is Kind.TABLE:
        heads = ["문서"]
        for name in result["columns"]:
            heads += [name, f"{name} 근거"]
        rows = []
        for row in result["rows"]:
            cells = [row["title"]]
            for cell in row["cells"]:
                cells.append("\n".join(v["text"] for v in cell["values"]))
                cells.append("\n".join(at(v["cites"]) or v["note"] for v in cell["values"]))
            rows.append(cells)
        return heads, rows
    if run.kind is Kind.QUIZ:
        return ["번호", "질문", "짧은 답", "답", "근거"], [
            [str(n), p["question"], p["short"], p["answer"], at(p["cites"])]
            for n, p in enumerate(result["pairs"], start=1)
        ]
    if run.kind is Kind.TIMELINE:
        kinds = (("events", "날짜"), ("relative", "기한"), ("recurring", "되풀이"))
        return ["구분", "언제", "내용", "비고", "근거"], [
            [
                name,
                e["shown"].strip(),
                e["text"],
                "연도는 미루어 봄" if e.get("guessed") else "",
                at(e["cites"]),
            ]
            for key, name in kinds
            for e in result[key]
        ]
    if run.kind is Kind.COMPARE:
        names = {"changed": "바뀜", "added": "새로 생김", "removed": "없어짐", "moved": "자리 옮김"}
        return ["구분", "위치", "앞 문서", "뒤 문서", "근거"], [
            [
                names[r["kind"]],
                r["section"],
                "".join(t for _, t in r["old"]),
                "".join(t for _, t in r["new"]),
                at([r["old_cite"], r["new_cite"]]),
            ]
            for r in result["rows"]
        ]
    return ["문서", "위치", "내용", "근거"], [
        [g["title"], g["section"], line["text"], at(line["cites"])]
        for g in result["groups"]
        for line in g["lines"]
    ]


def _place(citation: Json) -> str:
    at = f" · {citation['place']}" if citation["place"] else ""
    return f"{citation['title']}{at}"


def xlsx(run: Run, grade: str, label: AiLabel) -> bytes:
    """A workbook: the table, and a sheet of sources. No cell is a formula."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = KIND_NAMES[run.kind]
    heads, rows = rows_of(run)
    _put(sheet, [[f"{label.line} 보안 등급: {GRADE_NAMES[grade]}"], [], heads, *rows])
    for column in sheet[3]:
        column.font = Font(bold=True)
        column.fill = PatternFill("solid", fgColor="E7F4FE")
    for row in sheet.iter_rows(min_row=3):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    for n, head in enumerate(heads, start=1):
        longest = max([len(head), *(len(part) for r in rows for part in r[n - 1].split("\n"))])
        sheet.column_dimensions[get_column_letter(n)].width = min(60, max(8, longest * 1.8))
    sheet.freeze_panes = "A4"
    sources = book.create_sheet("근거")
    found = (run.result or {}).get("citations", [])
    _put(
        sources,
        [["번호", "문서", "위치", "원문"]]
        + [[str(c["n"]), c["title"], c["place"], c["quote"]] for c in found],
    )
    for letter, width in zip("ABCD", (8, 40, 40, 90), strict=True):
        sources.column_dimensions[letter].width = width
    book.properties.creator, book.properties.description = label.system, label.line
    properties = book.custom_doc_props  # type: ignore[attr-defined]  # missing in its stubs
    for name, value in label.fields.items():
        properties.append(StringProperty(name=name, value=value))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _put(sheet: Worksheet, rows: Sequence[Sequence[str]]) -> None:
    for r, row in enumerate(rows, start=1):
        for c, text in enumerate(row, start=1):
            cell = sheet.cell(r, c)
            cell.value = "".join(x for x in text if x >= " " or x == "\n")[:_MOST_CELL]
            cell.data_type = "s"


def csv_text(run: Run, grade: str, label: AiLabel) -> str:
    """The table as CSV; a text that a spreadsheet would take for a formula begins with ``'``."""
    target = io.StringIO()
    out = csv.writer(target)
    heads, rows = rows_of(run)
    out.writerow([f"{label.line} 보안 등급: {GRADE_NAMES[grade]}"])
    for row in (heads, *rows):
        out.writerow([f"'{t}" if t.startswith(_FORMULA) else t for t in row])
    return target.getvalue()
