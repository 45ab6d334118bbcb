"""Sentence borders in official Korean, by rule.

Borders: a line break; a full stop, question or exclamation mark (with the closing brackets or
quotation marks after it) before a blank; a sentence ending of official writing without a blank
after its stop (``한다.제2항``). Not a border: dates (``2026. 10. 12.(월)``), numbering of items
(``1.``, ``가.``, ``1)``) and abbreviations of one or two Latin letters (``No. 3``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_STOP = re.compile(r"[.!?。…]+[\"'”’)\]」』〉》]*")
_ITEM = re.compile(r"(?:\d{1,3}|[가-하]|[ivxIVX]{1,4}|[a-zA-Z])$")
_DIGIT = re.compile(r"\d$")
_SHORT_LATIN = re.compile(r"(?<![A-Za-z])(?:No|no|Vol|vol|vs|cf|Dr|Mr|Ms|St|etc|al|pp|p)$")
_LONGEST_BRACKET = 400
_OPEN, _CLOSE = "([「『〈《", ")]」』〉》"
_DECLARATIVE = re.compile(r"[가-힣](?:다|요|음|함|임|됨|것|까)$")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Half-open character spans of all sentences, in order, without blanks at their ends.

    Every character that is not white space lies in exactly one span.
    """
    spans: list[tuple[int, int]] = []
    at = 0
    for line in text.split("\n"):
        for begin, end in _in_line(line):
            _append(spans, text, at + begin, at + end)
        at += len(line) + 1
    return spans


def _append(spans: list[tuple[int, int]], text: str, begin: int, end: int) -> None:
    while begin < end and text[begin].isspace():
        begin += 1
    while end > begin and text[end - 1].isspace():
        end -= 1
    if begin < end:
        spans.append((begin, end))


def _in_line(line: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _STOP.finditer(line):
        if match.start() >= start and _is_border(line, start, match):
            yield start, match.end()
            start = match.end()
    if start < len(line):
        yield start, len(line)


def _is_border(line: str, start: int, match: re.Match[str]) -> bool:
    before, after = line[start : match.start()], line[match.end() :]
    if not after.strip() or _depth(before) - _closed(match.group()) > 0:
        return False
    if not match.group().startswith("."):
        return after[0].isspace()
    if _DECLARATIVE.search(before):
        return after[0].isspace() or not after[0].isascii() or after[0] in '([<"'
    if not after[0].isspace():
        return False
    return not (_DIGIT.search(before) or _SHORT_LATIN.search(before) or _is_item(before))


def _is_item(before: str) -> bool:
    """True when the stop closes a number that opens the sentence (``가.``, ``1.``)."""
    return _ITEM.fullmatch(before.strip()) is not None


def _depth(text: str) -> int:
    """Open brackets; none counts in a stretch so long that a closing one must be missing."""
    if len(text) > _LONGEST_BRACKET:
        return 0
    return sum(c in _OPEN for c in text) - sum(c in _CLOSE for c in text)


def _closed(stop: str) -> int:
    return sum(c in _CLOSE for c in stop)
