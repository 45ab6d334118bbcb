"""What to call a document."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath

from .model import Block
from .provisions import article_of, mark_of

_SENSELESS = re.compile(
    r"^(?:제목 ?없음|무제|untitled|document ?\d*|문서 ?\d*|빈 ?문서 ?\d*|slide ?\d*|sheet ?\d*|"
    r"powerpoint 프레젠테이션|powerpoint presentation|microsoft word.*|microsoft powerpoint.*|"
    r"개요|목차|보 ?도 ?(?:참고)? ?자 ?료|문서 ?요약|기안문|표지|"
    r"new document|presentation|book ?\d*|통합 ?문서 ?\d*|<.*>|[\W\d_]*)$",
    re.IGNORECASE,
)
_FILE_LIKE = re.compile(r"\.(?:hwpx?|docx?|xlsx?|pptx?|pdf|txt|html?|tmp|indd)$", re.IGNORECASE)
_TITLED = ("heading", "paragraph", "list")
_TITLE_LENGTH = 120
_CANDIDATES = 30


def title_of(claimed: str, blocks: Iterable[Block], name: str, kind: str) -> str:
    """The claimed (metadata) title if sensible, else the first heading or short line, else stem."""
    if _sensible(claimed) and not _FILE_LIKE.search(claimed):
        return claimed
    stem = PurePath(name).stem.strip() or name
    if kind in ("xlsx", "csv"):
        return stem
    top = [block for block in blocks if block.type in _TITLED and block.text][:_CANDIDATES]
    headings = [block.text for block in top if block.type == "heading" and block.level <= 2]
    lines = [block.text for block in top[:3] if block.type in ("paragraph", "heading")]
    first = top[0].text if top else ""
    for text in [first, *headings, *lines]:
        line = text.split("\n")[0]
        if _sensible(line) and not article_of(line) and mark_of(line).role in ("text", "division"):
            return line
    return stem


def _sensible(text: str) -> bool:
    letters = sum(1 for char in text if char.isalpha())
    return letters >= 3 and len(text) <= _TITLE_LENGTH and not _SENSELESS.match(text.strip())
