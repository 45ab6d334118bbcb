"""기안문 on paper: 두문, 본문, 결문 of 별지 제1호서식, and the short form of 별지 제2호서식.

Margins of a letter: top 30, left 20, right and bottom 15 mm (행정업무의 운영 및 혁신에 관한 규정 시행규칙).
"""

from __future__ import annotations

from dataclasses import replace

from mokmin.base.formats.page_model import Grid, GridCell, Look, Pages, Paragraph, Part, Run
from mokmin.knowledge.official.layout.parts import (
    attachments,
    body,
    ended,
    field,
    items,
    plain,
    run,
)
from mokmin.knowledge.official.model import Approver, OfficialDocument, Span

SIZE = 12.0
MARGINS = (20.0, 15.0, 30.0, 15.0)
WIDTH = 210.0 - MARGINS[0] - MARGINS[1]
_LINE = 160
_LOOKS = {
    **items(SIZE),
    ("text", 1): Look(size=SIZE, before=2),
    ("bullet", 1): Look(size=SIZE, before=2),
    ("bullet", 2): Look(size=SIZE, left=4.2, before=2),
    ("heading", 1): Look(size=SIZE, before=6, keep=True, align="left"),
    ("note", 1): Look(size=11, left=4.2, before=1),
}
_FOOT = Look(size=9.5, line=140, align="left")
_WIDE_NAME = 8


def letter_pages(document: OfficialDocument) -> Pages:
    """A letter as pages."""
    parts: list[Part] = [_agency(document)]
    parts += _head(document)
    rest = ended([*body(document, _LOOKS, WIDTH), *attachments(document, SIZE)], SIZE)
    parts += rest
    if "발신명의" in document.fields:
        look = Look(size=20, align="center", before=30, after=6, line=130)
        parts.append(field(document, "발신명의", look, bold=True))
        if document.value("수신자"):
            parts.append(_labelled(document, "수신자", "수신자", replace(_FOOT, before=4)))
    parts += _foot(document)
    return Pages(title=document.title, parts=tuple(parts), margins=MARGINS, numbered=False)


def _agency(document: OfficialDocument) -> Paragraph:
    """The agency's name, its letters spread where it is short."""
    look = Look(size=20, align="center", after=14, line=130)
    made = field(document, "행정기관명", look, bold=True)
    name = made.text
    if 1 < len(name) <= _WIDE_NAME and made.runs[0].note.split(":")[0] != "blank":
        made = replace(made, runs=(replace(made.runs[0], text=" ".join(name)),))
    return made


def _head(document: OfficialDocument) -> list[Part]:
    look = Look(size=SIZE, first=-14.8, align="left", line=150)
    last = replace(look, rule=True, after=6)
    via = document.fields.get("경유", Span(""))
    return [
        _labelled(document, "수신", "수신", look),
        Paragraph((Run("(경유)  "), run(via)), look, "field:경유"),
        _labelled(document, "제목", "제목", last, bold=True),
    ]


def _labelled(
    document: OfficialDocument, key: str, label: str, look: Look, *, bold: bool = False
) -> Paragraph:
    gap = " " * max(2, 8 - 2 * len(label))
    words = run(document.fields.get(key, Span("")), bold=bold)
    return Paragraph((Run(f"{label}{gap}"), words), look, f"field:{key}")


def _foot(document: OfficialDocument) -> list[Part]:
    rule = plain("", Look(size=4, rule=True, before=6, line=100))
    parts: list[Part] = [rule]
    signing = [a for a in document.approvers if a.role != "협조"]
    if signing:
        parts.append(_people(signing))
    helping = [a for a in document.approvers if a.role == "협조"]
    if helping:
        said = "   ".join(_said(a) for a in helping)
        parts.append(plain(f"협조자  {said}", _FOOT))
    value = document.value
    parts.append(
        plain(
            f"시행  {_numbered(value('시행번호'), value('시행일'))}"
            f"          접수  {_numbered(value('접수번호'), value('접수일'))}",
            _FOOT,
        )
    )
    post = " ".join(filter(None, (value("우편번호"), value("주소"))))
    parts.append(
        plain("  /  ".join(filter(None, (f"우 {post}".rstrip(), value("홈페이지")))), _FOOT)
    )
    reach = (
        f"전화번호 {value('전화')}",
        f"팩스번호 {value('팩스')}",
        value("전자우편"),
        value("공개구분"),
    )
    parts.append(plain("  /  ".join(part.rstrip() for part in reach if part.strip()), _FOOT))
    return parts


def _numbered(number: str, day: str) -> str:
    return f"{number}({day})" if number and day else number or (f"({day})" if day else "")


def _said(one: Approver) -> str:
    return " ".join(filter(None, (one.post, one.name, one.how, one.signed_on)))


def _people(people: list[Approver]) -> Grid:
    """기안자, 검토자, 결재권자 beside each other: role and post above, name or signature below."""
    labels = {"기안": "기안자", "검토": "검토자", "결재": "결재권자"}
    cells = []
    for one in people:
        lines = (
            plain(f"{labels[one.role]}  {one.post}".rstrip(), replace(_FOOT, align="left")),
            plain(
                " ".join(filter(None, (one.how, one.signed_on, one.name))),
                replace(_FOOT, size=11, align="left"),
                bold=True,
            ),
        )
        cells.append(GridCell(lines))
    width = round(WIDTH / len(cells), 1)
    return Grid((tuple(cells),), (width,) * len(cells), height=12, lines=False)


def brief_pages(document: OfficialDocument) -> Pages:
    """The short form: number and decision block above, the title across, then the body."""
    value = document.value
    small = Look(size=9.5, line=130, align="center")
    rows = [
        ("생산등록번호", value("시행번호")),
        ("등록일", value("시행일")),
        ("결재일", next((a.signed_on for a in document.approvers if a.role == "결재"), "")),
        ("공개구분", value("공개구분")),
    ]
    signing = [a for a in document.approvers if a.role != "협조"] or [Approver("기안", "")]
    helping = [a for a in document.approvers if a.role == "협조"]
    heads = tuple(GridCell((plain(a.post or a.role, small),)) for a in signing)
    names = tuple(
        GridCell((plain(" ".join(filter(None, (a.how, a.name, a.signed_on))), small),), row_span=2)
        for a in signing
    )
    last = GridCell(
        (plain("협조  " + "   ".join(_said(a) for a in helping), replace(small, align="left")),),
        col_span=len(signing),
    )
    left = [
        (GridCell((plain(label, small),), fill="EDF1F7"), GridCell((plain(text, small),)))
        for label, text in rows
    ]
    table = Grid(
        ((*left[0], *heads), (*left[1], *names), left[2], (*left[3], last)),
        (26.0, 44.0, *((round(105.0 / len(signing), 1),) * len(signing))),
        height=8,
    )
    title = field(
        document, "제목", Look(size=20, align="center", before=30, after=20, line=150), bold=True
    )
    office = "  ".join(filter(None, (value("보고일"), value("부서"))))
    parts: list[Part] = [table, title]
    if office:
        parts.append(plain(office, Look(size=SIZE, align="center", after=20)))
    parts += ended([*body(document, _LOOKS, WIDTH), *attachments(document, SIZE)], SIZE)
    return Pages(title=document.title, parts=tuple(parts), margins=MARGINS)
