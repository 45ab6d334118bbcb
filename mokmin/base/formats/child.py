"""The killable process that reads one file: ``python -m mokmin.base.formats.child REQUEST.json``.

The request names the file, the limits and where to write the outcome. Limits of the operating
system are set before any parsing library is loaded.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from pathlib import Path

from mokmin.base.errors import UnreadableFile

from .limits import ReadLimits
from .reader import read_document
from .serial import to_dict


def main(request_path: str) -> int:
    """Read the requested file and write ``{"document": …}`` or ``{"reason", "code"}``."""
    request = json.loads(Path(request_path).read_text("utf-8"))
    limits = ReadLimits(**request["limits"])
    _confine(limits, float(request["seconds"]))
    extension = Path(request["extension"])

    def extend(seconds: float) -> None:
        _allow_cpu(seconds)
        extension.write_text(str(seconds), "utf-8")

    try:
        document = read_document(
            Path(request["path"]), name=request["name"], limits=limits, extend=extend
        )
        outcome: dict[str, object] = {"document": to_dict(document)}
    except UnreadableFile as error:
        outcome = {"reason": error.message, "code": error.code}
    Path(request["out"]).write_text(json.dumps(outcome, ensure_ascii=False), "utf-8")
    return 0


def _confine(limits: ReadLimits, seconds: float) -> None:
    hard = int(limits.max_seconds) + 10
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (min(hard, int(seconds) + 5), hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.output_bytes, limits.output_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it and would only see EFBIG


def _allow_cpu(seconds: float) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (min(hard, soft + int(seconds)), hard))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
