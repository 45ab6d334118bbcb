"""Proof that filling changed nothing but the filled places: two packages compared, independently of how
they were written (parsed again by another parser)."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from lxml import etree

from .hwpx_form_model import CellSpot, CheckSpot, ClickSpot, Found, ObjectSpot, Spot, TextSpot
from .hwpx_form_xml import Node
from .hwpx_forms import Form

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
# What words consist of, and the line layout that 한글 works out anew.
_WORDS = frozenset(
    {"p", "run", "t", "linesegarray", "lineseg", "lineBreak", "tab", "fwSpace", "nbSpace", "hyphen",
     "titleMark", "markpenBegin", "markpenEnd"}
)  # fmt: skip
Path = tuple[int, ...]


def differences(form: Form, filled: bytes, keys: Collection[str]) -> list[str]:
    """What differs outside the fields of ``keys``: members of the package that are not the same bytes, and
    elements of the sections. Empty when the form is untouched."""
    found: list[str] = []
    with (
        zipfile.ZipFile(io.BytesIO(form.package)) as old,
        zipfile.ZipFile(io.BytesIO(filled)) as new,
    ):
        if old.namelist() != new.namelist():
            found.append("구성 파일의 목록이나 순서")
        sections = {name: number for number, (name, _, _) in form.sections.items()}
        for name in old.namelist():
            before, after = old.read(name), new.read(name)
            if before == after:
                continue
            if name not in sections:
                found.append(name)
                continue
            mine = [f for f in form.found if f.section == sections[name] and f.field.key in keys]
            found += [f"{name}: {path}" for path in _section(before, after, mine)]
    return found


def _section(before: bytes, after: bytes, filled: Sequence[Found]) -> Iterator[str]:
    touched = {path for one in filled for path in _touched(one.spot)}
    old, new = etree.fromstring(before, _PARSER), etree.fromstring(after, _PARSER)
    yield from _differ(old, new, touched, (), "sec")
    if _things(old) != _things(new):
        yield "개체 수"


def _things(root: etree._Element) -> Counter[str]:
    """How many elements of each name there are, words and line layout apart."""
    names = (etree.QName(e).localname for e in root.iter() if isinstance(e.tag, str))
    return Counter(name for name in names if name not in _WORDS)


def _touched(spot: Spot) -> list[Path]:
    if isinstance(spot, ObjectSpot):
        return [_path(spot.node)]
    if isinstance(spot, TextSpot | CheckSpot):
        return [_path(spot.paragraph)]
    if isinstance(spot, CellSpot | ClickSpot):
        return [_path(p) for p in spot.paragraphs]
    raise TypeError(type(spot).__name__)


def _path(node: Node) -> Path:
    steps: list[int] = []
    while node.parent is not None and node.parent.name:
        steps.append(next(i for i, child in enumerate(node.parent.children) if child is node))
        node = node.parent
    return tuple(reversed(steps))


def _differ(
    old: etree._Element, new: etree._Element, touched: set[Path], at: Path, name: str
) -> Iterator[str]:
    if not any(path[: len(at)] == at for path in touched):
        if etree.tostring(old, method="c14n") != etree.tostring(new, method="c14n"):
            yield name
        return
    if at in touched and not any(len(path) > len(at) and path[: len(at)] == at for path in touched):
        if old.tag != new.tag:
            yield name
        return
    if old.tag != new.tag or sorted(old.items()) != sorted(new.items()) or old.text != new.text:
        yield name
        return
    rest = list(new)
    for number, child in enumerate(old):
        path = (*at, number)
        local = f"{name}/{etree.QName(child).localname}[{number}]"
        if path in touched and not _holds(path, touched):
            continue
        if at in touched and not _within(path, touched):
            continue  # words beside a table in the same paragraph
        partner = _partner(child, rest, exact=not _within(path, touched))
        if partner is None:
            yield local
            continue
        yield from _differ(child, partner, touched, path, local)
    if any(etree.QName(extra).localname not in ("p", "run", "t") for extra in rest):
        yield f"{name}: 새 요소"


def _alike(child: etree._Element, other: etree._Element) -> bool:
    return sorted(child.items()) == sorted(other.items()) and _things(child) == _things(other)


def _within(path: Path, touched: set[Path]) -> bool:
    return any(t[: len(path)] == path for t in touched)


def _holds(path: Path, touched: set[Path]) -> bool:
    return any(len(t) > len(path) and t[: len(path)] == path for t in touched)


def _partner(
    child: etree._Element, rest: list[etree._Element], *, exact: bool
) -> etree._Element | None:
    """The next element that this one became; those passed over are new paragraphs of filled places."""
    wanted = etree.tostring(child, method="c14n") if exact else b""
    for i, other in enumerate(rest):
        if other.tag != child.tag:
            if etree.QName(other).localname not in ("p", "run", "t"):
                return None
            continue
        same = etree.tostring(other, method="c14n") == wanted if exact else _alike(child, other)
        if same:
            del rest[: i + 1]
            return other
    return None
