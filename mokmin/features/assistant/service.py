"""Conversations: ask, watch the answer come, stop, find again."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import MokminError, NotFound
from mokmin.features.assistant.model import Conversation, Turn
from mokmin.features.assistant.store import conversations, to_conversation, to_turn, turns
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.service import AuditLog
from mokmin.knowledge.answering.model import Answer, AnswerEvent, Exchange
from mokmin.knowledge.answering.reviews import ReviewService
from mokmin.knowledge.answering.service import AnswerService
from mokmin.knowledge.documents.service import DocumentService
from mokmin.knowledge.search.question import clean_query

log = logging.getLogger(__name__)
WAIT_SECONDS = 15.0
KEEP_FINISHED = 200
HISTORY_TURNS = 6
SCOPES = {"": "전체 문서", "department": "우리 부서", "law": "법령"}


@dataclass(slots=True)
class _Run:
    """An answer under way: its events so far; readers wait for more."""

    events: list[AnswerEvent] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    finished: bool = False
    stopped: bool = False

    def push(self, event: AnswerEvent) -> None:
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def close(self) -> None:
        with self.changed:
            self.finished = True
            self.changed.notify_all()


class AssistantService:
    """Each answer is written by a thread of its own, so that closing the page loses nothing; any
    number of readers follow it, from the first event or from where they stopped."""

    def __init__(
        self,
        db: Database,
        answers: AnswerService,
        documents: DocumentService,
        audit: AuditLog,
        reviews: ReviewService,
    ) -> None:
        self._db = db
        self._reviews = reviews
        self._answers = answers
        self._documents = documents
        self._audit = audit
        self._runs: dict[int, _Run] = {}
        self._lock = threading.Lock()

    # --- asking ---------------------------------------------------------------------------
    def ask(
        self,
        principal: Principal,
        question: str,
        *,
        conversation_id: int | None = None,
        document_id: int | None = None,
        scope: str = "",
    ) -> Turn:
        """Start an answer. Raises InvalidInput for an empty or overlong question, NotFound, and
        Unavailable while answering is switched off."""
        self._answers.check()
        question = clean_query(question)
        if conversation_id is not None:
            document_id = self.get(principal, conversation_id).document_id
        scope = scope if scope in SCOPES else ""
        if document_id is not None:
            self._documents.get(principal, document_id)
        now = utcnow()
        with self._db.write() as connection:
            if conversation_id is None:
                conversation_id = new_id(
                    connection,
                    conversations.insert().values(
                        user_id=principal.user_id,
                        title=question[:80],
                        document_id=document_id,
                        scope=scope,
                        created_at=now,
                        updated_at=now,
                    ),
                )
            else:
                connection.execute(
                    conversations.update()
                    .where(conversations.c.id == conversation_id)
                    .values(updated_at=now, scope=scope)
                )
            turn_id = new_id(
                connection,
                turns.insert().values(
                    conversation_id=conversation_id,
                    question=question,
                    state="streaming",
                    created_at=now,
                ),
            )
        self._start(principal, turn_id, question, self._within(principal, document_id, scope))
        return self.turn(principal, conversation_id, turn_id)

    def retry(self, principal: Principal, conversation_id: int, turn_id: int) -> Turn:
        """Answer a question again, after a failure or a stop; an answer that is there or under way
        stays as it is. Raises as ``ask``."""
        self._answers.check()
        turn = self.turn(principal, conversation_id, turn_id)
        with self._db.write() as connection:
            begun = connection.execute(
                turns.update()
                .where(turns.c.id == turn_id, turns.c.state.in_(("failed", "stopped")))
                .values(state="streaming", answer=None)
            )
        if not begun.rowcount:
            return turn
        about = self.get(principal, conversation_id)
        within = self._within(principal, about.document_id, about.scope)
        self._start(principal, turn_id, turn.question, within)
        return self.turn(principal, conversation_id, turn_id)

    def _within(
        self, principal: Principal, document_id: int | None, scope: str
    ) -> tuple[int, ...] | None:
        if document_id is not None:
            return (document_id,)
        if scope == "law":
            return self._documents.ids(principal, kind="법령")
        if scope == "department":
            return self._documents.ids(principal, department=principal.department)
        return None

    def _start(
        self, principal: Principal, turn_id: int, question: str, within: tuple[int, ...] | None
    ) -> None:
        run = _Run()
        with self._lock:
            for key in [k for k, r in self._runs.items() if r.finished][:-KEEP_FINISHED]:
                del self._runs[key]
            self._runs[turn_id] = run
        worker = threading.Thread(
            target=self._work,
            args=(principal, turn_id, question, within, run),
            name=f"answer-{turn_id}",
            daemon=True,
        )
        worker.start()

    def close(self, seconds: float) -> None:
        """Let answers under way come to their end before the service leaves."""
        until = time.monotonic() + seconds
        for run in list(self._runs.values()):
            with run.changed:
                while not run.finished and (left := until - time.monotonic()) > 0:
                    run.changed.wait(left)

    def _work(
        self,
        principal: Principal,
        turn_id: int,
        question: str,
        within: tuple[int, ...] | None,
        run: _Run,
    ) -> None:
        state, answer = "failed", None
        try:
            history = self._history(principal, turn_id)
            for event in self._answers.stream(principal, question, within=within, history=history):
                run.push(event)
                if event.answer is not None:
                    state, answer = "done", event.answer
                if run.stopped or not self._answers.is_on:
                    state = "stopped" if answer is None else "done"
                    break
        except MokminError as error:
            log.warning("answer failed", extra={"turn": turn_id, "code": error.code})
            run.push(AnswerEvent("step", error.message))
        finally:
            sentences = [e.sentence for e in run.events if e.sentence is not None]
            body = _answer_json(answer) if answer else None
            if state == "stopped" and sentences:
                last = next(e for e in reversed(run.events) if e.sentence is not None)
                body = {
                    "lead": "",
                    "sentences": [asdict(s) for s in sentences],
                    "citations": [_plain(asdict(c)) for c in last.citations],
                }
            with self._db.write() as connection:
                connection.execute(
                    turns.update()
                    .where(turns.c.id == turn_id)
                    .values(
                        state=state, answer=json.dumps(body, ensure_ascii=False) if body else None
                    )
                )
            run.close()

    def _history(self, principal: Principal, turn_id: int) -> tuple[Exchange, ...]:
        """What was asked and answered before this turn in its conversation, oldest first.

        An answer resting on a document that the person may no longer see is left out."""
        conversation = sa.select(turns.c.conversation_id).where(turns.c.id == turn_id)
        query = (
            sa.select(turns)
            .where(
                turns.c.conversation_id == conversation.scalar_subquery(),
                turns.c.id < turn_id,
                turns.c.answer.is_not(None),
            )
            .order_by(turns.c.id.desc())
            .limit(HISTORY_TURNS)
        )
        with self._db.read() as connection:
            earlier = [to_turn(row) for row in connection.execute(query)]
        exchanges = [exchange_of(turn) for turn in reversed(earlier)]
        return tuple(
            one if self._sees(principal, one.document_ids) else Exchange(one.question)
            for one in exchanges
        )

    def _sees(self, principal: Principal, document_ids: tuple[int, ...]) -> bool:
        try:
            for document_id in document_ids:
                self._documents.get(principal, document_id)
        except NotFound:
            return False
        return True

    def follow(
        self, principal: Principal, conversation_id: int, turn_id: int, after: int = 0
    ) -> Iterator[tuple[int, AnswerEvent | None]]:
        """Numbered events from ``after`` on; None as a sign of life while there is nothing new."""
        self.turn(principal, conversation_id, turn_id)
        run = self._runs.get(turn_id)
        if run is None:
            return
        position = after
        while True:
            with run.changed:
                if position >= len(run.events) and not run.finished:
                    run.changed.wait(WAIT_SECONDS)
                fresh = run.events[position:]
                finished = run.finished
            for event in fresh:
                position += 1
                yield position, event
            if finished and position >= len(run.events):
                return
            if not fresh:
                yield position, None

    def stop(self, principal: Principal, conversation_id: int, turn_id: int) -> None:
        """Stop an answer; what was written stays."""
        self.turn(principal, conversation_id, turn_id)
        run = self._runs.get(turn_id)
        if run is not None:
            run.stopped = True

    def recover(self) -> None:
        """After a restart: answers that were cut off are marked so and can be asked again."""
        with self._db.write() as connection:
            connection.execute(
                turns.update().where(turns.c.state == "streaming").values(state="failed")
            )

    # --- conversations --------------------------------------------------------------------
    def recent(
        self, principal: Principal, *, text: str = "", limit: int = 30
    ) -> list[Conversation]:
        """The person's conversations, newest first, filtered by words of their titles or questions."""
        condition = [
            conversations.c.user_id == principal.user_id,
            conversations.c.deleted_at.is_(None),
        ]
        condition += [
            sa.or_(
                conversations.c.title.icontains(word, autoescape=True),
                sa.exists().where(
                    turns.c.conversation_id == conversations.c.id,
                    turns.c.question.icontains(word, autoescape=True),
                ),
            )
            for word in text.split()[:5]
        ]
        query = (
            sa.select(conversations)
            .where(*condition)
            .order_by(conversations.c.updated_at.desc())
            .limit(limit)
        )
        with self._db.read() as connection:
            return [to_conversation(row) for row in connection.execute(query)]

    def get(self, principal: Principal, conversation_id: int) -> Conversation:
        """One conversation of this person, unless it was deleted. Raises NotFound."""
        with self._db.read() as connection:
            row = connection.execute(
                sa.select(conversations).where(
                    conversations.c.id == conversation_id,
                    conversations.c.user_id == principal.user_id,
                    conversations.c.deleted_at.is_(None),
                )
            ).first()
        if row is None:
            raise NotFound("대화를 찾을 수 없습니다.")
        return to_conversation(row)

    def turns(self, principal: Principal, conversation_id: int) -> list[Turn]:
        """All turns of a conversation in order."""
        self.get(principal, conversation_id)
        query = sa.select(turns).where(turns.c.conversation_id == conversation_id)
        with self._db.read() as connection:
            return [to_turn(row) for row in connection.execute(query.order_by(turns.c.id))]

    def turn(self, principal: Principal, conversation_id: int, turn_id: int) -> Turn:
        """One turn. Raises NotFound."""
        for turn in self.turns(principal, conversation_id):
            if turn.id == turn_id:
                return turn
        raise NotFound("답변을 찾을 수 없습니다.")

    def rename(self, principal: Principal, conversation_id: int, title: str) -> None:
        """Give a conversation another title."""
        title = clean_query(title)[:200]
        self._change(principal, conversation_id, title=title)

    def delete(self, principal: Principal, conversation_id: int) -> None:
        """Hide a conversation from its owner; the record stays under the retention policy."""
        self._change(principal, conversation_id, deleted_at=utcnow())
        self._audit.record(principal, "conversation.delete", f"conversation:{conversation_id}")

    def restore(self, principal: Principal, conversation_id: int) -> None:
        """Undo ``delete``. Raises NotFound."""
        with self._db.write() as connection:
            found = connection.execute(
                conversations.update()
                .where(
                    conversations.c.id == conversation_id,
                    conversations.c.user_id == principal.user_id,
                )
                .values(deleted_at=None)
            )
        if not found.rowcount:
            raise NotFound("대화를 찾을 수 없습니다.")
        self._audit.record(principal, "conversation.restore", f"conversation:{conversation_id}")

    def _change(self, principal: Principal, conversation_id: int, **values: object) -> None:
        self.get(principal, conversation_id)
        with self._db.write() as connection:
            connection.execute(
                conversations.update().where(conversations.c.id == conversation_id).values(**values)
            )

    def rate(
        self,
        principal: Principal,
        conversation_id: int,
        turn_id: int,
        value: int,
        *,
        reason: str = "",
        comment: str = "",
    ) -> None:
        """Feedback on an answer: 1 helpful, -1 not, 0 taken back. What is not helpful goes into the
        stewards' queue, with one of ``REASONS`` and a comment. Raises InvalidInput, NotFound."""
        turn = self.turn(principal, conversation_id, turn_id)
        if value < 0 and turn.answer is not None:
            self._reviews.report(
                principal,
                turn_id=turn_id,
                question=turn.question,
                answer=turn.answer,
                value=value,
                reason=reason,
                comment=comment,
            )
        else:
            self._reviews.withdraw(principal, turn_id)
        with self._db.write() as connection:
            connection.execute(
                turns.update().where(turns.c.id == turn_id).values(feedback=max(-1, min(1, value)))
            )
        self._audit.record(principal, "answer.feedback", f"turn:{turn_id}", value=value)


def exchange_of(turn: Turn) -> Exchange:
    """An answered turn as a later question of the same conversation needs it."""
    answer = turn.answer or {}
    lines = [answer.get("lead", ""), *(s["text"] for s in answer.get("sentences", ()))]
    cited = dict.fromkeys(int(c["document_id"]) for c in answer.get("citations", ()))
    return Exchange(turn.question, "\n".join(line for line in lines if line), tuple(cited))


def _plain(data: Any) -> Any:
    """JSON-ready: dates as ISO text, tuples as lists."""
    if isinstance(data, dict):
        return {key: _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(value) for value in data]
    return data.isoformat() if isinstance(data, date) else data


def _answer_json(answer: Answer) -> dict[str, Any]:
    body: dict[str, Any] = _plain(asdict(answer))
    return body
