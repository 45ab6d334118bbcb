"""Every kind of official document with its worked examples: composed, written, read back by another reader."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import pytest
from hwpx import HwpxDocument
from lxml import etree

from mokmin.base.errors import InvalidInput
from mokmin.base.formats.page_model import Grid, Paragraph
from mokmin.base.formats.reader import read_document
from mokmin.knowledge.official.drafting import compose, laid_out, unfounded, written
from mokmin.knowledge.official.handover import package, written_docx
from mokmin.knowledge.official.kinds import KINDS
from mokmin.knowledge.official.kinds.examples import examples
from mokmin.knowledge.official.proof import proof

ALL = [(kind.key, n) for kind in KINDS for n in range(3)]


def facts_of(key: str, number: int) -> dict[str, Any]:
    return examples(key)[number].facts


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(("key", "number"), ALL)
def test_an_example_is_complete_founded_and_read_back(
    key: str, number: int, tmp_path: Path
) -> None:
    facts = facts_of(key, number)
    made = compose(key, facts)
    assert made.document.blanks == () and made.questions == ()
    assert unfounded(made.document, facts) == []
    content, pages = written(made.document)
    assert [c for c in proof(made, facts, content, pages) if not c.ok] == []
    file = tmp_path / "a.hwpx"
    file.write_bytes(content)
    read = read_document(file)
    wanted = laid_out(made.document)
    tables = [b for b in read.blocks if b.type == "table"]
    # A summary box is a table of one cell, which the reader tells as a paragraph.
    grids = [p for p in wanted.parts if isinstance(p, Grid) and len(p.placed) > 1]
    spans = [
        [[(squeezed(c.text), c.row_span, c.col_span) for c in row] for row in t.rows]
        for t in tables
    ]
    assert spans == [
        [
            [(squeezed("".join(p.text for p in c.paragraphs)), c.row_span, c.col_span) for c in row]
            for row in g.rows
        ]
        for g in grids
    ]
    said = squeezed("\n".join(b.text for b in read.blocks if b.type != "table"))
    at = 0
    for part in wanted.parts:
        if isinstance(part, Paragraph):
            at = said.index(squeezed(part.text), at) + len(squeezed(part.text))
    assert HwpxDocument.open(io.BytesIO(content)).validate().ok


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.key)
def test_a_fact_taken_away_is_asked_and_nothing_else_changes(kind: Any) -> None:
    facts = facts_of(kind.key, 0)
    whole = [t for t, _ in compose(kind, facts).document.texts]
    for field in kind.required:
        # A letter whose table or attachment says it all needs no items.
        gone = {field.key, "표", "붙임"} if field.key == "내용" else {field.key}
        made = compose(kind, {k: v for k, v in facts.items() if k not in gone})
        if field.key in facts:
            assert field.key in made.document.blanks, field.key
            assert field.key in [q.key for q in made.questions]
        strange = unfounded(made.document, facts)
        assert strange == [] and len(list(made.document.texts)) <= len(whole) + 3


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.key)
def test_hostile_facts_are_words_or_refused_and_never_lost(kind: Any) -> None:
    values = ["<a>&b;]]>", "=1+2", "\u202eRTL\u202c", "\U0001f600", "3.5", "a\x00b\x1bc"]
    facts = {**facts_of(kind.key, 1), "모르는 이름": values, "수": 2.5, "참": True, "없음": None}
    made = compose(kind, facts)
    said = "\n".join(t for t, _ in made.document.texts)
    for text in ("<a>&b;]]>", "=1+2", "\U0001f600", "2.5", "abc"):
        assert text in said
    assert written(made.document)[0] and written_docx(made.document)[0]
    assert compose(kind, facts) == made
    deep: Any = "x"
    for _ in range(10):
        deep = [deep]
    for refused in ({"내용": deep}, {"내용": "가" * 200_001}, ["제목"]):
        with pytest.raises(InvalidInput):
            compose(kind, refused)


def test_other_shapes_of_facts_are_the_same_facts() -> None:
    given = {
        "header": {"to": {"name": "김가", "title": "과장"}, "제목": "교육 알림"},
        "body": ["일시: 2026. 12. 8."],
        "attachments": [{"name": "계획서", "count": 2}],
    }
    made = compose("letter", given).document
    assert (made.value("수신"), made.title) == ("과장 김가", "교육 알림")
    assert [a.text for a in made.attachments] == ["계획서 2부"]
    report = {
        "sections": [{"heading": "배경", "content": "오래됨"}, {"heading": "새", "content": "7대"}]
    }
    said = [b.text for b in compose("report", report).document.body]
    assert "오래됨" in said and any("7대" in text for text in said)
    # A name given twice is not overwritten, and neither is lost.
    twice = compose("letter", {"제목": "하나", "header": {"제목": "둘"}}).document
    assert twice.title == "하나" and any("둘" in text for text, _ in twice.texts)


def test_merged_cells_are_composed_and_read_back_from_both_files(tmp_path: Path) -> None:
    table = [
        "| 구분 | 예산 |  | 비고 |",
        "| 장비 | 1,200 | 300 | 교체 |",
        "| 교육 | 80 | 20 | 2회 |",
    ]
    facts = {**facts_of("report", 0), "현황": "\n".join(("지금의 예산", *table))}
    document = compose("report", facts).document
    at = next(n for n, b in enumerate(document.body) if b.rows and b.rows[0][0].text == "구분")
    block = document.body[at]
    assert [(c.text, c.col_span) for c in block.rows[0]] == [("구분", 1), ("예산", 2), ("비고", 1)]
    # Merged down as well, as a table looks that came in from a file.
    first, second, third = block.rows
    down = (first, (replace(second[0], row_span=2), *second[1:]), third[1:])
    body = (*document.body[:at], replace(block, rows=down), *document.body[at + 1 :])
    merged = replace(document, body=body)
    wanted = [[(c.text, c.row_span, c.col_span) for c in row] for row in down]
    file = tmp_path / "merged.hwpx"
    file.write_bytes(written(merged)[0])
    tables = [b for b in read_document(file).blocks if b.type == "table"]
    read = [[[(c.text, c.row_span, c.col_span) for c in row] for row in t.rows] for t in tables]
    assert wanted in read
    cells = [t.rows for t in docx.Document(io.BytesIO(written_docx(merged)[0])).tables]
    grid = next(rows for rows in cells if rows[0].cells[0].text == "구분")
    assert grid[0].cells[1]._tc is grid[0].cells[2]._tc
    assert grid[1].cells[0]._tc is grid[2].cells[0]._tc


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.key)
def test_docx_and_the_package_hold_the_same_document(kind: Any) -> None:
    document = compose(kind, facts_of(kind.key, 0)).document
    content, _ = written_docx(document)
    read = docx.Document(io.BytesIO(content))
    wanted = laid_out(document)
    paragraphs = [p.text for p in wanted.parts if isinstance(p, Paragraph)]
    assert [p.text for p in read.paragraphs if p.text] == [p for p in paragraphs if p]
    assert len(read.tables) == sum(isinstance(p, Grid) for p in wanted.parts)
    assert abs(read.sections[0].page_width.mm - 210) < 0.1
    with zipfile.ZipFile(io.BytesIO(package(document, {"grade": "O"}))) as archive:
        for line in archive.read("manifest-sha256.txt").decode().splitlines():
            digest, name = line.split("  ")
            assert hashlib.sha256(archive.read(name)).hexdigest() == digest
        about = json.loads(archive.read("metadata.json"))
        assert about["title"] == document.title and about["ai_share"] == 0
        assert etree.fromstring(archive.read("metadata.xml")).findtext("title") == document.title
