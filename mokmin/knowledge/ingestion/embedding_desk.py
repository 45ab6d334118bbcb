"""The embedding model as administrators choose, check and change it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import Conflict, InvalidInput, Unavailable
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.knowledge.ingestion import embedding_check as checks
from mokmin.knowledge.ingestion.embedding_check import Report
from mokmin.knowledge.ingestion.embedding_runs import WORKING, Runs, allowed, change, queue
from mokmin.knowledge.ingestion.reembedding import PACE
from mokmin.knowledge.search.embedding import (
    MARK_TEXT,
    Choice,
    ChosenEmbedder,
    EmbeddingModel,
    RawEmbedder,
    Reach,
    SearchModels,
    embedding_models,
)
from mokmin.knowledge.search.ports import BUILT_IN, PassageIndex

LOCK_KEY = 4252
MOST_PREFIX, LEAST_CHARACTERS, MOST_CHARACTERS = 200, 100, 20_000
_DISK_FACTOR = 2 + 4 * 1.3
"""Bytes for each number of a vector: two in the database, four and a graph in the index."""
OPEN = (*WORKING, "ready")


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that could be chosen."""

    choice: Choice
    name: str
    grade: str
    what: str


@dataclass(frozen=True, slots=True)
class Overview:
    """``index_model`` is what searches use at this moment; ``used`` and ``kept`` None: the built-in one, for
    ``kept`` only when ``can_go_back``. ``lacking``: passages without a vector of the model in use."""

    built_in: str
    index_model: int
    used: EmbeddingModel | None
    can_go_back: bool
    kept: EmbeddingModel | None
    passages: int
    lacking: int
    models: list[EmbeddingModel]
    offers: list[Offer]


class EmbeddingDesk:
    """``offers`` lists what may be chosen; ``disk`` is where the data lies."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        index: Callable[[], PassageIndex],
        models: SearchModels,
        reach: Reach,
        offers: Callable[[], Sequence[Offer]],
        disk: Path,
    ) -> None:
        self._db, self._audit, self._index, self._models = db, audit, index, models
        self._reach, self._offers, self._disk = reach, offers, disk
        self._runs = Runs(db)

    # --- looking --------------------------------------------------------------------------
    def overview(self, principal: Principal) -> Overview:
        """What is in use, what is going on, what could be chosen."""
        require(principal, Permission.ADMINISTER)
        used, index = self._runs.in_use(), self._index()
        kept = index.kept()
        done, everything = self._runs.counts(used.id) if used is not None else (0, 0)
        if used is None:
            done = everything = self._runs.counts(BUILT_IN)[1]
        held = None
        if kept is not None and kept.model != BUILT_IN:
            held = self._runs.get(kept.model)
        return Overview(
            self._models.built_in().embedder.name,
            index.model,
            used,
            kept is not None,
            held,
            everything,
            everything - done,
            self._runs.listing(),
            list(self._offers()),
        )

    def get(self, principal: Principal, model_id: int) -> EmbeddingModel:
        """One of them. Raises NotFound."""
        require(principal, Permission.ADMINISTER)
        return self._runs.get(model_id)

    # --- checking -------------------------------------------------------------------------
    def check(self, principal: Principal, choice: Choice) -> tuple[int, Report]:
        """Look a model over; the id with which it may be changed to, and what was found. Raises
        InvalidInput, Unavailable."""
        require(principal, Permission.ADMINISTER)
        choice = _checked(choice)
        raw = self._reach(choice)
        if raw is None:
            raise InvalidInput("그런 임베딩 모델이 없거나 꺼져 있습니다. 목록에서 골라 주세요.")
        report = self._examined(choice, raw)
        with self._db.write() as connection:
            made = new_id(
                connection,
                embedding_models.insert().values(
                    source=choice.source,
                    name=raw.name[:80],
                    endpoint_id=choice.endpoint_id,
                    folder=choice.folder,
                    query_prefix=choice.query_prefix,
                    passage_prefix=choice.passage_prefix,
                    most_characters=choice.most_characters,
                    dimensions=report.dimensions,
                    spread=report.spread,
                    mark=report.mark,
                    state="checked" if report.is_good else "refused",
                    reason=" ".join(report.problems),
                    done=0,
                    everything=report.passages,
                    findings=checks.report_text(report),
                    started_by=principal.name[:80],
                    started_at=utcnow(),
                    changed_at=utcnow(),
                ),
            )
            self._audit.append(
                connection,
                principal,
                "embedding.check",
                f"embedding:{made}",
                {"good": int(report.is_good)},
            )
        return made, report

    def _examined(self, choice: Choice, raw: RawEmbedder) -> Report:
        report = Report(
            raw.name, raw.grade, raw.local, free_bytes=shutil.disk_usage(self._disk).free
        )
        above = self._runs.above(raw.grade)
        if above:
            return replace(report, problems=(checks.refused(above, raw.name, raw.grade),))
        mark = _unit(raw.embed([(choice.passage_prefix + MARK_TEXT)], query=False)[0])
        model = EmbeddingModel(0, raw.name, choice, len(mark), 1.0, mark.tobytes(), "")
        embedder = ChosenEmbedder(model, raw)
        dimensions, right = checks.examine(embedder.embed_query, embedder.embed_passages)
        problems = []
        if not checks.LEAST_DIMENSIONS <= dimensions <= checks.MOST_DIMENSIONS:
            problems.append(f"벡터가 {dimensions:,}차원이라 쓸 수 없습니다.")
        if right < checks.NEAR_ENOUGH:
            problems.append(
                f"우리말 물음 {len(checks.KOREAN)}개 가운데 {right}개만 맞혔습니다. 한국어를 아는 모델을 고르세요."
            )
        if not checks.steady(embedder.embed_passages):
            problems.append("같은 글에 다른 벡터를 보냅니다. 기기의 설정을 확인해 주세요.")
        report = replace(
            report,
            dimensions=dimensions,
            right=right,
            mark=mark.tobytes(),
            problems=tuple(problems),
        )
        return self._measured(report, embedder)

    def _measured(self, report: Report, embedder: ChosenEmbedder) -> Report:
        """With a sample of the city's own passages, and the estimate that follows from it."""
        rows = self._runs.sample(allowed(report.grade), checks.SAMPLE)
        built_in = self._models.built_in().embedder
        headers = [r.header for r in rows] + [question for question, _, _ in checks.KOREAN]
        texts = [r.text for r in rows] + [answer for _, answer, _ in checks.KOREAN]
        own, leads, per_second = checks.found_again(embedder, headers, texts)
        other, leads_before, _ = checks.found_again(built_in, headers, texts)
        everything = self._runs.counts(BUILT_IN)[1]
        size = round(everything * report.dimensions * _DISK_FACTOR)
        problems = list(report.problems)
        if size * 1.5 > report.free_bytes:
            problems.append(
                f"디스크의 빈자리가 모자랍니다. 적어도 {size * 1.5 / 2**30:,.1f} GB가 있어야 합니다."
            )
        return replace(
            report,
            sample=len(rows),
            per_second=round(per_second, 1),
            passages=everything,
            seconds=round(everything / per_second * (1 + PACE)),
            disk_bytes=size,
            spread=checks.spread_of(leads_before, leads),
            own=own,
            own_built_in=other,
            problems=tuple(problems),
        )

    # --- changing -------------------------------------------------------------------------
    def change(self, principal: Principal, model_id: int) -> None:
        """Begin to change to a model that was checked, or go on with one that stopped. Raises Conflict,
        NotFound, InvalidInput."""
        require(principal, Permission.ADMINISTER)
        model = self._runs.get(model_id)
        raw = self._reach(model.choice)
        if raw is None:
            raise InvalidInput("그 모델이 등록에서 빠졌거나 꺼져 있습니다. 켠 뒤 다시 해 주세요.")
        above = self._runs.above(raw.grade)
        if above:
            raise InvalidInput(checks.refused(above, model.name, raw.grade))
        with self._db.write() as connection:
            self._alone(connection)
            if not change(
                connection, model_id, ("checked", "failed"), state="embedding", reason=""
            ):
                raise Conflict("점검을 마친 모델만 바꿀 수 있습니다. 다시 점검해 주세요.")
            queue(connection, model_id)
            self._record(connection, principal, "embedding.change", model_id)

    def accept(self, principal: Principal, model_id: int) -> None:
        """Change although the questions were found worse. Raises Conflict."""
        require(principal, Permission.ADMINISTER)
        findings = json.loads(self._runs.get(model_id).findings or "{}") | {"accepted": True}
        text = json.dumps(findings, ensure_ascii=False)
        with self._db.write() as connection:
            values = {"state": "building", "reason": "", "findings": text}
            if not change(connection, model_id, ("ready",), **values):
                raise Conflict("정할 것이 없습니다. 지금 상태를 다시 보아 주세요.")
            queue(connection, model_id)
            self._record(connection, principal, "embedding.accept", model_id)

    def cancel(self, principal: Principal, model_id: int) -> None:
        """Give a change up; searches go on with the model in use. Raises Conflict."""
        require(principal, Permission.ADMINISTER)
        states = ("embedding", "waiting", "building", "ready", "failed")
        with self._db.write() as connection:
            if not change(connection, model_id, states, state="cancelled", reason=""):
                raise Conflict("그만둘 수 있는 변경이 없습니다. 이미 끝났거나 바뀌는 순간입니다.")
            queue(connection, model_id)
            self._record(connection, principal, "embedding.cancel", model_id)

    def go_back(self, principal: Principal) -> None:
        """Return to the index that was kept. Raises Conflict."""
        require(principal, Permission.ADMINISTER)
        kept, used = self._index().kept(), self._runs.in_use()
        if kept is None:
            raise Conflict("돌아갈 예전 색인이 없습니다. 지금 쓰는 색인은 그대로입니다.")
        with self._db.write() as connection:
            self._alone(connection)
            if kept.model != BUILT_IN:
                key, done = kept.model, change(connection, kept.model, ("kept",), state="returning")
            else:
                key = used.id if used is not None else 0
                done = change(connection, key, ("current",), state="leaving")
            if not done:
                raise Conflict("지금은 되돌릴 수 없습니다. 상태를 다시 보아 주세요.")
            queue(connection, key)
            self._record(connection, principal, "embedding.return", key)

    def drop(self, principal: Principal) -> None:
        """Keep the old index no longer. Raises Conflict."""
        require(principal, Permission.ADMINISTER)
        kept = self._index().kept()
        if kept is None:
            raise Conflict("보관하고 있는 예전 색인이 없습니다.")
        with self._db.write() as connection:
            self._alone(connection)
            if kept.model != BUILT_IN and change(
                connection, kept.model, ("kept",), state="dropped"
            ):
                queue(connection, kept.model)
            self._record(connection, principal, "embedding.drop", kept.model)
        self._index().drop_kept()

    def _alone(self, connection: Connection) -> None:
        """Raises Conflict while a change is going on."""
        self._db.lock(connection, LOCK_KEY)
        query = sa.select(embedding_models.c.id).where(embedding_models.c.state.in_(OPEN))
        if connection.execute(query).first() is not None:
            raise Conflict(
                "다른 변경이 진행되고 있습니다. 끝나거나 그만둔 뒤에 해 주세요. 지금 것은 그대로입니다."
            )

    def _record(
        self, connection: Connection, principal: Principal, action: str, model_id: int
    ) -> None:
        self._audit.append(connection, principal, action, f"embedding:{model_id}", {})


def _checked(choice: Choice) -> Choice:
    """Raises InvalidInput."""
    if max(len(choice.query_prefix), len(choice.passage_prefix)) > MOST_PREFIX:
        raise InvalidInput(f"앞에 붙일 말은 {MOST_PREFIX}자까지 적어 주세요.")
    if not LEAST_CHARACTERS <= choice.most_characters <= MOST_CHARACTERS:
        raise InvalidInput(
            f"한 번에 읽을 글자 수는 {LEAST_CHARACTERS:,}에서 {MOST_CHARACTERS:,}까지 적어 주세요."
        )
    return choice


def _unit(vector: np.ndarray) -> np.ndarray:
    norm = float(np.linalg.norm(vector))
    if not np.isfinite(norm) or norm < 1e-9:
        raise Unavailable("임베딩 모델이 쓸 수 없는 벡터를 보냈습니다.", code="model-unavailable")
    return np.asarray(vector / norm, np.float32)
