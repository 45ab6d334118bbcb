"""Automatic paragraph numbers of HWP, which dochan leaves out and hwp2markdown writes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from .model import Block

_NUMBERED = re.compile(
    r"^\s*(?:#{1,6}\s+)?(?P<number>제\s?\d+\s?[편장절관조항]|\(?(?:\d{1,3}(?:\.\d{1,3})*|[가-하]|[ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ]+)[.)]|[①-⑳])\s+(?P<text>\S.*)$"
)
_ESCAPES = re.compile(r"\\(?=[\\`*_{}\[\]()#+\-.!|>~])|\*\*|\*(?=\S)|(?<=\S)\*")
_LOOK_AHEAD = 40


def restore_numbers(blocks: Iterable[Block], markdown: str) -> list[Block]:
    """``blocks`` with the automatic number in front of each paragraph that lost it.

    ``markdown`` is the cross-check reader's text of the same document; lines are matched in order
    by their letters, so a paragraph without a counterpart stays as it is.
    """
    lines = [_parsed(line) for line in markdown.split("\n") if line.strip()]
    result = []
    position = 0
    for block in blocks:
        if block.type in ("paragraph", "heading") and block.text:
            key = _key(block.text)
            for offset in range(position, min(position + _LOOK_AHEAD, len(lines))):
                number, numbered_key, plain_key = lines[offset]
                if plain_key == key:
                    position = offset + 1
                    break
                if number and numbered_key == key:
                    position = offset + 1
                    block = replace(block, text=f"{number} {block.text}")
                    break
        elif block.type == "table":
            position = _after_table(lines, position)
        result.append(block)
    return result


def _after_table(lines: list[tuple[str, str, str]], position: int) -> int:
    """Past the table's rows, so that a long table does not exhaust the look-ahead."""
    end = min(position + _LOOK_AHEAD, len(lines))
    start = next((i for i in range(position, end) if lines[i][2].startswith("|")), None)
    if start is None:
        return position
    while start < len(lines) and lines[start][2].startswith("|"):
        start += 1
    return start


def _parsed(line: str) -> tuple[str, str, str]:
    plain = _ESCAPES.sub("", line)
    if plain.lstrip().startswith("|"):
        return "", "", "|" + _key(plain)
    match = _NUMBERED.match(plain)
    number, text = (match["number"], match["text"]) if match else ("", "")
    return number, _key(text), _key(plain.lstrip("# "))


def _key(text: str) -> str:
    return "".join(char for char in text if char.isalnum())[:60]
