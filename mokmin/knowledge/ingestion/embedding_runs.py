"""Rows of a change of the embedding model: its state, and the passages that still need a vector."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row, Select

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import NotFound
from mokmin.base.jobs import JobQueue
from mokmin.base.jobs.queue import jobs
from mokmin.base.llm.ports import Vectors
from mokmin.governance.access.model import GRADE_RANK
from mokmin.knowledge.documents.store import documents, pack_vector, passages
from mokmin.knowledge.ingestion.indexing import CURRENT, IN_USE
from mokmin.knowledge.search.embedding import (
    EmbeddingModel,
    embedding_models,
    model_of,
    passage_vectors,
)

JOB = "embed"
LOCK_KEY = 4251
WORKING = ("embedding", "waiting", "building", "switching", "leaving", "returning")
"""States in which a job is at work, or will be."""
ENDED = ("cancelled", "dropped")
"""States whose vectors are removed."""
AT_ONCE = 2_000


def allowed(grade: str) -> tuple[str, ...]:
    """The grades that a model may see which is cleared for one."""
    return tuple(g for g, rank in GRADE_RANK.items() if rank <= GRADE_RANK[grade])


class Runs:
    """Reads and changes them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    # --- the models -----------------------------------------------------------------------
    def get(self, model_id: int) -> EmbeddingModel:
        """One of them. Raises NotFound."""
        query = sa.select(embedding_models).where(embedding_models.c.id == model_id)
        with self._db.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFound("그런 임베딩 모델이 없습니다.")
        return model_of(row)

    def listing(self, limit: int = 30) -> list[EmbeddingModel]:
        """The last ones, the newest first."""
        query = sa.select(embedding_models).order_by(embedding_models.c.id.desc()).limit(limit)
        with self._db.read() as connection:
            return [model_of(row) for row in connection.execute(query)]

    def in_states(self, states: Collection[str]) -> list[EmbeddingModel]:
        """Those in one of some states."""
        query = sa.select(embedding_models).where(embedding_models.c.state.in_(states))
        with self._db.read() as connection:
            return [model_of(row) for row in connection.execute(query)]

    def in_use(self) -> EmbeddingModel | None:
        """The one that the library is searched with; None: the built-in one."""
        return next(iter(self.in_states(IN_USE)), None)

    def change(self, model_id: int, of: Collection[str], **values: object) -> bool:
        """Change a row while it is in one of some states; whether it was."""
        with self._db.write() as connection:
            return change(connection, model_id, of, **values)

    # --- jobs -----------------------------------------------------------------------------
    def queue(self, model_id: int, after: timedelta = timedelta(0)) -> None:
        """Have a worker go on, unless a job waits for that already."""
        with self._db.write() as connection:
            queue(connection, model_id, after)

    # --- passages -------------------------------------------------------------------------
    def missing(
        self, model_id: int, grades: Sequence[str], *, after: int = 0, limit: int = 32
    ) -> list[Row[Any]]:
        """Passages to be found (``id``, ``document_id``, ``header``, ``text``) without a vector of the
        model, of documents of these grades, in the order of their ids."""
        query = (
            _current(passages.c.id, passages.c.document_id, passages.c.header, passages.c.text)
            .where(passages.c.id > after, documents.c.grade.in_(grades), _without(model_id))
            .order_by(passages.c.id)
            .limit(limit)
        )
        with self._db.read() as connection:
            return list(connection.execute(query))

    def of_version(self, version_id: int, grades: Sequence[str]) -> list[Row[Any]]:
        """Passages of a version that may not be the current one yet, as ``missing``."""
        query = (
            sa.select(passages.c.id, passages.c.header, passages.c.text)
            .join(documents, documents.c.id == passages.c.document_id)
            .where(passages.c.version_id == version_id, documents.c.grade.in_(grades))
            .order_by(passages.c.id)
        )
        with self._db.read() as connection:
            return list(connection.execute(query))

    def sample(self, grades: Sequence[str], count: int) -> list[Row[Any]]:
        """Passages to be found, spread over the library (``id``, ``header``, ``text``)."""
        with self._db.read() as connection:
            ids = list(
                connection.execute(
                    _current(passages.c.id).where(documents.c.grade.in_(grades))
                ).scalars()
            )
            step = max(1, len(ids) // count)
            chosen = sorted(ids)[::step][:count]
            query = sa.select(passages.c.id, passages.c.header, passages.c.text)
            return list(
                connection.execute(query.where(passages.c.id.in_(chosen)).order_by(passages.c.id))
            )

    def counts(self, model_id: int) -> tuple[int, int]:
        """Passages to be found that have a vector of the model, and all of them."""
        number = sa.func.count(passages.c.id)
        with self._db.read() as connection:
            everything = connection.execute(_current(number)).scalar_one()
            lacking = connection.execute(_current(number).where(_without(model_id))).scalar_one()
        return everything - lacking, everything

    def above(self, grade: str) -> dict[str, int]:
        """Passages to be found that a model cleared for a grade may not see, by their grade."""
        query = (
            _current(documents.c.grade, sa.func.count(passages.c.id))
            .where(documents.c.grade.not_in(allowed(grade)))
            .group_by(documents.c.grade)
        )
        with self._db.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def store(self, model_id: int, ids: Sequence[int], vectors: Vectors) -> int:
        """Keep vectors; those of passages that went meanwhile, or have one already, are left out. How many
        were kept."""
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            there = sa.select(passages.c.id).where(passages.c.id.in_(ids), _without(model_id))
            open_ids = set(connection.execute(there).scalars())
            rows = [
                {"passage_id": key, "model_id": model_id, "vector": pack_vector(vectors[at])}
                for at, key in enumerate(ids)
                if key in open_ids
            ]
            if rows:
                connection.execute(passage_vectors.insert(), rows)
        return len(rows)

    def vectors(self, model_id: int, ids: Iterable[int]) -> dict[int, bytes]:
        """Stored vectors by passage."""
        v = passage_vectors.c
        query = sa.select(v.passage_id, v.vector).where(
            v.model_id == model_id, v.passage_id.in_(list(ids))
        )
        with self._db.read() as connection:
            return {row.passage_id: row.vector for row in connection.execute(query)}

    def remove_some(self, model_id: int) -> int:
        """Remove some of a model's vectors; how many, 0 when none are left."""
        v = passage_vectors.c
        with self._db.write() as connection:
            ids = list(
                connection.execute(
                    sa.select(v.passage_id).where(v.model_id == model_id).limit(AT_ONCE)
                ).scalars()
            )
            if ids:
                gone = passage_vectors.delete().where(v.model_id == model_id, v.passage_id.in_(ids))
                connection.execute(gone)
        return len(ids)


def change(connection: Connection, model_id: int, of: Collection[str], **values: object) -> bool:
    """``Runs.change`` within the caller's transaction."""
    done = connection.execute(
        embedding_models.update()
        .where(embedding_models.c.id == model_id, embedding_models.c.state.in_(of))
        .values(**values, changed_at=utcnow())
    )
    return done.rowcount == 1


def queue(connection: Connection, model_id: int, after: timedelta = timedelta(0)) -> None:
    """``Runs.queue`` within the caller's transaction."""
    if not is_queued(connection, model_id, ("queued",)):
        JobQueue.enqueue(connection, JOB, model_id, after)


def is_queued(connection: Connection, model_id: int, states: Collection[str]) -> bool:
    """Whether a model has a job in one of some states."""
    query = sa.select(jobs.c.id).where(
        jobs.c.kind == JOB, jobs.c.subject_id == model_id, jobs.c.state.in_(states)
    )
    return connection.execute(query).first() is not None


def _current(*columns: Any) -> Select[Any]:
    return (
        sa.select(*columns)
        .select_from(passages)
        .join(documents, documents.c.id == passages.c.document_id)
        .where(*CURRENT)
    )


def _without(model_id: int) -> sa.ColumnElement[bool]:
    """Of passages that have no vector of a model."""
    return ~sa.exists().where(
        passage_vectors.c.passage_id == passages.c.id, passage_vectors.c.model_id == model_id
    )
