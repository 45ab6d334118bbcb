"""Ingestion of the statutes, all included (isolated reading, passages, morphemes, vectors, index).

Usage: python benchmarks/ingestion.py [LAWS]   writes LAWS statutes (default all) as text files into a
temporary folder and runs `mokmin ingest` on it twice, without the shipped feature cache.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from mokmin.demo.loader import statutes


def main() -> None:
    """Two runs: the first reads all, the second skips all."""
    limit = int(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "laws"
        folder.mkdir()
        for number, law in enumerate(statutes()):
            if limit is not None and number >= limit:
                break
            # The demo's own cache must not help: another title gives other texts.
            title, rest = law.content.split(b"\n", 1)
            content = title + f" ({number})\n".encode() + rest
            (folder / f"({number}) {law.name}").write_bytes(content)
        for run in ("first", "second"):
            done = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "mokmin",
                    "--home",
                    str(Path(scratch) / "home"),
                    "ingest",
                    str(folder),
                    "--json",
                ],
                check=True,
                capture_output=True,
                text=True,
                env={**os.environ},
            )
            summary = json.loads(done.stdout.splitlines()[-1])["summary"]
            speed = summary["passages"] / summary["seconds"]
            print(f"{run}: {summary} {speed:.1f} passages/s")


if __name__ == "__main__":
    main()
