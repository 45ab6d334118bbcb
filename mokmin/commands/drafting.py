"""draft."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from mokmin.base.errors import InvalidInput
from mokmin.commands.output import Output
from mokmin.knowledge.official.checks.model import Context
from mokmin.knowledge.official.checks.review import review
from mokmin.knowledge.official.drafting import compose, written
from mokmin.knowledge.official.kinds import kind_of
from mokmin.knowledge.official.model import OfficialDocument
from mokmin.knowledge.official.proof import Check, proof
from mokmin.settings import Settings

MOST_BYTES = 4 * 2**20


def draft(options: argparse.Namespace, _settings: Settings, out: Output) -> int:
    """``mokmin draft KIND --facts F.json --out FILE.hwpx``: a document from facts, without a model."""
    given = _facts(options.facts)
    if options.out.suffix.lower() != ".hwpx":
        raise InvalidInput("--out 파일의 이름은 .hwpx로 끝나야 합니다.")
    if not options.out.parent.is_dir():
        raise InvalidInput(f"'{options.out.parent}' 폴더가 없습니다.")
    made = compose(options.kind, given)
    package, pages = written(made.document)
    checks = [*proof(made, given, package, pages), *_reviewed(made.document)]
    _write(options.out, package)
    out.data(
        {
            "file": str(options.out),
            "kind": made.document.kind,
            "checks": [{"rule": c.rule, "ok": c.ok, "message": c.message} for c in checks],
            "pages": pages,
        }
    )
    out.say(f"{options.out}: {pages}쪽을 썼습니다.")
    for check in checks:
        out.say(f"  {'○' if check.ok else '×'} {check.rule}: {check.message}")
    return 0


def _reviewed(document: OfficialDocument) -> list[Check]:
    """What the reviewer finds, as checks that are not kept; one line when it finds nothing."""
    needed = tuple(f.key for f in kind_of(document.kind).required)
    found = review(document, Context(today=datetime.now().astimezone().date(), required=needed))
    checks = [Check(f.rule, f.severity == "advice", f.message) for f in found]
    return checks or [Check("검토", True, "검토 규칙에서 고칠 곳을 찾지 못했습니다.")]


def _facts(path: Path) -> Any:
    if not path.is_file():
        raise InvalidInput(f"'{path}' 파일이 없습니다.")
    if path.stat().st_size > MOST_BYTES:
        raise InvalidInput(f"사실 파일은 {MOST_BYTES // 2**20}MB까지 읽습니다.")
    try:
        return json.loads(path.read_bytes().decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidInput(f"'{path.name}' 파일을 UTF-8 JSON으로 읽을 수 없습니다.") from error


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all; an older file of that name stays until the new one is complete."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
    scratch = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
