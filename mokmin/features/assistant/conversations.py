"""One's own conversations: find, open, look at a branch, rename, delete, rate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import InvalidInput, NotFound
from mokmin.features.assistant import branches
from mokmin.features.assistant.keeping import MISSING, Keeper, StoredConversations
from mokmin.features.assistant.model import Conversation, Step, Turn
from mokmin.features.assistant.store import (
    conversations,
    shown_turns,
    to_conversation,
    turns,
)
from mokmin.features.assistant.temporary import TemporaryConversations
from mokmin.governance.access.model import Principal, highest
from mokmin.governance.access.rules import attachments
from mokmin.governance.audit.service import AuditLog
from mokmin.knowledge.answering.model import Exchange
from mokmin.knowledge.answering.review_model import REASONS
from mokmin.knowledge.answering.reviews import ReviewService
from mokmin.knowledge.answering.withholding import documents_of, grades_seen, shown_now
from mokmin.knowledge.documents.attachments import AttachedDocuments
from mokmin.knowledge.search.question import clean_query

HISTORY_TURNS = 6
UNTITLED = "새 대화"


class ConversationService:
    """Conversations of one person at a time, stored or temporary."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        reviews: ReviewService,
        attached: AttachedDocuments,
        temporary: TemporaryConversations,
        rated: Callable[[int, int, int, str], None] | None = None,
    ) -> None:
        """``rated`` is told what somebody thinks of an answer of an assistant: assistant, turn, value,
        reason."""
        self._rated = rated
        self._db = db
        self._audit = audit
        self._reviews = reviews
        self._attached = attached
        self.temporary = temporary
        self.stored = StoredConversations(db)

    def keeper(self, conversation_id: int) -> Keeper:
        """Where a conversation is kept."""
        return self.temporary if conversation_id < 0 else self.stored

    # --- reading --------------------------------------------------------------------------
    def recent(
        self, principal: Principal, *, text: str = "", limit: int = 30
    ) -> list[Conversation]:
        """The person's conversations, newest first, filtered by words of their titles or of the
        questions on the branch that is shown."""
        self.temporary.sweep()
        mine = sa.and_(
            conversations.c.user_id == principal.user_id, conversations.c.deleted_at.is_(None)
        )
        begun = sa.or_(
            conversations.c.leaf_id.is_not(None),
            sa.exists().where(attachments.c.conversation_id == conversations.c.id),
        )
        query = sa.select(conversations).where(mine, begun)
        words = text.split()[:5]
        if words:
            shown = shown_turns(mine)
            asked = sa.select(turns.c.id).join(shown, shown.c.id == turns.c.id)
            query = query.where(
                *(
                    sa.or_(
                        conversations.c.title.icontains(word, autoescape=True),
                        asked.where(
                            turns.c.conversation_id == conversations.c.id,
                            turns.c.question.icontains(word, autoescape=True),
                        ).exists(),
                    )
                    for word in words
                )
            )
        query = query.order_by(conversations.c.updated_at.desc()).limit(limit)
        with self._db.read() as connection:
            return [to_conversation(row) for row in connection.execute(query)]

    def get(self, principal: Principal, conversation_id: int) -> Conversation:
        """One conversation of this person, unless it was deleted or has ended. Raises NotFound."""
        return self.keeper(conversation_id).get(principal, conversation_id)

    def reader(self, principal: Principal, conversation_id: int) -> Principal:
        """The person with what this conversation opens to its owner: its attachments. Raises
        NotFound."""
        self.get(principal, conversation_id)
        return self._attached.reader(principal, conversation_id)

    def path(self, principal: Principal, conversation_id: int) -> list[Step]:
        """The branch that is shown, from the first turn, the answers as the person may see them now.
        Raises NotFound."""
        talk = self.get(principal, conversation_id)
        keeper = self.keeper(conversation_id)
        links = keeper.links(conversation_id)
        ids = branches.path(links, talk.leaf_id)
        found = keeper.load(conversation_id, ids)
        shown = self._shown(principal, conversation_id, [found[key] for key in ids])
        return [Step(turn, branches.beside(links, turn.id)) for turn in shown]

    def turn(self, principal: Principal, conversation_id: int, turn_id: int) -> Turn:
        """One turn, on whichever branch. Raises NotFound."""
        self.get(principal, conversation_id)
        found = self.keeper(conversation_id).load(conversation_id, [turn_id])
        if turn_id not in found:
            raise NotFound("답변을 찾을 수 없습니다.")
        return self._shown(principal, conversation_id, [found[turn_id]])[0]

    def step(self, principal: Principal, conversation_id: int, turn_id: int) -> Step:
        """One turn with those beside it. Raises NotFound."""
        turn = self.turn(principal, conversation_id, turn_id)
        links = self.keeper(conversation_id).links(conversation_id)
        return Step(turn, branches.beside(links, turn_id))

    def _shown(
        self, principal: Principal, conversation_id: int, found: Sequence[Turn]
    ) -> list[Turn]:
        answers = [turn.answer for turn in found if turn.answer is not None]
        if not answers:
            return list(found)
        reader = self._attached.reader(principal, conversation_id)
        with self._db.read() as connection:
            shown = iter(shown_now(connection, reader, answers))
        return [
            turn if turn.answer is None else replace(turn, answer=next(shown)) for turn in found
        ]

    def before(
        self, principal: Principal, conversation_id: int, parent_id: int | None
    ) -> tuple[Exchange, ...]:
        """What was asked and answered on the way to a turn and in it, oldest first, the last few.

        An answer resting on a document that the person may no longer see is left out."""
        keeper = self.keeper(conversation_id)
        ids = branches.path(keeper.links(conversation_id), parent_id)
        found = keeper.load(conversation_id, ids)
        earlier = [found[key] for key in ids if key in found and found[key].answer]
        earlier = earlier[-HISTORY_TURNS:]
        reader = self._attached.reader(principal, conversation_id)
        named = {d for turn in earlier for d in documents_of(turn.answer or {})}
        with self._db.read() as connection:
            seen = grades_seen(connection, reader, named)
        made = [(exchange_of(turn), turn.answer or {}) for turn in earlier]
        return tuple(
            replace(one, grade=highest([answer.get("grade", "O"), *_grades(one, seen)]))
            if set(one.document_ids) <= seen.keys()
            else Exchange(one.question)
            for one, answer in made
        )

    def grade(self, principal: Principal, conversation_id: int, parent_id: int | None) -> str:
        """The highest grade of what a conversation holds on the way to a turn: its citations, as they
        were or are, and its attachments. Raises NotFound."""
        self.get(principal, conversation_id)
        keeper = self.keeper(conversation_id)
        ids = branches.path(keeper.links(conversation_id), parent_id)
        answers = [t.answer for t in keeper.load(conversation_id, ids).values() if t.answer]
        reader = self._attached.reader(principal, conversation_id)
        named = {int(c["document_id"]) for a in answers for c in a.get("citations", ())}
        with self._db.read() as connection:
            now = grades_seen(connection, reader, named)
        held = [a.document.grade for a in self._attached.of(principal, conversation_id)]
        return highest([*(a.get("grade", "O") for a in answers), *now.values(), *held])

    def grades(
        self, principal: Principal, conversation_id: int, answers: Sequence[Mapping[str, Any]]
    ) -> dict[int, str]:
        """The grades of the documents that answers of a conversation draw on, of those that its owner
        sees now."""
        reader = self.reader(principal, conversation_id)
        named = {d for answer in answers for d in documents_of(dict(answer))}
        with self._db.read() as connection:
            return grades_seen(connection, reader, named)

    # --- changing -------------------------------------------------------------------------
    def show(self, principal: Principal, conversation_id: int, turn_id: int) -> None:
        """Look at the branch on which a turn stands, where it was last continued. Raises NotFound."""
        self.turn(principal, conversation_id, turn_id)
        keeper = self.keeper(conversation_id)
        leaf = branches.newest_leaf(keeper.links(conversation_id), turn_id)
        keeper.show(conversation_id, leaf)

    def asked(self, principal: Principal, conversation_id: int) -> None:
        """Put on the record that a question was asked; one that is not kept has no number."""
        kept = str(conversation_id) if conversation_id > 0 else "temporary"
        self._audit.record(principal, "question", f"conversation:{kept}")

    def rename(self, principal: Principal, conversation_id: int, title: str) -> None:
        """Give a conversation another title. Raises InvalidInput, NotFound."""
        self._change(principal, conversation_id, title=clean_query(title)[:200])

    def delete(self, principal: Principal, conversation_id: int) -> None:
        """Hide a conversation and its attachments from its owner; the record stays under the
        retention policy. Raises NotFound."""
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
            raise NotFound(MISSING)
        self._audit.record(principal, "conversation.restore", f"conversation:{conversation_id}")

    def _change(self, principal: Principal, conversation_id: int, **values: object) -> None:
        self.stored.get(principal, conversation_id)
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
        stewards' queue, with one of ``REASONS`` and a comment. Raises InvalidInput, for a temporary
        conversation too, and NotFound."""
        turn = self.turn(principal, conversation_id, turn_id)
        if conversation_id < 0:
            raise InvalidInput("임시 대화는 남지 않으므로 의견을 보낼 수 없습니다.")
        self.stored.rate(turn_id, max(-1, min(1, value)))
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
        if self._rated is not None and turn.scope.assistant_id is not None:
            given = reason if reason in REASONS else ""
            self._rated(turn.scope.assistant_id, turn_id, max(-1, min(1, value)), given)
        self._audit.record(principal, "answer.feedback", f"turn:{turn_id}", value=value)


def exchange_of(turn: Turn) -> Exchange:
    """An answered turn as a later question of the same conversation needs it."""
    answer = turn.answer or {}
    lines = [answer.get("lead", ""), *(s["text"] for s in answer.get("sentences", ()))]
    cited = dict.fromkeys(int(c["document_id"]) for c in answer.get("citations", ()))
    return Exchange(turn.question, "\n".join(line for line in lines if line), tuple(cited))


def _grades(one: Exchange, seen: dict[int, str]) -> list[str]:
    return [seen[key] for key in one.document_ids]
