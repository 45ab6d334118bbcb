"""From facts to a document and its file: compose, what is still missing, what rests on nothing, HWPX."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mokmin.base.formats.page_measure import page_count
from mokmin.base.formats.page_model import Pages
from mokmin.base.formats.writing_hwpx import hwpx_bytes
from mokmin.knowledge.official.facts import Facts, checked
from mokmin.knowledge.official.kinds import kind_of
from mokmin.knowledge.official.kinds.model import Kind, Office
from mokmin.knowledge.official.model import OfficialDocument
from mokmin.knowledge.official.shapes import flat

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
# Words of the law that a form quotes carry numbers of their own.
_LAW = re.compile(
    r"「[^」]+」(?:\s*제\d+조(?:의\d+)?(?:제\d+항)?(?:제\d+호)?)?|(?:같은 법|법) 제\d+조"
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked because a fact is missing."""

    key: str
    text: str
    required: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A composed document with what it still needs."""

    document: OfficialDocument
    questions: tuple[Question, ...]


def compose(kind: Kind | str, given: Any, office: Office | None = None) -> Draft:
    """Compose a document of a kind from facts. Raises NotFound for an unknown kind and InvalidInput for
    what is no set of facts."""
    chosen = kind_of(kind) if isinstance(kind, str) else kind
    facts = Facts(flat(checked(given), chosen.names), chosen.names)
    document = chosen.compose(facts, office or Office())
    needed = {one.key for one in chosen.required}
    questions = tuple(Question(key, chosen.question(key), key in needed) for key in document.blanks)
    return Draft(document, questions)


def laid_out(
    document: OfficialDocument, *, label: str = "", properties: Mapping[str, str] | None = None
) -> Pages:
    """The document on pages. ``label`` is the visible line of what AI wrote, empty for none; ``properties``
    go into the metadata of the file."""
    pages = kind_of(document.kind).layout(document)
    more = (*pages.properties, *(properties or {}).items())
    return replace(pages, header=label or pages.header, properties=more)


def written(document: OfficialDocument) -> tuple[bytes, int]:
    """The document as HWPX and its number of pages. What AI wrote is told in metadata and header."""
    made_by_ai = any(origin.kind == "ai" for _, origin in document.texts)
    pages = laid_out(
        document,
        label="AI가 쓴 부분이 있는 초안" if made_by_ai else "",
        properties={"mokmin-kind": document.kind, "ai-generated": str(made_by_ai).lower()},
    )
    return hwpx_bytes(pages), page_count(pages)


def unfounded(document: OfficialDocument, given: Any, office: Office | None = None) -> list[str]:
    """Numbers of the document that are in no fact, source or field of the office, in order.

    Marks of items are not words of the document; numbers inside a quoted law are the law's own.
    """
    known = set(_numbers(given)) | set(_numbers(vars_of(office)))
    missing: list[str] = []
    for text, origin in document.texts:
        if origin.kind in ("blank", "person"):
            continue
        bare = _LAW.sub(" ", text) if origin.kind == "form" else text
        # The periods to appeal are the law's as well; they stand in sentences of the form.
        if origin.kind == "form" and "이내" in bare:
            continue
        missing += [n for n in _numbers(bare) if n not in known]
    return list(dict.fromkeys(missing))


def vars_of(office: Office | None) -> list[str]:
    """All that is known of the office."""
    if office is None:
        return []
    return [str(getattr(office, name)) for name in Office.__dataclass_fields__]


def _numbers(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(str(key))
            yield from _numbers(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _numbers(inner)
    elif value is not None:
        text = str(value)
        for found in _NUMBER.findall(text):
            bare = found.replace(",", "").rstrip(".")
            yield bare.lstrip("0") or "0"
        # 오후 3시 is written 15:00.
        for hour in re.findall(r"오후\s*(\d{1,2})", text):
            yield str(int(hour) % 12 + 12)
        if "반" in text:
            yield "30"
