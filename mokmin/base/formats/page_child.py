"""Child process of ``page_images``: page sizes of a PDF, or one page as PNG."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

import pypdfium2

MEMORY_BYTES = 1 << 30
CPU_SECONDS = 30
MAX_PIXELS = 20_000_000


def main(arguments: list[str]) -> int:
    """``sizes FILE OUT`` writes ``[[width, height], …]`` in points; ``page FILE OUT N WIDTH`` a PNG."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    what, source, target = arguments[:3]
    pdf = pypdfium2.PdfDocument(source)
    if what == "sizes":
        sizes = [pdf.get_page_size(n) for n in range(len(pdf))]
        Path(target).write_text(json.dumps(sizes), encoding="utf-8")
        return 0
    page = pdf[int(arguments[3]) - 1]
    scale = int(arguments[4]) / page.get_width()
    if page.get_width() * page.get_height() * scale * scale > MAX_PIXELS:
        return 3
    page.render(scale=scale).to_pil().save(target, format="PNG", optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
