"""Facts of one kind as facts of another: a plan as a press release, a report as one page.

What is for the office alone (decision block, day of the report, duties of departments) does not travel
into what leaves the office. Nothing is reworded.
"""

from __future__ import annotations

from typing import Any

from mokmin.knowledge.official.facts import folded
from mokmin.knowledge.official.kinds import kind_of
from mokmin.knowledge.official.kinds.model import Kind

_BODY = ("내용", "세부계획", "개선방안", "검토내용", "안건", "조치", "진행업무", "담당업무")
_WHY = ("추진배경", "목적", "취지", "요지", "뜻")
_SUM = ("요약", "리드", "요지", "취지")
# Fields of the target, and where their facts come from when nobody states them, best first.
SOURCES: dict[str, dict[str, tuple[str, ...]]] = {
    "press": {"리드": _SUM, "내용": ("개요", *_BODY, "현황", "결정사항"), "담당부서": ("부서", "담당부서"), "향후계획": ("일정", "향후계획", "예정업무")},
    "speech": {"행사명": ("제목",), "내용": (*_SUM, *_BODY), "뜻": _WHY, "약속": ("향후계획", "기대효과")},
    "notice": {"취지": _SUM, "내용": ("개요", *_BODY), "문의": ("문의", "전화", "담당부서", "부서")},
    "letter": {"요지": (), "내용": ("개요", *_BODY, "결정사항"), "붙임": ("붙임",)},
    "memo": {"내용": ("개요", *_BODY, "결정사항", "행정사항"), "붙임": ("붙임",)},
    "decision": {"내용": ("추진배경", "목적", "개요", *_BODY, "일정", "예산"), "붙임": ("붙임",)},
    "brief": {"내용": ("추진배경", "목적", "개요", *_BODY, "일정", "예산"), "부서": ("부서", "담당부서")},
    "report": {"추진배경": _WHY, "현황": ("현황", "개요", "안건", "민원요지"), "개선방안": ("개선방안", "세부계획", "내용", "결정사항", "검토내용"), "요약": _SUM, "일정": ("일정", "할일", "향후계획"), "부서": ("부서", "담당부서")},
    "plan": {"추진배경": _WHY, "개요": ("개요", "현황"), "세부계획": ("세부계획", "개선방안", "내용", "결정사항"), "요약": _SUM, "일정": ("일정", "할일", "향후계획"), "부서": ("부서", "담당부서")},
    "one-page": {"요약": _SUM, "현황": ("현황", "개요", "추진배경", "민원요지"), "쟁점": ("문제점", "현안", "보류"), "조치": ("개선방안", "세부계획", "내용", "결정사항", "조치계획", "검토내용"), "부서": ("부서", "담당부서")},
    "minutes": {"안건": _BODY},
    "reply": {"검토내용": _BODY},
}  # fmt: skip
# Facts that leave the office only when somebody states them for the new document.
_INSIDE = {"기안자", "검토자", "협조자", "결재권자", "보고일", "시행번호", "시행일", "접수번호", "접수일", "공개구분", "수신", "경유"}  # fmt: skip


def converted(given: dict[str, Any], source: str, target: str) -> dict[str, Any]:
    """Facts for a document of kind ``target`` out of the facts of a document of kind ``source``."""
    names = kind_of(source).names if source else {}
    by_key = {names.get(folded(key), key): value for key, value in given.items()}
    kind = kind_of(target)
    made: dict[str, Any] = {}
    for field in kind.fields:
        if field.key in by_key and field.key not in _INSIDE:
            made[field.key] = by_key[field.key]
    for key, sources in SOURCES.get(kind.key, {}).items():
        names_of = sources if key in sources else (key, *sources)
        found = [(name, by_key[name]) for name in names_of if name in by_key]
        if found:
            made[key] = _joined(found) if key in _LONG else found[0][1]
    return {key: made[key] for key in _ordered(kind) if key in made}


_LONG = ("내용", "세부계획", "개선방안")


def _ordered(kind: Kind) -> list[str]:
    return [field.key for field in kind.fields]


def _joined(found: list[tuple[str, Any]]) -> Any:
    """Several facts as one outline: a single one as it is, more each under its name."""
    if len(found) == 1:
        return found[0][1]
    parts: list[Any] = []
    source = ""
    for name, fact in found:
        value = fact
        if isinstance(fact, dict) and "value" in fact:
            value, source = fact["value"], str(fact.get("source", "")) or source
        if name in _BODY:
            parts += value if isinstance(value, list) else [value]
        else:
            parts.append({"text": name, "items": value if isinstance(value, list) else [value]})
    return {"value": parts, "source": source} if source else parts
