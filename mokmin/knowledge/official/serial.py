"""Official documents as JSON values and back. Unknown or broken values raise InvalidInput: nothing is
guessed, nothing is dropped."""

from __future__ import annotations

from typing import Any, get_args

from mokmin.base.errors import InvalidInput
from mokmin.base.formats.writing_model import clean
from mokmin.knowledge.official.model import (
    FORM,
    STYLES,
    Approver,
    Block,
    OfficialDocument,
    Origin,
    OriginKind,
    Role,
    Span,
    TableCell,
)

MOST_BLOCKS = 2_000
MOST_CELLS = 20_000
MOST_TEXT = 20_000


def to_json(document: OfficialDocument) -> dict[str, Any]:
    """A document as JSON values."""
    return {
        "kind": document.kind,
        "fields": {key: _span(span) for key, span in document.fields.items()},
        "body": [_block(block) for block in document.body],
        "attachments": [_span(span) for span in document.attachments],
        "approvers": [
            {"role": a.role, "post": a.post, "name": a.name, "signed_on": a.signed_on, "how": a.how}
            for a in document.approvers
        ],
    }


def from_json(value: Any) -> OfficialDocument:
    """A document from JSON values. Raises InvalidInput."""
    try:
        body = tuple(_read_block(block) for block in _list(value.get("body")))
        if len(body) > MOST_BLOCKS or sum(len(r) for b in body for r in b.rows) > MOST_CELLS:
            raise InvalidInput(
                f"문서가 너무 깁니다. 항목은 {MOST_BLOCKS:,}개, 표의 칸은 {MOST_CELLS:,}개까지 둘 수 있습니다."
            )
        return OfficialDocument(
            kind=str(value["kind"]),
            fields={str(k): _read_span(v) for k, v in dict(value.get("fields") or {}).items()},
            body=body,
            attachments=tuple(_read_span(v) for v in _list(value.get("attachments"))),
            approvers=tuple(_read_approver(v) for v in _list(value.get("approvers"))),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("문서의 짜임을 읽을 수 없습니다. 다시 열어 고쳐 주십시오.") from error


def _span(span: Span) -> dict[str, str]:
    return {"text": span.text, "origin": span.origin.kind, "ref": span.origin.ref}


def _block(block: Block) -> dict[str, Any]:
    found: dict[str, Any] = {"style": block.style, "level": block.level}
    if block.style != "table":
        return found | {"spans": [_span(span) for span in block.spans]}
    return found | {
        "rows": [
            [
                {
                    "text": c.text,
                    "row_span": c.row_span,
                    "col_span": c.col_span,
                    "origin": c.origin.kind,
                    "ref": c.origin.ref,
                }
                for c in row
            ]
            for row in block.rows
        ],
        "heads": block.heads,
        "caption": block.caption,
        "unit": block.unit,
    }


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    if len(value) > MOST_TEXT:
        raise InvalidInput(f"한 항목은 {MOST_TEXT:,}자까지 쓸 수 있습니다. 나누어 써 주십시오.")
    return clean(value)


def _origin(value: dict[str, Any]) -> Origin:
    kind = value.get("origin", "form")
    if kind not in get_args(OriginKind):
        raise ValueError(kind)
    ref = str(value.get("ref", ""))
    return Origin(kind, ref) if kind != "form" or ref else FORM


def _read_span(value: Any) -> Span:
    return Span(_text(value["text"]), _origin(value))


def _whole(value: Any, least: int, most: int) -> int:
    number = int(value)
    if not least <= number <= most:
        raise ValueError(number)
    return number


def _read_block(value: Any) -> Block:
    style = value["style"]
    if style not in STYLES:
        raise ValueError(style)
    level = _whole(value.get("level", 1), 1, 8)
    if style != "table":
        return Block(style, tuple(_read_span(v) for v in _list(value.get("spans"))), level)
    rows = tuple(
        tuple(
            TableCell(
                _text(cell["text"]),
                _whole(cell.get("row_span", 1), 1, 500),
                _whole(cell.get("col_span", 1), 1, 60),
                _origin(cell),
            )
            for cell in _list(row)
        )
        for row in _list(value.get("rows"))
    )
    heads = _whole(value.get("heads", 1), 0, 20)
    caption, unit = _text(value.get("caption", "")), _text(value.get("unit", ""))
    return Block("table", (), level, rows, heads, caption, unit)


def _read_approver(value: Any) -> Approver:
    role = value["role"]
    if role not in get_args(Role):
        raise ValueError(role)
    rest = (_text(value.get(name, "")) for name in ("post", "name", "signed_on", "how"))
    return Approver(role, *rest)
