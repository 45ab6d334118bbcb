"""A corpus stored and indexed in an empty, throw-away home, as ingestion would leave it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mokmin.base.db import Database, utcnow
from mokmin.base.formats.model import Block, Locator
from mokmin.knowledge.documents.model import DocumentMeta, Freshness, PassageDraft, State
from mokmin.knowledge.documents.passages import split_passages
from mokmin.knowledge.documents.store import (
    documents,
    locator_json,
    pack_vector,
    passages,
    unit_id,
    versions,
)
from mokmin.knowledge.documents.structure import citations, provisions, structure_of
from mokmin.knowledge.evaluation.loading import CorpusItem
from mokmin.knowledge.ingestion.features import FeatureExtractor, Features
from mokmin.knowledge.search.ports import IndexAttributes, IndexEntry, PassageIndex

CHUNK = 5_000
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class IndexedCorpus:
    """What was stored: the corpus id of each document number, the document number of each passage
    (passage ids count from 1 in this order), and the passages' features."""

    ids: dict[int, str]
    documents: tuple[int, ...]
    features: Features

    @property
    def passages(self) -> int:
        """Number of passages."""
        return len(self.documents)


def index_corpus(
    db: Database,
    index: PassageIndex,
    features: FeatureExtractor,
    corpus: Sequence[CorpusItem],
    progress: Progress,
) -> IndexedCorpus:
    """Store and index all items in an empty home."""
    drafts = [
        (number, draft)
        for number, item in enumerate(corpus, start=1)
        for draft in split_passages(item.title, item.blocks or text_blocks(item.text))
    ]
    texts = [draft.indexed_text for _, draft in drafts]
    found = features.extract(texts, lambda done, all_: progress("색인", done, all_))
    with db.write() as connection:
        _store_documents(connection, corpus)
        _store_passages(connection, drafts, found)
        _store_structure(connection, corpus, drafts)
    attributes = [_attributes(item.meta) for item in corpus]
    for begin in range(0, len(drafts), CHUNK):
        index.add(
            [
                IndexEntry(
                    passage_id=at + 1,
                    document_id=drafts[at][0],
                    version_id=drafts[at][0],
                    morphemes=found.tokens[at],
                    vector=found.vectors[at],
                    attributes=attributes[drafts[at][0] - 1],
                )
                for at in range(begin, min(begin + CHUNK, len(drafts)))
            ]
        )
    index.optimise()
    ids = {number: item.id for number, item in enumerate(corpus, start=1)}
    return IndexedCorpus(ids, tuple(number for number, _ in drafts), found)


def text_blocks(text: str) -> list[Block]:
    """Plain text as one paragraph a line."""
    lines = [line.strip() for line in text.splitlines()]
    return [
        Block("paragraph", line, locator=Locator(paragraph=n))
        for n, line in enumerate((x for x in lines if x), start=1)
    ]


def _attributes(meta: DocumentMeta) -> IndexAttributes:
    """Open to all: who measures sees everything; rights are tested elsewhere."""
    return IndexAttributes(
        groups=(1,),
        grade=meta.grade,
        department=meta.department,
        kind=meta.kind,
        dated_on=meta.dated_on,
        effective_on=meta.effective_on,
        superseded=meta.freshness is Freshness.SUPERSEDED,
    )


def _store_documents(connection: sa.Connection, corpus: Sequence[CorpusItem]) -> None:
    now = utcnow()
    rows = [
        {
            "id": n,
            "title": (item.title or item.id)[:400],
            "source": item.id[:1200],
            "department": item.meta.department,
            "kind": item.meta.kind,
            "grade": item.meta.grade,
            "dated_on": item.meta.dated_on,
            "effective_on": item.meta.effective_on,
            "freshness": item.meta.freshness,
            "owner": "",
            "newest_version_id": n,
            "current_version_id": n,
            "created_at": now,
        }
        for n, item in enumerate(corpus, start=1)
    ]
    made = [
        {
            "id": n,
            "document_id": n,
            "number": 1,
            "bytes": len(item.text.encode()),
            "sha256": hashlib.sha256(item.text.encode()).hexdigest(),
            "filename": item.id[:1000],
            "format": "txt",
            "state": State.READY,
            "created_at": now,
        }
        for n, item in enumerate(corpus, start=1)
    ]
    connection.execute(documents.insert(), rows)
    connection.execute(versions.insert(), made)


def _store_passages(
    connection: sa.Connection, drafts: Sequence[tuple[int, PassageDraft]], features: Features
) -> None:
    rows: list[dict[str, Any]] = []
    last, seq = 0, 0
    for at, (number, draft) in enumerate(drafts):
        seq = seq + 1 if number == last else 0
        last = number
        rows.append(
            {
                "id": at + 1,
                "document_id": number,
                "version_id": number,
                "seq": seq,
                "unit_id": unit_id(number, draft.unit),
                "header": draft.header,
                "text": draft.text,
                "start": draft.start,
                "end": draft.end,
                "first_block": draft.blocks[0],
                "last_block": draft.blocks[1],
                "locator": locator_json(draft.locator),
                "tokens": features.tokens[at],
                "vector": pack_vector(features.vectors[at]),
            }
        )
    if rows:
        connection.execute(passages.insert(), rows)


def _store_structure(
    connection: sa.Connection,
    corpus: Sequence[CorpusItem],
    drafts: Sequence[tuple[int, PassageDraft]],
) -> None:
    by_number: dict[int, list[PassageDraft]] = {}
    for number, draft in drafts:
        by_number.setdefault(number, []).append(draft)
    own: list[dict[str, Any]] = []
    cited: list[dict[str, Any]] = []
    for number, found in by_number.items():
        first, second = structure_of(number, number, corpus[number - 1].title, found)
        own += first
        cited += second
    for table, rows in ((provisions, own), (citations, cited)):
        if rows:
            connection.execute(table.insert(), rows)
