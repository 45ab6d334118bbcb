"""Reviews as the templates show them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mokmin.base.web.kit import ago, day, local
from mokmin.knowledge.answering.review_model import REASONS, VERDICTS, Review, Share
from mokmin.knowledge.evaluation.comparing import Change

Json = dict[str, Any]
LONGEST = 120
FIGURES = {
    "answer_contained": "정답이 든 답",
    "citation_precision": "맞는 출처의 몫",
    "citation_recall": "찾은 정답 문서의 몫",
    "abstained_right": "답 없는 질문을 거절",
    "abstained_wrong": "답 있는 질문을 거절",
    "unsupported_sentences": "확인 못 한 문장",
    "evidence_quoted": "정답 근거를 인용",
    "seconds": "걸린 시간(초)",
    "ndcg": "nDCG",
    "recall": "재현율",
    "mrr": "MRR",
    "complete": "정답 문서 모두 찾음",
    "milliseconds": "찾는 시간(ms)",
}
CHANGES = {"better": ("나아짐", "ok"), "worse": ("나빠짐", "bad"), "same": ("차이 없음", "")}


def row(review: Review) -> Json:
    """One line of the queue."""
    text = review.question
    return {
        "id": review.id,
        "question": text if len(text) <= LONGEST else text[: LONGEST - 1] + "…",
        "up": review.value > 0,
        "reason": REASONS.get(review.reason, ""),
        "department": review.department,
        "grade": review.grade,
        "verdict": VERDICTS.get(review.verdict, "") if review.state == "done" else "",
        "when": ago(review.created_at),
    }


def review(found: Review) -> Json:
    """One review: its answer sentence by sentence, and its citations."""
    body = found.answer
    graded = f"{local(found.graded_at):%Y. %-m. %-d. %H:%M}" if found.graded_at else ""
    return {
        **row(found),
        "question": found.question,
        "comment": found.comment,
        "reporter": found.reporter,
        "done": found.state == "done",
        "graded_by": found.graded_by,
        "graded": graded,
        "edition": found.edition,
        "refused": body["refused"],
        "refusal": body["reason"],
        "lead": body["lead"],
        "mode": body["mode"],
        "model": body["model"],
        "sentences": [
            {
                "n": n,
                "text": s["text"],
                "support": s.get("support") or "unverified",
                "why": s.get("reason") or "",
                "citations": s.get("citations") or [],
            }
            for n, s in enumerate(body["sentences"])
        ],
        "citations": [_citation(c) for c in body["citations"]],
        "documents": _documents(body["citations"]),
    }


def form(found: Review) -> Json:
    """The grading form as it was saved."""
    cited = {c["document_id"] for c in found.answer["citations"]}
    return {
        "verdict": found.verdict,
        "marks": found.marks,
        "correction": found.correction,
        "note": found.note,
        "cited": [n for n in found.gold if n in cited],
        "gold": ", ".join(str(n) for n in found.gold if n not in cited),
    }


def sent(fields: Json, found: Review) -> Json:
    """The grading form as it was sent, when it could not be saved."""
    marks = {n: fields.get(f"mark-{n}", "") for n in range(len(found.answer["sentences"]))}
    return {
        "verdict": fields.get("verdict", ""),
        "marks": marks,
        "correction": fields.get("correction", ""),
        "note": fields.get("note", ""),
        "cited": [int(v) for v in fields["cited"] if v.isascii() and v.isdigit()],
        "gold": fields.get("gold", ""),
    }


def share(item: Share) -> Json:
    """A line of the figures."""
    return {
        "label": item.label,
        "judged": item.judged,
        "right": f"{100 * item.right / item.judged:.0f}%",
        "partly": f"{100 * item.partly / item.judged:.0f}%",
    }


def comparison(found: tuple[datetime, tuple[Change, ...]] | None) -> Json | None:
    """The last kept before and after; figures alone."""
    if found is None:
        return None
    at, changes = found
    return {
        "when": f"{local(at):%Y. %-m. %-d. %H:%M}",
        "changes": [
            {
                "name": FIGURES.get(c.name, c.name),
                "before": f"{c.before:.3f}",
                "after": f"{c.after:.3f}",
                "difference": f"{c.after - c.before:+.3f}",
                "interval": f"{c.low:+.3f} ~ {c.high:+.3f}"
                if c.low is not None and c.high is not None
                else "",
                "questions": c.questions,
                "better": c.better,
                "worse": c.worse,
                "said": CHANGES[c.verdict][0],
                "kind": CHANGES[c.verdict][1],
            }
            for c in changes
        ],
    }


def _citation(c: Json) -> Json:
    return {
        **{key: c.get(key) or "" for key in ("title", "place", "quote", "department", "freshness")},
        "n": c["n"],
        "grade": c["grade"],
        "date": day(c.get("date")),
        "url": f"/library/{c['document_id']}?passage={c['passage_id']}",
    }


def _documents(citations: list[Json]) -> list[tuple[int, str]]:
    return list({c["document_id"]: (c["document_id"], c["title"]) for c in citations}.values())
