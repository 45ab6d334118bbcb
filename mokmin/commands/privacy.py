"""pii."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mokmin.base.errors import InvalidInput
from mokmin.base.formats.limits import ReadLimits
from mokmin.base.formats.reader import read_isolated
from mokmin.commands.output import Output
from mokmin.governance.privacy.detection import detect
from mokmin.governance.privacy.masking import mask, masked
from mokmin.governance.privacy.model import TYPES
from mokmin.settings import Settings

PLAIN = ("", ".txt", ".md", ".csv", ".json", ".jsonl", ".log")


def pii(options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin pii [FILE]``: personal information in a file or in standard input."""
    text = _text(options.file, settings)
    spans = detect(text)
    hidden = mask(text, spans)
    out.data(
        {
            "spans": [
                {
                    "start": span.start,
                    "end": span.end,
                    "type": span.type,
                    "text": span.text,
                    "masked": masked(span.type, span.text),
                }
                for span in spans
            ],
            "masked_text": hidden,
        }
    )
    out.say(hidden)
    counts = [
        f"{name} {n}건" for kind, name in TYPES.items() if (n := sum(s.type == kind for s in spans))
    ]
    out.note("찾은 개인정보: " + (", ".join(counts) or "없음"))
    return 0


def _text(path: Path | None, settings: Settings) -> str:
    """Plain text as it stands, so that offsets are the file's; other formats as they are read."""
    if path is not None and not path.is_file():
        raise InvalidInput(f"'{path}' 파일이 없습니다.")
    if path is not None and path.suffix.lower() not in PLAIN:
        limits = ReadLimits(seconds=float(settings.read_timeout_seconds))
        parsed = read_isolated(path, name=path.name, limits=limits)
        rows = (
            block.text or "\n".join(" ".join(c.text for c in row) for row in block.rows)
            for block in parsed.blocks
        )
        return "\n".join(rows)
    raw = sys.stdin.buffer.read() if path is None else path.read_bytes()
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInput("글자를 읽을 수 없습니다. UTF-8 또는 CP949로 저장한 글을 주십시오.")
