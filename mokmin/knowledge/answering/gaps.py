"""Questions without an answer (답 없는 질문): which refusals stewards are told of.

Noted is the number of the turn, the department in which it was asked and what the question means as a
vector; never who asked, and not the words: these are read from the conversation while it is there, so that
a conversation that was deleted takes them along. Temporary conversations have no row, nor questions within
chosen documents, beside attached files or after confidential (C) material, nor those that the system
declines on principle.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy import Connection

from mokmin.base.db import Database, metadata, utcnow
from mokmin.base.korean.reading import hangul
from mokmin.base.llm.ports import Embedder
from mokmin.governance.access.model import Principal
from mokmin.knowledge.documents.store import pack_vector, unpack_vectors

question_gaps = sa.Table(
    "question_gaps",
    metadata,
    sa.Column("turn_id", sa.Integer, primary_key=True, autoincrement=False),
    # By this name the row goes with its conversation when that is disposed of.
    sa.Column("conversation_id", sa.Integer, nullable=False, index=True),
    sa.Column("department_id", sa.Integer, index=True),
    sa.Column("vector", sa.LargeBinary, nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("set_aside_at", sa.DateTime),
    sa.Column("set_aside_by", sa.String(80), nullable=False, server_default=""),
)


class AskedTexts(Protocol):
    """Reads questions where they are kept."""

    def texts(self, connection: Connection, turn_ids: Collection[int]) -> Mapping[int, str]:
        """The questions of those turns whose conversation is still there."""
        ...


@dataclass(frozen=True, slots=True)
class Gap:
    """A refused question, without its asker."""

    turn_id: int
    department_id: int
    text: str
    vector: NDArray[np.float32]
    at: datetime


class Gaps:
    """Notes refusals, and gives them to stewards."""

    def __init__(self, db: Database, embedder: Callable[[], Embedder], asked: AskedTexts) -> None:
        self._db = db
        self._embedder = embedder
        self._asked = asked

    def note(self, principal: Principal, conversation_id: int, turn_id: int, question: str) -> None:
        """Note a refusal of a stored conversation."""
        if conversation_id <= 0 or turn_id <= 0 or principal.department_id is None:
            return
        vector = pack_vector(self._embedder().embed_query(hangul(question)))
        with self._db.write() as connection:
            connection.execute(question_gaps.delete().where(question_gaps.c.turn_id == turn_id))
            connection.execute(
                question_gaps.insert().values(
                    turn_id=turn_id,
                    conversation_id=conversation_id,
                    department_id=principal.department_id,
                    vector=vector,
                    created_at=utcnow(),
                )
            )

    def open(
        self,
        departments: Collection[int],
        since: datetime,
        *,
        limit: int,
        aside: bool = False,
        only: Collection[int] | None = None,
    ) -> list[Gap]:
        """Refusals of people who asked in these departments, newest first; ``aside``: those that were set
        aside."""
        g = question_gaps.c
        query = sa.select(g.turn_id, g.department_id, g.vector, g.created_at).where(
            g.department_id.in_(list(departments)), g.created_at >= since
        )
        query = query.where(g.set_aside_at.is_not(None) if aside else g.set_aside_at.is_(None))
        if only is not None:
            query = query.where(g.turn_id.in_(list(only)))
        query = query.order_by(g.created_at.desc(), g.turn_id.desc()).limit(limit)
        with self._db.read() as connection:
            rows = connection.execute(query).all()
            texts = self._asked.texts(connection, [row.turn_id for row in rows])
        kept = [row for row in rows if row.turn_id in texts]
        if not kept:
            return []
        vectors = unpack_vectors([row.vector for row in kept])
        return [
            Gap(row.turn_id, row.department_id, texts[row.turn_id], vector, row.created_at)
            for row, vector in zip(kept, vectors, strict=True)
        ]

    def counts(self, since: datetime) -> dict[int, int]:
        """How many by department, all of them: figures alone."""
        g = question_gaps.c
        query = (
            sa.select(g.department_id, sa.func.count())
            .where(g.created_at >= since, g.set_aside_at.is_(None))
            .group_by(g.department_id)
        )
        with self._db.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def mark(
        self,
        connection: Connection,
        departments: Collection[int],
        turn_ids: Collection[int],
        login: str,
        *,
        aside: bool,
    ) -> int:
        """Set refusals of these departments aside, or take them back; how many there were."""
        g = question_gaps.c
        done = connection.execute(
            question_gaps.update()
            .where(
                g.turn_id.in_(list(turn_ids)),
                g.department_id.in_(list(departments)),
                g.set_aside_at.is_(None) if aside else g.set_aside_at.is_not(None),
            )
            .values(set_aside_at=utcnow() if aside else None, set_aside_by=login if aside else "")
        )
        return int(done.rowcount)
