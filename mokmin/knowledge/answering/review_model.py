"""Reported answers, what is said about them, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

REASONS: dict[str, str] = {
    "wrong": "내용이 틀림",
    "incomplete": "빠진 것이 있음",
    "source": "근거가 맞지 않음",
    "outdated": "옛 규정이나 지난 자료",
    "missed": "답이 있는데 없다고 함",
    "unclear": "알아듣기 어려움",
    "unsafe": "개인정보나 부적절한 내용",
    "other": "그 밖",
}
VERDICTS: dict[str, str] = {
    "right": "맞음",
    "partly": "일부 맞음",
    "wrong": "틀림",
    "no_basis": "근거 없음",
    "unsure": "판단 불가",
}
MARKS: dict[str, str] = {"right": "맞음", "wrong": "틀림", "no_basis": "근거 없음"}
_SENTENCE = ("text", "support", "citations", "reason", "group")
_CITATION = (
    "n", "passage_id", "document_id", "title", "place", "quote", "grade", "department",
    "freshness", "date", "effective_on",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Review:
    """A reported answer. ``answer``: the snapshot; ``marks``: the mark of a sentence by its place
    in the snapshot, from 0; ``gold``: numbers of the documents that hold the right answer."""

    id: int
    question: str
    answer: dict[str, Any]
    value: int
    reason: str
    comment: str
    grade: str
    department: str
    reporter: str
    state: str
    verdict: str
    marks: dict[int, str]
    correction: str
    note: str
    gold: tuple[int, ...]
    graded_by: str
    graded_at: datetime | None
    created_at: datetime
    edition: int


@dataclass(frozen=True, slots=True)
class Filters:
    """What to list; empty means any. ``department``: one whose document is cited."""

    state: str = "open"
    reason: str = ""
    department: str = ""
    value: int | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """One page of the queue, oldest open ones first."""

    reviews: list[Review]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Grading:
    """What a steward says. ``correction`` is the right answer in short, or empty."""

    verdict: str
    marks: Mapping[int, str] = field(default_factory=dict)
    correction: str = ""
    note: str = ""
    gold: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """Verdicts of one month or reason. ``right`` of ``judged`` were right; unsure ones are left out."""

    label: str
    judged: int
    right: int
    partly: int


def snapshot(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What of an answer's JSON is kept with a review: no trace, no documents beyond the cited."""
    return {
        "lead": str(answer.get("lead") or ""),
        "sentences": [
            {key: s[key] for key in _SENTENCE if key in s} for s in answer.get("sentences", ())
        ],
        "citations": [
            {key: c[key] for key in _CITATION if key in c} for c in answer.get("citations", ())
        ],
        "refused": bool(answer.get("refused")),
        "reason": str(answer.get("reason") or "") if answer.get("refused") else "",
        "mode": str(answer.get("mode") or "extractive"),
        "model": str(answer.get("model") or ""),
    }


def shares(reviews: Sequence[Review], key: str) -> list[Share]:
    """Right shares by ``month`` of the grade (newest first, at most 12) or by ``reason``."""
    groups: dict[str, list[str]] = {}
    for review in reviews:
        if review.verdict == "unsure" or review.graded_at is None:
            continue
        name = f"{review.graded_at:%Y. %-m.}" if key == "month" else review.reason
        label = name if key == "month" else REASONS.get(name, "까닭 없음")
        groups.setdefault(label, []).append(review.verdict)
    order = list(groups)
    if key == "month":
        order = sorted(groups, key=lambda m: [int(x) for x in m.rstrip(".").split(". ")])[:-13:-1]
    return [
        Share(name, len(groups[name]), groups[name].count("right"), groups[name].count("partly"))
        for name in order
    ]


def question_line(review: Review) -> dict[str, Any] | None:
    """A graded review as a line that ``mokmin eval answers --questions`` reads, or None when it
    does not say what the right answer is. Document ids are this library's numbers."""
    line: dict[str, Any] = {"id": f"review-{review.id}", "text": review.question}
    if review.verdict == "no_basis" or (review.verdict == "right" and review.answer["refused"]):
        return line | {"relevant": [], "answer": None}
    sentences = review.answer["sentences"]
    good = [n for n, mark in sorted(review.marks.items()) if mark == "right"]
    if review.verdict == "right" and not good:
        good = [n for n in range(len(sentences)) if n not in review.marks]
    answer = review.correction
    if not answer and review.verdict in ("right", "partly") and good:
        answer = str(sentences[good[0]]["text"])
    if review.verdict == "unsure" or not answer:
        return None
    numbers = {n for i in good for n in sentences[i]["citations"]}
    cited = [c for c in review.answer["citations"] if c["n"] in numbers]
    relevant = review.gold or tuple(dict.fromkeys(int(c["document_id"]) for c in cited))
    return line | {"relevant": [str(key) for key in relevant], "answer": answer}
