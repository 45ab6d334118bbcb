"""JSON logs on standard error. Only named fields are written: never questions, answers, names."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

FIELDS = (
    "code",
    "status",
    "path",
    "method",
    "ms",
    "job",
    "version",
    "turn",
    "model",
    "error",
    "event",
)


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter.format``."""
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage() if record.name.startswith("mokmin") else record.msg,
        }
        entry.update({key: record.__dict__[key] for key in FIELDS if key in record.__dict__})
        if record.exc_info and record.exc_info[1] is not None:
            frames = []
            trace = record.exc_info[2]
            while trace is not None:
                frames.append(f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}")
                trace = trace.tb_next
            # The exception's own text may quote user input: only its type and place are logged.
            entry["error"] = type(record.exc_info[1]).__name__
            entry["where"] = frames[-6:]
        return json.dumps(entry, ensure_ascii=False, default=str)


def configure(level: str) -> None:
    """Send all logs through the JSON formatter."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "openai", "alembic", "pdfminer", "multipart"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
