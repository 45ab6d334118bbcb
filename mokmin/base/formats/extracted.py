"""What a reader hands back before structure and title are settled, and text cleaning."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from .model import Block, Cell

# Private-use characters of Hancom's symbol fonts, as they reach Unicode text.
_HANCOM_SYMBOLS = str.maketrans(
    {
        "\uf09e": "·",
        "\uf06c": "●",
        "\uf06d": "○",
        "\U000f080f": "·",
        "\uf0a7": "▪",
        "\uf0b7": "•",
        "\uf0d8": "▶",
        "\uf0e0": "→",
        "\uf0e8": "⇒",
        "\uf0fe": "☑",
        "\uf53a": "한",  # the old-Hangul syllable of the brand name 한글
        **{chr(0xF02B0 + number): chr(0x245F + number) for number in range(1, 10)},  # 1–9
        "\U000f02ba": "1",  # left half of 10–19
        **{chr(0xF02C3 + digit): str(digit) for digit in range(10)},  # right half
        "\u00a0": " ",
        "\u3000": " ",
        "\u200b": None,
        "\ufeff": None,
        "\u00ad": None,
        "\x00": None,
    }
)
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LEADERS = re.compile(r"[·.…‥]{4,}")
_SPACES = re.compile(r"[ \t\r\f\v]+")


@dataclass(frozen=True, slots=True)
class Extracted:
    """Raw blocks in reading order, the title its metadata claims, and Korean warnings."""

    blocks: tuple[Block, ...]
    title: str = ""
    warnings: tuple[str, ...] = ()


def clean_text(text: str) -> str:
    """``text`` in NFC, without control characters and runs of blanks; line breaks are kept."""
    text = unicodedata.normalize("NFC", text.translate(_HANCOM_SYMBOLS))
    text = _LEADERS.sub("···", text)
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def clean_line(text: str) -> str:
    """``text`` cleaned and on one line."""
    return clean_text(text).replace("\n", " ")


def table_text(rows: Iterable[Iterable[Cell]]) -> str:
    """A table as plain text: a line per row, cells joined by `` | ``, empty cells left out."""
    lines = []
    for row in rows:
        texts = [cell.text.replace("\n", " ") for cell in row if cell.text]
        if texts:
            lines.append(" | ".join(texts))
    return "\n".join(lines)


def table_block(rows: Iterable[Iterable[Cell]]) -> Block | None:
    """A table block, or None when no cell has text."""
    kept = tuple(tuple(row) for row in rows)
    text = table_text(kept)
    return Block("table", text, rows=kept) if text else None


def characters(blocks: Iterable[Block]) -> int:
    """The number of letters and digits over all blocks; 0 means that nothing can be cited."""
    return sum(1 for block in blocks for char in block.text if char.isalnum())
