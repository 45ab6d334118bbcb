"""What of a stored answer may still be shown: to its own asker later, to the reader of a share, in a
file taken along. Rights are those of the moment of showing, whatever they were when it was written."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.governance.access.model import Principal, highest
from mokmin.governance.access.rules import visible
from mokmin.knowledge.documents.store import documents

Json = dict[str, Any]
WITHHELD = "권한이 없는 문서에 근거한 문장은 보이지 않습니다."
REFUSED = "이 질문에는 근거를 찾지 못해 답하지 않았습니다."


def grades_seen(
    connection: Connection, principal: Principal, ids: Collection[int]
) -> dict[int, str]:
    """Those of some documents that a person may see now, with their grades."""
    query = sa.select(documents.c.id, documents.c.grade).where(
        documents.c.id.in_(list(ids)),
        documents.c.deleted_at.is_(None),
        visible(principal, documents.c.id),
    )
    return {row.id: row.grade for row in connection.execute(query)}


def shown_now(connection: Connection, principal: Principal, answers: Sequence[Json]) -> list[Json]:
    """Stored answers as the person who asked may see them now: as they are while every document that
    they draw on is visible, else without what rests on the others and without the trace, marked
    ``withheld``."""
    named = {d for answer in answers for d in documents_of(answer)}
    grades = grades_seen(connection, principal, named) if named else {}
    shown = []
    for answer in answers:
        if documents_of(answer) <= grades.keys():
            shown.append(answer)
            continue
        seen, _ = as_seen(answer, grades)
        for sentence in seen["sentences"]:
            sentence.setdefault("support", None)
        marks = [grades[c["document_id"]] for c in seen["citations"]]
        shown.append(
            {**seen, "withheld": True, "model": answer.get("model", ""), "grade": highest(marks)}
        )
    return shown


def documents_of(answer: Json) -> set[int]:
    """Every document that an answer cites, names or was chosen from; 0 for what is no document."""
    trace = answer.get("trace") or {}
    lists = (answer.get("citations"), answer.get("nearest"), trace.get("considered"))
    return {int(item.get("document_id") or 0) for items in lists for item in items or ()}


def as_seen(answer: Json, seen: Collection[int]) -> tuple[Json, int]:
    """What of an answer's JSON may be shown to one who sees these documents, and how many sentences
    are withheld.

    A sentence needs every source it cites; one that cites nothing, the lead, the notices and the
    reason of a refusal may draw on anything that was read, so they need all of it. The trace is
    never shown."""
    whole = documents_of(answer) <= set(seen)
    citations = [c for c in answer.get("citations") or () if c.get("document_id") in seen]
    numbers = {c["n"] for c in citations}
    sentences: list[Json] = []
    withheld = 0
    for s in answer.get("sentences") or ():
        cited = set(s.get("citations") or ())
        if cited <= numbers if cited else whole:
            sentences.append(s if whole else {**s, "reason": ""})
            continue
        withheld += 1
        if not sentences or not sentences[-1].get("withheld"):
            sentences.append({"text": WITHHELD, "citations": [], "withheld": True})
    used = {n for s in sentences for n in s["citations"]}
    refused = bool(answer.get("refused"))
    reason = answer.get("reason", "") if whole else REFUSED
    return {
        "lead": answer.get("lead", "") if whole else "",
        "sentences": sentences,
        "citations": [c for c in citations if c["n"] in used],
        "notices": list(answer.get("notices") or ()) if whole else [],
        "refused": refused,
        "reason": reason if refused else "",
        "nearest": [n for n in answer.get("nearest") or () if n.get("document_id") in seen],
        "mode": answer.get("mode", "extractive"),
        "standalone": answer.get("standalone", ""),
    }, withheld
