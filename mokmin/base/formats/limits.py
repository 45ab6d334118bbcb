"""How much a file may cost before it is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Bounds for reading one file. Sizes are bytes, times are seconds.

    The wall clock allows ``seconds`` plus ``seconds_per_mb`` for each megabyte of the file; a
    scan that needs character recognition may ask for more, never beyond ``max_seconds``.
    """

    file_bytes: int = 200 * MB
    memory_bytes: int = 2048 * MB
    output_bytes: int = 256 * MB
    seconds: float = 60.0
    seconds_per_mb: float = 2.0
    max_seconds: float = 1800.0
    unpacked_bytes: int = 600 * MB
    unpacked_ratio: int = 150
    ratio_floor_bytes: int = 50 * MB
    entries: int = 20_000
    nesting: int = 200
    table_cells: int = 400_000
    table_rows: int = 20_000
    table_columns: int = 500
    pages: int = 3_000
    archive_files: int = 2_000
    archive_depth: int = 2
    ocr_seconds_per_page: float = 30.0

    def wall_seconds(self, size: int) -> float:
        """Wall-clock seconds allowed for a file of ``size`` bytes before any extension."""
        return min(self.max_seconds, self.seconds + self.seconds_per_mb * size / MB)


def _no_extension(_seconds: float) -> None:
    return None


@dataclass(frozen=True, slots=True)
class ReadContext:
    """What a reader is told: the user's file name, the true kind, the limits.

    ``extend`` asks the supervising process for more wall-clock seconds (for OCR).
    """

    name: str
    kind: str
    limits: ReadLimits = field(default_factory=ReadLimits)
    extend: Callable[[float], None] = _no_extension
