"""What the reviewer finds, where, and what it may know while it reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol

Severity = Literal["error", "warning", "advice"]
PartName = Literal["field", "body", "attachment", "approver", "document"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where: the part of the document, its key (name of a field; ``caption`` or ``unit`` of a table),
    the index of the block, attachment or approver, row and cell of a table (as stored, without covered
    positions), and the characters ``start``–``end`` of that part's text."""

    part: PartName
    key: str = ""
    index: int = -1
    row: int = -1
    cell: int = -1
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at. ``message`` says what is wrong and what is right; ``source`` the law or
    manual behind the rule; ``fix`` replaces ``text[start:end]`` of the place, None where a person must
    decide."""

    rule: str
    severity: Severity
    message: str
    place: Place
    source: str
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class LawState:
    """What the library knows of a cited provision. ``known``: it holds the law; ``article``: with that
    article. ``in_force`` is False when the law was replaced or repealed, ``deleted`` when the article was;
    ``effective_on`` is the first day of the text that the library holds. ``paragraphs`` counts the 항
    (0 unknown). ``similar``: the law it probably means, when the name is in no title."""

    known: bool
    article: bool = False
    in_force: bool = True
    deleted: bool = False
    effective_on: date | None = None
    paragraphs: int = 0
    similar: str = ""


class PersonalSpan(Protocol):
    """Personal information in a text (governance.privacy.model.Span)."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def type(self) -> str: ...
    @property
    def confidence(self) -> float: ...


Laws = Callable[[str, str, date], LawState | None]
Detect = Callable[[str], Sequence[PersonalSpan]]


@dataclass(frozen=True, slots=True)
class Context:
    """What the rules may know. Everything but ``today`` is optional; without it the rule is silent.

    ``laws`` answers for a law's name, an article (제9조) and a day; ``detect`` finds personal information;
    ``grade`` is C, S or O; ``required`` are the names of the fields that the kind needs; ``departments``
    the names of the agency's departments; ``off`` the keys of rules that are switched off.
    """

    today: date
    laws: Laws | None = None
    detect: Detect | None = None
    grade: str = "O"
    required: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    off: frozenset[str] = field(default_factory=frozenset)
