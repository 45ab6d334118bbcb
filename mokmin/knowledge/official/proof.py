"""Proof of a draft: what is complete, what rests on the facts, and that the file holds what was meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mokmin.base.formats.hwpx_texts import Written, written_texts
from mokmin.base.formats.page_model import Grid, Pages, Paragraph
from mokmin.base.formats.writing_model import clean
from mokmin.knowledge.official.drafting import Draft, laid_out, unfounded
from mokmin.knowledge.official.kinds import kind_of
from mokmin.knowledge.official.kinds.model import Office
from mokmin.knowledge.official.numbering import marks

NUMBERED = ("letter", "memo", "decision", "brief", "reply", "notice")


@dataclass(frozen=True, slots=True)
class Check:
    """One rule and whether the draft keeps it."""

    rule: str
    ok: bool
    message: str


def proof(
    draft: Draft, given: Any, package: bytes, pages: int, office: Office | None = None
) -> list[Check]:
    """All checks of a draft and of the file written from it."""
    document = draft.document
    open_questions = [q for q in draft.questions if q.required]
    strange = unfounded(document, given, office)
    found = [
        Check(
            "필수 사실",
            not open_questions,
            "빠진 사실이 없습니다."
            if not open_questions
            else "빠진 사실을 [  ]로 남겼습니다: "
            + " ".join(f"({q.key}) {q.text}" for q in open_questions),
        ),
        Check(
            "사실에 없는 수",
            not strange,
            "문서의 모든 수가 주어진 사실에 있습니다."
            if not strange
            else f"주어진 사실에 없는 수가 있습니다: {', '.join(strange)}",
        ),
        Check("항목 기호", True, _marks_said([m for m in marks(document.body) if m])),
    ]
    meant = laid_out(document)
    written = written_texts(package)
    found.append(same_text(meant, written))
    found.append(
        Check(
            "쪽 크기",
            _a4(written),
            "A4 쪽 크기가 파일에 있습니다." if _a4(written) else "파일에 쪽 크기가 없습니다.",
        )
    )
    if document.kind in NUMBERED and document.kind != "reply":
        ended = sum(p.endswith("  끝.") for p in written.paragraphs)
        said = (
            "본문 끝에 '끝.' 표시가 한 번 있습니다."
            if ended == 1
            else f"'끝.' 표시가 {ended}번 있습니다."
        )
        found.append(Check("끝 표시", ended == 1, said))
    if document.kind == "one-page":
        ok = pages == 1
        found.append(
            Check("한 쪽", ok, "한 쪽에 들어갑니다." if ok else f"{pages}쪽입니다. 줄여야 합니다.")
        )
    return found


def _marks_said(used: Sequence[str]) -> str:
    return (
        f"항목 {len(used)}개에 기호를 차례로 붙였습니다."
        if used
        else "기호가 필요한 항목이 없습니다."
    )


def _a4(written: Written) -> bool:
    return bool(written.pages) and all(
        abs(width - 59528) < 60 and abs(height - 84186) < 60 for width, height in written.pages
    )


def same_text(meant: Pages, written: Written) -> Check:
    """Whether paragraphs and tables in the file are those of the pages, in their order."""
    paragraphs = [clean(p.text) for p in meant.parts if isinstance(p, Paragraph)]
    wanted = [p for p in paragraphs if p.strip()]
    got = [p for p in written.paragraphs if p.strip()]
    tables = [_rows(part) for part in meant.parts if isinstance(part, Grid)]
    read = [_rows_of(table.rows) for table in written.tables]
    ok = wanted == got and tables == read
    said = (
        "파일을 다시 읽은 글과 표가 문서와 같습니다."
        if ok
        else "파일을 다시 읽은 내용이 문서와 다릅니다."
    )
    return Check("다시 읽기", ok, said)


def _rows(grid: Grid) -> list[list[tuple[str, int, int]]]:
    return [
        [(clean("\n".join(p.text for p in c.paragraphs)), c.row_span, c.col_span) for c in row]
        for row in grid.rows
    ]


def _rows_of(rows: Sequence[Sequence[tuple[str, int, int]]]) -> list[list[tuple[str, int, int]]]:
    return [list(row) for row in rows]


def kind_name(document_kind: str) -> str:
    """The Korean name of a kind."""
    return kind_of(document_kind).name
