"""The passage index on LanceDB, embedded. Settings and their reasons: docs/adr/0004-search-engine.md."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa
from lancedb.index import FTS, Bitmap, BTree, HnswSq, LabelList
from lancedb.query import MatchQuery
from numpy.typing import NDArray

from mokmin.knowledge.search.ports import IndexEntry, IndexFilter, IndexHealth, Scores

TABLE = "passages"
# An update cannot write an empty list: this id belongs to no group.
NOBODY = -1
# Below this many rows an exact scan is faster than any vector index, and exact.
EXACT_ROWS = 50_000
_FIELDS = ("morphemes", "bigrams")


class LanceIndex:
    """Implements ``PassageIndex``. One writer at a time in a process; any number of readers."""

    def __init__(self, root: Path, *, dimensions: int) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._root = root
        self._db = lancedb.connect(str(root), read_consistency_interval=timedelta(0))
        # int64 group ids: with int32 the LABEL_LIST index is silently unused.
        self._schema = pa.schema(
            [
                ("passage_id", pa.int64()),
                ("document_id", pa.int64()),
                ("version_id", pa.int64()),
                ("morphemes", pa.string()),
                ("bigrams", pa.string()),
                ("groups", pa.list_(pa.int64())),
                ("grade", pa.string()),
                ("vector", pa.list_(pa.float32(), dimensions)),
            ]
        )
        self._write = threading.Lock()
        self._table = self._open()

    def _open(self) -> Any:
        table = self._db.create_table(TABLE, schema=self._schema, exist_ok=True)
        present = {name for index in table.list_indices() for name in index.columns}
        for field in _FIELDS:
            if field not in present:
                table.create_index(
                    field,
                    config=FTS(
                        base_tokenizer="whitespace",
                        stem=False,
                        remove_stop_words=False,
                        lower_case=False,
                        ascii_folding=False,
                        max_token_length=100,
                        with_position=False,
                    ),
                )
        for field, kind in (
            ("groups", LabelList()),
            ("grade", Bitmap()),
            ("passage_id", BTree()),
            ("document_id", BTree()),
            ("version_id", BTree()),
        ):
            if field not in present:
                table.create_index(field, config=kind)
        return table

    def add(self, entries: Sequence[IndexEntry]) -> None:
        """See ``PassageIndex.add``."""
        if not entries:
            return
        columns: dict[str, Any] = {
            "passage_id": [e.passage_id for e in entries],
            "document_id": [e.document_id for e in entries],
            "version_id": [e.version_id for e in entries],
            "morphemes": [e.morphemes for e in entries],
            "bigrams": [e.bigrams for e in entries],
            "groups": [list(e.groups) for e in entries],
            "grade": [e.grade for e in entries],
            "vector": [e.vector for e in entries],
        }
        with self._write:
            self._table.add(pa.table(columns, schema=self._schema))

    def remove_version(self, version_id: int) -> None:
        """See ``PassageIndex.remove_version``."""
        with self._write:
            self._table.delete(f"version_id = {int(version_id)}")

    def set_groups(self, document_id: int, groups: tuple[int, ...]) -> None:
        """See ``PassageIndex.set_groups``."""
        with self._write:
            self._table.update(
                where=f"document_id = {int(document_id)}",
                values={"groups": list(groups) or [NOBODY]},
            )

    def search_text(self, field: str, tokens: str, where: IndexFilter, limit: int) -> Scores:
        """See ``PassageIndex.search_text``."""
        condition = _condition(where)
        if not tokens or condition == "false":
            return {}
        query = self._table.search(MatchQuery(tokens, field), query_type="fts")
        if condition:
            query = query.where(condition, prefilter=True)
        found = query.select(["passage_id", "_score"]).limit(limit).to_arrow()
        return dict(zip(found["passage_id"].to_pylist(), found["_score"].to_pylist(), strict=True))

    def search_vector(self, vector: NDArray[np.float32], where: IndexFilter, limit: int) -> Scores:
        """See ``PassageIndex.search_vector``."""
        condition = _condition(where)
        if condition == "false":
            return {}
        query = self._table.search(vector, vector_column_name="vector").distance_type("cosine")
        if condition:
            query = query.where(condition, prefilter=True)
        query = query.nprobes(50).ef(200).refine_factor(5)
        found = query.select(["passage_id", "_distance"]).limit(limit).to_arrow()
        near = [1.0 - d for d in found["_distance"].to_pylist()]
        return dict(zip(found["passage_id"].to_pylist(), near, strict=True))

    def optimise(self) -> None:
        """See ``PassageIndex.optimise``."""
        with self._write:
            rows = self._table.count_rows()
            has_vector_index = any("vector" in i.columns for i in self._table.list_indices())
            if rows >= EXACT_ROWS and not has_vector_index:
                self._table.create_index(
                    "vector",
                    config=HnswSq(
                        distance_type="cosine",
                        m=16,
                        ef_construction=100,
                        num_partitions=max(1, rows // 100_000),
                    ),
                )
            self._table.optimize()

    def clear(self) -> None:
        """See ``PassageIndex.clear``."""
        with self._write:
            self._db.drop_table(TABLE)
            self._table = self._open()

    def health(self) -> IndexHealth:
        """See ``PassageIndex.health``."""
        unindexed = 0
        for index in self._table.list_indices():
            if index.columns == ["morphemes"]:
                stats = self._table.index_stats(index.name)
                unindexed = stats.num_unindexed_rows if stats else 0
        size = sum(f.stat().st_size for f in self._root.rglob("*") if f.is_file())
        return IndexHealth(self._table.count_rows(), unindexed, size)


def _condition(where: IndexFilter) -> str:
    """The filter as SQL; only integers are ever written into it."""
    parts: list[str] = []
    if where.groups is not None:
        if not where.groups:
            return "false"
        ids = ", ".join(str(int(g)) for g in where.groups)
        parts.append(f"array_has_any(groups, [{ids}])")
    if where.documents is not None:
        if not where.documents:
            return "false"
        parts.append(f"document_id IN ({', '.join(str(int(d)) for d in where.documents)})")
    return " AND ".join(parts)
