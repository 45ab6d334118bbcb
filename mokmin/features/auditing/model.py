"""What the auditor asks for and what a person's own record holds. No framework in here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of the page as they were typed. ``person``: a login or a whole name; ``thing``: an
    object, such as 문서 17 or document:17; days in Korean time, both included."""

    person: str = ""
    category: str = ""
    thing: str = ""
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """An entry in words. ``when``: Korean time, ISO; ``title``: of the document, when the reader may
    read it; ``link``: where the object is, when it is there for the reader."""

    seq: int
    when: str
    actor: str
    who: str
    code: str
    name: str
    category: str
    subject: str
    sentence: str
    detail: Mapping[str, object]
    hash: str
    title: str = ""
    link: str = ""


@dataclass(slots=True)
class Day:
    """One day of one's own record; ``models``: calls by model; tokens are estimates."""

    day: date
    questions: int = 0
    documents: int = 0
    searches: int = 0
    made: int = 0
    taken_out: int = 0
    tokens: int = 0
    models: dict[str, int] = field(default_factory=dict)
    items: list[Told] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Month:
    """One's own record of a Korean month, newest day first; ``cut``: there was more than is shown."""

    month: str
    before: str
    after: str
    days: tuple[Day, ...]
    cut: bool
