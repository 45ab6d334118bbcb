"""Documents as the library's templates show them."""

from __future__ import annotations

from datetime import date
from typing import Any

from mokmin.base.formats.model import Block
from mokmin.base.web.kit import ago, day
from mokmin.knowledge.documents.model import Document, State, Version
from mokmin.knowledge.documents.passages import block_text
from mokmin.knowledge.documents.store import locator_of

Json = dict[str, Any]
STEPS = {
    State.QUEUED: "차례를 기다리는 중",
    State.READING: "글자를 읽는 중",
    State.INDEXING: "찾을 수 있게 정리하는 중",
}
MAX_TOC = 200


def row(d: Document, *, may_manage: bool, may_rights: bool = False) -> Json:
    """A line of the library."""
    return {
        "id": d.id,
        "title": d.title,
        "filename": d.filename,
        "format": d.format,
        "department": d.department,
        "kind": d.kind,
        "grade": d.grade,
        "freshness": d.freshness_on(date.today()).value,
        "state": d.state.value,
        "progress": d.progress,
        "step": STEPS.get(d.state, ""),
        "reason": d.reason,
        "next_step": "",
        "versions": d.version_count,
        "when": ago(d.created_at),
        "bytes": d.bytes,
        "may_manage": may_manage,
        "may_rights": may_rights,
    }


def head(d: Document, version: Version, successor: Document | None) -> Json:
    """The head of a document's page."""
    return {
        "id": d.id,
        "title": d.title,
        "filename": version.filename,
        "format": version.format,
        "department": d.department,
        "kind": d.kind,
        "grade": d.grade,
        "freshness": d.freshness_on(date.today()).value,
        "date": day(d.dated_on),
        "effective": day(d.effective_on),
        "state": version.state.value,
        "reason": version.reason,
        "next_step": "",
        "version": version.number,
        "versions": d.version_count,
        "latest": version.number == d.version_count,
        "bytes": version.bytes,
        "superseded_by": {"document_id": successor.id, "title": successor.title}
        if successor
        else None,
    }


def version_line(v: Version, current: int | None, who: str) -> Json:
    """A line of the history."""
    return {
        "number": v.number,
        "filename": v.filename,
        "when": ago(v.created_at),
        "who": who,
        "bytes": v.bytes,
        "state": v.state.value,
        "reason": v.reason,
        "passages": v.passages,
        "current": v.id == current,
    }


def contents(blocks: tuple[Block, ...]) -> list[Json]:
    """The table of contents: headings and articles."""
    toc: list[Json] = []
    seen = ""
    for n, block in enumerate(blocks):
        if block.type == "heading":
            toc.append({"level": max(1, block.level), "text": block.text[:80], "anchor": f"b{n}"})
        elif block.locator.article and block.locator.article != seen:
            title = (
                block.text.split(")", 1)[0] + ")"
                if "(" in block.text[:20]
                else block.locator.article
            )
            toc.append({"level": 4, "text": title[:60], "anchor": f"b{n}"})
        seen = block.locator.article
    return toc[:MAX_TOC]


def shown_blocks(blocks: tuple[Block, ...], hit: range, passage: str) -> list[Json]:
    """Blocks of the text view; those of the passage are marked, the first one as the target."""
    lines = {line.strip() for line in passage.split("\n") if line.strip()}
    page, first_done, tables = None, False, 0
    shown: list[Json] = []
    for n, block in enumerate(blocks):
        inside = n in hit
        text = block_text(block)
        parts = _parts(text, lines) if inside else [{"text": text, "mark": False, "first": False}]
        if inside and not first_done:
            target = next((p for p in parts if p["mark"]), None)
            if target is not None:
                target["first"] = True
            first_done = True
            first = True
        else:
            first = False
        turned = block.locator.page is not None and block.locator.page != page
        page = block.locator.page
        tables += block.type == "table"
        shown.append(
            {
                "anchor": f"b{n}",
                "type": block.type,
                "level": block.level,
                "hit": inside,
                "first": first,
                "parts": [] if block.type == "table" and block.rows else parts,
                "rows": block.rows,
                "header_rows": 1,
                "table": tables,
                "page": page if turned else None,
            }
        )
    return shown


def _parts(text: str, lines: set[str]) -> list[Json]:
    """The passage inside a block marked: the block whole, or the lines of it that were quoted."""
    spans = sorted((at, at + len(line)) for line in lines if (at := text.find(line)) >= 0)
    if not spans:
        return [{"text": text, "mark": True, "first": False}]
    begin, end = spans[0][0], max(e for _, e in spans)
    cut = [(text[:begin], False), (text[begin:end], True), (text[end:], False)]
    return [{"text": t, "mark": m, "first": False} for t, m in cut if t]


def sheets(sizes: list[tuple[float, float]], locator: str) -> list[Json]:
    """Pages as pictures with the passage boxed."""
    where = locator_of(locator) if locator else None
    made: list[Json] = []
    for n, (width, height) in enumerate(sizes, start=1):
        hit = where is not None and where.page == n
        boxes = [
            {
                "x": round(x0 * 1000),
                "y": round(y0 * 1000),
                "w": round((x1 - x0) * 1000),
                "h": round((y1 - y0) * 1000),
            }
            for x0, y0, x1, y1 in (where.boxes if hit and where else ())
        ]
        made.append(
            {"n": n, "width": round(width), "height": round(height), "hit": hit, "boxes": boxes}
        )
    return made
