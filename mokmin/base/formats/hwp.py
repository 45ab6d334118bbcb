"""HWP 5 and HWPX through dochan, cross-checked with hwp2markdown where the result is doubtful."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import dochan
import hwp2md

from .archive import check_package
from .extracted import Extracted, characters, clean_line, clean_text, table_block
from .hwp_numbers import restore_numbers
from .limits import ReadContext
from .model import Block, Cell
from .reasons import unreadable

DISTRIBUTION_NOTICE = "상위 버전의 배포용 문서"
_PICTURE_NOTE = re.compile(r"^[가-힣 ]{1,12}입니다\.(?:\s|$)")  # "그림입니다. 원본 그림의 이름: …"
_CONTENTS_TAB = re.compile(r"\t+\s*(\d{1,4})\s*$")  # a line of a table of contents
_ERRORS = (
    (("암호", "encrypt", "password"), "password"),
    (("DRM",), "drm"),
    (("배포용",), "distribution"),
    (("RecordLimit", "ResourceLimit", "크기 제한", "한도"), "too-large"),
)
_CROSS_CHECK_FAILURES = (
    hwp2md.Hwp2mdError, ValueError, KeyError, IndexError, TypeError, AttributeError, OSError,
    RecursionError,
)  # fmt: skip


def read(path: Path, context: ReadContext) -> Extracted:
    """Blocks of an HWP 5 or HWPX file. Raises UnreadableFile with the true reason."""
    if context.kind == "hwpx":
        check_package(path, context.limits)
    reader = dochan.Dochan(str(path))
    problems = [str(item) for item in reader.doc.errors]
    data: dict[str, Any] = json.loads(reader.to_json(indent=0))
    blocks: list[Block] = []
    margins: list[Block] = []
    for section in data["sections"]:
        for element in section["elements"]:
            target = margins if element["type"] in ("header", "footer") else blocks
            target.extend(_blocks(element, context.limits.table_cells))
    _refuse_notice(blocks)
    other = "" if problems and not characters(blocks) else _cross_check(path, context)
    warnings: list[str] = []
    if not characters(blocks):
        blocks, warnings = _second_choice(other, margins, problems)
    elif _weight(other) > 1.5 * characters(blocks) + 200:
        warnings.append(
            "두 판독기의 결과가 크게 달라 일부 내용이 빠졌을 수 있습니다. 원문과 견주어 확인하세요."
        )
    if problems:
        warnings.append("문서 일부를 읽지 못했을 수 있습니다. 원문과 견주어 확인하세요.")
    return Extracted(tuple(restore_numbers(blocks, other)), warnings=tuple(warnings))


def _refuse_notice(blocks: list[Block]) -> None:
    """A distribution copy shows older programs a notice in place of its body."""
    if any(DISTRIBUTION_NOTICE in block.text for block in blocks) and characters(blocks) < 400:
        raise unreadable("distribution")


def _cross_check(path: Path, context: ReadContext) -> str:
    """The text as hwp2markdown sees it, or empty where it fails."""
    try:
        return hwp2md.convert_bytes(path.read_bytes(), f"document.{context.kind}").markdown
    except _CROSS_CHECK_FAILURES:
        return ""


def _weight(markdown: str) -> int:
    return sum(1 for char in markdown if char.isalnum())


def _second_choice(
    markdown: str, margins: list[Block], problems: list[str]
) -> tuple[list[Block], list[str]]:
    """Blocks for a document whose body came back empty, or the reason why there is none."""
    if DISTRIBUTION_NOTICE in markdown:
        raise unreadable("distribution")
    if _weight(markdown):
        blocks = [_markdown_block(part) for part in markdown.split("\n\n") if part.strip()]
        return blocks, ["주 판독기가 글을 찾지 못해 보조 판독기의 결과를 썼습니다."]
    if characters(margins):
        return margins, ["본문에 글이 없어 머리말·꼬리말만 읽었습니다."]
    message = " ".join(problems)
    for words, code in _ERRORS:
        if any(word.lower() in message.lower() for word in words):
            raise unreadable(code)
    raise unreadable("damaged" if problems else "no-text")


def _markdown_block(part: str) -> Block:
    text = part.strip()
    if text.startswith("$$"):
        return Block("formula", clean_text(text.strip("$")))
    hashes = len(text) - len(text.lstrip("#"))
    if 0 < hashes <= 6 and text[hashes : hashes + 1] == " ":
        return Block("heading", clean_line(text[hashes:]), hashes)
    return Block("paragraph", clean_text(text))


def _blocks(element: dict[str, Any], cells: int) -> list[Block]:
    kind = element["type"]
    if kind == "paragraph":
        return _paragraph(element)
    if kind == "table":
        return _table(element, cells)
    if kind == "equation":
        text = clean_line(element.get("latex") or element.get("script") or "")
        return [Block("formula", text)] if text else []
    if kind == "image":
        return _image(element)
    if kind in ("footnote", "endnote", "comment"):
        text = clean_text(element.get("text", ""))
        number = f"{element['number']}) " if element.get("number") else ""
        return [Block("footnote", number + text)] if text else []
    if kind in ("header", "footer"):
        text = clean_line(element.get("text", ""))
        return [Block("paragraph", text)] if text else []
    return []


def _paragraph(element: dict[str, Any]) -> list[Block]:
    raw = _CONTENTS_TAB.sub(r" ··· \1", element["text"])
    level = int(element.get("heading_level") or 0)
    if level and "···" not in raw:
        text = clean_line(raw)
        return [Block("heading", text, min(level, 6))] if text else []
    formulas = [run["equation"] for run in element.get("runs", ()) if run.get("equation")]
    text = clean_line(raw)
    if text:
        return [Block("paragraph", text)]
    latex = " ".join(clean_line(item.get("latex") or item.get("script") or "") for item in formulas)
    return [Block("formula", latex.strip())] if latex.strip() else []


def _image(element: dict[str, Any]) -> list[Block]:
    """Only words somebody wrote: captions and real alternative text, not Hancom's file notes."""
    caption = clean_line((element.get("caption") or {}).get("text", ""))
    alt = clean_text(element.get("alt_text", ""))
    text = caption or ("" if _PICTURE_NOTE.match(alt) else alt.replace("\n", " "))
    return [Block("image", text)] if text else []


def _table(element: dict[str, Any], limit: int) -> list[Block]:
    if sum(len(row) for row in element["rows"]) > limit:
        raise unreadable("too-wide")
    covered = _covered(element)
    rows = [
        tuple(
            _cell(cell, element)
            for column, cell in enumerate(row)
            if not cell.get("merged_away") and not ((r, column) in covered and not cell["text"])
        )
        for r, row in enumerate(element["rows"])
    ]
    blocks = []
    caption = clean_line((element.get("caption") or {}).get("text", ""))
    if caption:
        blocks.append(Block("paragraph", caption))
    if block := table_block(rows):
        blocks.append(block)
    return blocks


def _covered(element: dict[str, Any]) -> set[tuple[int, int]]:
    """Grid positions that merged cells cover; dochan leaves empty cells there in HWP 5 tables."""
    columns = int(element["col_count"])
    covered: set[tuple[int, int]] = set()
    if any(len(row) != columns for row in element["rows"]):
        return covered
    for r, row in enumerate(element["rows"]):
        for c, cell in enumerate(row):
            if (r, c) in covered or cell.get("merged_away"):
                continue
            height = min(int(cell["row_span"]), len(element["rows"]) - r)
            width = min(int(cell["col_span"]), columns - c)
            covered.update(
                (r + down, c + across) for down in range(height) for across in range(width)
            )
            covered.discard((r, c))
    return covered


def _cell(cell: dict[str, Any], table: dict[str, Any]) -> Cell:
    rows, columns = max(1, int(table["row_count"])), max(1, int(table["col_count"]))
    return Cell(
        clean_text(cell["text"]),
        row_span=min(max(1, int(cell["row_span"])), rows),
        col_span=min(max(1, int(cell["col_span"])), columns),
    )
