"""The files of the audit log in a backup: closed months and anchors, below ``audit/`` of the home.

Anchors are listed before the tables are read (an anchor speaks of entries that are there already),
months after them (what left the table lies in a file).
"""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = "audit"
_KINDS = {
    "anchors": re.compile(r"\d{4}-\d{2}-\d{2}\.json"),
    "segments": re.compile(r"\d{4}-\d{2}(-\d+)?\.jsonl\.gz"),
}


def anchors_of(home: Path) -> list[Path]:
    """The daily anchors of a home."""
    return _files(home, "anchors")


def segments_of(home: Path) -> list[Path]:
    """The files of closed months of a home."""
    return _files(home, "segments")


def keeps(name: str) -> bool:
    """Whether a member such as ``audit/anchors/2026-11-22.json`` is one of these files."""
    parts = name.split("/")
    if len(parts) != 3 or parts[0] != FOLDER or parts[1] not in _KINDS:
        return False
    return _KINDS[parts[1]].fullmatch(parts[2]) is not None


def _files(home: Path, kind: str) -> list[Path]:
    folder = home / FOLDER / kind
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if _KINDS[kind].fullmatch(path.name) and path.is_file() and not path.is_symlink()
    )
