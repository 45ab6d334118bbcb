"""Cross-references: from "법 제25조제1항제5호" in a manual to that provision of the law itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_REFERENCE = re.compile(
    r"(?:「(?P<name>[^」]{2,60})」|(?<![가-힣])(?P<short>같은 법 시행령|같은 법|법|영))\s*"
    r"(?P<article>제\d+조(?:의\d+)?)(?:제\d+항)?(?:제(?P<item>\d+)호)?"
)
_NAMED = re.compile(r"「([^」]{2,60}법(?:률)?)」")


@dataclass(frozen=True, slots=True)
class Reference:
    """A provision cited by a text; ``item`` is the number of the 호, when one is named."""

    law: str
    article: str
    item: int | None = None


def base_law(text: str) -> str:
    """The law that a document means by "법": the one it names first; empty when it names none."""
    match = _NAMED.search(text)
    return match.group(1) if match else ""


def references(text: str, law: str) -> Iterator[Reference]:
    """Provisions that a text cites, each once, in order. ``law`` is what "법" stands for."""
    seen: set[tuple[str, str]] = set()
    for match in _REFERENCE.finditer(text):
        name = match.group("name") or law
        if not name:
            continue
        if match.group("short") in ("영", "같은 법 시행령"):
            name = f"{law} 시행령"
        key = (name, match.group("article"))
        if key not in seen:
            seen.add(key)
            item = match.group("item")
            yield Reference(*key, int(item) if item else None)
