"""보고서, 계획서, 한 장 요약 on paper: title between rules, department and day, summary box, sections."""

from __future__ import annotations

from dataclasses import replace

from mokmin.base.formats.page_model import Look, Pages, Paragraph, Part, Run
from mokmin.knowledge.official.layout.parts import attachments, body, field, run
from mokmin.knowledge.official.model import OfficialDocument, Span

MARGINS = (20.0, 20.0, 20.0, 20.0)
WIDTH = 170.0
_TIGHT = 0.88


def _looks(scale: float = 1.0, line: int = 160) -> dict[tuple[str, int], Look]:
    def size(points: float) -> float:
        return round(points * scale * 2) / 2

    return {
        ("heading", 1): Look(size=size(16), before=14, after=4, line=line, align="left", keep=True),
        ("heading", 2): Look(size=size(14), before=8, after=2, line=line, align="left", keep=True),
        ("bullet", 1): Look(size=size(14), left=1.0, before=6, line=line),
        ("bullet", 2): Look(size=size(13.5), left=5.0, before=3, line=line),
        ("bullet", 3): Look(size=size(13), left=10.0, before=2, line=line),
        ("bullet", 4): Look(size=size(11.5), left=13.0, before=2, line=line),
        ("item", 1): Look(size=size(13.5), left=1.0, before=4, line=line),
        ("item", 2): Look(size=size(13.5), left=5.0, before=3, line=line),
        ("item", 3): Look(size=size(13), left=10.0, before=2, line=line),
        ("text", 1): Look(size=size(13), before=3, line=line),
        ("lead", 1): Look(size=size(14), before=4, line=line),
        ("quote", 1): Look(size=size(13), left=6.0, before=3, line=line),
        ("note", 1): Look(size=size(11), left=6.0, before=2, line=line),
        ("box", 1): Look(size=size(13)),
        ("table", 1): Look(size=size(12)),
    }  # fmt: skip


def report_pages(document: OfficialDocument) -> Pages:
    """A report or plan as pages."""
    return _pages(document, 1.0)


def one_page(document: OfficialDocument) -> Pages:
    """One page: smaller type and closer lines, so that a page holds about 900 letters."""
    return _pages(document, _TIGHT, line=140)


def _pages(document: OfficialDocument, scale: float, line: int = 160) -> Pages:
    title = Look(size=round(22 * scale), align="center", line=140, before=4, after=4, rule=True)
    above = Paragraph((Run(""),), Look(size=4, rule=True, line=100))
    parts: list[Part] = [above, field(document, "제목", title, bold=True)]
    office = [document.fields.get(key, Span("")) for key in ("보고일", "부서", "담당자")]
    shown = [run(span) for span in office if span.text]
    runs: list[Run] = []
    for number, one in enumerate(shown):
        runs += [Run("  |  "), one] if number else [one]
    if runs:
        look = Look(size=11, align="right", before=4, after=6)
        parts.append(Paragraph(tuple(runs), look, "field:부서"))
    looks = _looks(scale, line)
    count = 0
    for part in body(document, looks, WIDTH):
        if isinstance(part, Paragraph) and part.look == looks["heading", 1]:
            count += 1
            part = replace(part, runs=(Run(f"{count}. ", bold=True), *part.runs))
        parts.append(part)
    parts += attachments(document, looks["text", 1].size)
    return Pages(title=document.title, parts=tuple(parts), margins=MARGINS)
