"""Stored answers as the blocks, citations and panels that the templates show."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from mokmin.base.formats.ai_label import VISIBLE
from mokmin.base.web.kit import ago, day
from mokmin.features.assistant.model import Step, Turn
from mokmin.knowledge.answering.model import Sentence
from mokmin.knowledge.documents.attachments import Attachment
from mokmin.knowledge.documents.model import State

Json = dict[str, Any]
# The same words under an answer, in what is copied and in a file.
AI_NOTICE = VISIBLE
READING = {"queued": "읽기를 기다리는 중", "reading": "읽는 중", "indexing": "찾을 수 있게 하는 중"}
FAILED = "답변을 쓰는 중에 멈췄습니다. 질문은 그대로 남아 있습니다. '다시 묻기'를 누르면 처음부터 다시 답합니다."


def sentence(s: Json) -> Json:
    """A sentence for the templates."""
    return {
        "text": s["text"],
        "html": None,
        "support": s.get("support"),
        "why": s.get("reason", ""),
        "citations": s["citations"],
        "level": s.get("level", 1),
        "note": s.get("role") == "note",
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
        direct = any(s.get("role") == "direct" for s in answer.get("sentences", ()))
        made.append(
            {"id": f"m{turn_id}-lead", "kind": "curated", "text": answer["lead"]}
            if answer.get("mode") == "curated"
            else {"id": f"m{turn_id}-lead", "kind": "lead", "quiet": direct, "sentences": [lead]}
        )
    body = [{"id": f"m{turn_id}-b{i}", **block} for i, block in enumerate(_body(answer))]
    # The line that answers at a glance stands above the line that tells where it was found.
    at = 1 if body and body[0]["kind"] == "direct" else 0
    return _understood(turn_id, answer) + body[:at] + made + body[at:]


def _understood(turn_id: int, answer: Json) -> list[Json]:
    text = answer.get("standalone", "")
    if not text:
        return []
    return [{"id": f"m{turn_id}-asked", "kind": "understood", "text": text}]


def _body(answer: Json) -> list[Json]:
    """Sentences as blocks: the direct line, a model's paragraphs, quotes by source, and apart from
    these the quotes of further provisions."""
    sources = {c["n"]: citation(c) for c in answer.get("citations", ())}
    made: list[Json] = []
    related: list[Json] = []
    into = made
    for s in answer.get("sentences", ()):
        if s.get("withheld"):
            made.append({"kind": "withheld", "text": s["text"]})
        elif s.get("role") == "direct":
            made.append(_direct(s))
        elif s.get("group"):
            if s.get("role") != "note":
                into = related if s.get("role") == "related" else made
            _quote(into, sources[s["citations"][0]], s)
        else:
            made.append({"kind": "paragraph", "sentences": [sentence(s)]})
    if related:
        made.append({"kind": "related", "groups": related})
    return made


def _direct(s: Json) -> Json:
    label, _, text = s["text"].partition(": ")
    line = {**sentence(s), "text": text or label, "support": None}
    return {"kind": "direct", "label": label if text else "", "sentences": [line]}


def _quote(groups: list[Json], source: Json, s: Json) -> None:
    """Add a quote to the group of its article, or begin one."""
    last = groups[-1] if groups else None
    key = ("title", "locator")
    same = last is not None and last["kind"] == "group"
    if last is None or not same or any(last["source"][k] != source[k] for k in key):
        last = {"kind": "group", "source": source, "sentences": [], "tables": []}
        groups.append(last)
    last["sentences"].append(sentence(s))


def streamed(turn_id: int, number: int, s: Sentence) -> Json:
    """One sentence that belongs to no quoted source, as a finished block."""
    body = asdict(s)
    block = (
        _direct(body)
        if s.role == "direct"
        else {"kind": "paragraph", "sentences": [sentence(body)]}
    )
    return {"id": f"m{turn_id}-b{number}", **block}


def tail(turn_id: int, text: str) -> Json:
    """The sentence that is being written."""
    line: Json = {"text": text, "html": None, "support": None, "why": "", "citations": []}
    return {"id": f"m{turn_id}-tail", "kind": "paragraph", "sentences": [line]}


def foot(turn: Turn) -> Json:
    """What stands under an answer."""
    answer = turn.answer or {}
    supports = [s.get("support") for s in answer.get("sentences", ())]
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


def exchange(step: Step) -> Json:
    """A question and its answer for message.html, and the branches beside it."""
    turn = step.turn
    streaming = turn.state == "streaming"
    at = step.number - 1
    return {
        "branch": {
            "number": step.number,
            "count": len(step.beside),
            "prev": step.beside[at - 1] if at else None,
            "next": step.beside[at + 1] if at + 1 < len(step.beside) else None,
        },
        "question": {"id": f"q{turn.id}", "text": turn.question, "when": ago(turn.created_at)},
        "answer": {
            **foot(turn),
            "state": turn.state,
            "error": FAILED,
            "retry": True,
            "blocks": [] if streaming or not turn.answer else blocks(turn.id, turn.answer),
        },
    }


def attachment(a: Attachment) -> Json:
    """An attached file for attachments.html."""
    d = a.document
    working = d.state not in (State.READY, State.FAILED)
    return {
        "id": d.id,
        "name": d.filename,
        "title": d.title,
        "format": d.format,
        "grade": d.grade,
        "state": d.state.value,
        "working": working,
        "doing": READING.get(d.state.value, ""),
        "progress": d.progress,
        "reason": d.reason,
        "adopted": a.adopted,
    }


def why(turn: Turn, visible_documents: int, scope: str) -> Json:
    """The panel "왜 이 답인가요" from the stored trace."""
    answer = turn.answer or {}
    trace: Json = answer.get("trace", {})
    numbers = {c["passage_id"]: c["n"] for c in answer.get("citations", ())}
    kept: list[Json] = []
    dropped: list[Json] = []
    if trace.get("curated"):
        kept = [
            {"title": c["title"], "locator": c["place"], "n": c["n"], "score": None,
             "because": "담당자가 고른 근거"}
            for c in answer.get("citations", ())
        ]  # fmt: skip
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
        "prompt": ", ".join(_prompt(label) for label in str(trace.get("prompt", "")).split()),
        "audience": "공유하지 않은 대화는 나만 볼 수 있습니다. 같은 문서를 볼 수 있는 직원이 물으면 같은 근거를 얻습니다.",
    }


def _prompt(label: str) -> str:
    """A prompt's label (``answering/answer:3``) in words."""
    number = label.rpartition(":")[2]
    return f"{number}판" if number != "0" else "기본 글"


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
