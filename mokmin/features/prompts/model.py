"""What came of trying an edit."""

from __future__ import annotations

from dataclasses import dataclass

from mokmin.knowledge.answering.model import Answer


@dataclass(frozen=True, slots=True)
class Tried:
    """One side of a trial: an answer, or a model's text as it came, or why there is none."""

    answer: Answer | None = None
    text: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """A question with the text in use and with the edit. ``model``: who was asked, empty when no model
    was; ``note``: what the reader of the trial must know."""

    question: str
    model: str
    now: Tried
    then: Tried
    note: str = ""
