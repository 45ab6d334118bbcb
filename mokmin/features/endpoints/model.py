"""Answers of several models beside each other, and what people made of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mokmin.knowledge.answering.model import Answer

SlotState = Literal["running", "written", "none"]
TIE = -1


@dataclass(frozen=True, slots=True)
class Slot:
    """One model's answer. ``none``: it wrote none, ``reason`` says why."""

    model: str
    state: SlotState = "running"
    answer: Answer | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A question that several models answer. ``slots`` stand in the order that the dice gave; empty when
    the texts are no longer kept. ``winner``: empty before the vote and for a tie."""

    id: int
    question: str
    models: tuple[str, ...]
    slots: tuple[Slot, ...]
    winner: str
    voted_at: datetime | None

    @property
    def is_running(self) -> bool:
        """Whether an answer is still being written."""
        return any(slot.state == "running" for slot in self.slots)

    @property
    def written(self) -> tuple[int, ...]:
        """Places of the answers that may be voted for."""
        return tuple(n for n, slot in enumerate(self.slots) if slot.state == "written")


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a model's answer was shown in a vote, chosen, and as good as the others."""

    model: str
    shown: int
    chosen: int
    tied: int
