"""Official structure in Korean text: articles of law, report marks, document numbering.

Sources: 법령 입안 심사 기준 (편·장·절·관·조·항·호·목), 행정업무의 운영 및 혁신에 관한 규정 시행규칙
제2조 (1. → 가. → 1) → 가) → (1) → (가) → ① → ㉮), and the □ ○ - ※ marks of ministry reports.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from .model import Block, Cell, Locator

_DIVISIONS = {"편": 1, "장": 2, "절": 3, "관": 4}
_DIVISION = re.compile(r"^제\s*(\d+)\s*([편장절관])(?:의\s*(\d+))?(?:\s+\S.*|\s*$)")
_ARTICLE = re.compile(
    r"^제\s*(\d+)\s*조(?:\s*의\s*(\d+))?\s*(?:\(([^()]{1,80}(?:\([^()]*\)[^()]*)*)\)|(?=삭제|<))"
)
# Rules of bodies outside government write 제21조 제목 or 제26조 [제목] on a line of its own.
_ARTICLE_LINE = re.compile(
    r"^제\s*(\d+)\s*조(?:\s*의\s*(\d+))?\s*(?:[\[【][^\]】]{1,60}[\]】]"
    r"|\s(?!및|또는|의\s|에|와\s|과\s|제\s*\d|[,·~ㆍ])[가-힣][^.]{1,38})$"
)
_SUPPLEMENT = re.compile(r"^부\s*칙\s*(?:$|[<(\[〈].*)")
_ANNEX = re.compile(
    r"^[\[<〈【(]\s*(?:별표|별지|붙임|첨부|참고|별첨)\s*(?:제?\s*\d+)?[^\])>〉】]{0,20}[\]>〉】)]"
)
_ROMAN = re.compile(r"^(?:[ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ]+|(?:I{1,3}|IV|VI{0,3}|IX|X)(?=\.))\s*[.．]?\s*\S")
_CIRCLED = re.compile(r"^[①-⑳㉑-㉟]")
_CONTENTS = re.compile(r"(?:\t|[·.…‥]{3,}|\s{3,})\s*[-–]?\s*\d{1,4}\s*[-–]?$")
_BANNER_NUMBER = re.compile(r"^(?:[ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ]+|[IVX]{1,4}|\d{1,2}|[가-하])[.．]?$")
_BANNER_LABEL = re.compile(r"^(?:참고|붙임|별첨|첨부|별지|별표)\s*\d{0,2}$")
_BOX_ROWS = 4
_SENTENCE_END = re.compile(r"(?:[다요]\.|[.。])$")

# (pattern, depth) outside articles; the first match wins.
_DECIMAL = re.compile(r"^\d{1,2}(?:(?:\.\d{1,2})+\.|(?:\.\d{1,2}){2,4})\s+\S")
_REPORT_MARKS = (
    (re.compile(r"^[□■◇◆❏❑▣❖]"), 1),
    (re.compile(r"^(?:[○◦●◯⚪ㅇ❍]|[oO](?=\s))"), 2),
    (re.compile(r"^[-–—―‐−](?=\s|[가-힣(])"), 3),
    (re.compile(r"^[※*＊‣▸▶▪•·∙→⇒☞](?=.)"), 4),
)
_NUMBER_MARKS = (
    (re.compile(r"^\d{1,3}\.(?!\d)\s*\S"), 1),
    (re.compile(r"^[가-하]\.\s*\S"), 2),
    (re.compile(r"^\d{1,3}\)\s*\S"), 3),
    (re.compile(r"^[가-하]\)\s*\S"), 4),
    (re.compile(r"^\(\d{1,3}\)\s*\S"), 5),
    (re.compile(r"^\([가-하]\)\s*\S"), 6),
    (_CIRCLED, 7),
)
_PROVISION_MARKS = (
    (_CIRCLED, 1),
    (re.compile(r"^\d{1,3}(?:의\d+)?\.(?!\d)\s*\S"), 2),
    (re.compile(r"^[가-하]\.\s*\S"), 3),
    (re.compile(r"^\d{1,3}\)\s*\S"), 4),
    (re.compile(r"^[가-하]\)\s*\S"), 5),
)
HEADING_LENGTH = 80
_HEADING_LETTERS = 2
_TYPED_BY_READER = ("table", "footnote", "image", "formula")


@dataclass(frozen=True, slots=True)
class Mark:
    """What the start of a line says: its role and its level or depth (0 for articles)."""

    role: str  # "division" | "article" | "list" | "report" | "text"
    level: int = 0
    article: str = ""


def article_of(text: str) -> str:
    """``제12조의2`` when ``text`` starts an article (조), else an empty string."""
    match = _ARTICLE.match(text) or _ARTICLE_LINE.match(text)
    if not match:
        return ""
    return f"제{int(match[1])}조" + (f"의{int(match[2])}" if match[2] else "")


def mark_of(text: str, *, in_article: bool = False) -> Mark:
    """The structural mark at the start of one line of official text."""
    if article := article_of(text):
        return Mark("article", 0, article)
    if not _CONTENTS.search(text) and len(text) <= HEADING_LENGTH:
        if (match := _DIVISION.match(text)) and not _SENTENCE_END.search(text):
            return Mark("division", _DIVISIONS[match[2]])
        if _SUPPLEMENT.match(text) or _ANNEX.match(text):
            return Mark("division", 1)
        if _ROMAN.match(text) and not _SENTENCE_END.search(text):
            return Mark("division", 1)
    tables = (_PROVISION_MARKS,) if in_article else (_REPORT_MARKS, _NUMBER_MARKS)
    for marks in tables:
        for pattern, depth in marks:
            if pattern.match(text):
                return Mark("report" if marks is _REPORT_MARKS else "list", depth)
    if _DECIMAL.match(text) and not in_article:
        return Mark("list", min(6, text.split()[0].strip(".").count(".") + 1))
    return Mark("text")


def structure(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Settle types and levels of raw blocks and fill their locators.

    ``locator.section`` becomes the path of headings (the block's own included when it is one)
    joined by `` > ``; ``locator.article`` the article it stands in; ``locator.paragraph`` its
    1-based number. Page and boxes are kept.
    """
    result: list[Block] = []
    path: list[tuple[int, str]] = []
    article = ""
    for raw in _unboxed(blocks):
        block, article, ends_article = _settle(raw, article)
        if ends_article:
            article = ""
        if block.type == "heading":
            while path and path[-1][0] >= block.level:
                path.pop()
            path.append((block.level, block.text.replace("\n", " ")[:HEADING_LENGTH]))
        locator = replace(
            block.locator,
            section=" > ".join(text for _, text in path),
            article=article,
            paragraph=len(result) + 1,
        )
        result.append(replace(block, locator=locator))
    return tuple(result)


def _settle(block: Block, article: str) -> tuple[Block, str, bool]:
    """The block with its final type and level, the article it stands in, whether that ended."""
    if block.type in _TYPED_BY_READER:
        return block, article, False
    mark = mark_of(block.text, in_article=bool(article))
    if mark.role == "division":
        return replace(block, type="heading", level=mark.level), "", True
    if mark.role == "article":
        return replace(block, type="paragraph", level=0), mark.article, False
    if block.type == "heading":
        return _settle_heading(block, mark, article)
    if mark.role == "report":
        if mark.level == 1 and _is_short_title(block.text):
            return replace(block, type="heading", level=3), article, False
        return replace(block, type="list", level=mark.level), article, False
    if mark.role == "list":
        return replace(block, type="list", level=mark.level), article, False
    return block, article, False


def _settle_heading(block: Block, mark: Mark, article: str) -> tuple[Block, str, bool]:
    """A reader's heading (large type or a style), unless its text says that it is none."""
    listed = mark.role == "report" and mark.level > 1
    letters = sum(1 for char in block.text if char.isalpha())
    overlong = len(block.text) > HEADING_LENGTH or _CONTENTS.search(block.text)
    if listed or overlong or letters < _HEADING_LETTERS:
        kind = replace(block, type="list", level=mark.level) if mark.level else block
        return (kind if mark.level else replace(block, type="paragraph", level=0)), article, False
    if mark.role == "report":
        return replace(block, level=3), "", True
    if mark.role == "list" and not article:
        return replace(block, level=min(6, mark.level + 1)), "", True
    if mark.role == "list":
        return replace(block, type="list", level=mark.level), article, False
    return replace(block, level=max(1, min(6, block.level))), "", True


def _is_short_title(text: str) -> bool:
    return len(text) <= 50 and "\n" not in text and not _SENTENCE_END.search(text)


def _unboxed(blocks: Iterable[Block]) -> Iterable[Block]:
    """Tables that are only drawn frames become what a reader sees: a heading or a text box."""
    for block in blocks:
        cells = [cell for row in block.rows for cell in row]
        filled = [cell for cell in cells if cell.text]
        if block.type != "table" or not cells:
            yield block
        elif title := _banner(block, filled):
            yield Block("heading", title, 2, locator=block.locator)
        elif _is_box(block, filled):
            for cell in filled:
                for line in cell.text.split("\n"):
                    yield Block("paragraph", line, locator=block.locator)
        else:
            yield block


def _is_box(block: Block, filled: list[Cell]) -> bool:
    """A frame around text: one column of a few rows, or one row with one filled cell."""
    one_column = len(block.rows) <= _BOX_ROWS and all(len(row) == 1 for row in block.rows)
    return one_column or (len(block.rows) == 1 and len(filled) == 1)


def _banner(block: Block, filled: list[Cell]) -> str:
    """The title in a one-row frame such as ``Ⅱ | | 추진 계획``, or an empty string."""
    if len(block.rows) != 1 or not filled or len(filled) > 2:
        return ""
    title = filled[-1].text
    if "\n" in title or len(title) > 60 or _SENTENCE_END.search(title):
        return ""
    if len(filled) == 2:
        number = filled[0].text
        if _BANNER_LABEL.match(number):
            return f"[{number}] {title}"
        return f"{number.rstrip('.．')}. {title}" if _BANNER_NUMBER.match(number) else ""
    return title if mark_of(title).role in ("division", "list") else ""


def locate(page: int, *boxes: tuple[float, float, float, float]) -> Locator:
    """A locator for a page (from 1) and boxes as fractions of it."""
    return Locator(page=page, boxes=boxes)
