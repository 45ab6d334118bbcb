"""Answers: sentences, what each rests on, and how they were made."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Literal

Support = Literal["verified", "partial", "unverified"]
Mode = Literal["extractive", "generative", "curated"]
EventKind = Literal["step", "sentence", "tail", "done"]
Role = Literal["answer", "direct", "related", "note"]


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered source of an answer. ``quote`` is verbatim text of the passage."""

    n: int
    passage_id: int
    document_id: int
    title: str
    place: str
    locator: dict[str, object]
    quote: str
    grade: str
    department: str
    freshness: str
    date: datetime.date | None
    effective_on: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence with the numbers of its citations and whether they bear it out.

    ``role``: ``direct`` is the one line that answers at a glance, ``related`` stands in a further
    provision, ``note`` says that a list was cut short; ``level`` is 1 for running text, 2 for a 호, 3 for a 목."""

    text: str
    support: Support
    citations: tuple[int, ...]
    reason: str = ""
    group: str = ""
    role: Role = "answer"
    level: int = 1


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier question of the conversation with its answer's text, the documents it cited, and the
    highest of their grades."""

    question: str
    answer: str = ""
    document_ids: tuple[int, ...] = ()
    grade: str = "O"


@dataclass(frozen=True, slots=True)
class Nearest:
    """A document close to a question that could not be answered, and whom to ask."""

    document_id: int
    passage_id: int
    title: str
    place: str
    department: str
    phone: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer; ``lead`` is composed from a template, never invented. ``standalone`` is the
    question as it was understood, when that differs from what was typed."""

    question: str
    lead: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    refused: bool
    reason: str
    mode: Mode
    model: str
    grade: str
    seconds: float
    nearest: tuple[Nearest, ...] = ()
    notices: tuple[str, ...] = ()
    standalone: str = ""
    trace: dict[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The whole answer as plain text."""
        return "\n".join([self.lead, *(s.text for s in self.sentences)]).strip()


@dataclass(frozen=True, slots=True)
class AnswerEvent:
    """A piece of an answer under way: a step's name, a finished sentence with the citations known
    so far, an unfinished tail, or the finished answer."""

    kind: EventKind
    text: str = ""
    sentence: Sentence | None = None
    citations: tuple[Citation, ...] = ()
    answer: Answer | None = None
