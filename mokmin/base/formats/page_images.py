"""PDF pages as pictures, drawn in a killable subprocess and kept in a cache folder."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from mokmin.base.errors import UnreadableFile

WIDTH = 1_240
SECONDS = 40
_FAILED = "이 쪽을 그림으로 바꾸지 못했습니다. '글로 보기'를 누르거나 원본을 받아 보세요."


class PageImages:
    """Pictures of pages; a key names the content of the file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def sizes(self, key: str, source: Path) -> list[tuple[float, float]]:
        """Width and height of every page in points. Raises UnreadableFile."""
        data = json.loads(self._made(key, "sizes.json", ["sizes", str(source)]).read_text("utf-8"))
        return [(float(w), float(h)) for w, h in data]

    def png(self, key: str, source: Path, page: int) -> Path:
        """Path of a page's picture, 1,240 pixels wide. Raises UnreadableFile."""
        extra = [str(int(page)), str(WIDTH)]
        return self._made(key, f"{int(page)}.png", ["page", str(source)], extra)

    def _made(self, key: str, name: str, first: list[str], rest: list[str] | None = None) -> Path:
        target = self._folder / key[:2] / key / name
        if target.is_file():
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            made = Path(scratch) / name
            command = [
                sys.executable,
                "-m",
                "mokmin.base.formats.page_child",
                *first,
                str(made),
                *(rest or []),
            ]
            try:
                subprocess.run(  # noqa: S603
                    command,
                    check=True,
                    timeout=SECONDS,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                made.replace(target)
            except (subprocess.SubprocessError, OSError) as error:
                raise UnreadableFile(_FAILED, code="page-image") from error
        return target
