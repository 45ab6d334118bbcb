"""Packs the statutes corpus into the demo's package data.

    python tools/build_statutes.py --corpus PATH

PATH is a JSONL file, one article a line, of public-domain law text (Copyright Act art. 7 no. 1).
Written: `mokmin/demo/statutes.jsonl.xz`, one JSON object per article in the same order, with only
law, article, title, text, date, promulgated, department and chapter. Amendment notes (`<개정 …>`)
are taken out of the chapter path only.
"""

from __future__ import annotations

import argparse
import json
import lzma
import re
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "mokmin" / "demo" / "statutes.jsonl.xz"
FIELDS = ("law", "article", "title", "text", "date", "promulgated", "department", "chapter")
NOTE = re.compile(r"\s*<[^<>]*(?:개정|신설|전문|본조|제목|이동|삭제)[^<>]*>")


def pack(line: str) -> str:
    """One corpus line as the compact line of the package."""
    record = json.loads(line)
    kept = {field: record[field] for field in FIELDS}
    kept["chapter"] = NOTE.sub("", kept["chapter"] or "").strip()
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def main() -> None:
    """Read the corpus, write the package, print what was written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True)
    corpus = parser.parse_args().corpus
    lines = [pack(line) for line in corpus.read_text(encoding="utf-8").splitlines() if line]
    body = ("\n".join(lines) + "\n").encode()
    OUT.write_bytes(lzma.compress(body, preset=9 | lzma.PRESET_EXTREME))
    laws = {json.loads(line)["law"] for line in lines}
    print(f"{len(laws)} laws, {len(lines)} articles, {len(body)} -> {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
