"""Passages to citations."""

from __future__ import annotations

from mokmin.base.formats.model import Locator
from mokmin.knowledge.answering.model import Citation
from mokmin.knowledge.search.model import Hit


def place(locator: Locator, title: str = "") -> str:
    """Where it stands, for people: ``제5조``, ``3쪽``, or the path of headings below the title."""
    parts: list[str] = []
    path = [p for p in locator.section.split(" > ") if p and p != title]
    if path:
        parts.append(" > ".join(path))
    if locator.article and not locator.section.endswith(locator.article):
        parts.append(locator.article)
    if locator.page is not None:
        parts.append(f"{locator.page}쪽")
    return " · ".join(parts)


def locator_dict(locator: Locator) -> dict[str, object]:
    """A locator as CONTRACTS names it."""
    return {
        "page": locator.page,
        "section": locator.section or None,
        "article": locator.article or None,
        "paragraph": locator.paragraph,
    }


def cite(n: int, hit: Hit, quote: str | None = None) -> Citation:
    """A hit as citation number ``n``; the quote is the passage text unless a part of it is given."""
    return Citation(
        n=n,
        passage_id=hit.passage_id,
        document_id=hit.document_id,
        title=hit.title,
        place=place(hit.locator, hit.title),
        locator=locator_dict(hit.locator),
        quote=quote or hit.text,
        grade=hit.grade,
        department=hit.department,
        freshness=hit.freshness.value,
        date=hit.dated_on,
        effective_on=hit.effective_on,
    )
