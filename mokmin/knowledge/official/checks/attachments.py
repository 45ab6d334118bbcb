"""붙임: what the text names and what is attached; numbers and counts of the list."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mokmin.knowledge.official.checks.model import Finding, Place
from mokmin.knowledge.official.checks.parts import Part, Reading
from mokmin.knowledge.official.checks.register import finding

_NAMED = re.compile(
    r"(?<![가-힣])[\[<(「]?(?:붙임|별첨)\s?(?P<n>\d{1,2})?[\]>)」]?(?=\s*(?:의|을|를|과|와|에|참[조고]|서식|양식|자료|문서|파일|및|,|\)|\]|\.|$))"
)
# The heading of an attachment that is part of the same file, and a form in one piece.
_TITLE = re.compile(
    r"[\[<(「【]?\s?(?:붙임|별첨|별지|첨부)\s?(?P<n>\d{1,2})?\s?[\]>)」】]?(?:\s.{0,40})?$"
)
_FORM = 1_500
_COUNT = re.compile(r"(?:각\s*)?\d+\s?(?:부|매|권|건|점|장|식|통|본|개)\s*\.?$")
_TIGHT = re.compile(r"(?<=[가-힣)\]」])(?<!각)(?P<n>\d+\s?부)\s*\.?$")
_TYPED = re.compile(r"^\s*(?:붙임\s*)?(?:\d{1,2}[.)]|[①-⑳]|[-○□])\s*|^\s*붙임\s*:?\s+")
_LIST = re.compile(r"^\s*(?:붙임|별첨)\s*(?P<mark>\d{1,2}\.)?\s*:?\s*(?P<rest>\S.*)$", re.S)
_NEXT = re.compile(r"^\s*(?P<mark>\d{1,2})\.\s+\S")
_ENDING = re.compile(r"\s*끝\s*\.?\s*$")
_KINDS = frozenset(["letter", "memo", "decision", "brief", "reply", "notice"])


def check_attachments(reading: Reading) -> Iterator[Finding]:
    """Attachments named and absent, and the form of their list."""
    listed = _in_text(reading)
    own = [int(m["n"] or 1) for p in reading.blocks if (m := _TITLE.match(p.text.strip()))]
    count = max(len(reading.document.attachments) or len(listed), max(own, default=0))
    yield from _missing(reading, {part.place for part, _ in listed}, count)
    attached = [p for p in reading.parts if p.place.part == "attachment"]
    for part in attached:
        yield from _line(part)
    yield from _twice(attached)
    yield from _numbers(listed)
    if not attached:
        yield from _uncounted(listed)


def _missing(reading: Reading, lists: set[Place], count: int) -> Iterator[Finding]:
    mentioned: set[int] = set()
    for part in reading.prose:
        listing = part.place.part == "attachment" or part.place in lists
        if listing or _TITLE.match(part.text.strip()) or len(part.text) > _FORM:
            continue
        for match in _NAMED.finditer(part.text):
            number = int(match["n"] or 0)
            if match["n"] is None and part.style == "heading":
                continue
            mentioned.add(number)
            if count == 0:
                message = (
                    "본문이 붙임을 말하지만 붙인 문서가 없습니다. 붙임을 달거나 문장을 고치십시오."
                )
            elif number > count:
                message = f"본문이 '붙임 {number}'를 말하지만 붙임은 {count}개뿐입니다."
            else:
                continue
            yield part.finding("attachment.missing", message, *match.span())
    numbered = {n for n in mentioned if n}
    if len(numbered) > 1 and max(numbered) <= count and 0 not in mentioned:
        for number in range(1, count + 1):
            if number not in numbered and reading.document.attachments:
                message = (
                    f"붙임 {number}을(를) 본문에서 말하지 않습니다. 필요한 붙임인지 확인하십시오."
                )
                yield finding(
                    "attachment.missing", message.replace("을(를)", _object(number)), Place("attachment", index=number - 1), severity="advice",
                )  # fmt: skip


def _object(number: int) -> str:
    return "을" if str(number)[-1] in "013678" else "를"


def _line(part: Part) -> Iterator[Finding]:
    text = part.text
    typed = _TYPED.match(text)
    if typed and typed.end() < len(text):
        message = (
            f"붙임의 번호나 표시('{typed[0].strip()}')를 손으로 쳤습니다. 번호는 저절로 붙습니다."
        )
        yield part.finding("attachment.form", message, 0, typed.end(), "")
    bare = _ENDING.sub("", text).rstrip(" .")
    if bare and not _COUNT.search(bare) and part.text.strip() != "[  ]":
        message = "붙임은 이름 다음에 부수를 밝혀 '… 1부'처럼 씁니다."
        yield part.finding("attachment.form", message, len(bare), len(bare), " 1부")
    elif match := _TIGHT.search(bare):
        fix = f" {match['n']}"
        yield part.finding("attachment.form", "부수 앞은 띄어 씁니다.", *match.span("n"), fix)


def _twice(attached: list[Part]) -> Iterator[Finding]:
    seen: set[str] = set()
    for part in attached:
        name = re.sub(r"\s|\d+부.*$", "", part.text)
        if name in seen:
            yield part.finding("attachment.form", "같은 붙임이 두 번 적혀 있습니다.")
        seen.add(name)


def _in_text(reading: Reading) -> list[tuple[Part, str]]:
    """Lines of 붙임 in plain paragraphs: (part, its typed number or empty)."""
    found: list[tuple[Part, str]] = []
    for part in reading.blocks:
        if part.style != "text":
            continue
        match = _LIST.match(part.text)
        # "붙임 1의 서식에 따라 …" is a sentence, not the list.
        if (
            match
            and not _NAMED.match(part.text.strip())
            and (found or _COUNT.search(_ENDING.sub("", part.text)) or match["mark"])
        ):
            found.append((part, (match["mark"] or "").rstrip(".")))
        elif (
            found
            and found[-1][0].place.index == part.place.index - 1
            and (following := _NEXT.match(part.text))
        ):
            found.append((part, following["mark"]))
    return found


def _numbers(listed: list[tuple[Part, str]]) -> Iterator[Finding]:
    numbers = [int(number) if number else 0 for _, number in listed]
    if len(listed) == 1 and numbers[0] and "\n" not in listed[0][0].text:
        part = listed[0][0]
        start = part.text.index(f"{numbers[0]}.")
        end = start + len(f"{numbers[0]}.")
        end += len(part.text[end:]) - len(part.text[end:].lstrip())
        yield part.finding(
            "attachment.form", "붙임이 하나뿐이면 번호를 붙이지 않습니다.", start, end, ""
        )
    elif len(listed) > 1:
        for place, (part, _) in enumerate(listed, 1):
            if numbers[place - 1] != place:
                message = f"붙임의 번호가 차례에 맞지 않습니다. '{place}.'이 올 자리입니다."
                yield part.finding("attachment.form", message)


def _uncounted(listed: list[tuple[Part, str]]) -> Iterator[Finding]:
    for part, _ in listed:
        bare = _ENDING.sub("", part.text).rstrip(" .")
        if not _COUNT.search(bare):
            message = "붙임은 이름 다음에 부수를 밝혀 '… 1부.'처럼 씁니다."
            yield part.finding("attachment.form", message, len(bare), len(bare), " 1부")
