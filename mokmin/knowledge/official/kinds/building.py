"""What all kinds build with: fields, sections, people, and the facts that no field asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mokmin.knowledge.official.facts import Fact, Facts, Line, folded, outline, table_block
from mokmin.knowledge.official.kinds.model import FactField, Office
from mokmin.knowledge.official.model import (
    BLANK,
    Approver,
    Block,
    BlockStyle,
    Origin,
    Role,
    Span,
)
from mokmin.knowledge.official.wording import official

_NAME = re.compile(r"[가-힣]{2,4}|[가-힣]○{1,3}|○{2,3}")
ROLES: tuple[tuple[str, Role], ...] = (
    ("기안자", "기안"), ("검토자", "검토"), ("협조자", "협조"), ("결재권자", "결재"),
)  # fmt: skip

DECISION_FIELDS = (
    FactField("기안자", "기안자의 직위와 이름은?", "person", group="foot", example="주무관 윤아름", aliases=("drafter",)),
    FactField("검토자", "검토자의 직위와 이름은?", "people", group="foot", example="재산총괄팀장 한도현", aliases=("reviewer", "검토")),
    FactField("협조자", "협조자의 직위와 이름은?", "people", group="foot", aliases=("협조", "cooperator")),
    FactField("결재권자", "결재권자의 직위와 이름은?", "person", group="foot", example="재산관리과장", aliases=("결재", "결재자", "approver")),
)  # fmt: skip
DISCLOSURE = FactField(
    "공개구분",
    "공개, 부분공개, 비공개 가운데 무엇이며 비공개라면 정보공개법 제9조 제1항 몇 호인가?",
    "choice",
    group="foot",
    example="대국민공개",
    choices=("대국민공개", "부분공개", "비공개"),
    aliases=("공개여부", "disclosure", "공개 구분"),
)


def fields(facts: Facts, names: Iterable[str], *, needed: Iterable[str] = ()) -> dict[str, Span]:
    """Fields of those names; a needed one that is missing is a marked blank."""
    must = set(needed)
    found: dict[str, Span] = {}
    for name in names:
        span = facts.span(name)
        if span is not None:
            found[name] = span
        elif name in must:
            found[name] = Span(BLANK, Origin("blank", name))
    return found


def of_office(found: dict[str, Span], office: Office, given: Mapping[str, str]) -> None:
    """Fill what facts leave open from the office. ``given``: field name to attribute of the office."""
    for name, attribute in given.items():
        value = getattr(office, attribute)
        if value and (name not in found or found[name].origin.kind == "blank"):
            found[name] = Span(str(value), Origin("fact", "우리 기관"))


def blank(key: str) -> Span:
    """A marked blank for a missing fact."""
    return Span(BLANK, Origin("blank", key))


def lined(
    lines: Iterable[Line], origin: Origin, style: BlockStyle = "item", level: int = 1, most: int = 8
) -> list[Block]:
    """Blocks of an outline. ``level`` is added to the depth of its lines."""
    made: list[Block] = []
    for line in lines:
        if line.rows:
            made.append(table_block(line.rows, origin))
        else:
            depth = min(most, level + line.level - 1)
            made.append(Block(style, (Span(official(line.text), origin),), depth))
    return made


def told(
    facts: Facts, key: str, style: BlockStyle = "item", level: int = 1, most: int = 8
) -> list[Block]:
    """Blocks of a fact."""
    return lined(facts.outline(key), facts.origin(key), style, level, most)


def section(
    facts: Facts,
    key: str,
    title: str,
    *,
    style: BlockStyle = "bullet",
    level: int = 1,
    needed: bool = False,
    most: int = 4,
) -> list[Block]:
    """A headed section, nothing when its fact is missing and not needed."""
    blocks = told(facts, key, style, level, most)
    if not blocks and not needed:
        return []
    return [head(title), *(blocks or [Block(style, (blank(key),), level)])]


def head(title: str, level: int = 1) -> Block:
    """A heading of the form."""
    return Block("heading", (Span(title),), level)


def remaining(
    facts: Facts, style: BlockStyle = "item", level: int = 1, most: int = 8
) -> list[Block]:
    """Facts that no field took, each as an item under its own name: nothing given is lost."""
    made: list[Block] = []
    for fact in facts.rest():
        made += named(fact, style, level, most)
    return made


def named(fact: Fact, style: BlockStyle = "item", level: int = 1, most: int = 8) -> list[Block]:
    """A fact under its own name."""
    return lined(outline({fact.key: fact.value}), fact.origin, style, level, most)


def attached(facts: Facts, key: str = "붙임") -> tuple[Span, ...]:
    """Attachments as they were named: a number of copies that nobody stated is not added."""
    return tuple(
        Span(re.sub(r"\s*끝\s*\.?\s*$", "", span.text.strip()).rstrip(" ."), span.origin)
        for span in facts.texts(key)
        if span.text.strip(" .")
    )


def approvers(facts: Facts, office: Office) -> tuple[Approver, ...]:
    """The decision block in its order. The drafter of the office stands where no fact names one."""
    found: list[Approver] = []
    for key, role in ROLES:
        fact = facts.get(key)
        values = fact.value if fact is not None else None
        for value in values if isinstance(values, list) else [values] if values else []:
            post, name = person(value)
            found.append(Approver(role, post, name))
        if role == "기안" and not found:
            found.append(Approver(role, office.drafter_post, office.drafter))
    return tuple(found)


def person(value: Any) -> tuple[str, str]:
    """Post and name of ``주무관 윤아름`` or of a record of 직위 and 이름."""
    if isinstance(value, dict):
        by = {folded(str(k)): str(v) for k, v in value.items()}
        post = by.get("직위") or by.get("직급") or by.get("post") or by.get("title") or ""
        name = by.get("이름") or by.get("성명") or by.get("name") or ""
        return post, name
    words = str(value).split()
    if len(words) > 1 and _NAME.fullmatch(words[-1]):
        return " ".join(words[:-1]), words[-1]
    return " ".join(words), ""
