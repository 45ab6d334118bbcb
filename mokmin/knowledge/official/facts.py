"""Facts: what a document is made from. Typed, pasted, or taken from a source; never invented.

A fact is a text, a number, a list, a table (a list of records, or of lists) or a record of further facts.
``{"value": …, "source": "…"}`` tells where it comes from. A missing fact becomes a marked blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mokmin.base.errors import InvalidInput
from mokmin.base.formats.writing_model import clean
from mokmin.base.korean.numbering import position
from mokmin.knowledge.official.model import BLANK, Block, Origin, Span, TableCell
from mokmin.knowledge.official.wording import official

MOST_FACTS = 400
MOST_CHARACTERS = 200_000
MOST_DEPTH = 8
_BULLET = re.compile(r"^\s*(?P<mark>[□■◈❏]|[○●ㅇ◦]|[-–·∙•▪]|[※＊*])\s+")
_BULLET_LEVEL = {
    "□": 1,
    "■": 1,
    "◈": 1,
    "❏": 1,
    "○": 2,
    "●": 2,
    "ㅇ": 2,
    "◦": 2,
    "※": 4,
    "＊": 4,
    "*": 4,
}
_NOTE = ("bullet", 4)
_ROW = re.compile(r"^\s*\|(?P<cells>.+)\|\s*$")
_RULE = re.compile(r"^\s*\|[\s:|-]+\|\s*$")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an outline: depth from 1, or a table."""

    level: int
    text: str
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A value as it was given, and its source (empty: stated by the person who drafts)."""

    key: str
    value: Any
    source: str = ""

    @property
    def origin(self) -> Origin:
        """The origin of words that this fact gives."""
        return Origin("source", self.source) if self.source else Origin("fact", self.key)


class Facts:
    """Facts by their names. Names are compared without blanks and case, and through ``aliases``."""

    def __init__(self, given: Mapping[str, Any], aliases: Mapping[str, str]) -> None:
        self._known: dict[str, Fact] = {}
        self._used: set[str] = set()
        for key, value in given.items():
            name = aliases.get(folded(key), key.strip())
            fact = _fact(name, value)
            if not _is_empty(fact.value) and name not in self._known:
                self._known[name] = fact

    def __contains__(self, key: str) -> bool:
        return key in self._known

    def get(self, key: str) -> Fact | None:
        """A fact, and note that it is used."""
        self._used.add(key)
        return self._known.get(key)

    def text(self, key: str) -> str:
        """The fact in one line, empty where it is missing."""
        fact = self.get(key)
        return joined(_lines_of(fact.value)) if fact else ""

    def span(self, key: str) -> Span | None:
        """The fact as words with their origin."""
        fact = self.get(key)
        return Span(official(joined(_lines_of(fact.value))), fact.origin) if fact else None

    def needed(self, key: str) -> Span:
        """The fact, or a marked blank that carries its name."""
        return self.span(key) or Span(BLANK, Origin("blank", key))

    def texts(self, key: str) -> list[Span]:
        """Each line or member of the fact."""
        fact = self.get(key)
        return [Span(official(t), fact.origin) for t in _lines_of(fact.value)] if fact else []

    def outline(self, key: str) -> list[Line]:
        """The fact as lines with depth."""
        fact = self.get(key)
        return list(outline(fact.value)) if fact else []

    def rest(self) -> list[Fact]:
        """Facts that nothing has used: they are not lost."""
        return [fact for key, fact in self._known.items() if key not in self._used]

    def origin(self, key: str) -> Origin:
        """The origin of a fact's words."""
        fact = self._known.get(key)
        return fact.origin if fact else Origin("blank", key)


def joined(lines: Iterable[str]) -> str:
    """Lines as one: sentences by blanks, words by commas."""
    said = ""
    for line in lines:
        between = " " if said.endswith((".", "?", "!")) else ", "
        said = f"{said}{between}{line}" if said else line
    return said


def folded(key: str) -> str:
    """A name for comparison."""
    return re.sub(r"[\s·_()/-]+", "", key).casefold()


def checked(given: Any) -> dict[str, Any]:
    """What a caller sent as facts. Raises InvalidInput with what is wrong."""
    if not isinstance(given, dict):
        raise InvalidInput('사실은 {"제목": "…", "내용": ["…"]}처럼 이름과 값의 묶음이어야 합니다.')
    if len(given) > MOST_FACTS:
        raise InvalidInput(f"사실이 너무 많습니다. {MOST_FACTS}개까지 쓸 수 있습니다.")
    size = _weighed(given, 0)
    if size > MOST_CHARACTERS:
        raise InvalidInput(f"사실이 너무 깁니다. 모두 {MOST_CHARACTERS:,}자까지 쓸 수 있습니다.")
    return {clean(str(key)): _cleaned(value) for key, value in given.items()}


def _cleaned(value: Any) -> Any:
    """The value without characters that no file can hold."""
    if isinstance(value, dict):
        return {clean(str(k)): _cleaned(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_cleaned(v) for v in value]
    return clean(value) if isinstance(value, str) else value


def _weighed(value: Any, depth: int) -> int:
    if depth > MOST_DEPTH:
        raise InvalidInput(f"사실이 {MOST_DEPTH}단계보다 깊습니다. 더 낮게 풀어 주십시오.")
    if isinstance(value, dict):
        return sum(len(str(k)) + _weighed(v, depth + 1) for k, v in value.items())
    if isinstance(value, list):
        return sum(_weighed(v, depth + 1) for v in value)
    return len(str(value))


def _fact(key: str, value: Any) -> Fact:
    if isinstance(value, dict) and "value" in value and set(value) <= {"value", "source", "출처"}:
        return Fact(key, value["value"], str(value.get("source") or value.get("출처") or ""))
    return Fact(key, value)


def _is_empty(value: Any) -> bool:
    if value is None or (isinstance(value, str) and not value.strip()):
        return True
    return isinstance(value, list | dict) and all(
        _is_empty(v) for v in (value.values() if isinstance(value, dict) else value)
    )


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "예" if value else "아니요"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    return " ".join(str(value).split())


def _lines_of(value: Any) -> list[str]:
    if isinstance(value, str):
        return [line for raw in value.splitlines() if (line := _bare(raw))]
    if isinstance(value, dict):
        return [f"{k}: {', '.join(_lines_of(v))}" for k, v in value.items() if not _is_empty(v)]
    if isinstance(value, list):
        return [
            " ".join(_lines_of(member)) if isinstance(member, dict | list) else _said(member)
            for member in value
            if not _is_empty(member)
        ]
    return [_said(value)]


def _bare(line: str) -> str:
    """A line without the mark and blanks that it begins with."""
    if (found := _BULLET.match(line)) is not None:
        line = line[found.end() :]
    elif position(line) is not None:
        line = line.strip().split(maxsplit=1)[1] if len(line.split()) > 1 else ""
    return " ".join(line.split())


def outline(value: Any, level: int = 1) -> Iterator[Line]:
    """Lines with depth and tables of any fact: marks and indents of typed lines tell their depth."""
    if isinstance(value, str):
        yield from _typed(value, level)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _named(str(key), inner, level)
    elif isinstance(value, list):
        if (rows := table_rows(value)) is not None:
            yield Line(level, "", rows)
            return
        for member in value:
            if isinstance(member, list):
                yield from outline(member, level + 1)
            elif isinstance(member, dict):
                yield from _record(member, level)
            elif isinstance(member, str) and "\n" in member:
                yield from _typed(member, level)
            elif not _is_empty(member):
                yield Line(level, _bare(_said(member)))
    elif not _is_empty(value):
        yield Line(level, _said(value))


def _named(key: str, value: Any, level: int) -> Iterator[Line]:
    if _is_empty(value):
        return
    if isinstance(value, dict | list):
        yield Line(level, key)
        yield from outline(value, level + 1)
    else:
        yield Line(level, f"{key}: {_said(value)}")


_TITLE_KEYS = ("text", "내용", "항목", "제목", "title")
_INNER_KEYS = ("items", "세부", "하위", "children")


def _record(member: dict[str, Any], level: int) -> Iterator[Line]:
    title = next((k for k in _TITLE_KEYS if isinstance(member.get(k), str)), None)
    inner = next((k for k in _INNER_KEYS if k in member), None)
    if title is not None and set(member) <= {title, inner}:
        yield Line(level, _bare(member[title]))
        if inner is not None:
            yield from outline(member[inner], level + 1)
        return
    yield from outline(member, level)


def table_rows(value: list[Any]) -> tuple[tuple[str, ...], ...] | None:
    """Rows of a list that is a table: two or more records of the same names, or lists of one length."""
    if len(value) < 2:
        return None
    if all(isinstance(m, dict) for m in value):
        names = list(value[0])
        flat = all(
            set(m) == set(names) and not any(isinstance(v, dict | list) for v in m.values())
            for m in value
        )
        if not flat or len(names) < 2:
            return None
        rows = tuple(tuple("" if m[n] is None else _said(m[n]) for n in names) for m in value)
        return (tuple(names), *rows)
    if all(isinstance(m, list) and len(m) == len(value[0]) >= 2 for m in value) and not any(
        isinstance(c, dict | list) for m in value for c in m
    ):
        return tuple(tuple("" if c is None else _said(c) for c in m) for m in value)
    return None


def _typed(text: str, level: int) -> Iterator[Line]:
    """Lines that a person typed. The kinds of marks that appear, in their order of appearance, are the
    levels; lines without marks go by their indent."""
    shapes: list[tuple[str, int]] = []
    table: list[tuple[str, ...]] = []
    for raw in text.splitlines():
        if (row := _ROW.match(raw)) is not None:
            if not _RULE.match(raw):
                table.append(tuple(" ".join(c.split()) for c in row["cells"].split("|")))
            continue
        if table:
            yield Line(level, "", _even(table))
            table = []
        if not raw.strip():
            continue
        shape = _shape(raw)
        if shape == _NOTE:
            yield Line(level + 3, _bare(raw))
            continue
        while shape not in shapes and shapes and shapes[-1] > shape and shape[0] == "indent":
            shapes.pop()
        if shape in shapes:
            del shapes[shapes.index(shape) + 1 :]
        else:
            shapes.append(shape)
        if bare := _bare(raw):
            yield Line(level + len(shapes) - 1, bare)
    if table:
        yield Line(level, "", _even(table))


def _shape(raw: str) -> tuple[str, int]:
    if (found := _BULLET.match(raw)) is not None:
        return "bullet", _BULLET_LEVEL.get(found["mark"], 3)
    if (at := position(raw)) is not None:
        return "mark", at[0]
    indent = len(raw.expandtabs(2)) - len(raw.expandtabs(2).lstrip())
    return "indent", indent


def _even(rows: Iterable[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    made = tuple(rows)
    width = max(len(row) for row in made)
    return tuple(row + ("",) * (width - len(row)) for row in made)


def table_block(
    rows: tuple[tuple[str, ...], ...], origin: Origin, *, caption: str = "", unit: str = ""
) -> Block:
    """A table with one head row; a cell ``""`` in the head continues the one at its left."""
    cells: list[tuple[TableCell, ...]] = []
    for y, row in enumerate(rows):
        made: list[TableCell] = []
        for text in row:
            if y == 0 and not text and made:
                last = made.pop()
                made.append(TableCell(last.text, 1, last.col_span + 1, origin))
            else:
                made.append(TableCell(official(text), 1, 1, origin))
        cells.append(tuple(made))
    return Block("table", rows=tuple(cells), caption=caption, unit=unit)
