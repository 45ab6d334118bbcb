"""Where a batch lies while it is worked on: its rows, one file per recipient, and the finished ZIP. All in
one folder that is deleted as a whole, because it holds personal data."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from mokmin.base.errors import NotFound


class BatchFolder:
    """One folder per batch below ``home/forms``."""

    def __init__(self, root: Path, batch_id: int) -> None:
        self._place = root / f"{batch_id:d}"

    def keep_rows(self, rows: Sequence[Mapping[str, str]]) -> None:
        """Put the rows there; only the service's account may read them."""
        self._place.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._write(self._place / "rows.json", json.dumps(list(rows), ensure_ascii=False).encode())

    def rows(self) -> list[dict[str, str]]:
        """The rows. Raises NotFound when the batch was cleared away."""
        file = self._place / "rows.json"
        if not file.is_file():
            raise NotFound("명단이 이미 지워졌습니다. 명단을 다시 올려 주세요.")
        loaded: list[dict[str, str]] = json.loads(file.read_text("utf-8"))
        return loaded

    def has(self, number: int) -> bool:
        """Whether the file of a row is whole."""
        return self._file(number).is_file()

    def put(self, number: int, package: bytes) -> None:
        """The file of a row, whole or not at all; twice does no harm."""
        self._file(number).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._write(self._file(number), package)

    def finish(self, names: Mapping[int, str], lists: Iterable[tuple[str, str]]) -> None:
        """The ZIP with the files under their names and lists of text, put in place at once."""
        handle, temporary = tempfile.mkstemp(dir=self._place, prefix=".zip-")
        with os.fdopen(handle, "wb") as sink, zipfile.ZipFile(sink, "w") as archive:
            for number, name in names.items():
                archive.write(self._file(number), f"{name}.hwpx")  # HWPX is packed already
            for name, text in lists:
                archive.writestr(name, "\ufeff" + text, zipfile.ZIP_DEFLATED)
        Path(temporary).replace(self._place / "result.zip")
        shutil.rmtree(self._place / "files", ignore_errors=True)

    def result(self) -> Path:
        """The finished ZIP. Raises NotFound."""
        file = self._place / "result.zip"
        if not file.is_file():
            raise NotFound("결과 파일이 없습니다. 보관 기간이 지나 지워졌을 수 있습니다.")
        return file

    def clear(self) -> None:
        """Everything of the batch."""
        shutil.rmtree(self._place, ignore_errors=True)

    def _file(self, number: int) -> Path:
        return self._place / "files" / f"{number:05d}.hwpx"

    def _write(self, place: Path, data: bytes) -> None:
        handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=".part-")
        with os.fdopen(handle, "wb") as sink:
            sink.write(data)
        Path(temporary).replace(place)
