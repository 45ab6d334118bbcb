"""Stored answers as the blocks, citations and panels that the templates show."""

from __future__ import annotations

from datetime import date
from typing import Any

from mokmin.base.web.kit import ago, day
from mokmin.features.assistant.model import Turn
from mokmin.knowledge.answering.model import Sentence

Json = dict[str, Any]
FAILED = "답변을 쓰는 중에 멈췄습니다. 질문은 그대로 남아 있습니다. '다시 시도'를 누르면 처음부터 다시 답합니다."


def sentence(s: Json) -> Json:
    """A sentence for the templates."""
    return {
        "text": s["text"],
        "html": None,
        "support": s["support"],
        "why": s.get("reason", ""),
        "citations": s["citations"],
    }


def citation(c: Json) -> Json:
    """A citation for the templates."""
    return {
        "n": c["n"],
        "document_id": c["document_id"],
        "passage_id": c["passage_id"],
        "title": c["title"],
        "locator": c["place"],
        "department": c["department"],
        "grade": c["grade"],
        "freshness": c["freshness"],
        "date": _date(c),
    }


def _date(c: Json) -> str:
    if c.get("effective_on"):
        return f"{day(date.fromisoformat(c['effective_on']))} 시행"
    return day(date.fromisoformat(c["date"])) if c.get("date") else ""


def blocks(turn_id: int, answer: Json) -> list[Json]:
    """All blocks of an answer; ids are stable, so a reconnecting page replaces nothing twice."""
    made: list[Json] = [
        {"id": f"m{turn_id}-n{i}", "kind": "notice", "tone": "info", "text": text}
        for i, text in enumerate(answer.get("notices", ()))
    ]
    if answer.get("refused"):
        nearest = answer.get("nearest", [])
        contact = next(
            (f"{n['department']} {n['phone']}".strip() for n in nearest if n["phone"]), ""
        )
        closest = [
            {
                "document_id": n["document_id"],
                "passage_id": n["passage_id"],
                "title": n["title"],
                "locator": n["place"],
                "department": n["department"],
            }
            for n in nearest
        ]
        made.append(
            {
                "id": f"m{turn_id}-none",
                "kind": "none",
                "reason": answer["reason"],
                "contact": contact,
                "closest": closest,
            }
        )
    if answer.get("lead") and not answer.get("refused"):
        lead = {"text": answer["lead"], "html": None, "support": None, "why": "", "citations": []}
        made.append({"id": f"m{turn_id}-lead", "kind": "lead", "sentences": [lead]})
    body = _body(answer)
    return made + [{"id": f"m{turn_id}-b{i}", **block} for i, block in enumerate(body)]


def _body(answer: Json) -> list[Json]:
    sources = {c["n"]: citation(c) for c in answer.get("citations", ())}
    made: list[Json] = []
    for s in answer.get("sentences", ()):
        last = made[-1] if made else None
        if s.get("group"):
            n = s["citations"][0]
            if last is None or last["kind"] != "group" or last["source"]["title"] != s["group"]:
                made.append({"kind": "group", "source": sources[n], "sentences": [], "tables": []})
            made[-1]["sentences"].append(sentence(s))
        else:
            made.append({"kind": "paragraph", "sentences": [sentence(s)]})
    return made


def streamed(turn_id: int, number: int, s: Sentence) -> Json:
    """One sentence of a generated answer as a finished block."""
    body = {
        "text": s.text,
        "html": None,
        "support": s.support,
        "why": s.reason,
        "citations": list(s.citations),
    }
    return {"id": f"m{turn_id}-b{number}", "kind": "paragraph", "sentences": [body]}


def foot(turn: Turn) -> Json:
    """What stands under an answer."""
    answer = turn.answer or {}
    supports = [s["support"] for s in answer.get("sentences", ())]
    tally = {key: supports.count(key) for key in ("verified", "partial", "unverified")}
    return {
        "id": turn.id,
        "mode": answer.get("mode", "extractive"),
        "model": answer.get("model", ""),
        "tally": tally if supports else None,
        "grade": answer.get("grade", "O"),
        "citations": [citation(c) for c in answer.get("citations", ())],
        "feedback": {1: "up", -1: "down"}.get(turn.feedback, ""),
    }


def exchange(turn: Turn) -> Json:
    """A question and its answer for message.html."""
    streaming = turn.state == "streaming"
    return {
        "question": {"id": f"q{turn.id}", "text": turn.question, "when": ago(turn.created_at)},
        "answer": {
            **foot(turn),
            "state": turn.state,
            "error": FAILED,
            "retry": True,
            "blocks": [] if streaming or not turn.answer else blocks(turn.id, turn.answer),
        },
    }


def why(turn: Turn, visible_documents: int, scope: str) -> Json:
    """The panel "왜 이 답인가요" from the stored trace."""
    answer = turn.answer or {}
    trace: Json = answer.get("trace", {})
    numbers = {c["passage_id"]: c["n"] for c in answer.get("citations", ())}
    kept, dropped = [], []
    for item in trace.get("considered", ()):
        line = {"title": item["title"], "locator": item["place"]}
        if item["passage_id"] in numbers:
            kept.append(
                {
                    **line,
                    "n": numbers[item["passage_id"]],
                    "score": round(100 * item["similarity"]),
                    "because": f"찾은 차례 {item['rank']}번째",
                }
            )
        else:
            because = (
                "읽었지만 답이 되는 문장이 더 나은 글이 있었습니다"
                if item["kept"]
                else ("관련도가 낮거나 같은 문서의 글이 이미 있었습니다")
            )
            dropped.append({**line, "because": because})
    return {
        "question": turn.question,
        "terms": trace.get("terms", []),
        "scope": scope,
        "visible_documents": visible_documents,
        "seconds": float(trace.get("seconds", 0.0)),
        "kept": sorted(kept, key=lambda k: k["n"]),
        "dropped": dropped,
        "mode": answer.get("mode", "extractive"),
        "model": answer.get("model", ""),
        "audience": "이 대화는 나만 볼 수 있습니다. 같은 문서를 볼 수 있는 직원이 물으면 같은 근거를 얻습니다.",
    }


def marked(text: str, quotes: list[str]) -> list[Json]:
    """A text cut into parts, those that are quoted marked. Quotes are verbatim pieces."""
    spans: list[tuple[int, int]] = []
    for quote in quotes:
        at = text.find(quote)
        if at >= 0 and quote:
            spans.append((at, at + len(quote)))
    parts: list[Json] = []
    position = 0
    for begin, end in sorted(spans):
        if begin < position:
            continue
        if begin > position:
            parts.append({"text": text[position:begin], "mark": False})
        parts.append({"text": text[begin:end], "mark": True})
        position = end
    if position < len(text):
        parts.append({"text": text[position:], "mark": False})
    return parts
