"""Read a folder of real files and print what became of each.

Usage: ``.venv/bin/python benchmarks/formats.py FOLDER`` — every file under FOLDER goes through
``read_isolated`` (the time includes the start of the killable process); the result is a Markdown
table of file, status, reason, blocks, tables, characters (letters and digits) and seconds.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from mokmin.base.errors import UnreadableFile
from mokmin.base.formats.reader import read_isolated

_LISTS = {".tsv", ".json"}


def main(folder: Path) -> int:
    """Print the table; the exit status is 1 when no file was found."""
    files = sorted(
        path for path in folder.rglob("*") if path.is_file() and path.suffix not in _LISTS
    )
    print("| file | status | reason | blocks | tables | chars | seconds |")
    print("|---|---|---|---:|---:|---:|---:|")
    ready = 0
    begin = time.perf_counter()
    for path in files:
        start = time.perf_counter()
        try:
            document = read_isolated(path)
        except UnreadableFile as error:
            status, reason, blocks, tables, chars = "failed", error.message, 0, 0, 0
        else:
            ready += 1
            status, reason, blocks = "ready", " / ".join(document.warnings), len(document.blocks)
            tables = sum(1 for block in document.blocks if block.type == "table")
            chars = sum(1 for block in document.blocks for char in block.text if char.isalnum())
        seconds = time.perf_counter() - start
        name = path.relative_to(folder).as_posix().replace("|", "\\|")
        print(f"| {name} | {status} | {reason} | {blocks} | {tables} | {chars} | {seconds:.2f} |")
    print(f"\n{ready} of {len(files)} ready in {time.perf_counter() - begin:.1f} s")
    return 0 if files else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
