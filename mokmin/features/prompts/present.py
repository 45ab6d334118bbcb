"""Prompts and guardrails as the pages show them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any, Literal

from mokmin.base.web.kit import ago
from mokmin.features.prompts.model import Trial, Tried
from mokmin.governance.prompts.service import State, Use, Version

Piece = tuple[Literal["same", "del", "ins"], str]
Json = dict[str, Any]


def row(state: State) -> Json:
    """A line of the list."""
    entry, used = state.entry, state.in_use
    return {
        "key": entry.key,
        "url": f"/admin/prompts/{entry.key}",
        "name": entry.name,
        "purpose": entry.purpose,
        "is_prompt": entry.kind == "prompt",
        "listed": entry.listed,
        "text": used.text,
        "most": entry.most,
        "kept": list(entry.kept_rules),
        "all_kept": entry.kind == "prompt" and not entry.kept,
        "parts": sorted(entry.required_parts),
        "minimum": entry.minimum,
        "number": used.number,
        "use": used.use,
        "newest": state.newest,
        "broken": used.broken,
        "waiting": max(0, state.newest - used.number) if not used.number else 0,
        "in_use": name(used.number),
        "new_release": bool(state.shipped_before),
    }


def version(found: Version, in_use: int) -> Json:
    """A version in the list of an entry."""
    return {
        "number": found.number,
        "name": name(found.number),
        "reason": found.reason,
        "by": found.made_by,
        "when": ago(found.made_at) if found.made_at else "",
        "in_use": found.number == in_use,
    }


def use(found: Use) -> Json:
    """A change of what is in use."""
    return {
        "name": name(found.number),
        "reason": found.reason,
        "by": found.used_by,
        "when": ago(found.used_at),
    }


def name(number: int) -> str:
    """A version in words."""
    return f"{number}판" if number else "기본 글"


def lines(before: str, after: str) -> list[list[Piece]]:
    """Two texts line by line, each line as pieces, what changed told by words."""
    made: list[list[Piece]] = [[]]
    for kind, text in word_diff(before, after):
        first, *rest = text.split("\n")
        made[-1].append((kind, first))
        for part in rest:
            made.append([(kind, part)])
    return [[p for p in line if p[1]] for line in made]


def word_diff(before: str, after: str) -> list[Piece]:
    """The pieces of two texts, by words."""
    old, new = (re.findall(r"\n|[^\S\n]+|\S+", text) for text in (before, after))
    made: list[Piece] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            made.append(("same", "".join(old[a:b])))
            continue
        if b > a:
            made.append(("del", "".join(old[a:b])))
        if d > c:
            made.append(("ins", "".join(new[c:d])))
    return made


def trial(found: Trial) -> Json:
    """Both sides of a trial."""
    same = _shape(found.now) == _shape(found.then)
    return {
        "question": found.question,
        "model": found.model,
        "note": found.note,
        "same": same,
        "sides": [_side("지금 쓰는 글", found.now), _side("고친 글", found.then)],
    }


def _shape(side: Tried) -> tuple[object, ...]:
    answer = side.answer
    if answer is None:
        return side.text, side.missing
    return answer.lead, answer.refused, answer.reason, tuple(s.text for s in answer.sentences)


def _side(title: str, side: Tried) -> Json:
    answer = side.answer
    return {
        "title": title,
        "missing": side.missing,
        "text": side.text.split("\n") if side.text else [],
        "refused": bool(answer and answer.refused),
        "lead": answer.lead if answer else "",
        "reason": answer.reason if answer else "",
        "sentences": [
            {"text": s.text, "support": s.support, "why": s.reason, "numbers": s.citations}
            for s in (answer.sentences if answer else ())
        ],
        "notices": list(answer.notices) if answer else [],
        "by": answer.model if answer else "",
    }


def errors(message: str) -> Sequence[str]:
    """What is wrong, a line for each."""
    return [line for line in message.split("\n") if line]
