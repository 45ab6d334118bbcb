"""Marks that a hand typed: numbers of items, bullets, 끝.

The marks of items follow from the structure; typed ones contradict it as soon as an item moves. In papers
read from a file the marks are text, and their order is checked instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mokmin.base.korean.numbering import mark, position
from mokmin.knowledge.official.checks.model import Finding
from mokmin.knowledge.official.checks.parts import Part, Reading

_TYPED = re.compile(
    r"^\s*(?:\d{1,2}[.)](?![\s\u00a0]?\d{1,2}\.)(?!\d)|[가나다라마바사아자차카타파하][.)]|\(\d{1,2}\)|\([가나다라마바사아자차카타파하]\)"
    r"|[①-⑳]|[㉮-㉻]|[□■○●◦◆◇▶▷※•‣∙∘☐](?![○□◦])|[-–—](?=\s)|[ㅇoO](?=\s))[\s\u00a0]*"
)
_BULLET = re.compile(r"[□■○●◦◆◇▶▷※•‣∙∘☐\-–—ㅇoO]")
_TIGHT = re.compile(
    r"^\s*(?P<mark>\d{1,2}\.(?![\s\u00a0]?\d)|[가나다라마바사아자차카타파하]\.|\d{1,2}\)|[가나다라마바사아자차카타파하]\))(?=[가-힣「A-Za-z])"
)
_END = re.compile(
    r"(?P<gap>[ \u00a0]*)(?<![가-힣A-Za-z])(?P<word>[\"“]?끝[\"”]?)(?P<dot>\s?\.)?\s*$"
)
_ATTACHED = re.compile(r"^\s*(?:붙임|별첨)\s*(?:(?P<n>\d{1,2})\.)?")
_SENTENCE_END = re.compile(r"(?:[.다함음임]|\d\s?부)\s*$|^$")
_CHAPTER = re.compile(r"^\s*(?:제\s?\d+\s?[장절관편조]|[ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ]|[IVX]+\.|붙임|별첨|부칙)")


def check_marks(reading: Reading) -> Iterator[Finding]:
    """Typed marks, levels that are skipped, the order of marks in plain text, 끝."""
    yield from _levels(reading)
    for part in reading.blocks:
        if part.style in ("item", "bullet"):
            yield from _typed(part)
    yield from _order([p for p in reading.blocks if p.style in ("text", "heading")])
    yield from _end(reading)


def _typed(part: Part) -> Iterator[Finding]:
    match = _TYPED.match(part.text)
    if match and match.end() < len(part.text):
        sign = match[0].strip()
        if part.style == "item" and not _BULLET.match(sign):
            message = f"항목 기호('{sign}')를 손으로 쳤습니다. 기호는 항목의 차례와 단계에 따라 저절로 붙습니다."
        else:
            message = f"기호('{sign}')를 손으로 쳤습니다. 기호는 단계에 따라 저절로 붙습니다."
        yield part.finding("numbering.typed", message, 0, match.end(), "")
    elif part.text[:1] in (" ", "\t", "\u00a0") and part.text.strip():
        gap = len(part.text) - len(part.text.lstrip())
        message = "항목 앞을 빈칸으로 들여 썼습니다. 들여쓰기는 단계에 따라 저절로 됩니다."
        yield part.finding("numbering.indent", message, 0, gap, "")


def _levels(reading: Reading) -> Iterator[Finding]:
    above: dict[str, int] = {}
    for part in reading.blocks:
        if part.style in ("heading", "lead"):
            above = {}
        if part.style not in ("item", "bullet"):
            continue
        last = above.get(part.style, 0)
        # A list under a sentence or a heading may begin one step in.
        most = last + 1 if last or part.style == "item" else 4
        # ※ may stand anywhere; ① ㉮ are marks of enumerations inside a text as well.
        free = part.level >= 4 if part.style == "bullet" else part.level >= 7
        if part.level > most and not free:
            message = f"{most}단계 다음에 {part.level}단계 항목이 왔습니다. 단계를 건너뛰지 않고 {most}단계로 씁니다."
            yield part.finding("numbering.level", message)
        above[part.style] = part.level


def _order(parts: list[Part]) -> Iterator[Finding]:
    """Marks in plain paragraphs: each follows the one before on its level."""
    open_: dict[int, tuple[int, Part, int]] = {}  # level: number, its part, members so far

    def close(level: int) -> Iterator[Finding]:
        for deeper in sorted(key for key in open_ if key >= level):
            number, part, members = open_.pop(deeper)
            if members == 1 and number == 1 and part.style == "text" and " " in part.text.strip():
                yield _lone(part)

    listed = -1  # the last number below 붙임, whose lines count for themselves
    for part in parts:
        if _CHAPTER.match(part.text):
            started = _ATTACHED.match(part.text)
            listed = int(started["n"] or 0) if started else -1
            yield from close(1)
            continue
        if listed >= 0 and position(part.text) == (1, listed + 1):
            listed += 1
            continue
        listed = -1
        tight = _TIGHT.match(part.text)
        if tight:
            sign = tight["mark"]
            message = f"항목 기호 다음은 한 칸 띄어 '{sign} '로 씁니다."
            yield part.finding(
                "numbering.indent", message, tight.start("mark"), tight.end(), f"{sign} "
            )
        at = position(f"{tight['mark']} x" if tight else part.text)
        if at is None:
            if part.style == "heading":
                yield from close(1)
            continue
        level, number = at
        yield from close(level + 1)
        if number == 1:
            yield from close(level)
            open_[level] = (1, part, 1)
        elif level in open_:
            before, first, members = open_[level]
            if number != before + 1:
                yield _wrong(part, level, number, before + 1)
            open_[level] = (number, first, members + 1)
        else:
            # ① of an article stands on the line of the article itself.
            if level != 7 and not _starts_late(parts, part):
                yield _wrong(part, level, number, 1)
            open_[level] = (number, part, 2)
    yield from close(1)


def _starts_late(parts: list[Part], part: Part) -> bool:
    """An excerpt that does not begin at its first item: nothing before it has a mark."""
    return all(position(other.text) is None for other in parts[: parts.index(part)])


def _wrong(part: Part, level: int, number: int, expected: int) -> Finding:
    sign, right = mark(level, number), mark(level, expected)
    start = part.text.index(part.text.strip()[0])
    end = start + len(sign)
    fix = right if part.text[start:end] == sign else None
    message = f"항목의 차례가 맞지 않습니다('{sign}'). 여기에는 '{right}' 차례의 기호가 옵니다."
    return part.finding("numbering.order", message, start, end, fix)


def _lone(part: Part) -> Finding:
    bare = part.text.lstrip()
    start = len(part.text) - len(bare)
    sign = bare.split()[0] if bare.split() else ""
    match = _TYPED.match(part.text)
    end = match.end() if match else start + len(sign)
    message = f"항목이 하나뿐이면 기호('{sign}')를 붙이지 않습니다."
    return part.finding("numbering.lone", message, start, end, "")


def _end(reading: Reading) -> Iterator[Finding]:
    """끝 is written by the layout; in plain text read from a file it may stand at the very end."""
    candidates = [
        p for p in reading.parts if p.place.part in ("body", "attachment") and p.style != "cell"
    ]
    for part in candidates:
        match = _END.search(part.text)
        if match is None or part.style in ("caption", "unit", "quoted", "heading"):
            continue
        start = match.start()
        if match["dot"] is None and not _SENTENCE_END.search(part.text[:start]):
            continue  # "정보 끝": the noun
        if not (reading.imported and part.style == "text" and _is_last(reading, part)):
            why = (
                "저절로 붙습니다"
                if not reading.imported or part.style != "text"
                else "문서의 맨 끝에 한 번만 씁니다"
            )
            message = f"'끝' 표시를 손으로 쳤습니다. 이 표시는 {why}."
            yield part.finding("end.mark", message, start, len(part.text), "")
        elif start and (match["gap"] != "  " or match["dot"] != "." or match["word"] != "끝"):
            message = "본문이나 붙임이 끝난 다음 한 글자(두 칸)를 띄우고 '끝.'을 씁니다."
            yield part.finding("end.mark", message, start, len(part.text), "  끝.")
        elif not start and match["dot"] != ".":
            yield part.finding(
                "end.mark",
                "'끝' 다음에 온점을 찍어 '끝.'으로 씁니다.",
                start,
                len(part.text),
                "끝.",
            )


_FOOT = re.compile(
    r"^(?:발신|수신자|기안자|검토자|결재권자|협조자|시행|접수|우\s|전화|공개 ?구분|[가-힣\s]+(?:장|시장|군수|구청장)\s*$|붙임)"
)


def _is_last(reading: Reading, part: Part) -> bool:
    after = [p for p in reading.blocks if p.place.index > part.place.index]
    tables = [b for b in reading.document.body[part.place.index + 1 :] if b.style == "table"]
    signed = bool(tables and after) and all(_FOOT.match(p.text) for p in after)
    return (not tables or signed) and all(
        _FOOT.match(p.text) and not p.text.startswith("붙임") for p in after
    )
