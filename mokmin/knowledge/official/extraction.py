"""Facts out of a document that exists: its sections by their headings, each with its source.

Nothing is reworded: a section's lines and tables become the fact of the field that its heading names;
sections that no field names stay together under 내용, each below its own heading.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from mokmin.base.formats.model import Block
from mokmin.base.korean.numbering import position
from mokmin.knowledge.official.facts import folded

# What headings of plans and reports call the parts of a document.
SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("추진배경", ("추진배경", "배경", "추진근거", "근거", "필요성", "추진배경및필요성", "배경및목적")),
    ("목적", ("목적", "목표", "추진목적", "추진목표")),
    ("개요", ("개요", "사업개요", "행사개요", "추진개요", "기간과목표", "기간", "대상", "일반현황")),
    ("현황", ("현황", "추진현황", "현황및문제점", "실태", "운영현황")),
    ("문제점", ("문제점", "쟁점", "한계")),
    ("개선방안", ("개선방안", "대책", "개선대책")),
    ("일정", ("일정", "추진일정", "향후일정", "세부일정", "추진계획일정")),
    ("예산", ("예산", "소요예산", "사업비", "예산현황")),
    ("추진체계", ("추진체계", "역할분담", "부서별임무", "부서별역할", "추진조직")),
    ("안전대책", ("안전대책", "안전관리", "안전관리대책")),
    ("기대효과", ("기대효과", "효과")),
    ("행정사항", ("행정사항", "협조사항", "당부사항")),
    ("문의", ("문의", "문의처", "연락처")),
    ("붙임", ("붙임", "첨부")),
)  # fmt: skip
_NAMED = {name: key for key, names in SECTIONS for name in names}
_LEAD_MARK = re.compile(r"^\s*(?:[ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ]+[.\s]|[IVX]+\.\s|제?\d+[.장절]\s*|[□■○◇]\s*)")
MOST_LINES = 400


def facts_of(title: str, blocks: Sequence[Block], *, source: str = "") -> dict[str, Any]:
    """Facts of a document. ``source`` is told with each; it defaults to the title."""
    source = source or title
    found: dict[str, list[Any]] = {}
    others: list[Any] = []
    for heading, inner in _sections(blocks, title):
        lines = list(_lines(inner))
        if not lines:
            continue
        key = _NAMED.get(folded(heading))
        if key:
            found.setdefault(key, []).extend(lines)
        elif heading:
            others.append({"text": heading, "items": lines})
        else:
            others += lines
    facts: dict[str, Any] = {"제목": {"value": title, "source": source}} if title else {}
    for key, lines in found.items():
        facts[key] = {"value": _single(lines), "source": source}
    if others:
        facts["내용"] = {"value": others[:MOST_LINES], "source": source}
    return facts


def _single(lines: list[Any]) -> Any:
    """A lone table stands for itself."""
    return lines[0] if len(lines) == 1 and isinstance(lines[0], list) else lines[:MOST_LINES]


def _sections(blocks: Sequence[Block], title: str) -> Iterable[tuple[str, list[Block]]]:
    heading, inner = "", list[Block]()
    for block in blocks:
        text = " ".join(block.text.split())
        if block.type == "heading" and folded(text) != folded(title):
            yield heading, inner
            heading, inner = _LEAD_MARK.sub("", text).strip(), []
        elif block.type != "heading":
            inner.append(block)
    yield heading, inner


def _lines(blocks: Iterable[Block]) -> Iterable[Any]:
    """Lines of a section; those below another by their marks nest; a table is a list of rows."""
    stack: list[tuple[int, list[Any]]] = []
    top: list[Any] = []
    for block in blocks:
        if block.type == "table":
            rows = _rows(block)
            if len(rows) > 1:
                top.append(rows)
                stack = []
            continue
        for raw in block.text.splitlines():
            text = " ".join(raw.split())
            if not text or block.type in ("image", "formula"):
                continue
            at = position(text)
            depth = at[0] if at else block.level or 9
            bare = text.split(maxsplit=1)[1] if at and " " in text else text
            while stack and stack[-1][0] >= depth:
                stack.pop()
            if not stack:
                top.append(bare)
                stack.append((depth, top))
            else:
                holder = stack[-1][1]
                last = holder[-1]
                if isinstance(last, str):
                    holder[-1] = last = {"text": last, "items": []}
                last["items"].append(bare)
                stack.append((depth, last["items"]))
    return top


def _rows(block: Block) -> list[list[str]]:
    """The table as even rows; merged cells repeat nothing, what they cover stays empty."""
    width = max((sum(cell.col_span for cell in row) for row in block.rows), default=0)
    made: list[list[str]] = []
    for row in block.rows:
        cells: list[str] = []
        for cell in row:
            cells += [" ".join(cell.text.split()), *([""] * (cell.col_span - 1))]
        made.append((cells + [""] * width)[:width])
    return made
