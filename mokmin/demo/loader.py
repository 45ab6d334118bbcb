"""Loads the demo city: departments, accounts, statutes and the city's own documents."""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.errors import Conflict
from mokmin.base.formats.model import ParsedDocument
from mokmin.base.formats.reader import read_document
from mokmin.features.know_how.service import Text
from mokmin.governance.access.model import OPERATOR
from mokmin.knowledge.documents.model import DocumentMeta, Freshness, Upload
from mokmin.knowledge.documents.passages import split_passages
from mokmin.knowledge.documents.rights_model import RightsEdit
from mokmin.knowledge.documents.store import documents
from mokmin.knowledge.ingestion.service import Ingestion
from mokmin.knowledge.ingestion.worker import Worker

Progress = Callable[[str, int, int], None]
LAW_KIND = "법령"


@dataclass(frozen=True, slots=True)
class DemoFile:
    """One document of the demo: its name, content and description."""

    name: str
    content: bytes
    meta: DocumentMeta


def _data(name: str) -> bytes:
    return resources.files("mokmin.demo").joinpath(name).read_bytes()


def city() -> dict[str, Any]:
    """The demo city's name, departments and accounts."""
    value: dict[str, Any] = json.loads(_data("city.json"))
    return value


def _rights_of(title: str, kind: str) -> dict[str, Any]:
    """Legal ground, disclosure and retention of a document of the demo."""
    data = _rights()
    found: dict[str, Any] = data["titles"].get(title) or data["kinds"][kind]
    return found


@cache
def _rights() -> dict[str, Any]:
    value: dict[str, Any] = json.loads(_data("rights.json"))
    return value


def statutes() -> Iterator[DemoFile]:
    """Every statute as one text document, its articles in order under their chapters."""
    lines = lzma.decompress(_data("statutes.jsonl.xz")).decode().splitlines()
    articles = [json.loads(line) for line in lines if line]
    for law, group in groupby(articles, key=lambda item: item["law"]):
        items = list(group)
        parts: list[str] = [law, ""]
        chapter: list[str] = []
        for item in items:
            path = [p for p in (item.get("chapter") or "").split(" > ") if p]
            if path != chapter:
                same = 0
                while same < min(len(path), len(chapter)) and path[same] == chapter[same]:
                    same += 1
                parts += [*path[same:], ""]
                chapter = path
            parts += [item["text"], ""]
        effective = date.fromisoformat(items[0]["date"])
        meta = DocumentMeta(
            title=law,
            department=items[0].get("department", ""),
            kind=LAW_KIND,
            grade="O",
            dated_on=date.fromisoformat(items[0].get("promulgated") or items[0]["date"]),
            effective_on=effective,
            audience=("staff",),
            **_rights_of(law, LAW_KIND),
        )
        yield DemoFile(f"{law}.txt", "\n".join(parts).encode(), meta)


def city_files() -> Iterator[DemoFile]:
    """The documents that the demo city wrote itself."""
    for item in json.loads(_data("manifest.json")):
        audience = item["audience"]
        meta = DocumentMeta(
            title=item["title"],
            department=item["department"],
            kind=item["kind"],
            grade=item["grade"],
            dated_on=date.fromisoformat(item["date"]),
            freshness=Freshness(item["status"]),
            audience=("staff",) if audience == "staff" else tuple(audience),
            **_rights_of(item["title"], item["kind"]),
        )
        yield DemoFile(item["file"], _data(f"files/{item['file']}"), meta)


def load(app: App, password: str, progress: Progress) -> int:
    """Load what is not there yet; the number of new documents. A run that was cut off goes on."""
    _accounts(app, password)
    fresh = 0
    laws = list(statutes())
    # The package's own text needs no isolation: it is read in this process, which is quicker.
    trusted = Ingestion(app.db, app.blobs, app.index, lambda: app.feature_extractor, _read_here)
    for done, item in enumerate(laws, start=1):
        fresh += _put(app, trusted, item)
        progress("법령 싣기", done, len(laws))
    files = list(city_files())
    for done, item in enumerate(files, start=1):
        fresh += _put(app, trusted, item)
        progress("시 문서 싣기", done, len(files))
    _link_editions(app)
    _decide_rights(app)
    _share_know_how(app)
    Worker(app.queue, app.ingestion, app.index).run(idle_seconds=0)
    if fresh:
        app.index.optimise()
    return fresh


def _share_know_how(app: App) -> None:
    """What colleagues shared, open to all staff; once."""
    for item in json.loads(_data("know_how.json")):
        author = app.people.principal(item.pop("login"))
        known = app.know_how.find(author, item["title"])
        if not any(entry.title == item["title"] for entry in known):
            app.know_how.add(author, Text(**item, readers=("staff",)))


def _link_editions(app: App) -> None:
    for item in json.loads(_data("manifest.json")):
        if item["supersedes"]:
            new = app.documents.by_source(OPERATOR, f"demo/{item['file']}")
            old = app.documents.by_source(OPERATOR, f"demo/{item['supersedes']}")
            if new is not None and old is not None:
                app.documents.supersede(OPERATOR, old.id, new.id)


def _decide_rights(app: App) -> None:
    """Ground, disclosure and retention of demo documents that an earlier release loaded without."""
    waiting: dict[str, list[int]] = {}
    with app.db.read() as connection:
        rows = connection.execute(
            sa.select(documents.c.id, documents.c.title, documents.c.kind).where(
                documents.c.source.startswith("demo/"),
                documents.c.disclosure == "",
                documents.c.retention == "",
                documents.c.deleted_at.is_(None),
            )
        ).all()
    for row in rows:
        if row.kind in _rights()["kinds"]:
            values = json.dumps(_rights_of(row.title, row.kind))
            waiting.setdefault(values, []).append(row.id)
    for values, ids in waiting.items():
        app.rights.change(OPERATOR, ids, RightsEdit(json.loads(values)))


def _read_here(path: Path, name: str) -> ParsedDocument:
    return read_document(path, name=name)


def _put(app: App, ingestion: Ingestion, item: DemoFile) -> int:
    upload: Upload = app.documents.take(
        OPERATOR,
        item.name,
        io.BytesIO(item.content),
        item.meta,
        source=f"demo/{item.name}",
        queue=False,
    )
    outcome = ingestion.run(upload.version_id)
    return 0 if upload.duplicate and not outcome.reason else 1


def _accounts(app: App, password: str) -> None:
    data = city()
    with app.db.write() as connection:
        app.people.ensure_group(connection, "staff", "전 직원")
        for bureau in data["departments"]:
            app.people.ensure_department(connection, bureau["name"])
            for division in bureau["divisions"]:
                phone = data["phones"].get(division, "")
                app.people.ensure_department(
                    connection, division, parent=bureau["name"], phone=phone
                )
    for account in data["accounts"]:
        try:
            app.people.create_account(
                login=account["login"],
                name=account["name"],
                password=password,
                role=account["role"],
                department=account["department"],
                post=account.get("post", ""),
            )
        except Conflict:
            continue


def texts_to_index(scratch: Path | None = None) -> list[str]:
    """The indexed text of every passage of the demo (for the shipped feature cache)."""
    from_files: list[str] = []
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        for item in [*statutes(), *city_files()]:
            path = Path(folder) / f"document{Path(item.name).suffix}"
            path.write_bytes(item.content)
            from_files += passages_of(read_document(path, name=item.name), item.meta.title)
    return from_files


def passages_of(parsed: ParsedDocument, title: str) -> list[str]:
    """Indexed texts of a parsed document under its title in the library."""
    return [draft.indexed_text for draft in split_passages(title, parsed.blocks)]


def fingerprint() -> str:
    """Changes when the demo's content changes, so that an update is loaded at the next start."""
    digest = hashlib.sha256()
    for name in ("city.json", "manifest.json", "rights.json", "know_how.json", "statutes.jsonl.xz"):
        digest.update(_data(name))
    for item in json.loads(_data("manifest.json")):
        digest.update(_data(f"files/{item['file']}"))
    return digest.hexdigest()
