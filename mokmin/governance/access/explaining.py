"""Why a person can or cannot see a document, as one plain sentence, from the grants themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mokmin.base.korean.josa import with_josa
from mokmin.governance.access.grants import Grant, Standing

MOST_NAMED = 4


@dataclass(frozen=True, slots=True)
class Way:
    """A grant with its group's name. ``kind`` is staff, department, tree, person or group; ``member``:
    the person in question belongs to it on that day."""

    grant: Grant
    name: str
    kind: str
    member: bool


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked: may this person see this document on this day? ``seen`` is what the rule itself
    (``visible``) says, so that a sentence never says otherwise. ``since``: the day on which the
    document came into the library."""

    name: str
    day: date
    seen: bool
    ways: Sequence[Way]
    since: date
    disabled: bool = False
    deleted: date | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer: whether the person sees the document, why, in one sentence each."""

    seen: bool
    sentence: str


def explain(case: Case) -> Explanation:
    """The sentence for a case."""
    who = f"{case.name} 님"
    if case.disabled:
        text = f"{who}의 계정이 멈춰 있어 로그인할 수 없으므로 이 문서도 볼 수 없습니다."
        return Explanation(False, text)
    if case.deleted is not None:
        text = f"{_day(case.deleted)} 지워진 문서라 누구도 볼 수 없습니다. 되살리면 다시 보입니다."
        return Explanation(False, text)
    if case.seen:
        return Explanation(
            True, f"{with_josa(who, '은/는')} 이 문서를 볼 수 있습니다. {_why(case)}"
        )
    return Explanation(
        False, f"{with_josa(who, '은/는')} 이 문서를 볼 수 없습니다. {_why_not(case)}"
    )


def _why(case: Case) -> str:
    """The way that lasts longest, of those that hold."""
    ways = [w for w in case.ways if w.member and w.grant.standing(case.day) is Standing.HOLDS]
    if not ways:
        return "모든 문서를 보는 시스템 운영자이기 때문입니다."
    way = max(ways, key=lambda w: (w.grant.valid_until or date.max, w.kind == "staff"))
    begins = way.grant.valid_from or case.since
    span = f"{_day(begins)}부터"
    if way.grant.valid_until is not None:
        span += f" {_day(way.grant.valid_until)}까지"
    if way.kind == "staff":
        return f"{span} 전 직원에게 열려 있기 때문입니다."
    if way.kind == "person":
        return f"{span} 이 사람에게 따로 열려 있기 때문입니다."
    return f"{way.name}에 속하고, 문서가 {span} 그곳에 열려 있기 때문입니다."


def _why_not(case: Case) -> str:
    mine = [w for w in case.ways if w.member]
    later = [w for w in mine if w.grant.standing(case.day) is Standing.NOT_YET]
    over = [w for w in mine if w.grant.standing(case.day) is Standing.OVER]
    if later:
        way = min(later, key=lambda w: w.grant.valid_from or date.max)
        return f"{_to(way)} {_day(way.grant.valid_from)}부터 열립니다. 아직 그날이 되지 않았습니다."
    if over:
        way = max(over, key=lambda w: w.grant.valid_until or date.min)
        return f"{_to(way)} {_day(way.grant.valid_until)}까지만 열려 있었고, 그 기간이 끝났습니다."
    open_to = [w.name for w in case.ways if w.grant.standing(case.day) is Standing.HOLDS]
    if not open_to:
        return "지금은 아무에게도 열려 있지 않습니다."
    named = ", ".join(open_to[:MOST_NAMED])
    if len(open_to) > MOST_NAMED:
        named += f" 외 {len(open_to) - MOST_NAMED}곳"
    return f"{named}에만 열려 있고, 그 가운데 어디에도 속하지 않습니다."


def _to(way: Way) -> str:
    if way.kind == "staff":
        return "전 직원에게는"
    return "이 사람에게는" if way.kind == "person" else f"이 사람이 속한 {way.name}에는"


def _day(value: date | None) -> str:
    return f"{value.year}. {value.month}. {value.day}." if value else ""
