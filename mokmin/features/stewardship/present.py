"""What the steward's desk shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from mokmin.base.web.kit import day
from mokmin.knowledge.answering.citing import place
from mokmin.knowledge.answering.curated_model import Curated
from mokmin.knowledge.search.model import Hit

Json = dict[str, Any]
Mask = Callable[[str, str], str]
SNIPPET, LINE = 320, 140
SOON_DAYS = 30
TABS = (
    ("answers", "/stewardship/answers", "확인한 답"),
    ("questions", "/stewardship/questions", "답 없는 질문"),
    ("documents", "/stewardship/documents", "살필 문서"),
    ("collections", "/stewardship/collections", "모음"),
    ("folders", "/stewardship/folders", "지켜보는 폴더"),
)


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """The form of a curated answer as it was sent or as it begins."""

    question: str = ""
    ways: str = ""
    answer: str = ""
    department: str = ""
    valid_until: str = ""
    passages: tuple[int, ...] = ()
    find: str = ""
    edition: int = 0
    id: int | None = None


def short(text: str, most: int = LINE) -> str:
    """The beginning of a text on one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def passage(hit: Hit, mask: Mask) -> Json:
    """A passage that may be cited."""
    return {
        "id": hit.passage_id,
        "document_id": hit.document_id,
        "title": mask(hit.title, hit.grade),
        "place": place(hit.locator, hit.title),
        "text": short(mask(hit.text, hit.grade), SNIPPET),
        "grade": hit.grade,
        "department": hit.department,
        "freshness": hit.freshness.value,
        "url": f"/library/{hit.document_id}?passage={hit.passage_id}",
    }


def curated_line(found: Curated, today: date) -> Json:
    """A curated answer in a list."""
    due = found.due(today)
    left = (found.valid_until - today).days
    titles = list(dict.fromkeys(s.title or "지워진 문서" for s in found.sources))
    return {
        "id": found.id,
        "question": short(found.question),
        "ways": len(found.ways),
        "answer": short(found.answer),
        "department": found.department,
        "by": found.confirmed_by,
        "when": day(found.confirmed_at),
        "until": day(found.valid_until),
        "soon": "" if due or left > SOON_DAYS else ("오늘까지" if left == 0 else f"{left}일 남음"),
        "due": due,
        "sources": titles,
        "withdrawn": found.withdrawn_at is not None,
    }


def form_of(found: Curated) -> AnswerForm:
    """A curated answer as its form."""
    return AnswerForm(
        question=found.question,
        ways="\n".join(found.ways),
        answer=found.answer,
        department=str(found.department_id),
        valid_until=found.valid_until.isoformat(),
        passages=tuple(s.passage_id for s in found.sources if s.state == "ok"),
        edition=found.edition,
        id=found.id,
    )


def lost_sources(found: Curated) -> list[Json]:
    """Sources that cannot be cited any more, and why."""
    words = {
        "changed": "새 판이 나왔습니다",
        "superseded": "구판이 되었습니다",
        "gone": "지워졌습니다",
    }
    lost: dict[int, Json] = {}
    for s in found.sources:
        if s.state in words:
            url = f"/library/{s.document_id}" if s.title and s.state != "gone" else ""
            title = s.title or "지워진 문서"
            lost[s.document_id] = {"title": title, "why": words[s.state], "url": url}
    return list(lost.values())


def numbers(values: Iterable[str]) -> tuple[int, ...]:
    """Row numbers as a form sends them; anything else is left out."""
    return tuple(int(v) for v in values if v.isascii() and v.isdigit() and len(v) < 10)
