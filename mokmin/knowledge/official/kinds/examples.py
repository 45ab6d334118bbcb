"""Worked examples of each kind, of a made-up city: they ship with Mokmin and fill the form on request."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent.parent / "examples"


@dataclass(frozen=True, slots=True)
class Example:
    """Facts of one example and its name."""

    name: str
    facts: dict[str, Any]


@cache
def examples(kind: str) -> tuple[Example, ...]:
    """The examples of a kind by its key; none where it has none. ``kind`` is a key, never a caller's text."""
    path = _FOLDER / f"{kind}.json"
    if not path.is_file():
        return ()
    return tuple(Example(e["name"], e["facts"]) for e in json.loads(path.read_text("utf-8")))
