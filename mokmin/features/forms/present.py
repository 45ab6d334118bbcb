"""Forms as the templates show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mokmin.base.formats.hwpx_form_model import FormField
from mokmin.base.formats.hwpx_form_view import ViewBlock
from mokmin.base.web.kit import ago
from mokmin.features.forms.model import BATCH_STATES, TEMPLATE_STATES, Batch, FieldUse, Template

Json = dict[str, Any]
KIND_NAMES = {"text": "글", "date": "날짜", "check": "표시", "choice": "고르기"}
LONG = 40


def line(template: Template) -> Json:
    """A form in the library."""
    return {
        "id": template.id,
        "name": template.name,
        "about": template.about,
        "state": template.state,
        "state_name": TEMPLATE_STATES[template.state],
        "grade": template.grade,
        "department": template.department,
        "fields": len(template.names),
        "mine": template.may_manage,
        "when": ago(template.updated_at),
    }


def inputs(template: Template, values: Mapping[str, str]) -> list[Json]:
    """What a person fills in, each name once, by its place in the form."""
    groups: list[Json] = []
    seen: set[str] = set()
    number_of = {field.key: n for n, field in enumerate(template.fields, start=1)}
    for field, use in template.used:
        if use.name in seen:
            continue
        seen.add(use.name)
        title = field.place or template.name
        if not groups or groups[-1]["title"] != title:
            groups.append({"title": title, "inputs": []})
        groups[-1]["inputs"].append(_input(field, use, number_of[field.key], values.get(use.name)))
    return groups


def _input(field: FormField, use: FieldUse, number: int, value: str | None) -> Json:
    long = field.where == "누름틀" and field.label in ("본문", "내용")
    return {
        "number": number,
        "name": use.name,
        "label": use.label,
        "kind": field.kind,
        "required": use.required,
        "value": use.default if value is None else value,
        "options": field.options,
        "chosen": [part.strip() for part in (value or use.default).split(",")],
        "rows": 5 if long else 2 if field.room >= LONG else 1,
        "hint": _hint(field),
    }


def _hint(field: FormField) -> str:
    said = [f"약 {field.room}자 자리" if field.room else ""]
    if field.hint and field.hint != field.label:
        said.append(field.hint)
    if field.example and field.where in ("칸 이름", "누름틀"):
        said.append(f"지금 적힌 말: {field.example[:40]}")
    if field.kind == "date":
        said.append("예: 2026. 11. 23.")
    return " · ".join(part for part in said if part)


def mapping(template: Template) -> list[Json]:
    """The fields with their use, for the mapping page, by their place."""
    groups: list[Json] = []
    for number, (field, use) in enumerate(
        zip(template.fields, template.uses, strict=True), start=1
    ):
        title = field.place or template.name
        if not groups or groups[-1]["title"] != title:
            groups.append({"title": title, "rows": []})
        groups[-1]["rows"].append(
            {
                "number": number,
                "index": number - 1,
                "key": field.key,
                "where": field.where,
                "kind": KIND_NAMES[field.kind],
                "example": field.example,
                "options": ", ".join(field.options),
                "room": field.room,
                "name": use.name,
                "label": use.label,
                "required": use.required,
                "default": use.default,
                "used": use.used,
            }
        )
    return groups


def marks(template: Template) -> list[Json]:
    """Number and label of each field, for the preview."""
    return [
        {"number": n, "label": use.label, "used": use.used, "kind": field.kind}
        for n, (field, use) in enumerate(zip(template.fields, template.uses, strict=True), start=1)
    ]


def preview(blocks: Sequence[ViewBlock]) -> list[Json]:
    """The form's lines and tables."""
    return [_block(block) for block in blocks]


def _block(block: ViewBlock) -> Json:
    if not block.rows:
        return {"parts": [{"text": p.text, "field": p.field} for p in block.parts], "rows": []}
    return {
        "parts": [],
        "rows": [
            [{"rows": c.rows, "cols": c.cols, "blocks": [_block(b) for b in c.blocks]} for c in row]
            for row in block.rows
        ],
    }


def batch_line(batch: Batch) -> Json:
    """A batch in a list."""
    done = batch.state == "done"
    return {
        "id": batch.id,
        "template_id": batch.template_id,
        "name": batch.name,
        "state": batch.state,
        "state_name": BATCH_STATES[batch.state],
        "grade": batch.grade,
        "total": batch.total,
        "made": batch.made,
        "wrong": batch.wrong,
        "percent": 100 if done else round(100 * batch.made / max(1, batch.total)),
        "pattern": batch.pattern,
        "error": batch.error,
        "when": ago(batch.created_at),
        "running": batch.state in ("queued", "running"),
    }
