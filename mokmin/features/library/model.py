"""What a person searches for, and what the search page shows. Plain data; no framework."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urlencode

from mokmin.knowledge.search.model import Hit, SearchFilters

GRADES = {"O": "공개", "S": "민감", "C": "기밀"}
MAX_CHOICES = 40
MAX_CHOICE = 80


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search as its address holds it. ``on`` is the day for ``in_force``; None means the day on
    which the search runs, so that a saved search stays right tomorrow. ``now``: as of today, whatever
    time the words name. ``collection``: the number of the one that it is kept to; 0: none."""

    text: str = ""
    departments: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    dated_from: date | None = None
    dated_to: date | None = None
    in_force: bool = False
    on: date | None = None
    now: bool = False
    collection: int = 0

    def filters(self, today: date) -> SearchFilters:
        """What the index is asked to narrow down to."""
        return SearchFilters(
            departments=self.departments,
            kinds=self.kinds,
            grades=self.grades,
            dated_from=self.dated_from,
            dated_to=self.dated_to,
            in_force_on=(self.on or today) if self.in_force else None,
        )

    @property
    def filtered(self) -> bool:
        """Whether anything but the words is set."""
        return bool(self.pairs()[1:]) if self.text else bool(self.pairs())

    def pairs(self) -> list[tuple[str, str]]:
        """The parameters of the address, in one fixed order."""
        found = [("q", self.text)] if self.text else []
        found += [("department", value) for value in self.departments]
        found += [("kind", value) for value in self.kinds]
        found += [("grade", value) for value in self.grades]
        for name, day in (("from", self.dated_from), ("to", self.dated_to)):
            if day is not None:
                found.append((name, day.isoformat()))
        if self.in_force:
            found.append(("in_force", "1"))
            if self.on is not None:
                found.append(("on", self.on.isoformat()))
        if self.now:
            found.append(("now", "1"))
        if self.collection:
            found.append(("collection", str(self.collection)))
        return found

    def query(self, **changed: object) -> str:
        """The address's query string; ``changed`` fields differ."""
        return urlencode(replace(self, **changed).pairs())  # type: ignore[arg-type]


def wanted(parameters: Iterable[tuple[str, str]]) -> tuple[Wanted, str]:
    """A search from the parameters of an address, and what was wrong with them in one Korean
    sentence (empty when all is well). What cannot be read is left out."""
    many: dict[str, list[str]] = {}
    for name, value in parameters:
        value = " ".join("".join(c if c.isprintable() else " " for c in value).split())
        if value:
            many.setdefault(name, []).append(value)
    days, wrong = _days(many)
    if days["from"] and days["to"] and days["from"] > days["to"]:
        wrong = "문서 날짜의 시작이 끝보다 늦습니다. 두 날짜를 확인해 주세요."
        days["from"] = days["to"] = None
    return (
        Wanted(
            text=many.get("q", [""])[0],
            departments=_choices(many.get("department", [])),
            kinds=_choices(many.get("kind", [])),
            grades=tuple(g for g in _choices(many.get("grade", [])) if g in GRADES),
            dated_from=days["from"],
            dated_to=days["to"],
            in_force=bool(many.get("in_force")),
            on=days["on"],
            now=bool(many.get("now")),
            collection=_number(many.get("collection", [""])[0]),
        ),
        wrong,
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _days(many: Mapping[str, list[str]]) -> tuple[dict[str, date | None], str]:
    days: dict[str, date | None] = {"from": None, "to": None, "on": None}
    wrong = ""
    for name in days:
        text = many.get(name, [""])[0]
        if not text:
            continue
        try:
            days[name] = date.fromisoformat(text)
        except ValueError:
            wrong = f"날짜 ‘{text[:20]}’를 읽을 수 없습니다. 2026-11-22처럼 적어 주세요."
    return days, wrong


def _choices(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(v[:MAX_CHOICE] for v in values))[:MAX_CHOICES]


@dataclass(frozen=True, slots=True)
class Group:
    """The passages found in one document, the best first. ``fresh``: the saved search that was run
    did not find the document the last time. ``editions``: other editions of the document that were
    found, folded under this one."""

    hits: tuple[Hit, ...]
    fresh: bool = False
    editions: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found. ``terms`` are the words to mark; ``widened`` the everyday words that were
    searched as official ones too; ``cut``: there may be more than the passages counted; ``reference`` the
    past day and ``years`` the years that the words name and a document that was found as well."""

    groups: tuple[Group, ...]
    passages: int
    terms: frozenset[str]
    widened: tuple[tuple[str, tuple[str, ...]], ...]
    suggestion: str | None
    seconds: float
    cut: bool
    documents: int
    reference: date | None = None
    years: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search that a person keeps. ``seen`` are the documents it found the last time it ran."""

    id: int
    name: str
    wanted: Wanted
    seen: frozenset[int]
    ran_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Proposal:
    """One line below the search box. ``kind`` is ``document``, ``saved`` or ``recent``."""

    kind: str
    text: str
    detail: str
    url: str
