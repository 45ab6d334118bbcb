"""Other shapes in which callers write facts, brought to the flat one that the kinds take.

Only the shape changes: records of people become words, wrappers are opened, sections are named by their
headings. What has no known shape stays as it is and becomes an item under its own name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mokmin.knowledge.official.facts import folded

_WRAPPERS = {folded(n) for n in ("facts", "사실", "header", "head", "머리", "머리말", "footer", "foot", "fields", "meta", "metadata", "document", "문서", "data", "approvals", "결재선")}  # fmt: skip
_SECTIONS = {folded(n) for n in ("sections", "절", "항목들")}
_HEADINGS = ("heading", "title", "제목", "name", "이름")
_CONTENTS = ("content", "contents", "body", "내용", "items", "text")
_POSTS = ("직위", "직급", "post", "title", "position")
_NAMES = ("이름", "성명", "name")
_UNITS = ("부서", "소속", "department")
_FILES = ("name", "이름", "제목", "title", "파일명")
_COPIES = ("count", "부수", "copies", "수량")
_PEOPLE = frozenset(("수신", "담당자", "책임자", "참석자", "불참자", "작성자", "주재", "말한이", "말하는이", "청구인", "인계자", "인수자", "입회자"))  # fmt: skip
_SPLIT: dict[str, dict[str, tuple[str, ...]]] = {
    "말": {"말": ("text", "말", "내용", "quote"), "말한이": ("speaker", "말한이", "by", "발언자")},
    "담당자": {"담당자": _NAMES, "전화": ("phone", "전화", "tel", "연락처")},
}


def flat(given: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The facts by their names. ``names``: every folded name of a fact of the kind with its key. A name that
    is taken already is never overwritten: what would do so stays where it was."""
    found: dict[str, Any] = {}
    for key, value in given.items():
        if folded(key) not in names and folded(key) in _WRAPPERS and isinstance(value, Mapping):
            continue
        _put(found, key, value)
    for key, value in given.items():
        if key in found:
            continue
        kept = {k: v for k, v in value.items() if _taken(str(k), found, names)}
        for inner, said in flat({k: v for k, v in value.items() if k not in kept}, names).items():
            _put(found, inner, said)
        if kept:
            _put(found, key, kept)
    for key in [k for k in found if folded(k) in _SECTIONS and folded(k) not in names]:
        _sections(found, key, names)
    for key in list(found):
        _shaped(found, key, names.get(folded(key), key), names)
    return found


def _put(found: dict[str, Any], key: str, value: Any) -> None:
    while key in found:
        key += " "
    found[key] = value


def _taken(key: str, found: Mapping[str, Any], names: Mapping[str, str]) -> bool:
    own = names.get(folded(key), folded(key))
    return any(names.get(folded(k), folded(k)) == own for k in found)


def _sections(found: dict[str, Any], key: str, names: Mapping[str, str]) -> None:
    rest: list[Any] = []
    value = found.pop(key)
    for one in value if isinstance(value, list) else [value]:
        heading = _first(one, _HEADINGS)
        content = _first(one, _CONTENTS)
        whole = heading is not None and content is not None and len(one) == 2
        if whole and isinstance(one[heading], str) and not _taken(one[heading], found, names):
            found[one[heading]] = one[content]
        else:
            rest.append(one)
    if rest:
        found[key] = rest


def _first(record: Any, wanted: tuple[str, ...]) -> str | None:
    if not isinstance(record, Mapping):
        return None
    return next((k for n in wanted for k in record if folded(str(k)) == folded(n)), None)


def _shaped(found: dict[str, Any], key: str, own: str, names: Mapping[str, str]) -> None:
    value = found[key]
    parts = _SPLIT.get(own)
    if parts and isinstance(value, Mapping):
        at = {part: _first(value, words) for part, words in parts.items()}
        # Only where each part is told and nothing else is.
        others = [p for p in parts if p != own]
        free = all(p in names.values() and not _taken(p, found, names) for p in others)
        left = [k for k in value if k not in at.values()]
        person = own == "담당자" and all(_first({k: 1}, (*_POSTS, *_UNITS)) for k in left)
        if free and all(at.values()) and (not left or person):
            for part in others:
                found[part] = value[at[part]]
            kept = {k: v for k, v in value.items() if k not in [at[p] for p in others]}
            found[key] = _person(kept) if own == "담당자" else value[at[own]]
            return
    if own in _PEOPLE:
        found[key] = [_person(v) for v in value] if isinstance(value, list) else _person(value)
    elif own == "붙임":
        found[key] = [_file(v) for v in value] if isinstance(value, list) else _file(value)


def _person(value: Any) -> Any:
    """``주무관 윤아름`` of a record of department, post and name; anything else as it is."""
    name = _first(value, _NAMES)
    if name is None:
        return value
    keys = [k for k in (_first(value, _UNITS), _first(value, _POSTS), name) if k is not None]
    if len(keys) != len(value) or not all(isinstance(value[k], str) for k in keys):
        return value
    return " ".join(value[k] for k in keys if value[k].strip())


def _file(value: Any) -> Any:
    """``계획서 2부`` of a record of name and number of copies; anything else as it is."""
    name, copies = _first(value, _FILES), _first(value, _COPIES)
    if name is None or len(value) != 1 + (copies is not None):
        return value
    if copies is None:
        return value[name]
    count = str(value[copies])
    return f"{value[name]} {count}{'부' if count.isdigit() else ''}"
