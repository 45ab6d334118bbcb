"""Drafts as the templates and the editor's script show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from mokmin.base.formats.page_measure import page_count
from mokmin.base.korean.josa import with_josa
from mokmin.base.web.kit import ago, local
from mokmin.base.web.paper import paper_html
from mokmin.features.drafting.comparing import word_diff
from mokmin.features.drafting.model import STATES, Comment, Draft, DraftLine, Json, Step, Version
from mokmin.knowledge.official.checks.model import Finding
from mokmin.knowledge.official.drafting import laid_out
from mokmin.knowledge.official.kinds import KINDS, kind_of
from mokmin.knowledge.official.kinds.model import FactField, Kind
from mokmin.knowledge.official.model import OfficialDocument
from mokmin.knowledge.official.numbering import marks
from mokmin.knowledge.official.serial import to_json

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("결재 문서", ("letter", "memo", "decision", "brief")),
    ("보고와 계획", ("report", "plan", "one-page", "minutes", "handover")),
    ("시민과 언론", ("reply", "notice", "press", "speech", "disclosure")),
)
SEVERITIES = {
    "error": ("bad", "고쳐야 함"),
    "warning": ("warn", "확인"),
    "advice": ("info", "제안"),
}
_FIELD_PARTS = {"head": "머리말", "body": "내용", "foot": "끝부분"}


def kinds() -> list[Json]:
    """The kinds in their groups."""
    by_key = {kind.key: kind for kind in KINDS}
    return [
        {
            "name": name,
            "kinds": [
                {"key": k, "name": by_key[k].name, "purpose": by_key[k].purpose} for k in keys
            ],
        }
        for name, keys in GROUPS
    ]


def lines(found: Sequence[DraftLine]) -> list[Json]:
    """The list of drafts."""
    return [
        {
            "id": line.id,
            "title": line.title,
            "kind": kind_of(line.kind).name,
            "grade": line.grade,
            "state": STATES[line.state],
            "turn": line.my_turn,
            "author": "" if line.mine else line.author,
            "when": ago(line.updated_at),
        }
        for line in found
    ]


def form(kind: Kind, facts: Json) -> list[Json]:
    """The fields of a kind in their groups, each with what is known already and its source."""
    groups: dict[str, list[Json]] = {name: [] for name in _FIELD_PARTS}
    for field in kind.fields:
        value, source = _said(facts.get(field.key))
        groups[field.group].append(
            {
                "key": field.key,
                "question": field.question,
                "required": field.required,
                "entry": field.entry,
                "rows": _rows(field, value),
                "choices": field.choices,
                "example": field.example,
                "value": value,
                "source": source,
            }
        )
    return [
        {"name": _FIELD_PARTS[key], "key": key, "fields": fields}
        for key, fields in groups.items()
        if fields
    ]


def _rows(field: FactField, value: str) -> int:
    least = {"outline": 6, "table": 3, "lines": 2, "text": 3, "people": 2}.get(field.entry, 1)
    return min(16, max(least, value.count("\n") + 1))


def _said(fact: Any) -> tuple[str, str]:
    """A fact as a person would type it, and its source."""
    if isinstance(fact, dict) and "value" in fact:
        return typed(fact["value"]), str(fact.get("source", ""))
    return typed(fact), ""


def typed(value: Any, depth: int = 0) -> str:
    """A fact as typed lines: nested lists by indent, tables as rows between bars."""
    if value is None:
        return ""
    pad = "  " * depth
    if isinstance(value, list):
        if value and all(isinstance(row, list) for row in value):
            return "\n".join("| " + " | ".join(str(c) for c in row) + " |" for row in value)
        return "\n".join(part for member in value if (part := typed(member, depth)))
    if isinstance(value, dict):
        if "text" in value and "items" in value:
            return f"{pad}{value['text']}\n{typed(value['items'], depth + 1)}"
        return "\n".join(f"{pad}{k}: {typed(v)}" for k, v in value.items())
    return f"{pad}{value}"


def editor(draft: Draft, found: Sequence[Finding]) -> Json:
    """What the editor's script works with."""
    kind = kind_of(draft.kind)
    return {
        "revision": draft.revision,
        "document": to_json(draft.document),
        "marks": marks(draft.document.body),
        "fields": [
            {
                "key": f.key,
                "label": f.key,
                "group": f.group,
                "choices": f.choices,
                "rows": 1,
                "example": f.example,
            }
            for f in kind.fields
            if f.key in draft.document.fields
            or (f.group != "body" and f.entry not in ("people", "person"))
        ],
        "preview": str(preview(draft.document)),
        "pages": page_count(laid_out(draft.document)),
        "blanks": [{"key": k, "question": kind.question(k)} for k in draft.document.blanks],
        "findings": findings(draft.document, found),
        "suggestions": [
            one | {"diff": word_diff(one["before"], one["after"])} for one in draft.suggestions
        ],
        "saved": f"{local(draft.updated_at):%H:%M}",
    }


def preview(document: OfficialDocument) -> Markup:
    """The document as paper."""
    return paper_html(laid_out(document))


def findings(document: OfficialDocument, found: Sequence[Finding]) -> list[Json]:
    """What the reviewer found, in reading order."""
    return [
        {
            "rule": f.rule,
            "kind": SEVERITIES[f.severity][0],
            "severity": SEVERITIES[f.severity][1],
            "message": f.message,
            "source": f.source,
            "fix": f.fix,
            "mend": "" if f.fix is None else _mend(f.fix),
            "anchor": _anchor(f),
            "where": where(document, f),
            "place": {
                "part": f.place.part, "key": f.place.key, "index": f.place.index, "row": f.place.row,
                "cell": f.place.cell, "start": f.place.start, "end": f.place.end,
            },
        }
        for f in found
    ]  # fmt: skip


def _mend(fix: str) -> str:
    """What a button says that puts a fix in."""
    if not fix:
        return "지우기"
    short = fix if len(fix) <= 40 else f"{fix[:40]}…"
    return f"{with_josa(f'‘{short}’', '으로/로')} 바꾸기"


def _anchor(finding: Finding) -> str:
    place = finding.place
    if place.part == "field":
        return f"field:{place.key}"
    return f"{place.part}:{place.index}" if place.index >= 0 else ""


def where(document: OfficialDocument, finding: Finding) -> str:
    """Where a finding stands, in words."""
    place = finding.place
    if place.part == "field":
        return place.key
    if place.part == "attachment":
        return "붙임"
    if place.part == "approver":
        return "결재란"
    if place.part != "body" or not 0 <= place.index < len(document.body):
        return "문서 전체"
    block = document.body[place.index]
    if block.style == "table":
        return f"표 {place.row + 1}행 {place.cell + 1}칸" if place.row >= 0 else "표"
    mark = marks(document.body)[place.index]
    text = block.text[:18] + ("…" if len(block.text) > 18 else "")
    return f"{mark} {text}".strip()


def versions(found: Sequence[Version]) -> list[Json]:
    """Kept versions."""
    return [
        {
            "number": v.number,
            "note": v.note,
            "by": v.saved_by,
            "when": f"{local(v.saved_at):%Y. %-m. %-d. %H:%M}",
        }
        for v in found
    ]


def given(kind: Kind, form_values: dict[str, str], sources: dict[str, str]) -> Json:
    """Facts out of a sent form. A source stays with a fact as long as its words are those of the source."""
    facts: Json = {}
    for field in kind.fields:
        text = form_values.get(field.key, "").strip()
        if not text:
            continue
        value: Any = text
        if field.entry == "people":
            value = [line.strip() for line in text.splitlines() if line.strip()]
        source = sources.get(field.key, "")
        facts[field.key] = {"value": value, "source": source} if source else value
    return facts


_STEPS = {
    "waiting": ("기다림", ""),
    "open": ("지금 차례", "accent"),
    "done": ("마침", "ok"),
    "returned": ("되돌려 보냄", "warn"),
}


def steps(found: Sequence[Step]) -> list[Json]:
    """The decision line; each signed step with the version before it."""
    made: list[Json] = []
    last: int | None = None
    for step in found:
        name, kind = _STEPS[step.state]
        made.append(
            {
                "number": step.number,
                "role": step.role,
                "name": step.name,
                "post": step.post,
                "state": step.state,
                "state_name": name,
                "kind": kind,
                "remark": step.remark,
                "when": f"{local(step.done_at):%Y. %-m. %-d. %H:%M}" if step.done_at else "",
                "version": step.version,
                "before": last,
            }
        )
        last = step.version or last
    return made


def comments(found: Sequence[Comment], document: OfficialDocument) -> list[Json]:
    """Comments with the place that they are about."""
    marked = marks(document.body)
    made: list[Json] = []
    for one in found:
        kind, _, ref = one.anchor.partition(":")
        place = ref if kind == "field" else "문서 전체"
        if kind == "body" and int(ref) < len(document.body):
            place = f"{marked[int(ref)]} {document.body[int(ref)].text[:24]}".strip()
        if kind == "body" and one.quote and not _stands(document, int(ref), one.quote):
            place = f"고치거나 지운 글 “{one.quote[:24]}”"
        made.append(
            {
                "id": one.id,
                "anchor": one.anchor,
                "place": place,
                "quote": one.quote[:80],
                "text": one.text,
                "author": one.author,
                "when": ago(one.created_at),
                "settled": one.resolved_at is not None,
                "replies": [
                    {"text": r.text, "author": r.author, "when": ago(r.created_at)}
                    for r in one.replies
                ],
            }
        )
    return made


def _stands(document: OfficialDocument, at: int, quote: str) -> bool:
    return at < len(document.body) and document.body[at].text[:400] == quote


def places(document: OfficialDocument) -> list[tuple[str, str]]:
    """Where a comment can be put."""
    marked = marks(document.body)
    found = [("", "문서 전체"), *((f"field:{key}", key) for key in document.fields)]
    for at, block in enumerate(document.body):
        text = block.text.replace("\n", " ")[:30]
        found.append((f"body:{at}", f"{marked[at]} {text}".strip() or f"{at + 1}번째"))
    return found
