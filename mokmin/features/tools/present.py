"""Choices and results as the templates show them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from mokmin.base.web.kit import ago, day
from mokmin.features.tools.model import KIND_NAMES, Json, Kind, Pick, Run, Source
from mokmin.governance.transparency.takeover import Taken

ABOUT: dict[Kind, tuple[str, str]] = {
    Kind.SUMMARY: ("text-quote", "한 건이나 여러 건을 원하는 길이로 줄입니다. 줄마다 근거가 붙습니다."),
    Kind.TABLE: ("list-checks", "담당부서, 기한, 금액 같은 항목을 여러 문서에서 뽑아 표와 엑셀로 만듭니다."),
    Kind.COMPARE: ("copy", "두 판을 조문별로 견주고, 달라지는 기한·금액·담당을 먼저 보여 줍니다."),
    Kind.TIMELINE: ("calendar-clock", "문서에 적힌 날짜와 기한을 차례로 늘어놓습니다."),
    Kind.QUIZ: ("circle-question-mark", "직원 교육에 쓸 질문과 답을 근거와 함께 만듭니다."),
}  # fmt: skip
STATES = {"running": "만드는 중", "failed": "만들지 못함", "done": ""}


def cards() -> list[Json]:
    """The five tools."""
    return [
        {"kind": k.value, "name": KIND_NAMES[k], "icon": ABOUT[k][0], "about": ABOUT[k][1]}
        for k in Kind
    ]


def run_line(run: Run) -> Json:
    """A line of the list of runs."""
    return {
        "id": run.id,
        "kind": run.kind.value,
        "name": KIND_NAMES[run.kind],
        "icon": ABOUT[run.kind][0],
        "title": run.title,
        "when": ago(run.created_at),
        "grade": run.grade,
        "state": STATES[run.state],
    }


def chosen(kind: Kind, sources: Sequence[Source], picks: Sequence[Pick], q: str) -> list[Json]:
    """The picked documents with the address that takes each out again."""
    made: list[Json] = []
    for source, pick in zip(sources, picks, strict=True):
        rest = [p for p in picks if p != pick]
        made.append(
            {
                "id": source.document_id,
                "pick": pick.text,
                "title": source.title,
                "number": source.number,
                "latest": source.latest,
                "department": source.department,
                "grade": source.grade,
                "freshness": source.freshness,
                "date": day(source.dated_on),
                "without": address(kind, rest, q),
            }
        )
    return made


def address(kind: Kind, picks: Sequence[Pick], q: str = "") -> str:
    """The page of a tool with a choice of documents."""
    pairs = [("document", p.text) for p in picks] + ([("q", q)] if q else [])
    return f"/tools/{kind.value}" + (f"?{urlencode(pairs)}" if pairs else "")


def result(run: Run) -> Json:
    """A finished result, with citations by their number and their address."""
    made = dict(run.result or {})
    made["cited"] = {
        c["n"]: c
        | {
            "url": f"/library/{c['document_id']}"
            + (f"?view=text&passage={c['passage_id']}" if c["passage_id"] else "")
        }
        for c in made.get("citations", [])
    }
    return made


def taken(found: Taken | None) -> Json | None:
    """Who took the result over, for the page."""
    if found is None:
        return None
    return {"name": found.name, "when": day(found.at), "final": found.exported}
