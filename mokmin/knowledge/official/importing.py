"""A document that exists already (HWPX, HWP, DOCX, PDF, text) as the start of a draft.

What a reader gives is lines and tables. The parts of an official document are recognised by their words
(수신, 제목, 붙임, 끝.) and their marks (1. 가. 1) …, □ ○ - ※); what is not recognised stays as text. Every
span says from which file it comes; nothing is added and no line is dropped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import count

from mokmin.base.formats.model import Block as ParsedBlock
from mokmin.base.formats.model import ParsedDocument
from mokmin.base.korean.numbering import position
from mokmin.knowledge.official.model import (
    Approver,
    Block,
    OfficialDocument,
    Origin,
    Role,
    Span,
    TableCell,
)

_HEAD = re.compile(r"^[(（]?(?P<key>수\s*신|경\s*유|제\s*목)[)）]?\s*[:：]?(?:\s+|$)(?P<value>.*)$")
_ATTACHED = re.compile(r"^붙\s*임\s*[:：]?(?:\s+(?P<value>.*)|)$")
_END = re.compile(r"\s*끝\s*\.\s*$")
_FOOT: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("시행번호", re.compile(r"시행\s+(?P<v>[가-힣A-Za-z]+\S*-\d+)")),
    ("시행일", re.compile(r"시행\s.*?[(（](?P<v>\d{4}\.\s*\d{1,2}\.\s*\d{1,2}\.?)[)）]")),
    ("접수번호", re.compile(r"접수\s+(?P<v>[가-힣A-Za-z]+\S*-\d+)")),
    ("접수일", re.compile(r"접수\s.*?[(（](?P<v>\d{4}\.\s*\d{1,2}\.\s*\d{1,2}\.?)[)）]")),
    ("우편번호", re.compile(r"^우\s*(?P<v>\d{5})")),
    ("주소", re.compile(r"^우\s*\d{5}\s+(?P<v>[^/]+?)\s*(?:/|$)")),
    ("홈페이지", re.compile(r"(?P<v>(?:https?://|www\.)[^\s/]+)")),
    ("전화", re.compile(r"전화(?:번호)?\s*[:：]?\s*(?P<v>[(（]?\d[\d)）\- ]{6,14}\d)")),
    ("팩스", re.compile(r"(?:팩스|전송)(?:번호)?\s*[:：]?\s*(?P<v>[(（]?\d[\d)）\- ]{6,14}\d)")),
    ("전자우편", re.compile(r"(?P<v>[\w.+-]+@[\w.-]+\.\w+)")),
    ("공개구분", re.compile(r"(?P<v>(?:대국민\s*)?(?:부분공개|비공개|공개)(?:\([\d, ]+\))?)\s*$")),
)
_FOOT_LINE = re.compile(
    r"^(?:시행|접수|우\s*\d{5}|전화|기안자|검토자|협조자|결재권자)(?:\s|번호|$)"
)
_SENDER = re.compile(r"^[가-힣]{2,15}(?:\s?[가-힣]{1,10}){0,3}(?:장|장관|관|감|원장|사장|위원회)$")
_ROLES: dict[str, Role] = {"기안자": "기안", "검토자": "검토", "협조자": "협조", "결재권자": "결재"}
_ROLE = re.compile(r"(기안자|검토자|협조자|결재권자)\s*(.*?)(?=기안자|검토자|협조자|결재권자|$)")
_BULLETS = (
    (1, re.compile(r"^[□■◆◈❏▣]\s*")),
    (2, re.compile(r"^(?:[○●ㅇ◦◯]|[oO](?=\s))\s*")),
    (3, re.compile(r"^[-–—·∙•▪]\s+")),
    (4, re.compile(r"^[※*＊]\s*")),
)
_UNIT = re.compile(r"^[(（\[]\s*단위\s*[:：]\s*(?P<v>[^)）\]]{1,20})[)）\]]$")
_CAPTION = re.compile(r"^[<〈《\[［]\s*(?P<v>[^<>〈〉《》]{1,80}?)\s*[>〉》\]］]$")
_NUMBER = re.compile(r"(?:공고|고시)\s*제\s*\d{4}\s*-\s*\d+\s*호")
_KINDS = (
    ("press", re.compile(r"보도\s*자료|보도\s*시점|배포\s*일시")),
    ("minutes", re.compile(r"회의록")),
    ("notice", re.compile(r"공\s*고(?:\s*제|\s*$)|입법\s*예고|행정\s*예고")),
    ("handover", re.compile(r"인수\s*인계")),
    ("plan", re.compile(r"계획(?:\(안\)|서)?\s*$")),
)


@dataclass(slots=True)
class _State:
    origin: Origin
    fields: dict[str, Span] = field(default_factory=dict)
    body: list[Block] = field(default_factory=list)
    attachments: list[Span] = field(default_factory=list)
    approvers: list[Approver] = field(default_factory=list)
    attaching: bool = False
    ended: bool = False

    def span(self, text: str) -> Span:
        return Span(text, self.origin)


def document_of(parsed: ParsedDocument, kind: str = "", name: str = "") -> OfficialDocument:
    """A parsed file as a document of a kind (its key; empty: told from its words). ``name`` is the file's,
    as the origin of its words; without it the title."""
    state = _State(Origin("source", name or parsed.title))
    letter = any(
        (m := _HEAD.match(b.text)) and m["key"].startswith(("수", "제")) for b in parsed.blocks
    )
    lines = [line for block in parsed.blocks for line in _lines(block)]
    for block in lines:
        _take(state, block, letter)
    if "제목" not in state.fields:
        _title(state, parsed.title)
    return OfficialDocument(
        kind or _kind(parsed, state),
        state.fields,
        tuple(state.body),
        tuple(state.attachments),
        tuple(state.approvers),
    )


def _lines(block: ParsedBlock) -> list[ParsedBlock]:
    if block.type == "table" or "\n" not in block.text:
        return [block]
    return [
        ParsedBlock(block.type, line.strip(), block.level)
        for line in block.text.split("\n")
        if line.strip()
    ]


def _take(state: _State, block: ParsedBlock, letter: bool) -> None:
    if block.type == "table":
        if not _approving(state, block):
            _table(state, block)
        return
    text = " ".join(block.text.split())
    if not text:
        return
    if letter and "제목" not in state.fields and _head(state, text):
        return
    if letter and (state.ended or state.attaching) and _foot(state, text):
        return
    if (found := _ATTACHED.match(text)) is not None and not state.ended:
        state.attaching = True
        _attach(state, found["value"] or "")
        return
    if state.attaching and not state.ended and (block.type == "list" or position(text)):
        _attach(state, text)
        return
    if _END.search(text):
        state.ended = True
        text = _END.sub("", text)
    if text:
        state.body.append(_block(state, block, text))


def _head(state: _State, text: str) -> bool:
    found = _HEAD.match(text)
    if found is None:
        if state.fields or state.body:
            return False
        state.fields["행정기관명"] = state.span(text)  # what stands above 수신
        return True
    key = re.sub(r"\s", "", found["key"])
    if found["value"] and key not in state.fields:
        state.fields[key] = state.span(found["value"].strip())
    return True


def _attach(state: _State, text: str) -> None:
    if _END.search(text):
        state.ended = True
        text = _END.sub("", text)
    if text := _unmarked(text).strip():
        state.attachments.append(state.span(text))


def _foot(state: _State, text: str) -> bool:
    """A line below the body: sender, signatures, numbers and address."""
    if text.startswith("수신자"):
        state.fields.setdefault("수신자", state.span(text.removeprefix("수신자").strip()))
        return True
    if "발신명의" not in state.fields and _SENDER.match(text):
        state.fields["발신명의"] = state.span(text)
        return True
    if not _FOOT_LINE.match(text):
        return False
    for role, who in _ROLE.findall(text):
        words = who.split()
        if words:
            post, person = (words[0], " ".join(words[1:])) if len(words) > 1 else (words[0], "")
            state.approvers.append(Approver(_ROLES[role], post, person))
    for key, pattern in _FOOT:
        if (found := pattern.search(text)) is not None:
            state.fields.setdefault(key, state.span(found["v"].strip()))
    return True


def _block(state: _State, block: ParsedBlock, text: str) -> Block:
    if (at := position(text)) is not None and (rest := _unmarked(text)):
        return Block("item", (state.span(rest),), at[0])
    for level, pattern in _BULLETS:
        if (found := pattern.match(text)) is not None and (rest := text[found.end() :].strip()):
            return Block("bullet", (state.span(rest),), level)
    if block.type == "heading":
        return Block("heading", (state.span(text),), min(3, max(1, block.level)))
    if block.type == "footnote":
        return Block("note", (state.span(text),))
    return Block("text", (state.span(text),))


def _unmarked(text: str) -> str:
    if position(text) is None:
        return text
    _, _, rest = text.strip().partition(" ")
    return rest.strip()


def _table(state: _State, block: ParsedBlock) -> None:
    """A table with its caption and unit, which stand as lines of their own before it."""
    rows = tuple(
        tuple(TableCell(c.text, c.row_span, c.col_span, state.origin) for c in row)
        for row in block.rows
    )
    if not rows:
        return
    caption = unit = ""
    for _ in range(2):
        last = state.body[-1] if state.body else None
        if last is None or last.style not in ("text", "heading"):
            break
        if not unit and (found := _UNIT.match(last.text)) is not None:
            unit = found["v"]
        elif not caption and (found := _CAPTION.match(last.text)) is not None:
            caption = found["v"]
        else:
            break
        state.body.pop()
    heads = 1 if len(rows) > 1 else 0
    state.body.append(Block("table", (), 1, rows, heads, caption, unit))


def _approving(state: _State, block: ParsedBlock) -> bool:
    """A small table of signatures (결재란): posts above, names or blanks below."""
    flat = [cell.text.replace(" ", "") for row in block.rows for cell in row if cell.text.strip()]
    if (
        not flat
        or len(flat) > 14
        or not any(text in ("결재", "결\n재", "기안", "협조") for text in flat)
    ):
        return False
    head = next((row for row in block.rows if len(row) > 1), ())
    posts = [
        c.text.strip()
        for c in head
        if c.text.replace(" ", "") not in ("결재", "결\n재", "협조", "")
    ]
    below = next((row for row in block.rows if row is not head and row), ())
    names = [cell.text.strip() for cell in below]
    last = len(posts) - 1
    for number, post in zip(count(), posts, strict=False):
        role: Role = "결재" if number == last else "기안" if number == 0 else "검토"
        state.approvers.append(Approver(role, post, names[number] if number < len(names) else ""))
    return bool(posts)


def _title(state: _State, title: str) -> None:
    """The title; the line of the body that says the same is it. Above a notice stands its number first."""
    if _NUMBER.search(title) and state.body and state.body[0].style == "heading":
        state.fields["공고번호"] = state.span(title.strip())
        title = state.body[0].text
    for number, block in enumerate(state.body[:5]):
        if block.style in ("heading", "text") and _folded(block.text) == _folded(title):
            del state.body[number]
            break
    if title.strip():
        state.fields["제목"] = state.span(title.strip())


def _folded(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _kind(parsed: ParsedDocument, state: _State) -> str:
    """The kind that its words speak for."""
    if "수신" in state.fields:
        return "decision" if _folded(state.fields["수신"].text) == "내부결재" else "letter"
    head = "\n".join(
        [
            parsed.title,
            state.fields["제목"].text if "제목" in state.fields else "",
            *(b.text[:60] for b in parsed.blocks[:4]),
        ]
    )
    for key, pattern in _KINDS:
        if any(pattern.search(line) for line in head.split("\n")):
            return key
    return "report"
