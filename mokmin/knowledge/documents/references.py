"""Provisions and cross-references: which article a text is, and which ones it cites.

A decree says "법 제25조" of its law and "영 제3조" of the decree it stands under (법제업무 운영규정);
a manual says "법" of the law that it names first. An article without a law before it is one of the
same law.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_REFERENCE = re.compile(
    r"(?:「(?P<name>[^」]{2,60})」|(?<![가-힣])(?P<short>같은 법 시행령|같은 법|법|영))\s*"
    r"(?P<article>제\d+조(?:의\d+)?)(?:제\d+항)?(?:제(?P<item>\d+)호)?"
)
_NAMED = re.compile(r"「([^」]{2,60}법(?:률)?)」")
_TITLED = re.compile(r"^(?P<law>.{2,80}?)\s+(?P<article>제\d+조(?:의\d+)?)(?=$|[\s(])")
_ARTICLE = re.compile(
    r"(?<![가-힣\d])(?P<article>제\d+조(?:의\d+)?)(?:제\d+항)?(?:제\d+호)?(?:[가-하]목)?"
)
# What names a law stands before it; what only joins it to the article before makes it one of the same.
_OF_ANOTHER = re.compile(
    r"(?:」|법|법률|[령영칙례]|규정|지침|예규|고시|헌법|협약|요령|부칙)\s*(?:\([^()]{0,60}\)\s*)?$"
)
_JOINS = re.compile(
    r"(?:\s*(?:제\d+[항호]|단서|본문|전단|후단|각 호|및|또는|과|와|이나|나|내지|부터|까지|[,ㆍ·]))+\s*"
)
DECREE, RULE = " 시행령", " 시행규칙"


@dataclass(frozen=True, slots=True)
class Reference:
    """A provision cited by a text; ``item`` is the number of the 호, when one is named."""

    law: str
    article: str
    item: int | None = None


def base_law(text: str) -> str:
    """The law that a document means by "법": the one it names first; empty when it names none."""
    match = _NAMED.search(text)
    return match.group(1) if match else ""


def parent_law(title: str) -> str:
    """The law that a decree or rule stands under (행정절차법 시행령: 행정절차법); empty for others."""
    for ending in (DECREE, RULE):
        if title.endswith(ending):
            return title.removesuffix(ending)
    return ""


def provision(title: str, article: str) -> Reference | None:
    """The provision that a piece of a document is: from its article, or from a title that names
    one (행정절차법 제21조(처분의 사전 통지)). None when it is no provision."""
    match = _TITLED.match(title)
    if match:
        return Reference(match["law"], match["article"])
    return Reference(title, article) if article else None


def references(text: str, law: str) -> Iterator[Reference]:
    """Provisions that a text cites, each once, in order. ``law`` is what "법" stands for."""
    seen: set[tuple[str, str]] = set()
    last = law
    for match in _REFERENCE.finditer(text):
        name = " ".join((match.group("name") or "").split())
        short = match.group("short") or ""
        if name:
            last = name.removesuffix(DECREE)
        elif short.startswith("같은"):
            # 「…」 or a law cited just before.
            name = f"{last}{DECREE}" if short.endswith("시행령") and last else last
        elif law:
            name, last = (f"{law}{DECREE}" if short == "영" else law), law
        if not name:
            continue
        key = (name, match.group("article"))
        if key not in seen:
            seen.add(key)
            item = match.group("item")
            yield Reference(*key, int(item) if item else None)


def own_references(text: str, own: Reference) -> Iterator[Reference]:
    """Articles of the law ``own`` is of that its text cites by number alone ("제7조에 따라"), each once
    and without itself, in order. What follows the name of a law ("「행정절차법」 제21조 및 제22조") is
    that law's."""
    seen = {own.article}
    another, end = False, 0
    for match in _ARTICLE.finditer(text):
        between = text[end : match.start()]
        if not (end and _JOINS.fullmatch(between)):
            another = (
                _OF_ANOTHER.search(text, max(0, match.start() - 80), match.start()) is not None
            )
        end = match.end()
        if not another and match["article"] not in seen:
            seen.add(match["article"])
            yield Reference(own.law, match["article"])
