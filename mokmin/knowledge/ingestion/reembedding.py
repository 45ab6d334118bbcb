"""The change of the embedding model as a job: embed, build, verify, switch; and the way back.

A job works for a few seconds and queues the next one, so that documents that come in have their turn.
What is done is in the database: a job that was killed goes on where it was. While the model cannot be
reached the change waits and tries again. Nothing of it is seen by a search before the switch, which is
the replacement of one small file (``adapters/index/generations.py``).
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import timedelta

import sqlalchemy as sa

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import Conflict, NotFound, Unavailable
from mokmin.base.llm.ports import Vectors
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.audit.service import AuditLog
from mokmin.knowledge.documents.store import passages, versions
from mokmin.knowledge.ingestion.embedding_check import Recall, recall_of, refused
from mokmin.knowledge.ingestion.embedding_runs import (
    ENDED,
    WORKING,
    Runs,
    allowed,
    change,
    is_queued,
    queue,
)
from mokmin.knowledge.ingestion.indexing import IN_USE, Indexing
from mokmin.knowledge.search.embedding import (
    ChosenEmbedder,
    EmbeddingModel,
    SearchModels,
    embedding_models,
    unpacked,
)
from mokmin.knowledge.search.ports import BUILT_IN, IndexFilter, PassageIndex, Searchable

log = logging.getLogger(__name__)
BATCH = 32
SLICE_SECONDS = 10.0
WAIT = timedelta(seconds=30)
PACE = 1.0
"""Rest after each batch, as a share of the time that it took: searches come first."""
SAMPLE, SAME = 20, 0.99
WORSE = 0.05
"""When the shipped questions are found worse by more than this, a person decides."""
LOOKED_AT = 100
TURN_SECONDS = 600.0
Questions = Callable[[], Sequence[tuple[str, frozenset[str]]]]
"""(question, names of the files that answer it)."""


class Reembedding:
    """Implements ``Task`` of the worker; its jobs name a row of ``embedding_models``."""

    def __init__(
        self,
        db: Database,
        index: Callable[[], PassageIndex],
        models: SearchModels,
        audit: AuditLog,
        questions: Questions = tuple,
        *,
        pace: float = PACE,
    ) -> None:
        self._db, self._index, self._models, self._audit = db, index, models, audit
        self._questions, self._pace = questions, pace
        self._runs = Runs(db)
        self._looked_at = float("-inf")

    # --- the worker's side ----------------------------------------------------------------
    def run(self, subject_id: int) -> None:
        """Go on with a change for a few seconds."""
        try:
            model = self._runs.get(subject_id)
        except NotFound:
            return
        try:
            if model.state in ("embedding", "waiting", "returning", *IN_USE):
                self._fill(model)
            elif model.state in ("building", "switching"):
                self._build(model)
            elif model.state in ENDED:
                self._clean(model)
        except Unavailable as error:
            self._wait(model, error.message)
        except Conflict:
            # Somebody rebuilds the index at this moment.
            self._runs.queue(model.id, WAIT)

    def give_up(self, subject_id: int) -> None:
        """After the last try: a person may have it go on."""
        reason = (
            "시스템 문제가 되풀이되어 멈췄습니다. 찾기는 예전 모델로 그대로 됩니다. ‘이어서 하기’를 누르면 멈춘 "
            "곳부터 이어집니다."
        )
        self._runs.change(
            subject_id,
            ("embedding", "waiting", "building", "switching"),
            state="failed",
            reason=reason,
        )

    def turn(self) -> None:
        """A chore: queue what should be at work and is not, and now and then what the model in use lacks."""
        for model in self._runs.in_states(WORKING):
            self._queue_lost(model.id)
        moment = time.monotonic()
        if moment - self._looked_at < TURN_SECONDS:
            return
        self._looked_at = moment
        used = self._runs.in_use()
        if used is not None and self._lacks(used):
            self._queue_lost(used.id)

    def embed_version(self, version_id: int) -> None:
        """Embed the passages of a version with the model in use, when that is not the built-in one. What
        cannot be done now is left to a job."""
        used = self._runs.in_use()
        if used is None:
            return
        try:
            embedder = self._models.embedder(used)
            rows = self._runs.of_version(version_id, allowed(embedder.raw.grade))
            for at in range(0, len(rows), BATCH):
                part = rows[at : at + BATCH]
                vectors = embedder.embed_passages([_text(r.header, r.text) for r in part])
                self._runs.store(used.id, [r.id for r in part], vectors)
        except Unavailable as error:
            log.warning("vectors follow later", extra={"error": error.code})
            self._runs.queue(used.id, WAIT)

    # --- embedding ------------------------------------------------------------------------
    def _fill(self, model: EmbeddingModel) -> None:
        """Embed what has no vector yet, then take the next step."""
        embedder = self._models.embedder(model)
        if model.state != "leaving":
            if not self._may_see(model, embedder):
                return
            embedder.recognise()
            done, everything = self._runs.counts(model.id)
            self._progress(model, done, everything)
            if not self._embed_some(model, embedder, done):
                self._runs.queue(model.id)
                return
        if model.state == "current" and model.reason:
            self._runs.change(model.id, ("current",), reason="")
        elif model.state in ("leaving", "returning"):
            self._go_back(model)
        elif model.state in ("embedding", "waiting") and self._runs.change(
            model.id, ("embedding", "waiting"), state="building", reason=""
        ):
            self._runs.queue(model.id)

    def _may_see(self, model: EmbeddingModel, embedder: ChosenEmbedder) -> bool:
        """Whether the model is cleared for all that it would be searched with; a change ends when it is
        not. The model in use goes on with what it may see."""
        above = self._runs.above(embedder.raw.grade)
        if not above or model.state in IN_USE:
            return True
        reason = refused(above, model.name, embedder.raw.grade)
        self._fail(model, reason)
        return False

    def _embed_some(self, model: EmbeddingModel, embedder: ChosenEmbedder, done: int) -> bool:
        """Embed for a while; whether nothing is left."""
        until, last = time.monotonic() + SLICE_SECONDS, 0
        while time.monotonic() < until:
            rows = self._runs.missing(
                model.id, allowed(embedder.raw.grade), after=last, limit=BATCH
            )
            if not rows:
                return True
            begin = time.monotonic()
            vectors = embedder.embed_passages([_text(r.header, r.text) for r in rows])
            done += self._runs.store(model.id, [r.id for r in rows], vectors)
            last = rows[-1].id
            self._follow(model, {r.document_id for r in rows})
            if not self._progress(model, done):
                return False
            time.sleep(self._pace * (time.monotonic() - begin))
        return False

    def _follow(self, model: EmbeddingModel, document_ids: set[int]) -> None:
        """Have the index in use know the new vectors, when they are of its model."""
        if model.state in IN_USE:
            for document_id in document_ids:
                self._indexing().refresh(document_id)

    def _progress(self, model: EmbeddingModel, done: int, everything: int | None = None) -> bool:
        """Tell how far it is; whether the change still goes on."""
        values: dict[str, object] = {"done": done}
        if everything is not None:
            values["everything"] = everything
        if model.state == "waiting":
            values |= {"state": "embedding", "reason": ""}
        return self._runs.change(model.id, (model.state, "embedding"), **values)

    # --- building and switching -----------------------------------------------------------
    def _build(self, model: EmbeddingModel) -> None:
        index = self._index()
        if index.model == model.id:
            self._switched(model)
            return
        embedder = self._models.embedder(model)
        if not self._may_see(model, embedder):
            return
        if not self._runs.change(model.id, ("building", "switching"), state="building"):
            return
        since, built = self._indexing().build(model.id, model.dimensions)
        try:
            self._embed_some(model, embedder, 0)
            problem = self._verify(model, embedder, built)
            if problem:
                self._fail(model, problem)
                return
            if not self._is_good_enough(model, embedder, built):
                return
            # Whoever cancelled until now wins; from here on the switch does.
            if not self._runs.change(model.id, ("building",), state="switching"):
                return
            self._indexing().put_in_use(since, keep=True)
        finally:
            index.discard()
        self._switched(model)

    def _verify(self, model: EmbeddingModel, embedder: ChosenEmbedder, built: PassageIndex) -> str:
        """Why a new index may not come into use; empty when it may."""
        done, everything = self._runs.counts(model.id)
        held = built.health().passages
        # Documents that change at this moment are brought up to date at the switch.
        if abs(held - everything) > max(5, everything // 100) or done < 0.99 * everything:
            return (
                f"새 색인의 글 수({held:,})나 벡터 수({done:,})가 문서고({everything:,})와 맞지 않아 바꾸지 않았습니다. "
                "찾기는 예전 모델로 그대로 됩니다. ‘이어서 하기’로 다시 해 보세요."
            )
        rows = self._runs.sample(allowed(embedder.raw.grade), SAMPLE)
        stored = self._runs.vectors(model.id, [r.id for r in rows])
        rows = [r for r in rows if r.id in stored]
        if not rows:
            return ""
        again = embedder.embed_passages([_text(r.header, r.text) for r in rows])
        for at, row in enumerate(rows):
            vector = unpacked(stored[row.id])
            near = built.search_vector(again[at], IndexFilter(None), 10)
            best = max(near.values(), default=0.0)
            if (
                vector is None
                or float(vector @ again[at]) < SAME
                or near.get(row.id, 0.0) < best - 1e-3
            ):
                return (
                    "새 색인에서 표본 글이 제 이웃으로 나오지 않아 바꾸지 않았습니다. 모델이 같은 글에 늘 같은 벡터를 "
                    "주는지 확인해 주세요. 찾기는 예전 모델로 그대로 됩니다."
                )
        return ""

    def _is_good_enough(
        self, model: EmbeddingModel, embedder: ChosenEmbedder, built: PassageIndex
    ) -> bool:
        """Compare both models by the questions whose files are here. When the new one is clearly worse, wait
        for a person."""
        findings = json.loads(model.findings or "{}")
        if findings.get("accepted"):
            return True
        index = self._index().pinned()
        now = self._models.of(index.model).embedder
        before, after = (
            self._found(index, now.embed_query),
            self._found(built, embedder.embed_query),
        )
        if before is None or after is None:
            return True
        findings |= {"before": asdict(before), "after": asdict(after)}
        text = json.dumps(findings, ensure_ascii=False)
        worse = max(before.recall - after.recall, before.mrr - after.mrr) > WORSE
        reason = (
            "시험 질문에서 지금 모델보다 답을 덜 찾아, 바꾸기 전에 멈췄습니다. 수치를 보고 정해 주세요."
            if worse
            else ""
        )
        values = {"findings": text, "reason": reason} | ({"state": "ready"} if worse else {})
        return self._runs.change(model.id, ("building",), **values) and not worse

    def _found(self, index: Searchable, embed: Callable[[str], Vectors]) -> Recall | None:
        """How the documents that answer the questions are found by meaning alone."""
        ranks = []
        for question, names in self._questions():
            with self._db.read() as connection:
                query = sa.select(versions.c.document_id).where(versions.c.filename.in_(names))
                wanted = set(connection.execute(query).scalars())
            if not wanted:
                continue
            near = index.search_vector(embed(question), IndexFilter(None), LOOKED_AT)
            with self._db.read() as connection:
                query = sa.select(passages.c.id, passages.c.document_id)
                owner = {
                    row.id: row.document_id
                    for row in connection.execute(query.where(passages.c.id.in_(list(near))))
                }
            order = list(dict.fromkeys(owner[key] for key in near if key in owner))
            place = [at for at, key in enumerate(order, start=1) if key in wanted]
            ranks.append(place[0] if place else 0)
        return recall_of(ranks) if ranks else None

    def _switched(self, model: EmbeddingModel) -> None:
        """The index in use is this model's: say so, keep the one before, drop what was kept earlier."""
        with self._db.write() as connection:
            m = embedding_models.c
            old = sa.select(m.id).where(m.state == "kept", m.id != model.id)
            for key in list(connection.execute(old).scalars()):
                change(connection, key, ("kept",), state="dropped")
                queue(connection, key)
            connection.execute(
                embedding_models.update()
                .where(m.state.in_(IN_USE), m.id != model.id)
                .values(state="kept", changed_at=utcnow())
            )
            values = {"state": "current", "reason": "", "switched_at": utcnow()}
            if change(connection, model.id, ("building", "switching"), **values):
                detail = {"dimensions": model.dimensions}
                self._audit.append(
                    connection, OPERATOR, "embedding.switch", f"embedding:{model.id}", detail
                )
            queue(connection, model.id)

    # --- the way back ---------------------------------------------------------------------
    def _go_back(self, model: EmbeddingModel) -> None:
        """To the kept index: of the built-in model when this one leaves, of this one when it returns."""
        index = self._index()
        target = BUILT_IN if model.state == "leaving" else model.id
        if index.model != target:
            kept = index.kept()
            if kept is None or kept.model != target:
                state = "current" if model.state == "leaving" else "kept"
                reason = "돌아갈 예전 색인이 없어 그대로 두었습니다."
                self._runs.change(model.id, (model.state,), state=state, reason=reason)
                return
            since = index.health().built_at or model.switched_at or model.started_at or utcnow()
            self._indexing().go_back(since)
        with self._db.write() as connection:
            m = embedding_models.c
            connection.execute(
                embedding_models.update()
                .where(m.state.in_(IN_USE))
                .values(state="kept", changed_at=utcnow())
            )
            if target != BUILT_IN:
                values = {"state": "current", "reason": "", "switched_at": utcnow()}
                change(connection, model.id, ("returning",), **values)
            self._audit.append(
                connection, OPERATOR, "embedding.back", f"embedding:{model.id}", {"to": target}
            )

    # --- endings --------------------------------------------------------------------------
    def _clean(self, model: EmbeddingModel) -> None:
        """Remove the vectors of a model that is used no more."""
        until = time.monotonic() + SLICE_SECONDS
        while self._runs.remove_some(model.id):
            if time.monotonic() > until:
                self._runs.queue(model.id)
                return

    def _wait(self, model: EmbeddingModel, reason: str) -> None:
        """The model does not answer: try again later, with all that is done."""
        if model.state in ("embedding", "waiting"):
            if not self._runs.change(
                model.id, ("embedding", "waiting"), state="waiting", reason=reason
            ):
                return
        elif not self._runs.change(model.id, (model.state,), reason=reason):
            return
        log.warning("embedding waits", extra={"model": model.id})
        self._runs.queue(model.id, WAIT)

    def _fail(self, model: EmbeddingModel, reason: str) -> None:
        state = "kept" if model.state == "returning" else "failed"
        if self._runs.change(model.id, WORKING, state=state, reason=reason):
            self._audit.record(OPERATOR, "embedding.fail", f"embedding:{model.id}")

    def _lacks(self, model: EmbeddingModel) -> bool:
        try:
            grade = self._models.embedder(model).raw.grade
        except Unavailable:
            return False
        return bool(self._runs.missing(model.id, allowed(grade), limit=1))

    def _queue_lost(self, model_id: int) -> None:
        with self._db.write() as connection:
            if not is_queued(connection, model_id, ("queued", "running")):
                queue(connection, model_id)

    def _indexing(self) -> Indexing:
        return Indexing(self._db, self._index())


def _text(header: str, text: str) -> str:
    """What is embedded of a passage, as ``PassageDraft.indexed_text``."""
    return f"{header}\n{text}" if header else text
