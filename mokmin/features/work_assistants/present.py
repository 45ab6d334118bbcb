"""Assistants as the templates show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mokmin.base.web.kit import ago, day
from mokmin.features.work_assistants.model import (
    AGES,
    POLICIES,
    STATES,
    TONES,
    Assistant,
    Content,
    Outcome,
    Ratings,
    Run,
    Source,
    Version,
)
from mokmin.features.work_assistants.using import Offered
from mokmin.knowledge.documents.model import Document

Json = dict[str, Any]
TONE = {"published": "ok", "asked": "info", "declined": "bad", "paused": "warn"}
BLANKS, BLANK_TRIALS = 2, 2


def card(offered: Offered) -> Json:
    """An assistant on the discovery page."""
    one = offered.assistant
    return {
        "id": one.id,
        "name": one.content.name,
        "purpose": one.content.purpose,
        "category": one.content.category,
        "department": one.department,
        "uses": offered.uses,
        "share": offered.ratings.share,
        "rated": offered.ratings.count,
    }


def line(one: Assistant, warned: Sequence[str] = ()) -> Json:
    """An assistant on the list of its makers or its lead."""
    return {
        "id": one.id,
        "name": one.content.name,
        "department": one.department,
        "owner": one.owner,
        "state": one.state,
        "state_name": STATES[one.state],
        "tone": TONE.get(one.state, ""),
        "changed": one.live is not None and one.newest != one.live,
        "waits": one.asked is not None and one.live is not None,
        "number": one.number,
        "when": ago(one.updated_at),
        "warned": len(warned),
    }


def ratings(rated: Ratings, reasons: Mapping[str, str]) -> Json:
    """What people thought, with the reasons in words, the most frequent first."""
    named = sorted(rated.reasons.items(), key=lambda pair: -pair[1])
    return {
        "share": rated.share,
        "count": rated.count,
        "reasons": [(reasons.get(key, key), number) for key, number in named],
    }


def form(
    content: Content,
    origin: Content,
    audience: str,
    chosen: Sequence[Document],
    expected: Sequence[Document],
    *,
    closed: bool,
    run: Run | None = None,
    before: Run | None = None,
) -> Json:
    """The form with blank lines to fill, and the test bench beside it. ``expected``: documents that a
    question may expect, as far as the editor sees them."""
    return {
        "name": content.name,
        "purpose": content.purpose,
        "category": content.category,
        "audience": audience,
        "documents": [_document(d) for d in chosen],
        "closed": closed,
        "sources": [*(s for s in content.sources if not s.collection_id), Source()][:10],
        "collections": [s.collection_id for s in content.sources if s.collection_id],
        "instructions": content.instructions,
        "starters": [*content.starters, *[""] * BLANKS][:8],
        "tone": content.tone,
        "policy": content.policy,
        "models": content.models,
        "oldest": content.oldest,
        "review_on": content.review_on.isoformat() if content.review_on else "",
        "trials": trials(content, origin, expected, run, before),
        "expected": [(d.id, d.title) for d in expected],
    }


def _document(d: Document) -> Json:
    return {"id": d.id, "title": d.title, "grade": d.grade, "department": d.department}


def trials(
    content: Content,
    origin: Content,
    seen: Sequence[Document],
    run: Run | None,
    before: Run | None,
) -> list[Json]:
    """The questions with what came of them now and before. Nothing is told of a question whose documents
    are not all open to the reader."""
    titles = {d.id: d.title for d in seen}
    now = {o.question: o for o in run.outcomes} if run else {}
    then = {o.question: o for o in before.outcomes} if before else {}
    made: list[Json] = []
    kept = [trial.expected for trial in origin.trials]
    for trial in content.trials:
        hidden = any(d not in titles for d in trial.expected)
        value = "none" if not trial.expected else f"{trial.expected[0]}"
        if (hidden or len(trial.expected) > 1) and trial.expected in kept:
            value = f"keep:{kept.index(trial.expected)}"
        made.append(
            {
                "question": trial.question,
                "value": value,
                "kept": "볼 수 없는 자료 (그대로)" if hidden else "여러 건 (그대로)",
                "now": _outcome(now.get(trial.question), titles),
                "before": _outcome(then.get(trial.question), titles),
            }
        )
    blank = {"question": "", "value": "", "kept": "", "now": None, "before": None}
    return [*made, *[dict(blank) for _ in range(BLANK_TRIALS)]][:20]


def _outcome(outcome: Outcome | None, titles: Mapping[int, str]) -> Json | None:
    if outcome is None or any(d not in titles for d in (*outcome.expected, *outcome.cited)):
        return None
    if outcome.passed is None:
        return {"kind": "", "name": "판단 못 함", "cited": ""}
    found = ", ".join(f"‘{titles[d]}’" for d in outcome.cited[:3])
    wanted = ", ".join(f"‘{titles[d]}’" for d in outcome.expected[:3])
    cited = "근거를 찾지 못했다고 답함" if outcome.refused else f"근거: {found}"
    if not outcome.passed and wanted:
        cited = f"{cited}. 기대한 근거: {wanted}"
    elif not outcome.passed:
        cited = f"답이 없어야 하는데 답함. {cited}"
    return {
        "kind": "ok" if outcome.passed else "bad",
        "name": "통과" if outcome.passed else "실패",
        "cited": cited,
    }


def tally(shown: Sequence[Json]) -> Json:
    """How many questions pass, of those that the reader is told of."""
    told = [trial["now"] for trial in shown if trial["now"]]
    return {"all": len(told), "passed": sum(o["kind"] == "ok" for o in told)}


def version(one: Version, live: int | None, asked: int | None) -> Json:
    """A version on the list."""
    state = (
        "지금 쓰는 판"
        if one.number == live
        else "승인 기다림"
        if one.number == asked
        else {"approved": "승인됨", "declined": "되돌아옴"}.get(one.decision, "")
    )
    return {
        "number": one.number,
        "note": one.note,
        "author": one.author,
        "when": ago(one.created_at),
        "state": state,
        "decided_by": one.decided_by,
        "reason": one.reason,
        "may_publish": one.decision == "approved" and one.number != live and live is not None,
    }


def differences(
    old: Content,
    new: Content,
    titles: Mapping[int, str],
    readers: Mapping[int, str],
    places: Mapping[int, str],
    gathered: Mapping[int, str],
) -> list[Json]:
    """What changed from one version to another, field by field. Documents that the reader may not see
    are told of without number."""
    return [
        {"label": label, "old": before, "new": after}
        for (label, before), (_, after) in zip(
            _told(old, titles, readers, places, gathered),
            _told(new, titles, readers, places, gathered),
            strict=True,
        )
        if before != after
    ]


def _told(
    content: Content,
    titles: Mapping[int, str],
    readers: Mapping[int, str],
    places: Mapping[int, str],
    gathered: Mapping[int, str],
) -> list[tuple[str, list[str]]]:
    def named(ids: Sequence[int]) -> list[str]:
        seen = [titles[d] for d in ids if d in titles]
        return seen + ["볼 수 없는 자료"] * (len(seen) < len(ids))

    return [
        ("이름", [content.name]),
        ("하는 일", [content.purpose]),
        ("분류", [content.category]),
        ("쓸 사람", [readers.get(content.group_id, "")]),
        ("고른 문서", named(content.documents)),
        ("부서·종류·모음 전체", [source(s, places, gathered) for s in content.sources]),
        ("지침", content.instructions.splitlines()),
        ("시작 질문", list(content.starters)),
        ("말투", [TONES[content.tone]]),
        ("답하는 원칙", [POLICIES[content.policy]]),
        ("쓰는 모델", list(content.models) or ["연결된 모델 모두"]),
        (
            "시험 질문",
            [
                f"{t.question} → {', '.join(named(t.expected)) or '답이 없어야 함'}"
                for t in content.trials
            ],
        ),
        ("오래된 자료", [AGES[content.oldest]]),
        ("점검일", [day(content.review_on)]),
    ]


def source(one: Source, places: Mapping[int, str], gathered: Mapping[int, str]) -> str:
    """Where all documents are taken from, in words. ``gathered``: names of collections that the reader may
    know."""
    if one.collection_id:
        name = gathered.get(one.collection_id)
        return f"모음 ‘{name}’" if name else "나에게 보이지 않는 모음"
    place = places.get(one.department_id, "없어진 부서") if one.department_id else ""
    return f"{place} {one.kind}".strip() + " 전체" if one.kind else f"{place}의 문서 전체"
