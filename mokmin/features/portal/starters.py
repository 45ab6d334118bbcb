"""First tasks by role."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources

from mokmin.governance.access.model import Principal

GENERAL: list[Mapping[str, str]] = [
    {"area": "규정 찾기", "question": "공유재산 사용료가 3회 연속 체납된 경우 바로 해지 가능한가?"},
    {"area": "정보공개", "question": "정보공개 청구는 며칠 안에 결정해야 하나요?"},
    {"area": "민원", "question": "민원 처리기간은 어떻게 계산하나요?"},
    {"area": "휴가", "question": "배우자 출산휴가는 며칠인가요?"},
]


def starters(principal: Principal, demo: bool) -> list[Mapping[str, str]]:
    """Four to six first questions: those of the demo city for the person's role, or general ones."""
    if not demo:
        return GENERAL
    source = resources.files("mokmin.demo").joinpath("questions.json")
    if not source.is_file():
        return GENERAL
    found = json.loads(source.read_text(encoding="utf-8"))["starters"]
    mine = [q for q in found if q["login"] == principal.login]
    mine += [q for q in found if q["role"] == principal.role and q not in mine]
    rest = [q for q in found if q not in mine and not q.get("hidden_from")]
    return [
        {"area": q["expected"][0].split("(")[0].rsplit(".", 1)[0], "question": q["text"]}
        for q in [*mine, *rest][:6]
    ]
