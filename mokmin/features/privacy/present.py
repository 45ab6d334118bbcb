"""Findings, policies and exclusions as the templates show them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from mokmin.base.web.kit import ago
from mokmin.features.privacy.model import STATES, Count, Shown
from mokmin.governance.access.model import Grade
from mokmin.governance.privacy.exclusions import Exclusion
from mokmin.governance.privacy.model import TYPES
from mokmin.governance.privacy.policies import ACTION_NAMES, FAMILIES, GRADES
from mokmin.governance.privacy.redaction import Action

Json = dict[str, Any]
GRADE_NAMES: Mapping[Grade, str] = {"O": "공개", "S": "민감", "C": "기밀"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def finding(f: Shown) -> Json:
    """A line of the desk."""
    at = f"?passage={f.passage_id}#passage" if f.passage_id else ""
    return {
        "id": f.id,
        "document_id": f.document_id,
        "url": f"/library/{f.document_id}{at}",
        "title": f.title,
        "department": f.department,
        "grade": f.grade,
        "type": TYPES.get(f.type, f.type),
        "state": f.state,
        "state_name": STATES[f.state],
        "masked": f.masked,
        "before": f.before,
        "after": f.after,
        "by_list": f.decided_by == "exclusion",
        "when": ago(f.found_at),
    }


def summary(found: Sequence[Count]) -> list[Json]:
    """Departments with what is open in them and in all, the most open first."""
    made: dict[str, Json] = {}
    for c in found:
        line = made.setdefault(
            c.department, {"name": c.department, "open": 0, "all": 0, "types": {}}
        )
        line["all"] += c.count
        if c.state == "open":
            line["open"] += c.count
            line["types"][c.type] = line["types"].get(c.type, 0) + c.count
    for line in made.values():
        most = sorted(line["types"].items(), key=lambda item: -item[1])[:4]
        line["types"] = ", ".join(f"{TYPES.get(k, k)} {n:,}" for k, n in most)
    return sorted(made.values(), key=lambda line: (-line["open"], line["name"]))


def counts_csv(found: Sequence[Count]) -> str:
    """Numbers for a spreadsheet, no values."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["부서", "종류", "상태", "건수"])
    for c in found:
        name = c.department or "(부서 없음)"
        safe = f"'{name}" if name.startswith(_FORMULA) else name
        writer.writerow([safe, TYPES.get(c.type, c.type), STATES.get(c.state, c.state), c.count])
    return "\ufeff" + out.getvalue()


def cells(table: Mapping[tuple[str, str], Action]) -> list[Json]:
    """A purpose's table: a row for each family."""
    return [
        {
            "key": family,
            "name": name,
            "types": ", ".join(TYPES[k] for k in kinds if k in TYPES)
            or "생년월일, 차량 번호, 아이디 등",
            "cells": [
                {"name": f"{family}-{g}", "grade": name_of, "action": table[family, g].value}
                for g, name_of in zip(GRADES, GRADE_NAMES.values(), strict=True)
            ],
        }
        for family, (name, kinds) in FAMILIES.items()
    ]


def actions() -> list[tuple[str, str]]:
    """What can be chosen in a cell."""
    return [(action.value, name) for action, name in ACTION_NAMES.items()]


def exclusion(e: Exclusion, names: Mapping[str, str]) -> Json:
    """A line of the list of exclusions."""
    return {
        "id": e.id,
        "type": TYPES.get(e.type, e.type),
        "exact": e.form == "exact",
        "shown": e.shown,
        "where": f"{e.document_kind} 문서" if e.document_kind else "모든 글",
        "who": names.get(e.made_by, e.made_by),
        "when": ago(e.made_at),
    }
