"""정보공개 결정통지서 and 공고문 on paper."""

from __future__ import annotations

from mokmin.base.formats.page_model import Grid, GridCell, Look, Pages, Paragraph, Part, Run
from mokmin.knowledge.official.layout.parts import (
    HEAD_FILL,
    attachments,
    body,
    ended,
    field,
    items,
    plain,
    run,
)
from mokmin.knowledge.official.model import OfficialDocument, Span

MARGINS = (20.0, 20.0, 25.0, 20.0)
WIDTH = 170.0
SIZE = 12.0
_LOOKS = {
    **items(SIZE),
    ("text", 1): Look(size=SIZE, before=4, after=6, line=170),
    ("bullet", 1): Look(size=SIZE, before=3),
    ("heading", 1): Look(size=13, before=8, keep=True, align="left"),
    ("note", 1): Look(size=10.5, before=3, line=150),
}
_SMALL = Look(size=11, line=140, align="left")


def decision_pages(document: OfficialDocument) -> Pages:
    """The notification as the table of 별지 제7호서식."""
    value = document.fields
    title = Look(size=20, align="center", after=12, line=140)
    rows: list[tuple[GridCell, ...]] = [
        (_label("접수번호"), _cell(value, "접수번호"), _label("접수일"), _cell(value, "접수일")),
        (_label("청구인"), _cell(value, "청구인"), _label("주소"), _cell(value, "청구인주소")),
        (_label("청구 내용"), _cell(value, "청구내용", 3)),
        (_label("결정"), _cell(value, "결정", 3)),
    ]
    if any(value.get(k) for k in ("공개내용", "공개일시", "공개장소", "공개방법", "수수료")):
        rows += [
            (_label("공개 내용"), _cell(value, "공개내용", 3)),
            (_label("공개 일시"), _cell(value, "공개일시"), _label("공개 장소"), _cell(value, "공개장소")),
            (_label("공개 방법"), _cell(value, "공개방법"), _label("수수료 등"), _cell(value, "수수료")),
        ]  # fmt: skip
    if any(value.get(k) for k in ("비공개내용", "비공개사유")):
        rows += [
            (_label("비공개 내용"), _cell(value, "비공개내용", 3)),
            (_label("비공개 사유"), _cell(value, "비공개사유", 3)),
        ]
    said = Look(size=SIZE, before=14, line=160)
    parts: list[Part] = [
        field(document, "제목", title, bold=True),
        Grid(tuple(rows), (28.0, 57.0, 28.0, 57.0), height=10, anchor="field:접수번호"),
        plain(
            "귀하의 정보공개 청구에 대하여 「공공기관의 정보공개에 관한 법률」 제13조에 따라 위와 같이 결정하였음을 알려드립니다.",
            said,
        ),
        field(document, "통지일", Look(size=SIZE, align="center", before=14)),
        field(document, "발신명의", Look(size=20, align="center", before=8, after=14), bold=True),
        *body(document, _LOOKS, WIDTH),
    ]
    contact = [value[k] for k in ("담당부서", "담당자", "전화") if k in value]
    if contact:
        runs: list[Run] = [Run("담당  ")]
        for number, span in enumerate(contact):
            runs += [Run("  "), run(span)] if number else [run(span)]
        parts.append(
            Paragraph(tuple(runs), Look(size=10.5, before=8, align="left"), "field:담당부서")
        )
    return Pages(title=document.title, parts=tuple(parts), margins=MARGINS, numbered=False)


def notice_pages(document: OfficialDocument) -> Pages:
    """A public notice: number, title, text, day, in whose name."""
    number = Look(size=SIZE, align="left", line=150)
    title = Look(size=20, align="center", before=14, after=12, line=150)
    parts: list[Part] = [
        field(document, "공고번호", number),
        field(document, "제목", title, bold=True),
        *ended([*body(document, _LOOKS, WIDTH), *attachments(document, SIZE)], SIZE),
        field(document, "공고일", Look(size=13, align="center", before=24)),
        field(document, "발신명의", Look(size=20, align="center", before=12), bold=True),
    ]
    return Pages(title=document.title, parts=tuple(parts), margins=MARGINS)


def _label(text: str) -> GridCell:
    look = Look(size=11, align="center", line=140)
    return GridCell((Paragraph((Run(text, bold=True),), look),), fill=HEAD_FILL)


def _cell(value: object, key: str, across: int = 1) -> GridCell:
    span = value.get(key, Span("")) if hasattr(value, "get") else Span("")
    lines = tuple(
        Paragraph((run(Span(line, span.origin)),), _SMALL, f"field:{key}")
        for line in span.text.split("\n")
    )
    return GridCell(lines, col_span=across)
