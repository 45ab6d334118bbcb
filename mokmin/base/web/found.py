"""What find-and-run offers: features answer with these, so that none of them knows another."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """Something that a person may open. ``note``: what tells it from its namesakes (department, kind)."""

    name: str
    href: str
    note: str = ""
