"""Character recognition of scanned pages through the tesseract program."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from .extracted import clean_line
from .model import Block
from .provisions import locate
from .reasons import unreadable

RENDER_SCALE = 300 / 72
_MAX_SIDE = 5000
_WORD_CONFIDENCE = 30.0


def available() -> str:
    """The path of tesseract, or an empty string."""
    return shutil.which("tesseract") or ""


def page_blocks(image: Any, page: int, seconds: float) -> list[Block]:
    """Paragraphs with boxes recognised on a rendered page (a PIL image).

    Raises UnreadableFile when tesseract or its Korean data is not installed.
    """
    program = available()
    if not program:
        raise unreadable("needs-ocr")
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "page.png"
        image.thumbnail((_MAX_SIDE, _MAX_SIDE))
        image.convert("L").save(picture)
        command = [program, str(picture), "stdout", "-l", "kor+eng", "--psm", "6", "tsv"]
        try:
            done = subprocess.run(  # noqa: S603 - a fixed program with our own file
                command, capture_output=True, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired:
            return []
    if done.returncode != 0:
        if b"Failed loading language" in done.stderr or b"Error opening data file" in done.stderr:
            raise unreadable("needs-ocr")
        return []
    return _paragraphs(done.stdout.decode("utf-8", "replace"), image.size, page)


def _paragraphs(tsv: str, size: tuple[int, int], page: int) -> list[Block]:
    """Blocks from tesseract's TSV: one for each recognised line, with its box."""
    lines: dict[tuple[str, ...], list[tuple[str, tuple[int, int, int, int]]]] = {}
    for row in tsv.splitlines()[1:]:
        fields = row.split("\t")
        if len(fields) < 12 or fields[0] != "5" or float(fields[10]) < _WORD_CONFIDENCE:
            continue
        left, top, width, height = (int(value) for value in fields[6:10])
        box = (left, top, left + width, top + height)
        lines.setdefault(tuple(fields[1:5]), []).append((fields[11], box))
    blocks = []
    for words in lines.values():
        text = clean_line(" ".join(word for word, _ in words))
        if any(char.isalnum() for char in text):
            line_box = (
                min(b[0] for _, b in words) / size[0],
                min(b[1] for _, b in words) / size[1],
                max(b[2] for _, b in words) / size[0],
                max(b[3] for _, b in words) / size[1],
            )
            blocks.append(Block("paragraph", text, locator=locate(page, line_box)))
    return blocks
