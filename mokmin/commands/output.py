"""What a command prints: JSON for programs on standard output, words for people."""

from __future__ import annotations

import json
import sys
from datetime import date
from typing import Any

from mokmin.base.errors import MokminError


def _default(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


class Output:
    """Standard output holds only JSON when ``json`` is set; progress goes to standard error."""

    def __init__(self, *, json: bool) -> None:
        self.json = json

    def data(self, value: dict[str, Any]) -> None:
        """One JSON object on a line of its own (nothing without ``--json``)."""
        if self.json:
            sys.stdout.write(json.dumps(value, ensure_ascii=False, default=_default) + "\n")
            sys.stdout.flush()

    def say(self, text: str = "") -> None:
        """A line for people."""
        if not self.json:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()

    def note(self, text: str) -> None:
        """A line of progress on standard error."""
        sys.stderr.write(text + "\n")
        sys.stderr.flush()

    def progress(self, label: str, done: int, everything: int) -> None:
        """A progress bar on standard error: redrawn on a terminal, sparse lines elsewhere."""
        share = done / everything if everything else 1.0
        if sys.stderr.isatty():
            bar = "█" * int(share * 24)
            end = "\n" if done >= everything else ""
            sys.stderr.write(f"\r{label} {bar:<24} {done:,}/{everything:,}{end}")
            sys.stderr.flush()
        elif done >= everything or done % max(1, everything // 10) == 0:
            self.note(f"{label} {done:,}/{everything:,}")

    def error(self, error: MokminError) -> None:
        """An error: JSON object and a Korean sentence."""
        if self.json:
            self.data(
                {"error": {"code": error.code, "detail": error.message, "retry": error.retry}}
            )
        sys.stderr.write(error.message + "\n")
