"""Builds the demo city's files and manifest from `mokmin/demo/sources`.

    python tools/build_demo.py [NAME…]

Without names every file is built anew and `manifest.json` is written; with names (source stems)
only those files. Needs Chromium and the Nanum fonts (for PDF). Every HWPX is read back with dochan:
a missing sentence or table cell is an error, and nothing is written for that document.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from demo_render import RENDERERS
from demo_source import Source, load, spans
from dochan import Dochan

DEMO = Path(__file__).resolve().parent.parent / "mokmin" / "demo"
KINDS = {"매뉴얼", "계획", "회의록", "보도자료", "공고", "FAQ", "예산", "조직", "지침", "규정"}
MAX_BYTES = 300_000


def squeeze(text: str) -> str:
    """The text without any white space, as both sides of a read-back are compared."""
    return "".join(text.split())


def entry(source: Source, files: set[str]) -> dict[str, object]:
    """The manifest entry of a source. Raises ValueError on a wrong front matter."""
    meta = source.meta
    audience = meta.get("audience", "staff")
    older = meta.get("supersedes")
    wrong = [
        meta["kind"] not in KINDS,
        meta["grade"] not in {"O", "S", "C"},
        older is not None and older not in files,
        meta.get("status", "in_force") not in {"in_force", "superseded", "not_yet"},
    ]
    if any(wrong):
        raise ValueError(f"{source.name}: wrong front matter {meta}")
    return {
        "file": source.file,
        "title": meta["title"],
        "department": meta["department"],
        "kind": meta["kind"],
        "grade": meta["grade"],
        "date": meta["date"],
        "audience": audience if audience == "staff" else [d.strip() for d in audience.split(",")],
        "supersedes": older,
        "status": meta.get("status", "in_force"),
    }


def check_hwpx(path: Path, source: Source) -> None:
    """Read the written HWPX back; raises ValueError when a paragraph or a cell is missing."""
    found = squeeze(Dochan(str(path)).to_markdown())
    plain = found.replace("\\", "").replace("*", "")
    for block in source.blocks:
        cells = [block.rows[r][c] for r, c, _, _ in spans(block.rows)]
        for piece in [block.text, block.footnote, *cells]:
            if squeeze(piece).replace("*", "") not in plain:
                path.unlink()
                raise ValueError(f"{source.name}: read back without {piece!r}")


def build(source: Source) -> int:
    """Write one file and return its size in bytes."""
    kind = "scan" if source.meta.get("scan") else source.file.rpartition(".")[2]
    data = RENDERERS[kind](source)
    path = DEMO / "files" / source.file
    path.write_bytes(data)
    if kind == "hwpx":
        check_hwpx(path, source)
    if len(data) > MAX_BYTES:
        raise ValueError(f"{source.name}: {len(data)} bytes, more than {MAX_BYTES}")
    return len(data)


def main(names: list[str]) -> None:
    """Build the named sources, or all of them and the manifest."""
    sources = load(DEMO / "sources")
    files = {source.file for source in sources}
    entries = [entry(source, files) for source in sources]
    (DEMO / "files").mkdir(exist_ok=True)
    total = 0
    for source in sources:
        if not names or source.name in names:
            size = build(source)
            total += size
            print(f"{size:>8} {source.file}")
    if not names:
        for path in (DEMO / "files").iterdir():
            if path.name not in files:
                path.unlink()
        (DEMO / "manifest.json").write_text(
            json.dumps(entries, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
    print(f"{total} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
