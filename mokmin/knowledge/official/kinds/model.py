"""What a kind of official document is: its facts, how it is composed, and how it stands on paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from mokmin.base.formats.page_model import Pages
from mokmin.knowledge.official.facts import Facts, folded
from mokmin.knowledge.official.model import OfficialDocument

Entry = Literal["line", "lines", "text", "outline", "table", "date", "choice", "person", "people"]
Group = Literal["head", "body", "foot"]


@dataclass(frozen=True, slots=True)
class FactField:
    """One fact that a kind asks for. ``key`` is its Korean name, ``question`` what is asked when it is
    missing, ``entry`` how it is typed, ``aliases`` other names in JSON."""

    key: str
    question: str
    entry: Entry = "line"
    required: bool = False
    group: Group = "body"
    example: str = ""
    choices: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Office:
    """Whose document it is: fills the head and foot where no fact says otherwise. Empty where unknown."""

    agency: str = ""
    department: str = ""
    drafter: str = ""
    drafter_post: str = ""
    head_post: str = ""
    address: str = ""
    homepage: str = ""
    phone: str = ""
    fax: str = ""
    email: str = ""
    today: date | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind. ``key`` is stable ASCII; ``aliases`` are further names that callers may use; ``after`` what a
    person who has this document often needs next."""

    key: str
    name: str
    purpose: str
    fields: tuple[FactField, ...]
    compose: Callable[[Facts, Office], OfficialDocument]
    layout: Callable[[OfficialDocument], Pages]
    aliases: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    after: tuple[str, ...] = field(default=())

    @property
    def names(self) -> dict[str, str]:
        """Every name of a fact, folded, with its key."""
        found: dict[str, str] = {}
        for one in self.fields:
            for name in (one.key, *one.aliases):
                found.setdefault(folded(name), one.key)
        return found

    @property
    def required(self) -> tuple[FactField, ...]:
        """What a complete document needs."""
        return tuple(one for one in self.fields if one.required)

    def question(self, key: str) -> str:
        """What is asked for a missing fact."""
        return next((one.question for one in self.fields if one.key == key), f"{key}은(는)?")
