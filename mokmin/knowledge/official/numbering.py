"""Marks of the blocks of a body: 1. 가. 1) 가) (1) (가) ① ㉮ for items, □ ○ - ※ for reports.

Source: 행정업무의 운영 및 혁신에 관한 규정 시행규칙 제2조제1항; an item alone on its level has no mark
(행정안전부, 「행정업무운영 편람」).
"""

from __future__ import annotations

from collections.abc import Sequence

from mokmin.base.korean.numbering import LEVELS, mark
from mokmin.knowledge.official.model import Block

BULLETS = ("□", "○", "-", "※")


def marks(body: Sequence[Block]) -> list[str]:
    """The mark of each block, empty where it has none. Tables, boxes, notes and quotes between items do
    not break their count; a heading begins it anew."""
    found = [""] * len(body)
    runs: list[tuple[int, list[int]]] = []  # of each open level: its depth and its members

    def close(depth: int) -> None:
        while runs and runs[-1][0] > depth:
            level, members = runs.pop()
            if len(members) > 1:
                for number, at in enumerate(members, 1):
                    found[at] = mark(min(level, LEVELS), number)

    for at, block in enumerate(body):
        if block.style == "item":
            close(block.level)
            if runs and runs[-1][0] == block.level:
                runs[-1][1].append(at)
            else:
                runs.append((block.level, [at]))
        elif block.style in ("heading", "lead"):
            close(0)
        elif block.style == "bullet":
            found[at] = BULLETS[min(block.level, len(BULLETS)) - 1]
    close(0)
    return found
