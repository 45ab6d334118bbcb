"""The test bench: questions with the documents that they must cite, run at every change.

Answers are quoted, not written by a model: what is found and cited is the same, it costs nothing, and the
same version gives the same result. A run sees what the person who runs it may see.
"""

from __future__ import annotations

import json
from dataclasses import asdict

import sqlalchemy as sa

from mokmin.base.db import Database, utcnow
from mokmin.features.work_assistants.model import Assistant, Outcome, Run, Trial
from mokmin.features.work_assistants.service import WorkAssistantService
from mokmin.features.work_assistants.store import last_run, runs
from mokmin.features.work_assistants.using import AssistantUse
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.service import AuditLog
from mokmin.knowledge.answering.assisting import AssistantBrief
from mokmin.knowledge.answering.service import AnswerService
from mokmin.knowledge.answering.writing import EXTRACTIVE_MODEL
from mokmin.knowledge.documents.service import DocumentService

KEPT_RUNS = 3


class TestBench:
    """Runs the questions of a version, and compares with the version before."""

    # Its name begins as the classes do that pytest collects.
    __test__ = False

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        documents: DocumentService,
        answers: AnswerService,
        making: WorkAssistantService,
        using: AssistantUse,
    ) -> None:
        self._db = db
        self._audit = audit
        self._documents = documents
        self._answers = answers
        self._making = making
        self._using = using

    def run(self, principal: Principal, assistant_id: int) -> None:
        """Run the questions of the newest version and keep what came of them. Raises NotFound,
        NotAllowed, Unavailable and RateLimited as an answer does."""
        one, _ = self._making.get(principal, assistant_id)
        if not one.content.trials:
            return
        brief = self._using.brief_of(principal, one, draft=True, trial=True)
        outcomes = [self._outcome(principal, brief, trial) for trial in one.content.trials]
        with self._db.write() as connection:
            connection.execute(
                runs.insert().values(
                    assistant_id=assistant_id,
                    number=one.newest,
                    user_id=principal.user_id,
                    outcomes=json.dumps([asdict(o) for o in outcomes], ensure_ascii=False),
                    ran_at=utcnow(),
                )
            )
            same = sa.and_(runs.c.assistant_id == assistant_id, runs.c.number == one.newest)
            kept = (
                sa.select(runs.c.id).where(same).order_by(runs.c.id.desc()).limit(KEPT_RUNS)
            ).scalar_subquery()
            connection.execute(runs.delete().where(same, runs.c.id.not_in(kept)))
            self._audit.append(
                connection,
                principal,
                "work-assistant.test",
                f"work-assistant:{assistant_id}",
                {"version": one.newest, "questions": len(outcomes)},
            )

    def _outcome(self, principal: Principal, brief: AssistantBrief, trial: Trial) -> Outcome:
        answer = self._answers.answer(
            principal,
            trial.question,
            within=brief.document_ids,
            model=EXTRACTIVE_MODEL,
            manner=brief.manner,
        )
        cited = tuple(dict.fromkeys(c.document_id for c in answer.citations))
        passed: bool | None
        if not trial.expected:
            passed = answer.refused
        else:
            passed = bool(set(cited) & set(trial.expected))
            if not passed and len(self._documents.seen(principal, trial.expected)) < len(
                trial.expected
            ):
                passed = None
        return Outcome(trial.question, trial.expected, cited, answer.refused, passed)

    def results(self, one: Assistant) -> tuple[Run | None, Run | None]:
        """The last run at this version, and the last one of a version before it."""
        with self._db.read() as connection:
            now = last_run(connection, one.id, one.number)
            if now is not None and now.number < one.number:
                return None, now
            return now, last_run(connection, one.id, one.number - 1)
