"""Read any supported file: in this process, or in one that can be killed."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from mokmin.base.errors import UnreadableFile

from .extracted import Extracted, characters
from .limits import ReadContext, ReadLimits
from .model import ParsedDocument
from .provisions import structure
from .reasons import unreadable
from .serial import from_dict
from .sniff import identify
from .titles import title_of

_MODULES = {
    "hwp": "hwp", "hwpx": "hwp", "pdf": "pdf", "docx": "office", "xlsx": "office",
    "pptx": "office", "html": "text", "md": "text", "txt": "text", "csv": "text",
}  # fmt: skip
# What parsing libraries raise on damaged input; anything else is our own mistake and must show.
_DAMAGE = (
    ValueError, LookupError, TypeError, AttributeError, ArithmeticError, OSError, EOFError,
    AssertionError, NotImplementedError, RuntimeError, SyntaxError, zipfile.BadZipFile,
    zlib.error, struct.error,
)  # fmt: skip
_PACKAGE_ROOT = Path(__file__).resolve().parents[3]
_POLL_SECONDS = 0.02


def read_document(
    path: Path,
    *,
    name: str | None = None,
    limits: ReadLimits | None = None,
    extend: Callable[[float], None] | None = None,
) -> ParsedDocument:
    """Read the file at ``path``, which the user calls ``name``, in this process.

    Raises UnreadableFile with the true reason and the next step; never returns without text.
    """
    limits = limits or ReadLimits()
    name = name or path.name
    _check_size(path, limits)
    identity = identify(path, name)
    context = ReadContext(name, identity.kind, limits)
    if extend is not None:
        context = dataclasses.replace(context, extend=extend)
    extracted = _extract(path, context)
    blocks = structure(extracted.blocks)
    if not characters(blocks):
        raise unreadable("no-text")
    warnings = (identity.warning, *extracted.warnings)
    return ParsedDocument(
        format=identity.kind,
        title=title_of(extracted.title, blocks, name, identity.kind),
        blocks=blocks,
        warnings=tuple(item for item in warnings if item),
    )


def _check_size(path: Path, limits: ReadLimits) -> None:
    if not path.is_file():
        raise unreadable("missing")
    if path.stat().st_size > limits.file_bytes:
        raise unreadable("too-large")


def _extract(path: Path, context: ReadContext) -> Extracted:
    module = importlib.import_module(f"{__package__}.{_MODULES[context.kind]}")
    try:
        extracted: Extracted = module.read(path, context)
    except UnreadableFile:
        raise
    except RecursionError as error:
        raise unreadable("too-deep") from error
    except MemoryError as error:
        raise unreadable("memory") from error
    except _DAMAGE as error:
        raise unreadable("damaged") from error
    return extracted


def read_isolated(
    path: Path, *, name: str | None = None, limits: ReadLimits | None = None
) -> ParsedDocument:
    """Read the file in a separate process under limits of memory, time and output.

    Whatever happens there (endless loop, crash, exhaustion) becomes UnreadableFile here.
    """
    limits = limits or ReadLimits()
    path = path.resolve()
    name = name or path.name
    _check_size(path, limits)
    with tempfile.TemporaryDirectory(prefix="mokmin-read-") as folder:
        work = Path(folder)
        seconds = limits.wall_seconds(path.stat().st_size)
        request = {
            "path": str(path),
            "name": name,
            "seconds": seconds,
            "limits": dataclasses.asdict(limits),
            "out": str(work / "out.json"),
            "extension": str(work / "extension"),
        }
        (work / "request.json").write_text(json.dumps(request), "utf-8")
        code = _supervise(work, seconds, limits)
        return _outcome(work / "out.json", code)


def _supervise(work: Path, seconds: float, limits: ReadLimits) -> int:
    """Run the child until it ends or its time is up; returns its exit status."""
    command = [sys.executable, "-m", f"{__package__}.child", str(work / "request.json")]
    with (work / "stderr").open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            cwd=_PACKAGE_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
        start = time.monotonic()
        try:
            while process.poll() is None:
                allowed = min(limits.max_seconds, seconds + _extension(work / "extension"))
                if time.monotonic() - start > allowed:
                    raise unreadable("timeout")
                time.sleep(_POLL_SECONDS)
        finally:
            _end(process)
    if process.returncode != 0 and b"MemoryError" in _tail(work / "stderr"):
        raise unreadable("memory")
    return process.returncode


def _extension(path: Path) -> float:
    """Extra seconds that the child asked for; 0 before it did or while it is writing."""
    try:
        return max(0.0, float(path.read_text("utf-8")))
    except (OSError, ValueError):
        return 0.0


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the child and all that it started (tesseract), and collect it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _tail(path: Path) -> bytes:
    data = path.read_bytes()
    return data[-4000:]


def _outcome(out: Path, code: int) -> ParsedDocument:
    if code == -signal.SIGXCPU:
        raise unreadable("timeout")
    if code == -signal.SIGXFSZ:
        raise unreadable("too-large")
    if code == -signal.SIGKILL:
        raise unreadable("memory")
    if code != 0 or not out.exists():
        raise unreadable("crashed")
    try:
        data = json.loads(out.read_text("utf-8"))
        if "reason" in data:
            raise UnreadableFile(str(data["reason"]), code=str(data["code"]))
        return from_dict(data["document"])
    except (ValueError, KeyError, TypeError) as error:
        raise unreadable("crashed") from error
