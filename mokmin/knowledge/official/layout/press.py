"""보도자료 and 말씀자료 on paper."""

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
_PRESS = {
    ("heading", 2): Look(size=14, align="center", before=2, line=140),
    ("lead", 1): Look(size=13, before=10, line=170),
    ("text", 1): Look(size=13, before=6, line=170),
    ("bullet", 1): Look(size=13, before=6, line=170),
    ("bullet", 2): Look(size=12.5, left=5.0, before=3, line=165),
    ("bullet", 3): Look(size=12, left=10.0, before=2, line=160),
    ("item", 1): Look(size=13, left=2.0, before=4, line=165),
    ("item", 2): Look(size=12.5, left=7.0, before=3, line=165),
    ("quote", 1): Look(size=13, before=8, line=170),
    ("note", 1): Look(size=11, before=6, align="left"),
    ("box", 1): Look(size=12),
    ("table", 1): Look(size=11.5),
}
_SPEECH = {
    ("lead", 1): Look(size=16, before=8, line=200),
    ("text", 1): Look(size=16, before=10, line=200),
    ("heading", 1): Look(size=16, before=12, line=180, align="left", keep=True),
    ("bullet", 1): Look(size=16, before=8, line=190),
    ("item", 1): Look(size=16, before=8, line=190),
    ("quote", 1): Look(size=16, left=6, before=8, line=190),
    ("note", 1): Look(size=11, before=4),
    ("box", 1): Look(size=14),
    ("table", 1): Look(size=13),
}


def press_pages(document: OfficialDocument) -> Pages:
    """A press release as pages: banner, when to print, headline, story, whom to ask."""
    agency = field(document, "행정기관명", Look(size=12, align="right", line=130), bold=True)
    banner = Grid(
        (
            (
                GridCell((plain("보 도 자 료", Look(size=24, align="left", line=130), bold=True),)),
                GridCell((agency,)),
            ),
        ),
        (110.0, 60.0), height=16, lines=False,
    )  # fmt: skip
    value = document.fields
    when = Grid(
        (
            (
                _label("보도시점"), _said(value.get("보도시점")),
                _label("배포일"), _said(value.get("배포일")),
            ),
        ),
        (25.0, 70.0, 25.0, 50.0), height=9, anchor="field:보도시점",
    )  # fmt: skip
    headline = field(
        document,
        "제목",
        Look(size=20, align="center", before=14, after=4, line=140),
        bold=True,
    )
    parts: list[Part] = [banner, when, headline, *body(document, _PRESS, WIDTH)]
    parts += attachments(document, 12)
    parts.append(plain("", Look(size=6, line=100)))
    rows = [
        (
            _label("담당 부서"),
            _said(value.get("담당부서")),
            _label("책임자"),
            _said(value.get("책임자")),
        )
    ]
    rows.append(
        (_label("전화"), _said(value.get("전화")), _label("담당자"), _said(value.get("담당자")))
    )
    parts.append(Grid(tuple(rows), (25.0, 55.0, 25.0, 65.0), height=9, anchor="field:담당부서"))
    return Pages(title=document.title, parts=tuple(parts), margins=MARGINS)


def speech_pages(document: OfficialDocument) -> Pages:
    """A speech in large type, for reading aloud."""
    title = Look(size=22, align="center", before=10, after=8, line=140)
    value = document.fields
    rows = tuple(
        (_label(name), _said(value.get(name))) for name in ("행사명", "일시", "장소", "말하는이")
    )
    parts: list[Part] = [
        field(document, "제목", title, bold=True),
        Grid(rows, (30.0, 140.0), height=9, anchor="field:행사명"),
        plain("", Look(size=8, line=100)),
        *body(document, _SPEECH, WIDTH),
    ]
    return Pages(title=document.title, parts=tuple(parts), margins=MARGINS)


def _label(text: str) -> GridCell:
    look = Look(size=11, align="center", line=130)
    return GridCell((Paragraph((Run(text, bold=True),), look),), fill=HEAD_FILL)


def _said(span: Span | None, size: float = 11) -> GridCell:
    look = Look(size=size, align="left", line=130)
    lines = (span or Span("")).text.split("\n")
    return GridCell(
        tuple(
            Paragraph((run(replace(span, text=line) if span else Span(line)),), look)
            for line in lines
        )
    )
