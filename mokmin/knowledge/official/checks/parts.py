"""A document as the texts that the rules read, in reading order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from mokmin.knowledge.official.checks.model import Finding, Place, Severity
from mokmin.knowledge.official.checks.register import finding
from mokmin.knowledge.official.model import OfficialDocument

CONTACT = frozenset(["우편번호", "주소", "홈페이지", "전화", "팩스", "전자우편"])
LETTERS = frozenset(["letter", "memo", "decision", "brief"])
LOOSE = frozenset(["press", "speech", "address"])
"""Kinds that are read by the public like a newspaper or heard: dates and times may be spelt out."""
RECORDS = frozenset(["minutes", "handover"])
_QUOTED_LIST = re.compile(r"피할 말|바꿀 말|쉬운 말|순화|잘못된|틀린|고칠 말")


@dataclass(frozen=True, slots=True)
class Part:
    """One text of the document. ``style`` and ``level`` are the block's; ``field`` for fields."""

    place: Place
    text: str
    style: str
    level: int = 1

    def at(self, start: int, end: int) -> Place:
        """The place of characters of this text."""
        return replace(self.place, start=start, end=end)

    def finding(
        self,
        rule: str,
        message: str,
        start: int = 0,
        end: int | None = None,
        fix: str | None = None,
        severity: Severity | None = None,
    ) -> Finding:
        """A finding on characters of this text; all of it where ``end`` is None."""
        stop = len(self.text) if end is None else end
        return finding(rule, message, self.at(start, stop), fix, severity=severity)


@dataclass(frozen=True)
class Reading:
    """A document with its texts, made once for all rules."""

    document: OfficialDocument

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Fields, body (cells one by one, caption first), attachments; empty texts left out."""
        return tuple(part for part in self._all() if part.text.strip())

    def _all(self) -> Iterator[Part]:
        for key, span in self.document.fields.items():
            yield Part(Place("field", key=key), span.text, "field")
        for index, block in enumerate(self.document.body):
            if block.style != "table":
                yield Part(Place("body", index=index), block.text, block.style, block.level)
                continue
            yield Part(Place("body", "caption", index), block.caption, "caption")
            yield Part(Place("body", "unit", index), block.unit, "unit")
            listed = any(_QUOTED_LIST.search(c.text) for row in block.rows[:1] for c in row)
            for r, row in enumerate(block.rows):
                for c, cell in enumerate(row):
                    style = "quoted" if listed else "cell"
                    yield Part(Place("body", index=index, row=r, cell=c), cell.text, style)
        for index, span in enumerate(self.document.attachments):
            yield Part(Place("attachment", index=index), span.text, "attachment")

    @cached_property
    def prose(self) -> tuple[Part, ...]:
        """What was written as language: without contact fields and units."""
        return tuple(
            p
            for p in self.parts
            if p.place.key not in CONTACT and p.style not in ("unit", "quoted")
        )

    @cached_property
    def blocks(self) -> tuple[Part, ...]:
        """The paragraphs of the body, without tables."""
        return tuple(
            p
            for p in self.parts
            if p.place.part == "body" and p.place.row < 0 and p.place.key == ""
        )

    @cached_property
    def imported(self) -> bool:
        """Whether the body is plain paragraphs with typed marks, as read from a file."""
        return not any(block.style in ("item", "bullet") for block in self.document.body)

    @cached_property
    def text(self) -> str:
        """All its words, a line a part."""
        return "\n".join(part.text for part in self.parts)

    def order(self, found: Finding) -> tuple[int, int, int, int, int, str]:
        """Sort key of reading order."""
        place = found.place
        keys = list(self.document.fields)
        if place.part == "field":
            first = keys.index(place.key) if place.key in keys else len(keys)
            return (0, first, 0, 0, place.start, found.rule)
        rank = {"body": 1, "attachment": 2, "approver": 3, "document": 4}[place.part]
        return (rank, place.index, place.row, place.cell, place.start, found.rule)
