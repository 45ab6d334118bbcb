"""Passages to citations, and the check of a sentence against what it cites."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mokmin.base.formats.model import Locator
from mokmin.knowledge.answering.model import Citation, Support
from mokmin.knowledge.search.model import Hit

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NEGATION = re.compile(r"않|아니|없|못|불가|금지|제외")
VERIFIED, PARTIAL = 0.75, 0.45


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


def numbers(text: str) -> set[str]:
    """Numbers as written, without thousands separators."""
    return {m.replace(",", "").strip(".") for m in _NUMBER.findall(text)}


def check_support(
    sentence: str, terms: Sequence[str], sources: Sequence[tuple[str, Sequence[str]]]
) -> tuple[Support, str]:
    """Whether cited passages (text, terms) bear out a sentence, with the reason in Korean.

    Numbers must all occur in the sources; the share of content terms that occur decides between
    verified and partial; a negation that the sources do not have is never verified.
    """
    if not sources:
        return "unverified", "근거를 달지 않은 문장입니다."
    joined = "\n".join(text for text, _ in sources)
    strange = numbers(sentence) - numbers(joined)
    if strange:
        return "unverified", f"근거에 없는 숫자가 있습니다: {', '.join(sorted(strange)[:3])}"
    content = set(terms)
    known = {term for _, found in sources for term in found}
    share = len(content & known) / len(content) if content else 0.0
    if share >= VERIFIED and bool(_NEGATION.search(sentence)) and not _NEGATION.search(joined):
        return "partial", "부정 표현이 근거와 다를 수 있습니다."
    if share >= VERIFIED:
        return "verified", "숫자와 핵심 낱말이 근거와 일치합니다."
    if share >= PARTIAL:
        return "partial", "일부 표현을 근거에서 확인하지 못했습니다."
    return "unverified", "근거와 표현이 크게 다릅니다."
