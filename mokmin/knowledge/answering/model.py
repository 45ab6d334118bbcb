"""Answers: sentences, what each rests on, and how they were made."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Literal

Support = Literal["verified", "partial", "unverified"]
Mode = Literal["extractive", "generative"]
EventKind = Literal["step", "sentence", "tail", "done"]


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
    """One sentence with the numbers of its citations and whether they bear it out."""

    text: str
    support: Support
    citations: tuple[int, ...]
    reason: str = ""
    group: str = ""


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
    """A finished answer; ``lead`` is composed from a template, never invented."""

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
