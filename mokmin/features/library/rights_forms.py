"""Rights as the templates show them, and the forms that change them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from starlette.datastructures import FormData

from mokmin.base.errors import InvalidInput
from mokmin.base.web.kit import ago, day
from mokmin.governance.access.grants import Grant, Standing
from mokmin.governance.access.rules import today
from mokmin.knowledge.documents.rights_audience import Reader
from mokmin.knowledge.documents.rights_model import (
    DISCLOSURES,
    GRADES,
    GROUNDS,
    RETENTIONS,
    AudienceMode,
    Batch,
    Held,
    Planned,
    Preview,
    Rights,
)
from mokmin.knowledge.documents.service import parse_date

Json = dict[str, Any]
KEEP = "-"
BLANK_ROWS = 3
SHOWN = 50
MODES: dict[str, AudienceMode] = {
    "keep": "keep",
    "add": "add",
    "remove": "remove",
    "replace": "replace",
}
# Field of the form, field of the rights, whether it is a day.
_FIELDS = (
    ("department", "department", False),
    ("grade", "grade", False),
    ("ground", "legal_ground", False),
    ("grade_until", "grade_until", True),
    ("disclosure", "disclosure", False),
    ("reason", "disclosure_reason", False),
    ("disclosure_until", "disclosure_until", True),
    ("retention", "retention", False),
    ("closed_on", "closed_on", True),
)
_NAMES = {
    "department": "소관 부서",
    "grade": "보안 등급",
    "legal_ground": "근거",
    "grade_until": "등급 재검토",
    "disclosure": "공개 구분",
    "disclosure_reason": "사유",
    "disclosure_until": "공개 재검토",
    "retention": "보존기간",
    "closed_on": "업무 종료일",
}


def choices() -> Json:
    """The pick lists."""
    return {
        "grades": list(GRADES.items()),
        "grounds": [(key, f"제{key}호 {text}") for key, text in GROUNDS.items()],
        "disclosures": list(DISCLOSURES.items()),
        "retentions": list(RETENTIONS.items()),
    }


# --- out --------------------------------------------------------------------------------------
def facts(rights: Rights) -> list[tuple[str, str]]:
    """What everybody who sees the document may know of its rights, as label and text."""
    found = [("보안 등급", GRADES.get(rights.grade, rights.grade) + _until(rights.grade_until))]
    if rights.legal_ground:
        found.append(("근거", ground(rights.legal_ground)))
    text = DISCLOSURES.get(rights.disclosure, "아직 정하지 않음")
    if rights.disclosure_reason:
        text += f" · {rights.disclosure_reason}"
    found.append(("공개 구분", text + _until(rights.disclosure_until)))
    text = RETENTIONS.get(rights.retention, "아직 정하지 않음")
    if rights.closed_on:
        text += f" · {day(rights.closed_on)} 업무 종료"
    found.append(("보존기간", text))
    return found


def ground(code: str) -> str:
    """A legal ground in words."""
    return f"정보공개법 제9조 제1항 제{code}호 ({GROUNDS.get(code, '')})"


def _until(value: date | None) -> str:
    if value is None:
        return ""
    late = " (지났습니다. 다시 살펴보세요)" if value < today() else ""
    return f" · {day(value)}까지 재검토{late}"


def reader_rows(rights: Rights, readers: dict[int, Reader]) -> list[Json]:
    """The grants with their readers' names."""
    marks = {Standing.NOT_YET: "아직 아님", Standing.OVER: "끝남", Standing.HOLDS: ""}
    return [
        {
            "who": readers[g.group_id].name,
            "kind": readers[g.group_id].kind,
            "from": g.valid_from.isoformat() if g.valid_from else "",
            "until": g.valid_until.isoformat() if g.valid_until else "",
            "span": span(g),
            "mark": marks[g.standing(today())],
        }
        for g in rights.grants
        if g.group_id in readers
    ]


def span(grant: Grant) -> str:
    """From when until when, in words."""
    if grant.valid_from is None and grant.valid_until is None:
        return "기한 없음"
    begins = f"{day(grant.valid_from)}부터" if grant.valid_from else ""
    ends = f"{day(grant.valid_until)}까지" if grant.valid_until else ""
    return f"{begins} {ends}".strip()


def form_of(held: Held) -> Json:
    """The form filled in with the present rights."""
    made: Json = {}
    for field, name, is_day in _FIELDS:
        value = getattr(held.rights, name)
        made[field] = (value.isoformat() if value else "") if is_day else value
    rows = reader_rows(held.rights, held.readers)
    blank = {"who": "", "from": "", "until": "", "span": "", "mark": "", "kind": ""}
    made |= {"rows": rows + [dict(blank) for _ in range(BLANK_ROWS)], "note": ""}
    made["seen"] = held.rights.fingerprint
    return made


def as_sent(form: FormData, blank_rows: int = BLANK_ROWS) -> Json:
    """What was sent, to show it again. ``blank_rows``: rows to leave for further readers."""
    made: Json = {field: _text(form, field) for field, _, _ in _FIELDS}
    made |= {key: _text(form, key) for key in ("note", "seen", "mode")}
    rows = [
        {"who": who, "from": begins, "until": ends, "span": "", "mark": "", "kind": ""}
        for who, begins, ends in _rows(form)
    ]
    empty = {"who": "", "from": "", "until": "", "span": "", "mark": "", "kind": ""}
    made["rows"] = rows + [dict(empty) for _ in range(max(0, blank_rows - len(rows)))]
    return made


def warnings(rights: Rights) -> list[str]:
    """What the person should look at before leaving the page."""
    found = []
    if rights.grade != "O" and not rights.legal_ground:
        found.append(
            f"{GRADES[rights.grade]} 등급인데 법적 근거가 아직 없습니다. 정보공개법 제9조 제1항의 몇 호에 "
            "해당하는지 골라 주세요."
        )
    last = [g.valid_until for g in rights.grants if g.standing(today()) is not Standing.OVER]
    if last and all(last):
        end = max(d for d in last if d is not None)
        found.append(
            f"{day(end)} 다음 날부터는 아무도 볼 수 없습니다. 그대로 두려면 볼 사람을 더해 두세요."
        )
    if not last:
        found.append("열람 기간이 모두 끝나 지금은 아무도 볼 수 없습니다.")
    return found


def batch_line(batch: Batch) -> Json:
    """A line of the history of changes."""
    return {
        "id": batch.id,
        "who": batch.actor,
        "note": batch.note,
        "when": ago(batch.made_at),
        "undone": batch.undone_at is not None,
    }


def summary(preview: Preview) -> Json:
    """A preview in a sentence and lists."""
    count, kept = len(preview.changed), len(preview.kept)
    same = len(preview.planned) - count - kept
    text = f"고른 {len(preview.planned) + preview.unknown}건 가운데 {count}건을 바꿉니다."
    parts = []
    if kept:
        parts.append(f"{kept}건은 바꿀 권한이 없어 그대로 둡니다")
    if same:
        parts.append(f"{same}건은 이미 그렇게 되어 있습니다")
    if preview.unknown:
        parts.append(f"{preview.unknown}건은 찾을 수 없습니다")
    if parts:
        text += f" {', '.join(parts)}."
    return {
        "text": text,
        "changed": [_plan_line(plan) for plan in preview.changed[:SHOWN]],
        "more": max(0, count - SHOWN),
        "kept": [{"title": plan.title, "why": plan.why} for plan in preview.kept[:SHOWN]],
        "count": count,
    }


def _plan_line(plan: Planned) -> Json:
    return {"id": plan.document_id, "title": plan.title, "changes": _differences(plan)}


def _differences(plan: Planned) -> list[str]:
    lists = {
        "grade": GRADES,
        "legal_ground": {key: f"제{key}호" for key in GROUNDS},
        "disclosure": DISCLOSURES,
        "retention": RETENTIONS,
    }
    found = []
    for _, name, _ in _FIELDS:
        was, now = getattr(plan.before, name), getattr(plan.after, name)
        if was != now:
            words = lists.get(name, {})
            old, new = (words.get(v, day(v) if isinstance(v, date) else v) for v in (was, now))
            found.append(f"{_NAMES[name]} {old or '없음'} → {new or '없음'}")
    more = {g.group_id for g in plan.after.grants} - {g.group_id for g in plan.before.grants}
    fewer = {g.group_id for g in plan.before.grants} - {g.group_id for g in plan.after.grants}
    if plan.before.grants != plan.after.grants:
        parts = [f"{len(more)}곳 더함"] if more else []
        parts += [f"{len(fewer)}곳 뺌"] if fewer else []
        found.append(f"볼 사람 {', '.join(parts) or '기간 바꿈'}")
    return found


# --- in ---------------------------------------------------------------------------------------
def values_of(form: FormData, *, many: bool = False) -> Json:
    """Fields of ``Rights`` from a form; with ``many`` those that are to be kept are left out. Raises
    InvalidInput."""
    values: Json = {}
    for field, name, is_day in _FIELDS:
        text = _text(form, field)
        if many and text in ("", KEEP):
            continue
        values[name] = parse_date(text) if is_day else text
    return values


def readers_of(form: FormData) -> list[tuple[str, date | None, date | None]]:
    """The readers that were typed, without those to drop. Raises InvalidInput."""
    return [(who, parse_date(begins), parse_date(ends)) for who, begins, ends in _rows(form) if who]


def mode_of(form: FormData) -> AudienceMode:
    """What is to become of the readers of many documents. Raises InvalidInput."""
    try:
        return MODES[_text(form, "mode") or "keep"]
    except KeyError as error:
        raise InvalidInput("볼 사람을 어떻게 할지 골라 주세요.") from error


def ids_of(values: Iterable[object]) -> list[int]:
    """Ids of documents from a form or an address; what is no number is left out."""
    found = [str(value) for value in values]
    return list(dict.fromkeys(int(x) for x in found if x.isascii() and x.isdigit() and len(x) < 10))


def _rows(form: FormData) -> list[tuple[str, str, str]]:
    names, begins, ends = (
        [value.strip() if isinstance(value, str) else "" for value in form.getlist(key)]
        for key in ("who", "from", "until")
    )
    dropped = {str(value) for value in form.getlist("drop")}
    return [
        row
        for number, row in enumerate(zip(names, begins, ends, strict=False))
        if str(number) not in dropped and any(row)
    ]


def _text(form: FormData, key: str) -> str:
    value = form.get(key, "")
    return " ".join(value.split()) if isinstance(value, str) else ""
