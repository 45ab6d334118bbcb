"""회의록 and 업무 인수인계서 on paper."""

from __future__ import annotations

from dataclasses import replace

from mokmin.base.formats.page_model import Grid, GridCell, Look, Pages, Paragraph, Part, Run
from mokmin.knowledge.official.layout.parts import (
    HEAD_FILL,
    attachments,
    body,
    field,
    plain,
    run,
)
from mokmin.knowledge.official.model import OfficialDocument, Span

MARGINS = (20.0, 20.0, 20.0, 20.0)
WIDTH = 170.0
_LOOKS = {
    ("heading", 1): Look(size=14, before=12, after=3, align="left", keep=True),
    ("heading", 2): Look(size=13, before=8, after=2, align="left", keep=True),
    ("bullet", 1): Look(size=12, left=1.0, before=4),
    ("bullet", 2): Look(size=12, left=5.0, before=2),
    ("bullet", 3): Look(size=11.5, left=9.0, before=2),
    ("bullet", 4): Look(size=11, left=12.0, before=2),
    ("item", 1): Look(size=12, left=1.0, before=4),
    ("item", 2): Look(size=12, left=5.0, before=2),
    ("text", 1): Look(size=12, before=3),
    ("note", 1): Look(size=10.5, before=2),
    ("table", 1): Look(size=11.5),
}
_CELL = Look(size=11, line=140, align="left")


def minutes_pages(document: OfficialDocument) -> Pages:
    """Minutes as pages."""
    names = [
        n for n in ("일시", "장소", "주재", "참석자", "불참자", "작성자") if n in document.fields
    ]
    rows = tuple(_row(document, name) for name in names)
    title = Look(size=20, align="center", before=4, after=10, line=140)
    parts: list[Part] = [
        field(document, "제목", title, bold=True),
        Grid(rows, (28.0, 142.0), height=9),
        *_numbered(document),
        *attachments(document, 12),
    ]
    return Pages(title=document.title, parts=tuple(parts), margins=MARGINS)


def handover_pages(document: OfficialDocument) -> Pages:
    """A handover with the places for signatures at its end."""
    title = Look(size=22, align="center", before=4, after=10, line=140)
    names = [n for n in ("부서", "기준일", "인계자", "인수자", "입회자") if n in document.fields]
    rows = tuple(_row(document, name) for name in names)
    parts: list[Part] = [
        field(document, "제목", title, bold=True),
        Grid(rows, (28.0, 142.0), height=9),
        *_numbered(document),
        plain(
            "위와 같이 업무를 인계·인수합니다.", Look(size=13, align="center", before=24, after=8)
        ),
        field(document, "기준일", Look(size=12, align="center", after=10)),
    ]
    for name in ("인계자", "인수자", "입회자"):
        if name in document.fields:
            runs = (Run(f"{name}  "), run(document.fields[name]), Run("  (서명)"))
            look = Look(size=12, align="right", before=6)
            parts.append(Paragraph(runs, look, f"field:{name}"))
    return Pages(title=document.title, parts=tuple(parts), margins=MARGINS)


def _row(document: OfficialDocument, name: str) -> tuple[GridCell, GridCell]:
    label = Paragraph((Run(name, bold=True),), replace(_CELL, align="center"))
    span = document.fields.get(name, Span(""))
    lines = tuple(
        Paragraph((run(Span(line, span.origin)),), _CELL, f"field:{name}")
        for line in span.text.split("\n")
    )
    return GridCell((label,), fill=HEAD_FILL), GridCell(lines)


def _numbered(document: OfficialDocument) -> list[Part]:
    made: list[Part] = []
    count = 0
    for part in body(document, _LOOKS, WIDTH):
        if isinstance(part, Paragraph) and part.look == _LOOKS["heading", 1]:
            count += 1
            part = replace(part, runs=(Run(f"{count}. ", bold=True), *part.runs))
        made.append(part)
    return made
