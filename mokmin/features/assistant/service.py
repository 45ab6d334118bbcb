"""Asking: start an answer, watch it come, stop it, ask the same again in another way."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date
from functools import partial
from typing import Any

from mokmin.base.errors import InvalidInput, MokminError, NotFound
from mokmin.features.assistant.conversations import UNTITLED, ConversationService
from mokmin.features.assistant.model import LISTED, Scope, Turn
from mokmin.features.assistant.runs import Run, Runs
from mokmin.governance.access.model import Principal
from mokmin.knowledge.answering.assisting import PLAIN, AssistantBrief, WorkAssistants
from mokmin.knowledge.answering.model import AnswerEvent
from mokmin.knowledge.answering.service import AnswerService
from mokmin.knowledge.answering.writing import EXTRACTIVE_MODEL
from mokmin.knowledge.documents.attachments import AttachedDocuments
from mokmin.knowledge.documents.collections import Collections
from mokmin.knowledge.documents.service import DocumentService
from mokmin.knowledge.search.question import clean_query

log = logging.getLogger(__name__)
MOST_DOCUMENTS = 20
COLLECTION = "collection:"
ANYWHERE = Scope()


class AssistantService:
    """Answers are written by threads of their own, so that closing the page loses nothing."""

    def __init__(
        self,
        answers: AnswerService,
        documents: DocumentService,
        attached: AttachedDocuments,
        conversations: ConversationService,
        screen: Callable[[str], str] = str,
        unanswered: Callable[[Principal, int, int, str], None] | None = None,
        assistants: WorkAssistants | None = None,
        collections: Collections | None = None,
    ) -> None:
        """``screen``: a question as it may be kept; raises InvalidInput for one that may not be sent.
        ``unanswered`` is told of refusals: who, conversation, turn and question."""
        self._unanswered = unanswered
        self._collections = collections
        self._assistants = assistants
        self._screen = screen
        self._answers = answers
        self._documents = documents
        self._attached = attached
        self._conversations = conversations
        self.runs = Runs()

    def collections(self, reader: Principal) -> list[tuple[str, str]]:
        """(kind of scope, name) of the collections that the person may choose."""
        if self._collections is None:
            return []
        return [(f"{COLLECTION}{c.id}", c.name) for c in self._collections.usable(reader)]

    # --- asking ---------------------------------------------------------------------------
    def ask(
        self,
        principal: Principal,
        question: str,
        *,
        conversation_id: int | None = None,
        parent_id: int | None = None,
        scope: Scope = ANYWHERE,
        model: str = "",
        temporary: bool = False,
    ) -> Turn:
        """Start an answer, in a new conversation or after a turn of one (``parent_id``; None: after the
        last one that is shown). Raises InvalidInput for an empty or overlong question, NotFound,
        and Unavailable while answering is switched off."""
        question = self._checked(principal, question, model)
        if conversation_id is None:
            scope = self._scope(principal, scope)
            if temporary:
                conversation_id = self._conversations.temporary.begin(principal)
            else:
                conversation_id = self._conversations.stored.begin(principal, question[:80])
            parent_id = None
        else:
            talk = self._conversations.get(principal, conversation_id)
            if parent_id is None:
                parent_id = talk.leaf_id
            else:
                self._conversations.turn(principal, conversation_id, parent_id)
            reader = self._conversations.reader(principal, conversation_id)
            scope = self._scope(reader, scope)
            if talk.title == UNTITLED:
                self._conversations.rename(principal, conversation_id, question[:80])
        return self._add(principal, conversation_id, question, parent_id, scope, model)

    def edit(
        self,
        principal: Principal,
        conversation_id: int,
        turn_id: int,
        question: str,
    ) -> Turn:
        """Ask another question in a turn's place; the turn with all that followed it stays as a branch
        beside it. Raises as ``ask``."""
        turn = self._conversations.turn(principal, conversation_id, turn_id)
        question = self._checked(principal, question, turn.model)
        talk = self._conversations.get(principal, conversation_id)
        if not talk.temporary and talk.title == turn.question[:80] and turn.parent_id is None:
            # A question that was taken back must not live on as the title, in a share least of all.
            self._conversations.rename(principal, conversation_id, question[:80])
        return self._add(
            principal, conversation_id, question, turn.parent_id, turn.scope, turn.model
        )

    def again(
        self,
        principal: Principal,
        conversation_id: int,
        turn_id: int,
        *,
        scope: Scope,
        model: str = "",
    ) -> Turn:
        """Answer a turn's question once more, in a turn beside it. Raises as ``ask``."""
        turn = self._conversations.turn(principal, conversation_id, turn_id)
        question = self._checked(principal, turn.question, model)
        reader = self._conversations.reader(principal, conversation_id)
        scope = self._scope(reader, scope)
        return self._add(principal, conversation_id, question, turn.parent_id, scope, model)

    def retry(self, principal: Principal, conversation_id: int, turn_id: int) -> Turn:
        """Answer a turn itself again as it was asked, after a failure or a stop; an answer that is
        there or under way stays as it is. Raises as ``ask``."""
        self._answers.check(principal)
        turn = self._conversations.turn(principal, conversation_id, turn_id)
        if self._conversations.keeper(conversation_id).begin_again(conversation_id, turn_id):
            self._start(principal, turn)
        return self._conversations.turn(principal, conversation_id, turn_id)

    def _checked(self, principal: Principal, question: str, model: str) -> str:
        self._answers.check(principal)
        if model and not self._answers.may_name(model, principal):
            raise InvalidInput(
                "그런 모델은 없습니다. 목록에서 다시 골라 주세요. 질문은 보내지 않았습니다."
            )
        return self._screen(clean_query(question))

    def _scope(self, reader: Principal, scope: Scope) -> Scope:
        """A scope that holds what it says. Raises NotFound for a document or an assistant that is not
        the reader's, Unavailable for an assistant that is paused."""
        if scope.assistant_id is not None:
            self.brief(reader, scope.assistant_id)
            return Scope("assistant", (), scope.assistant_id)
        if scope.document_ids:
            chosen = tuple(dict.fromkeys(scope.document_ids))
            if len(chosen) > MOST_DOCUMENTS:
                raise InvalidInput(
                    f"문서는 {MOST_DOCUMENTS}건까지 고를 수 있습니다. 몇 건을 빼고 다시 물어 주세요."
                )
            for document_id in chosen:
                self._documents.get(reader, document_id)
            return Scope("documents", chosen)
        if (collection := collection_of(scope)) is not None:
            if self._collections is None:
                return ANYWHERE
            self._collections.get(reader, collection)
            return Scope(scope.kind)
        return Scope(scope.kind) if scope.kind in ("department", "law") else ANYWHERE

    def _add(
        self,
        principal: Principal,
        conversation_id: int,
        question: str,
        parent_id: int | None,
        scope: Scope,
        model: str,
    ) -> Turn:
        self._check_writer(principal, scope, model)
        keeper = self._conversations.keeper(conversation_id)
        turn_id = keeper.add(
            conversation_id, question, parent_id=parent_id, scope=scope, model=model
        )
        turn = self._conversations.turn(principal, conversation_id, turn_id)
        self._conversations.asked(principal, conversation_id)
        self._start(principal, turn)
        return turn

    def brief(self, principal: Principal, assistant_id: int) -> AssistantBrief:
        """What this person gets of an assistant. Raises NotFound, Unavailable."""
        if self._assistants is None:
            raise NotFound("업무봇을 찾을 수 없습니다.")
        return self._assistants.brief(principal, assistant_id)

    def _check_writer(self, principal: Principal, scope: Scope, model: str) -> None:
        """Raise InvalidInput for a model that the assistant does not write with, and as ``brief``."""
        if scope.assistant_id is None:
            return
        brief = self.brief(principal, scope.assistant_id)
        if model and model != EXTRACTIVE_MODEL and not brief.manner.may_write(model):
            raise InvalidInput(
                "이 업무봇이 쓰지 않는 모델입니다. 목록에서 다시 골라 주세요. 질문은 보내지 않았습니다."
            )

    # --- answering ------------------------------------------------------------------------
    def _within(
        self, principal: Principal, turn: Turn, brief: AssistantBrief | None
    ) -> tuple[int, ...] | None:
        """The documents in which a turn's answer is looked for; None for all. The conversation's
        attachments are searched along, unless some of them were chosen."""
        scope = turn.scope
        if not scope.kind:
            return None
        attached = {a.document.id for a in self._attached.of(principal, turn.conversation_id)}
        if scope.kind == "documents":
            chosen = set(scope.document_ids)
            return tuple(sorted(chosen if chosen & attached else chosen | attached))
        if brief is not None:
            return tuple(sorted(attached.union(brief.document_ids)))
        collection = collection_of(scope)
        if collection is not None and self._collections is not None:
            chosen_one = self._collections.get(principal, collection)
            found = self._collections.ids(principal, chosen_one)
        elif scope.kind == "law":
            found = self._documents.ids(principal, kind="법령")
        else:
            found = self._documents.ids(principal, department=principal.department)
        return tuple(sorted(attached.union(found)))

    def _start(self, principal: Principal, turn: Turn) -> None:
        self.runs.start(turn.id, partial(self._work, principal, turn))

    def _work(self, principal: Principal, turn: Turn, run: Run) -> None:
        state, body = "failed", None
        try:
            cid, parent = turn.conversation_id, turn.parent_id
            asked = turn.scope.assistant_id
            brief = self.brief(principal, asked) if asked is not None else None
            events = self._answers.stream(
                self._attached.reader(principal, cid),
                turn.question,
                within=self._within(principal, turn, brief),
                model=turn.model or None,
                history=self._conversations.before(principal, cid, parent),
                grade=self._conversations.grade(principal, cid, parent),
                manner=brief.manner if brief is not None else PLAIN,
                traceless=cid < 0,
            )
            for event in events:
                run.push(event)
                if event.answer is not None:
                    state, body = "done", plain(asdict(event.answer))
                if run.stopped or not self._answers.is_on(principal):
                    state = "stopped" if body is None else "done"
                    break
        except MokminError as error:
            log.warning("answer failed", extra={"turn": turn.id, "code": error.code})
            run.push(AnswerEvent("step", error.message))
        finally:
            if state == "stopped":
                body = _half(run)
            keeper = self._conversations.keeper(turn.conversation_id)
            keeper.finish(turn.conversation_id, turn.id, state, body)
            try:
                if body is not None and state == "done":
                    self._tell(principal, turn, body)
            finally:
                run.close()

    def _tell(self, principal: Principal, turn: Turn, body: dict[str, Any]) -> None:
        """Tell stewards of a refusal: of one in the whole library, in a stored conversation without
        files of its person."""
        declined = (body.get("trace") or {}).get("declined")
        if self._unanswered is None or not body.get("refused") or declined or turn.scope.kind:
            return
        cid = turn.conversation_id
        if cid < 0 or self._attached.of(principal, cid):
            return
        if self._conversations.grade(principal, cid, turn.parent_id) == "C":
            return  # the words may repeat what a steward is not cleared for
        question = str(body.get("standalone") or turn.question)
        self._unanswered(principal, cid, turn.id, question)

    def follow(
        self, principal: Principal, conversation_id: int, turn_id: int, after: int = 0
    ) -> Iterator[tuple[int, AnswerEvent | None]]:
        """Numbered events from ``after`` on; None as a sign of life while there is nothing new. Nothing
        of an answer that rests on documents which the person may no longer see."""
        turn = self._conversations.turn(principal, conversation_id, turn_id)
        if turn.answer is not None and turn.answer.get("withheld"):
            return
        yield from self.runs.follow(turn_id, after)

    def stop(self, principal: Principal, conversation_id: int, turn_id: int) -> None:
        """Stop an answer; what was written stays."""
        self._conversations.turn(principal, conversation_id, turn_id)
        self.runs.stop(turn_id)

    def leave(self, principal: Principal, conversation_id: int) -> None:
        """End a temporary conversation: nothing of it is left. Raises NotFound."""
        for turn_id in self._conversations.temporary.end(principal, conversation_id):
            self.runs.forget(turn_id)

    def close(self, seconds: float) -> None:
        """Let answers under way come to their end before the service leaves."""
        self.runs.close(seconds)

    def recover(self) -> None:
        """After a restart: answers that were cut off are marked so and can be asked again."""
        self._conversations.stored.recover()


def scope_of(kind: str, document_ids: list[int], assistant_id: int | None = None) -> Scope:
    """A scope as a form sends it."""
    if assistant_id is not None:
        return Scope("assistant", (), assistant_id)
    if document_ids:
        return Scope("documents", tuple(document_ids))
    found = Scope(kind)
    return found if kind in LISTED or collection_of(found) is not None else Scope()


def collection_of(scope: Scope) -> int | None:
    """The collection that a scope names (``collection:12``)."""
    number = scope.kind.removeprefix(COLLECTION)
    named = scope.kind.startswith(COLLECTION) and number.isascii() and number.isdigit()
    return int(number) if named and len(number) < 9 else None


def _half(run: Run) -> dict[str, Any] | None:
    """What a stopped answer came to; None before its first sentence."""
    last = next((e for e in reversed(run.events) if e.sentence is not None), None)
    if last is None:
        return None
    return {
        "lead": "",
        "sentences": [asdict(e.sentence) for e in run.events if e.sentence is not None],
        "citations": [plain(asdict(c)) for c in last.citations],
        "grade": max((c.grade for c in last.citations), key="OSC".find, default="O"),
    }


def plain(data: Any) -> Any:
    """JSON-ready: dates as ISO text, tuples as lists."""
    if isinstance(data, dict):
        return {key: plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [plain(value) for value in data]
    return data.isoformat() if isinstance(data, date) else data
