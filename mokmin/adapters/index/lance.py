"""The passage index on LanceDB, embedded. Settings and their reasons: docs/adr/0004-search-engine.md."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa
from lancedb.index import FTS, Bitmap, BTree, LabelList
from lancedb.query import BooleanQuery, MatchQuery, Occur
from numpy.typing import NDArray

from mokmin.adapters.index.conditions import attribute_values, condition
from mokmin.adapters.index.generations import KEEP, Generations, Signature
from mokmin.adapters.index.graph import TABLE, create_graph, create_graph_apart
from mokmin.base.errors import Conflict
from mokmin.knowledge.search.ports import (
    BUILT_IN,
    IndexAttributes,
    IndexEntry,
    IndexFilter,
    IndexHealth,
    OtherModel,
    Scores,
)

# Below this many rows an exact scan is faster than any vector index, and exact.
EXACT_ROWS = 50_000
# Breadth of the walk through the vector graph; it must be at least REFINE times the limit. Measured at
# 200,000 passages of which half are visible: recall@10 is .904 at 200, .992 at 1,000, 1.000 at 2,000,
# and the query takes no longer (28 ms).
EFFORT, REFINE = 2_000, 5
# Old versions of the table that a query of any process may still read are kept this long.
KEEP_VERSIONS = timedelta(hours=1)
_SCALAR = (
    ("groups", LabelList()),
    ("grade", Bitmap()),
    ("department", Bitmap()),
    ("kind", Bitmap()),
    ("dated_on", BTree()),
    ("effective_on", BTree()),
    ("passage_id", BTree()),
    ("document_id", BTree()),
    ("version_id", BTree()),
)
_ATTRIBUTES = (
    "groups",
    "grade",
    "department",
    "kind",
    "dated_on",
    "effective_on",
    "superseded",
)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A generation as this process has it open."""

    generation: int
    folder: Path
    table: Any
    signature: Signature | None
    model: int
    dimensions: int

    def search_text(self, terms: Mapping[str, float], where: IndexFilter, limit: int) -> Scores:
        """See ``Searchable.search_text``."""
        text = condition(where)
        if not terms or text == "false":
            return {}
        query = self.table.search(_match(terms), query_type="fts")
        if text:
            query = query.where(text, prefilter=True)
        found = query.select(["passage_id", "_score"]).limit(limit).to_arrow()
        return dict(zip(found["passage_id"].to_pylist(), found["_score"].to_pylist(), strict=True))

    def search_vector(self, vector: NDArray[np.float32], where: IndexFilter, limit: int) -> Scores:
        """See ``Searchable.search_vector``."""
        text = condition(where)
        if text == "false":
            return {}
        query = self.vector_query(vector, text, limit)
        found = query.select(["passage_id", "_distance"]).limit(limit).to_arrow()
        near = [1.0 - d for d in found["_distance"].to_pylist()]
        return dict(zip(found["passage_id"].to_pylist(), near, strict=True))

    def vector_query(self, vector: NDArray[np.float32], where: str, limit: int = 10) -> Any:
        """The query before its columns are chosen."""
        query = self.table.search(vector, vector_column_name="vector")
        query = query.distance_type("cosine")
        if where:
            query = query.where(where, prefilter=True)
        return query.nprobes(50).ef(max(EFFORT, REFINE * limit)).refine_factor(REFINE)


class LanceIndex:
    """Implements ``PassageIndex``. Writers take turns, over all processes; any number of readers.

    Every call works on the generation that is current when it begins, or, for the index that
    ``begin_rebuild`` gave, on that one. Raises Conflict for a rebuild while another one runs.
    ``dimensions``: of the built-in model's vectors; with a ``generation``, of that one's.
    """

    def __init__(
        self,
        root: Path,
        *,
        dimensions: int,
        generation: int | None = None,
        model: int = BUILT_IN,
    ) -> None:
        self._root = root
        self._dimensions = dimensions
        self._generations = Generations(root)
        self._fixed, self._fixed_model = generation, model
        self._turn = threading.RLock()
        # Of its own, so that a search need not wait for a writer's turn after a switch.
        self._opening = threading.Lock()
        self._building: _Building | None = None
        self._opened = self._open()

    def _open(self) -> _Opened:
        """The current generation. One that is being built gets its indexes only when it is full."""
        if self._fixed is not None:
            return self._connect(
                self._fixed, None, self._fixed_model, self._dimensions, indexed=False
            )
        signature = self._generations.signature()
        pointer = self._generations.ensure()
        dimensions = pointer.dimensions or self._dimensions
        return self._connect(pointer.generation, signature, pointer.model, dimensions, indexed=True)

    def _connect(
        self,
        number: int,
        signature: Signature | None,
        model: int,
        dimensions: int,
        *,
        indexed: bool,
    ) -> _Opened:
        folder = self._generations.folder(number)
        folder.mkdir(parents=True, exist_ok=True)
        db = lancedb.connect(str(folder), read_consistency_interval=timedelta(0))
        with self._generations.locked("open"):
            table = db.create_table(TABLE, schema=_schema(dimensions), exist_ok=True)
            if indexed:
                _create_indexes(table)
        return _Opened(number, folder, table, signature, model, dimensions)

    def _now(self) -> _Opened:
        """What is current, at the price of one stat."""
        opened = self._opened
        if self._fixed is not None or opened.signature == self._generations.signature():
            return opened
        with self._opening:
            if self._opened.signature != self._generations.signature():
                self._opened = self._open()
            return self._opened

    @property
    def model(self) -> int:
        """See ``Searchable.model``."""
        return self._now().model

    def pinned(self) -> _Opened:
        """See ``PassageIndex.pinned``."""
        return self._now()

    @contextmanager
    def _writing(self, model: int | None = None) -> Iterator[_Opened]:
        """The table, for one writer of all threads and processes at a time. Raises OtherModel when it is
        not for vectors of ``model``."""
        own = self._fixed is not None
        name = f"{self._opened.folder.name}/write" if own else "write"
        with self._turn, self._generations.locked(name):
            opened = self._now()
            if model is not None and opened.model != model:
                raise OtherModel
            yield opened

    def add(self, entries: Sequence[IndexEntry], model: int = BUILT_IN) -> None:
        """See ``PassageIndex.add``."""
        if entries:
            with self._writing(model) as opened:
                opened.table.add(_rows(entries, opened.dimensions))

    def remove_version(self, version_id: int) -> None:
        """See ``PassageIndex.remove_version``."""
        with self._writing() as opened:
            opened.table.delete(f"version_id = {int(version_id)}")

    def remove_document(self, document_id: int) -> None:
        """See ``PassageIndex.remove_document``."""
        with self._writing() as opened:
            opened.table.delete(f"document_id = {int(document_id)}")

    def set_attributes(self, document_id: int, attributes: IndexAttributes) -> None:
        """See ``PassageIndex.set_attributes``."""
        with self._writing() as opened:
            opened.table.update(
                where=f"document_id = {int(document_id)}",
                values_sql=attribute_values(attributes),
            )

    def replace_document(
        self, document_id: int, entries: Sequence[IndexEntry], model: int = BUILT_IN
    ) -> None:
        """See ``PassageIndex.replace_document``."""
        this = f"document_id = {int(document_id)}"
        with self._writing(model) as opened:
            table = opened.table
            held, attributes = _held(table, this)
            wanted = {e.passage_id: e for e in entries}
            twice = {key for key in held if held.count(key) > 1} if _repeats(held) else set()
            gone = (set(held) - set(wanted)) | twice
            if twice:
                table.delete(f"{this} AND passage_id IN ({_ids(gone)})")
                gone = set()
            missing = [e for key, e in wanted.items() if key not in held or key in twice]
            if missing:
                table.add(_rows(missing, opened.dimensions))
            if gone:
                table.delete(f"{this} AND passage_id IN ({_ids(gone)})")
            kept = [e.attributes for key, e in wanted.items() if key in held]
            if kept and attributes != {_plain(kept[0])}:
                table.update(where=this, values_sql=attribute_values(kept[0]))

    def search_text(self, terms: Mapping[str, float], where: IndexFilter, limit: int) -> Scores:
        """See ``Searchable.search_text``."""
        return self._now().search_text(terms, where, limit)

    def search_vector(self, vector: NDArray[np.float32], where: IndexFilter, limit: int) -> Scores:
        """See ``Searchable.search_vector``."""
        return self._now().search_vector(vector, where, limit)

    def explain(self, where: IndexFilter) -> str:
        """The plan of a filtered vector search: names the scalar indexes that the filter uses."""
        opened = self._now()
        vector = np.zeros(opened.dimensions, np.float32)
        vector[0] = 1
        return str(opened.vector_query(vector, condition(where)).limit(10).explain_plan(True))

    def optimise(self, *, keep: timedelta = KEEP) -> None:
        """See ``PassageIndex.optimise``. Generations replaced longer than ``keep`` ago go too.

        The graph over the vectors takes a minute or two to build when the index outgrows the exact
        scan. Writers go on meanwhile: what they add is scanned, what they delete is left out. Only
        rows may not be moved (compacted) while it is built, so that waits for the next time.
        """
        claim: int | None = None
        with self._writing() as opened:
            table = opened.table
            _create_indexes(table)
            if self._fixed is None:
                claim = self._generations.try_claim("graph")
                if claim is None:
                    return
            elif _needs_graph(table):
                create_graph(table)
            try:
                # Nobody reads an index that is being built: what filling it left behind can go.
                keep_versions = KEEP_VERSIONS if self._fixed is None else timedelta(seconds=1)
                table.optimize(cleanup_older_than=keep_versions)
                (self._now().folder / "optimised").touch()
            except BaseException:
                self._release(claim)
                raise
        try:
            if claim is not None and _needs_graph(table):
                create_graph_apart(self._now().folder, claim)
        finally:
            self._release(claim)
        if self._fixed is None:
            self._generations.remove_replaced(keep)

    def _release(self, claim: int | None) -> None:
        if claim is not None:
            self._generations.give_up(claim)

    def begin_rebuild(self, model: int = BUILT_IN, dimensions: int | None = None) -> LanceIndex:
        """See ``PassageIndex.begin_rebuild``. Its indexes are made by its ``optimise``."""
        if self._fixed is not None:
            raise Conflict("만들고 있는 색인에서 다시 만들기를 시작할 수 없습니다.")
        with self._turn:
            self._leave()
            claim = self._generations.claim("rebuild")
            number = self._generations.begin()
            self._building = _Building(number, claim, model, dimensions)
        size = dimensions or self._dimensions
        return LanceIndex(self._root, dimensions=size, generation=number, model=model)

    def switch(self, *, keep: bool = False) -> None:
        """See ``PassageIndex.switch``."""
        with self._turn:
            made = self._building
            if made is None:
                raise Conflict("바꿀 새 색인이 없습니다. 지금 쓰는 색인은 그대로입니다.")
            self._generations.switch(made.generation, made.model, made.dimensions, keep=keep)
            self._leave()

    def discard(self) -> None:
        """See ``PassageIndex.discard``; the next rebuild removes what lies there."""
        with self._turn:
            self._leave()

    def kept(self) -> LanceIndex | None:
        """See ``PassageIndex.kept``."""
        pointer = self._generations.ensure()
        if pointer.kept is None or not self._generations.folder(pointer.kept).is_dir():
            return None
        size = pointer.kept_dimensions or self._dimensions
        return LanceIndex(
            self._root, dimensions=size, generation=pointer.kept, model=pointer.kept_model
        )

    def switch_back(self) -> None:
        """See ``PassageIndex.switch_back``."""
        with self._turn:
            self._generations.switch_back()

    def drop_kept(self) -> None:
        """See ``PassageIndex.drop_kept``."""
        with self._turn:
            self._generations.forget_kept()

    def _leave(self) -> None:
        if self._building is not None:
            self._generations.give_up(self._building.claim)
            self._building = None

    @property
    def outdated(self) -> bool:
        """Whether the index must be rebuilt from the database: it was of an older schema."""
        return self._generations.outdated

    def health(self) -> IndexHealth:
        """See ``PassageIndex.health``."""
        opened, pointer = self._now(), self._generations.ensure()
        unindexed = 0
        for index in opened.table.list_indices():
            if index.columns == ["morphemes"]:
                stats = opened.table.index_stats(index.name)
                unindexed = stats.num_unindexed_rows if stats else 0
        mark = opened.folder / "optimised"
        optimised = datetime.fromtimestamp(mark.stat().st_mtime, UTC) if mark.exists() else None
        return IndexHealth(
            passages=opened.table.count_rows(),
            unindexed=unindexed,
            bytes=_size(opened.folder),
            generation=opened.generation,
            built_at=pointer.built,
            optimised_at=optimised.replace(tzinfo=None) if optimised else None,
            outdated=self.outdated,
        )


@dataclass(frozen=True, slots=True)
class _Building:
    """A generation that is being built; ``claim``: the descriptor of the lock that only one holds."""

    generation: int
    claim: int
    model: int
    dimensions: int | None


def _schema(dimensions: int) -> pa.Schema:
    # int64 group ids: with int32 the LABEL_LIST index is silently unused.
    return pa.schema(
        [
            ("passage_id", pa.int64()),
            ("document_id", pa.int64()),
            ("version_id", pa.int64()),
            ("morphemes", pa.string()),
            ("groups", pa.list_(pa.int64())),
            ("grade", pa.string()),
            ("department", pa.string()),
            ("kind", pa.string()),
            ("dated_on", pa.date32()),
            ("effective_on", pa.date32()),
            ("superseded", pa.bool_()),
            ("vector", pa.list_(pa.float32(), dimensions)),
        ]
    )


def _rows(entries: Sequence[IndexEntry], dimensions: int) -> pa.Table:
    """Entries as rows; one without a vector has none in its row either."""
    nothing = np.zeros(dimensions, np.float32)
    vectors = [nothing if e.vector is None else e.vector for e in entries]
    missing = np.array([e.vector is None for e in entries])
    columns: dict[str, Any] = {
        "passage_id": [e.passage_id for e in entries],
        "document_id": [e.document_id for e in entries],
        "version_id": [e.version_id for e in entries],
        "morphemes": [e.morphemes for e in entries],
        "vector": pa.FixedSizeListArray.from_arrays(
            np.concatenate(vectors, dtype=np.float32),
            dimensions,
            mask=pa.array(missing) if missing.any() else None,
        ),
    }
    for name in _ATTRIBUTES:
        columns[name] = [getattr(e.attributes, name) for e in entries]
    return pa.table(columns, schema=_schema(dimensions))


def _match(terms: Mapping[str, float]) -> Any:
    """One query a weight, since a weight holds for a whole query."""
    by_weight: dict[float, list[str]] = {}
    for term, weight in terms.items():
        by_weight.setdefault(weight, []).append(term)
    parts = [
        MatchQuery(" ".join(words), "morphemes", boost=weight)
        for weight, words in by_weight.items()
    ]
    if len(parts) == 1:
        return parts[0]
    return BooleanQuery([(Occur.SHOULD, part) for part in parts])


def _needs_graph(table: Any) -> bool:
    """Whether there are more rows than an exact scan is good for, and no graph yet."""
    held = any("vector" in index.columns for index in table.list_indices())
    return not held and table.count_rows() >= EXACT_ROWS


def _create_indexes(table: Any) -> None:
    """The indexes that are not there yet, except the one on vectors."""
    present = {name for index in table.list_indices() for name in index.columns}
    if "morphemes" not in present:
        table.create_index(
            "morphemes",
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
    for field, kind in _SCALAR:
        if field not in present:
            table.create_index(field, config=kind)


def _held(table: Any, where: str) -> tuple[list[int], set[tuple[Any, ...]]]:
    """The passage ids of the rows, and the distinct attributes among them."""
    count = table.count_rows(where)
    if not count:
        return [], set()
    rows = table.search().where(where).select(["passage_id", *_ATTRIBUTES]).limit(count)
    found = rows.to_arrow().to_pylist()
    attributes = {_plain(IndexAttributes(**{n: row[n] for n in _ATTRIBUTES})) for row in found}
    return [row["passage_id"] for row in found], attributes


def _plain(attributes: IndexAttributes) -> tuple[Any, ...]:
    """Attributes for comparison: groups as a set of real ids."""
    groups = frozenset(g for g in attributes.groups or () if g > 0)
    return groups, *(getattr(attributes, name) for name in _ATTRIBUTES[1:])


def _repeats(keys: Sequence[int]) -> bool:
    return len(set(keys)) < len(keys)


def _ids(keys: set[int]) -> str:
    return ", ".join(str(int(key)) for key in sorted(keys))


def _size(folder: Path) -> int:
    """Bytes on disk; files that another process removes meanwhile count nothing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total
