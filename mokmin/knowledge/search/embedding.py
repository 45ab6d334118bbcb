"""The models whose vectors the library may be searched with, and which one belongs to an index.

The built-in model has the id 0 and no row: its vectors stand with every passage, whatever model is in use.
Others have a row in ``embedding_models`` and their vectors in ``passage_vectors``. An index holds the
vectors of one model and says of which; a question is turned into a vector by that model and compared with
vectors of that model alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy import ColumnElement

from mokmin.base.db import Database, metadata
from mokmin.base.errors import Unavailable
from mokmin.base.llm.ports import Embedder, Vectors
from mokmin.knowledge.documents.store import passages
from mokmin.knowledge.search.ports import BUILT_IN

MARK_TEXT = "해온시 공유재산 사용료 감면 신청 안내"
"""What tells one model from another: the same model gives the same vector of it."""
ALIKE = 0.99

embedding_models = sa.Table(
    "embedding_models",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    # ``endpoint`` or ``folder``.
    sa.Column("source", sa.String(12), nullable=False),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("endpoint_id", sa.Integer, nullable=False),
    sa.Column("folder", sa.String(80), nullable=False),
    sa.Column("query_prefix", sa.String(200), nullable=False),
    sa.Column("passage_prefix", sa.String(200), nullable=False),
    sa.Column("most_characters", sa.Integer, nullable=False),
    sa.Column("dimensions", sa.Integer, nullable=False),
    # How far its cosines lie apart, against the built-in model's.
    sa.Column("spread", sa.Float, nullable=False),
    # The vector of MARK_TEXT when it was chosen.
    sa.Column("mark", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("everything", sa.Integer, nullable=False),
    # What was found out about it, as JSON: the check, the comparison of both models.
    sa.Column("findings", sa.Text, nullable=False),
    sa.Column("started_by", sa.String(80), nullable=False),
    sa.Column("started_at", sa.DateTime, nullable=False),
    sa.Column("switched_at", sa.DateTime),
    sa.Column("changed_at", sa.DateTime, nullable=False),
)
passage_vectors = sa.Table(
    "passage_vectors",
    metadata,
    sa.Column(
        "passage_id",
        sa.Integer,
        sa.ForeignKey("passages.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column(
        "model_id",
        sa.Integer,
        sa.ForeignKey("embedding_models.id"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("vector", sa.LargeBinary, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A model as it is chosen. ``source``: ``endpoint`` (a registered one, by ``endpoint_id``) or
    ``folder`` (below ``models/`` of the data folder). Prefixes stand before the texts, as the model was
    trained with; longer texts are cut at ``most_characters``."""

    source: str
    endpoint_id: int = 0
    folder: str = ""
    query_prefix: str = ""
    passage_prefix: str = ""
    most_characters: int = 2000


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """A row of ``embedding_models``."""

    id: int
    name: str
    choice: Choice
    dimensions: int
    spread: float
    mark: bytes
    state: str
    reason: str = ""
    done: int = 0
    everything: int = 0
    findings: str = ""
    started_by: str = ""
    started_at: datetime | None = None
    switched_at: datetime | None = None
    changed_at: datetime | None = None


def model_of(row: Any) -> EmbeddingModel:
    """A row as a model."""
    choice = Choice(
        row.source,
        row.endpoint_id,
        row.folder,
        row.query_prefix,
        row.passage_prefix,
        row.most_characters,
    )
    return EmbeddingModel(
        row.id,
        row.name,
        choice,
        row.dimensions,
        row.spread,
        row.mark,
        row.state,
        row.reason,
        row.done,
        row.everything,
        row.findings,
        row.started_by,
        row.started_at,
        row.switched_at,
        row.changed_at,
    )


class RawEmbedder(Protocol):
    """A model as it is reached: texts to vectors, whatever they are for. ``grade``: the highest that it may
    see now; ``local``: it runs on this machine."""

    name: str
    local: bool

    @property
    def grade(self) -> str:
        """The highest grade that it may see now."""
        ...

    def embed(self, texts: Sequence[str], *, query: bool) -> Vectors:
        """Return float32 of shape (len(texts), any). Raises Unavailable."""
        ...


Reach = Callable[[Choice], RawEmbedder | None]
"""Makes what reaches a model; None when it is there no more."""


class ChosenEmbedder:
    """Implements ``Embedder`` with a model that was chosen: prefixes, cut texts, unit vectors of the one
    size. Raises Unavailable when it is gone, down, or is another model than before."""

    def __init__(self, model: EmbeddingModel, raw: RawEmbedder) -> None:
        self.name, self.dimensions = model.name, model.dimensions
        self.raw = raw
        self._model = model
        self._known = False

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """See ``Embedder.embed_passages``."""
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        self._recognise()
        return self._embed(texts, self._model.choice.passage_prefix, query=False)

    def embed_query(self, text: str) -> Vectors:
        """See ``Embedder.embed_query``."""
        self._recognise()
        made: Vectors = self._embed([text], self._model.choice.query_prefix, query=True)[0]
        return made

    def recognise(self) -> None:
        """Look again whether it is the model that was chosen. Raises Unavailable."""
        self._known = False
        self._recognise()

    def _recognise(self) -> None:
        if self._known:
            return
        prefix = self._model.choice.passage_prefix
        now = self._embed([MARK_TEXT], prefix, query=False)[0]
        then = np.frombuffer(self._model.mark, np.float32)
        if float(now @ then) < ALIKE:
            raise Unavailable(
                "그 기기에서 다른 임베딩 모델이 답합니다. 섞이지 않도록 쓰지 않았습니다. 모델을 되돌리거나 "
                "바꾼 모델을 새로 골라 주세요.",
                code="other-embedding-model",
            )
        self._known = True

    def _embed(self, texts: Sequence[str], prefix: str, *, query: bool) -> Vectors:
        most = self._model.choice.most_characters
        vectors = unit(self.raw.embed([prefix + text[:most] for text in texts], query=query))
        if vectors.shape != (len(texts), self.dimensions):
            self._known = False
            raise Unavailable(
                f"임베딩 모델이 {self.dimensions}차원이 아닌 벡터를 보냈습니다. 쓰지 않았습니다. 기기의 모델을 "
                "확인해 주세요.",
                code="other-embedding-model",
            )
        return vectors


def unit(vectors: Vectors) -> Vectors:
    """Rows of length 1. Raises Unavailable for a row without any direction."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not len(vectors) or not np.isfinite(norms).all() or float(norms.min()) < 1e-9:
        raise Unavailable(
            "임베딩 모델이 쓸 수 없는 벡터를 보냈습니다. 쓰지 않았습니다.", code="model-unavailable"
        )
    return np.asarray(vectors / norms, np.float32)


@dataclass(frozen=True, slots=True)
class SearchModel:
    """A model to search with. ``spread``: what its cosines' distance from 1 is multiplied with, so that they
    lie as far apart as the built-in model's, for which the rules of evidence were set."""

    id: int
    embedder: Embedder
    spread: float = 1.0


class SearchModels:
    """Which model belongs to which id. Rows never change what they mean, so they are read once."""

    def __init__(
        self,
        db: Database,
        built_in: Callable[[], Embedder],
        reach: Reach,
    ) -> None:
        self._db, self._built_in, self._reach = db, built_in, reach
        self._lock = threading.Lock()
        self._rows: dict[int, EmbeddingModel] = {}
        self._made: dict[int, ChosenEmbedder] = {}

    def built_in(self) -> SearchModel:
        """The built-in model."""
        return SearchModel(BUILT_IN, self._built_in())

    def of(self, model_id: int) -> SearchModel:
        """The model of an index. Raises Unavailable when it is there no more."""
        if model_id == BUILT_IN:
            return self.built_in()
        model = self.row(model_id)
        return SearchModel(model_id, self.embedder(model), model.spread)

    def row(self, model_id: int) -> EmbeddingModel:
        """The row of a model, as it was when it was first asked for. Raises Unavailable."""
        with self._lock:
            known = self._rows.get(model_id)
        if known is not None:
            return known
        query = sa.select(embedding_models).where(embedding_models.c.id == model_id)
        with self._db.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise gone()
        made = model_of(row)
        with self._lock:
            self._rows[model_id] = made
        return made

    def embedder(self, model: EmbeddingModel) -> ChosenEmbedder:
        """What embeds with a model; the same as before while the way to it is. Raises Unavailable."""
        raw = self._reach(model.choice)
        if raw is None:
            raise gone()
        with self._lock:
            made = self._made.get(model.id)
            if made is None or made.raw is not raw:
                made = self._made[model.id] = ChosenEmbedder(model, raw)
        return made


def gone() -> Unavailable:
    """The model cannot be reached any more."""
    return Unavailable(
        "찾기에 쓰는 임베딩 모델이 등록에서 빠졌거나 꺼져 있습니다. 그동안 내장 모델로 찾습니다.",
        code="model-unavailable",
    )


def vector_column(model_id: int) -> ColumnElement[Any]:
    """The stored vector of a passage in a model, for a query on ``passages``; NULL where there is none."""
    if model_id == BUILT_IN:
        return passages.c.vector
    return (
        sa.select(passage_vectors.c.vector)
        .where(
            passage_vectors.c.passage_id == passages.c.id,
            passage_vectors.c.model_id == model_id,
        )
        .correlate(passages)
        .scalar_subquery()
        .label("vector")
    )


def matrix(rows: Sequence[bytes | None], dimensions: int) -> Vectors:
    """Stored vectors as a float32 matrix; a row of NaN where there is none."""
    made = np.full((len(rows), dimensions), np.nan, np.float32)
    for at, row in enumerate(rows):
        if row is not None:
            made[at] = np.frombuffer(row, np.float16)
    return made


def unpacked(row: bytes | None) -> NDArray[np.float32] | None:
    """A stored vector as float32; None where there is none."""
    return None if row is None else np.frombuffer(row, np.float16).astype(np.float32)
