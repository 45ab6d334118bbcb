"""A synthetic library: the demo's statutes multiplied, every copy a little different, under rights.

The first copy is the statutes as they are. In every further copy a share of the terms is replaced by
terms drawn from the whole corpus (so the frequencies keep their shape), the text is shortened and
changed alike, and the vector is moved towards another passage's and normalised again. Documents hold
a few consecutive passages. 3,000 groups of very different sizes may read them; accounts exist that
may read 50, 5, .5 and .05 % of the passages. Everything goes into the library's own tables; the index
is then made by the application's own rebuild.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rights import BIG_GROUP_SHARE, GROUPS, make_accounts, make_groups

from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.base.formats.reader import read_document
from mokmin.demo.loader import statutes
from mokmin.governance.access.rules import document_groups
from mokmin.knowledge.documents.model import Freshness, PassageDraft, State
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

REPLACED = 0.2
TOWARDS_ANOTHER = 0.35
TEXT_LENGTH = 240
CHUNK = 4_000
_KINDS = ("법령", "자치법규", "지침", "매뉴얼", "공문")
_GRADES = ("O", "O", "O", "S", "C")
_TABLES = {
    "documents": documents,
    "versions": versions,
    "passages": passages,
    "provisions": provisions,
    "citations": citations,
    "readers": document_groups,
}
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Base:
    """The passages that are multiplied, in order, with the title and number of the law of each."""

    titles: list[str]
    drafts: list[PassageDraft]
    tokens: list[NDArray[np.object_]]
    vectors: Floats
    laws: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Library:
    """What was made: size, and the logins of accounts by the share of passages that they may read."""

    passages: int
    documents: int
    accounts: dict[str, list[str]]


def base_passages(app: App) -> Base:
    """All passages of the demo's statutes with the features that ship with it."""
    titles: list[str] = []
    drafts: list[PassageDraft] = []
    laws: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "law.txt"
        for number, item in enumerate(statutes()):
            path.write_bytes(item.content)
            made = split_passages(item.meta.title, read_document(path, name=item.name).blocks)
            drafts += made
            titles += [item.meta.title] * len(made)
            laws += [number] * len(made)
    found = app.feature_extractor.extract([draft.indexed_text for draft in drafts])
    tokens = [np.array(line.split(), dtype=object) for line in found.tokens]
    return Base(titles, drafts, tokens, found.vectors, np.array(laws))


def _spans(base: Base, size: int, rng: np.random.Generator) -> Iterator[tuple[int, int, int]]:
    """Number of the copy and half-open run of base passages, one a document, until ``size``."""
    made = copy = 0
    while made < size:
        begin = 0
        while begin < len(base.laws) and made < size:
            end = min(begin + int(rng.integers(3, 13)), len(base.laws), begin + size - made)
            while base.laws[end - 1] != base.laws[begin]:
                end -= 1
            yield copy, begin, end
            made += end - begin
            begin = end
        copy += 1


class Multiplier:
    """Copies of base passages; the first one (number 0) is exact."""

    def __init__(self, base: Base, rng: np.random.Generator) -> None:
        self._base, self._rng = base, rng
        self._pool = np.concatenate(base.tokens)
        self._mean = base.vectors.mean(axis=0)

    def title(self, copy: int, row: int) -> str:
        """Each copy is the law of another city, so that its articles cite one another."""
        title = self._base.titles[row]
        return f"제{copy}시 {title}" if copy else title

    def passage(self, copy: int, row: int) -> tuple[PassageDraft, str, Floats]:
        """Passage, tokens and vector of a copy of a base passage."""
        base, rng = self._base, self._rng
        draft = base.drafts[row]
        if not copy:
            return draft, " ".join(base.tokens[row]), base.vectors[row]
        terms = self._replace(base.tokens[row])
        words = self._replace(np.array(draft.text[:TEXT_LENGTH].split(), dtype=object))
        other = base.vectors[int(rng.integers(len(base.laws)))] - self._mean
        vector = base.vectors[row] + TOWARDS_ANOTHER * other
        vector += rng.standard_normal(len(vector), dtype=np.float32) * np.float32(0.003)
        header = draft.header.replace(base.titles[row], self.title(copy, row), 1)
        draft = replace(draft, header=header, text=" ".join(words))
        return draft, " ".join(terms), vector / np.linalg.norm(vector)

    def _replace(self, words: NDArray[np.object_]) -> NDArray[np.object_]:
        words = words.copy()
        at = np.flatnonzero(self._rng.random(len(words)) < REPLACED)
        words[at] = self._pool[self._rng.integers(len(self._pool), size=len(at))]
        return words


def build(app: App, size: int, seed: int = 7, *, mark: str = "") -> Library:
    """Fill the empty library of ``app`` with ``size`` passages, their readers and accounts. With a
    ``mark``, that word and the document's number stand in every passage."""
    rng = np.random.default_rng(seed)
    base = base_passages(app)
    multiplier = Multiplier(base, rng)
    weights = 1.0 / np.arange(2, GROUPS + 1) ** 0.8
    weights /= weights.sum()
    readers: list[set[int]] = [set() for _ in range(GROUPS + 1)]
    sizes: list[int] = [0]
    make_groups(app)
    batch: dict[str, list[dict[str, Any]]] = _empty()
    for number, (copy, begin, end) in enumerate(_spans(base, size, rng), start=1):
        owners = {int(rng.choice(GROUPS - 1, p=weights)) + 2}
        if rng.random() < BIG_GROUP_SHARE:
            owners.add(1)
        if rng.random() < 0.2:
            owners.add(int(rng.integers(2, GROUPS + 1)))
        for group in owners:
            readers[group].add(number)
        sizes.append(end - begin)
        title = multiplier.title(copy, begin)
        _document(batch, number, title, end - begin, owners, rng)
        drafts = []
        for seq, row in enumerate(range(begin, end)):
            draft, terms, vector = multiplier.passage(copy, row)
            if mark:
                draft = replace(draft, text=f"{mark}{number} {draft.text}")
                terms = f"{terms} {mark} {number}"
            drafts.append(draft)
            _passage(batch, number, seq, draft, terms, vector)
        own, cited = structure_of(number, number, title, drafts)
        batch["provisions"] += own
        batch["citations"] += cited
        if len(batch["passages"]) >= CHUNK:
            _flush(app, batch)
            batch = _empty()
    _flush(app, batch)
    accounts = make_accounts(app, readers, np.array(sizes), rng)
    return Library(size, len(sizes) - 1, accounts)


def _empty() -> dict[str, list[dict[str, Any]]]:
    return {name: [] for name in _TABLES}


def _document(
    batch: dict[str, list[dict[str, Any]]],
    number: int,
    title: str,
    count: int,
    owners: set[int],
    rng: np.random.Generator,
) -> None:
    now = utcnow()
    batch["documents"].append(
        {
            "id": number,
            "title": title,
            "source": f"synthetic/{number}",
            "department": f"부서{min(owners - {1}) % 60}",
            "kind": _KINDS[int(rng.integers(len(_KINDS)))],
            "grade": _GRADES[int(rng.integers(len(_GRADES)))],
            "dated_on": now.date(),
            "freshness": Freshness.IN_FORCE,
            "owner": "",
            "newest_version_id": number,
            "current_version_id": number,
            "created_at": now,
        }
    )
    batch["versions"].append(
        {
            "id": number,
            "document_id": number,
            "number": 1,
            "sha256": hashlib.sha256(str(number).encode()).hexdigest(),
            "bytes": 0,
            "filename": f"{number}.txt",
            "format": "txt",
            "state": State.READY,
            "passages": count,
            "created_at": now,
        }
    )
    batch["readers"] += [{"document_id": number, "group_id": g} for g in sorted(owners)]


def _passage(
    batch: dict[str, list[dict[str, Any]]],
    number: int,
    seq: int,
    draft: PassageDraft,
    tokens: str,
    vector: Floats,
) -> None:
    batch["passages"].append(
        {
            "document_id": number,
            "version_id": number,
            "seq": seq,
            "unit_id": unit_id(number, draft.unit),
            "header": draft.header,
            "text": draft.text,
            "start": 0,
            "end": len(draft.text),
            "first_block": seq,
            "last_block": seq + 1,
            "locator": locator_json(draft.locator),
            "tokens": tokens,
            "vector": pack_vector(vector),
        }
    )


def _flush(app: App, batch: dict[str, list[dict[str, Any]]]) -> None:
    with app.db.write() as connection:
        for name, table in _TABLES.items():
            if batch[name]:
                connection.execute(table.insert(), batch[name])


def save(home: Path, library: Library, **figures: float) -> None:
    """Remember what was made beside it."""
    body = {
        "passages": library.passages,
        "documents": library.documents,
        "accounts": library.accounts,
        **figures,
    }
    (home / "synthetic.json").write_text(json.dumps(body), encoding="utf-8")


def load(home: Path) -> dict[str, Any]:
    """What ``save`` remembered."""
    body: dict[str, Any] = json.loads((home / "synthetic.json").read_text(encoding="utf-8"))
    return body
