"""read, ingest, search, ask."""

from __future__ import annotations

import argparse
import queue
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mokmin.app import App
from mokmin.base.errors import InvalidInput, MokminError, UnreadableFile
from mokmin.base.formats.archive import expand_zip
from mokmin.base.formats.limits import ReadLimits
from mokmin.base.formats.reader import read_isolated
from mokmin.base.formats.serial import to_dict
from mokmin.commands.output import Output
from mokmin.governance.access.model import OPERATOR, Principal
from mokmin.knowledge.answering.citing import locator_dict, place
from mokmin.knowledge.documents.model import DocumentMeta, State
from mokmin.knowledge.ingestion.worker import ingest_now
from mokmin.settings import Settings

WORKERS = 2


def read(options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin read FILE``."""
    path: Path = options.file
    result: dict[str, Any] = {
        "file": str(path),
        "format": "",
        "title": "",
        "status": "ready",
        "reason": "",
        "blocks": [],
    }
    try:
        if not path.is_file():
            raise InvalidInput(f"'{path}' 파일이 없습니다.")
        limits = ReadLimits(seconds=float(settings.read_timeout_seconds))
        parsed = read_isolated(path, name=path.name, limits=limits)
    except UnreadableFile as error:
        out.data(result | {"status": "failed", "reason": error.message})
        out.say(f"읽지 못함: {error.message}")
        return 1
    body = to_dict(parsed)
    out.data(result | {key: body[key] for key in ("format", "title", "blocks")})
    out.say(f"{parsed.title}  ({parsed.format}, {len(parsed.blocks)}개 덩이)")
    for block in parsed.blocks:
        where = place(block.locator)
        text = block.text or " / ".join(c.text for row in block.rows[:3] for c in row)
        out.say(f"[{block.type}{block.level or ''}] {where + ' | ' if where else ''}{text}")
    for warning in parsed.warnings:
        out.note(f"주의: {warning}")
    return 0


@dataclass(frozen=True, slots=True)
class _Item:
    """A file to ingest: shown name, path on disk, and the source that names it in the library."""

    shown: str
    path: Path
    source: str


def ingest(options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin ingest PATH…``: two files at a time, each to its end."""
    app = App(settings)
    meta = DocumentMeta(
        department=options.department,
        grade=options.grade,
        audience=tuple(options.allow) or ("staff",),
    )
    begin = time.perf_counter()
    totals = {"ready": 0, "failed": 0, "duplicate": 0, "passages": 0}
    with tempfile.TemporaryDirectory(prefix="mokmin-") as scratch:
        items = list(_walk(options.paths, Path(scratch)))
        todo: queue.Queue[_Item] = queue.Queue()
        for item in items:
            todo.put(item)
        results: queue.Queue[dict[str, Any]] = queue.Queue()
        # The database and the models are built before the threads share them.
        app.documents, app.ingestion, app.index.health()
        threads = [
            threading.Thread(target=_work, args=(app, meta, todo, results), daemon=True)
            for _ in range(min(WORKERS, len(items)))
        ]
        for thread in threads:
            thread.start()
        for done in range(1, len(items) + 1):
            result = results.get()
            totals[result["status"]] += 1
            totals["passages"] += result["passages"]
            out.data(result)
            out.progress("문서 넣기", done, len(items))
            if result["status"] == "failed":
                out.say(f"실패  {result['file']}: {result['reason']}")
        for thread in threads:
            thread.join()
    if totals["ready"]:
        app.index.optimise()
    seconds = round(time.perf_counter() - begin, 2)
    out.data({"summary": totals | {"seconds": seconds}})
    out.say(
        f"완료 {totals['ready']:,}건 · 이미 있음 {totals['duplicate']:,}건 · "
        f"실패 {totals['failed']:,}건 · 단락 {totals['passages']:,}개 · {seconds:.1f}초"
    )
    return 1 if totals["failed"] else 0


def _walk(paths: list[Path], scratch: Path) -> Iterator[_Item]:
    for path in paths:
        if not path.exists():
            raise InvalidInput(f"'{path}' 파일이나 폴더가 없습니다.")
        inside = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in inside:
            if any(part.startswith(".") for part in file.relative_to(path).parts):
                continue
            yield from _expand(file, scratch)


def _expand(file: Path, scratch: Path) -> Iterator[_Item]:
    source = str(file.resolve())
    if file.suffix.lower() != ".zip":
        yield _Item(str(file), file, source)
        return
    folder = Path(tempfile.mkdtemp(dir=scratch))
    try:
        for name, member in expand_zip(file, folder, ReadLimits()):
            yield _Item(f"{file}/{name}", member, f"{source}/{name}")
    except UnreadableFile:
        # Reading it as a document reports the true reason for this file alone.
        yield _Item(str(file), file, source)


def _work(
    app: App, meta: DocumentMeta, todo: queue.Queue[_Item], results: queue.Queue[dict[str, Any]]
) -> None:
    while True:
        try:
            item = todo.get_nowait()
        except queue.Empty:
            return
        begin = time.perf_counter()
        result: dict[str, Any] = {
            "file": item.shown,
            "document_id": None,
            "status": "failed",
            "reason": "",
            "passages": 0,
        }
        try:
            result |= _ingest_one(app, meta, item)
        except (MokminError, OSError) as error:
            result["reason"] = error.message if isinstance(error, MokminError) else str(error)
        results.put(result | {"seconds": round(time.perf_counter() - begin, 2)})


def _ingest_one(app: App, meta: DocumentMeta, item: _Item) -> dict[str, Any]:
    with item.path.open("rb") as stream:
        upload = app.documents.take(
            OPERATOR, Path(item.shown).name, stream, meta, source=item.source
        )
    document = app.documents.get(OPERATOR, upload.document_id)
    if upload.duplicate and document.state is State.READY:
        return {"document_id": upload.document_id, "status": "duplicate", "passages": 0}
    outcome = ingest_now(app.queue, app.ingestion, upload.version_id)
    status = "ready" if outcome.state is State.READY else "failed"
    return {
        "document_id": upload.document_id,
        "status": status,
        "reason": outcome.reason,
        "passages": outcome.passages,
    }


def _principal(app: App, login: str | None) -> Principal:
    return replace(app.people.principal(login), channel="cli") if login else OPERATOR


def search(options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin search QUERY``."""
    app = App(settings)
    principal = _principal(app, options.user)
    result = app.search.search(principal, options.query, top=max(1, options.top))
    app.audit.record(principal, "search", f"hits:{len(result.hits)}")
    hits = [
        {
            "rank": h.rank,
            "score": round(h.score, 4),
            "passage_id": h.passage_id,
            "document_id": h.document_id,
            "title": h.title,
            "text": h.text,
            "locator": locator_dict(h.locator),
            "grade": h.grade,
            "department": h.department,
            "date": h.dated_on,
        }
        for h in result.hits
    ]
    out.data({"query": result.query, "seconds": round(result.trace.seconds, 4), "hits": hits})
    for h in result.hits:
        out.say(f"{h.rank:2}. {h.title} · {place(h.locator, h.title)}  [{h.grade}]")
        out.say(f"    {h.text[:160].replace(chr(10), ' ')}")
    if not result.hits:
        out.say("찾은 것이 없습니다. 낱말을 바꾸어 다시 찾아 보세요.")
    return 0


def ask(options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin ask QUESTION``."""
    app = App(settings)
    answer = app.answers.answer(
        _principal(app, options.user), options.question, model=options.model
    )
    citations = [asdict(c) for c in answer.citations]
    kept = ("n", "passage_id", "document_id", "title", "locator", "quote", "grade", "date")
    out.data(
        {
            "question": answer.question,
            "answer": answer.text,
            "refused": answer.refused,
            "reason": answer.reason,
            "model": answer.model,
            "mode": answer.mode,
            "sentences": [
                {"text": s.text, "support": s.support, "citations": list(s.citations)}
                for s in answer.sentences
            ],
            "citations": [{key: c[key] for key in kept} for c in citations],
            "seconds": round(answer.seconds, 3),
        }
    )
    for notice in answer.notices:
        out.say(f"※ {notice}")
    out.say(answer.lead)
    related = False
    for s in answer.sentences:
        if s.role == "related" and not related:
            related = True
            out.say("함께 볼 내용")
        out.say(f"- {s.text} {''.join(f'[{n}]' for n in s.citations)}")
    for c in answer.citations:
        out.say(f"  [{c.n}] {c.title} · {c.place} ({c.grade})")
    if answer.refused:
        out.say(answer.reason)
        for near in answer.nearest:
            out.say(f"  가까운 문서: {near.title} · {near.department} {near.phone}".rstrip())
    return 0
