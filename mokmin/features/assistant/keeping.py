"""Where conversations are kept: in the database, or for a temporary one in memory (``temporary``)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, Protocol

import sqlalchemy as sa

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import NotFound
from mokmin.features.assistant.branches import Links
from mokmin.features.assistant.model import Conversation, Scope, Turn
from mokmin.features.assistant.store import conversations, to_conversation, to_turn, turns
from mokmin.governance.access.model import Principal

Json = Mapping[str, Any]
MISSING = "대화를 찾을 수 없습니다."


class Keeper(Protocol):
    """Keeps conversations with their turns. All but ``get`` trust that the caller looked the
    conversation up with it."""

    def get(self, principal: Principal, conversation_id: int) -> Conversation:
        """One conversation of this person. Raises NotFound."""
        ...

    def links(self, conversation_id: int) -> Links:
        """The parent of each turn."""
        ...

    def load(self, conversation_id: int, ids: Collection[int]) -> dict[int, Turn]:
        """Turns by id, as they were stored."""
        ...

    def add(
        self,
        conversation_id: int,
        question: str,
        *,
        parent_id: int | None,
        scope: Scope,
        model: str,
    ) -> int:
        """A new turn, streaming, at whose branch the conversation is shown from now on; its id."""
        ...

    def begin_again(self, conversation_id: int, turn_id: int) -> bool:
        """Have a failed or stopped turn stream again; False when it is neither (any more)."""
        ...

    def finish(self, conversation_id: int, turn_id: int, state: str, answer: Json | None) -> None:
        """Keep what an answer came to."""
        ...

    def show(self, conversation_id: int, leaf_id: int) -> None:
        """Show the branch that ends here."""
        ...


class StoredConversations:
    """Implements ``Keeper`` on the database."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def begin(self, principal: Principal, title: str) -> int:
        """A new conversation's id."""
        now = utcnow()
        with self._db.write() as connection:
            return new_id(
                connection,
                conversations.insert().values(
                    user_id=principal.user_id, title=title, created_at=now, updated_at=now
                ),
            )

    def get(self, principal: Principal, conversation_id: int) -> Conversation:
        """See ``Keeper``: unless it was deleted."""
        query = sa.select(conversations).where(
            conversations.c.id == conversation_id,
            conversations.c.user_id == principal.user_id,
            conversations.c.deleted_at.is_(None),
        )
        with self._db.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFound(MISSING)
        return to_conversation(row)

    def links(self, conversation_id: int) -> Links:
        """See ``Keeper``."""
        query = sa.select(turns.c.id, turns.c.parent_id).where(
            turns.c.conversation_id == conversation_id
        )
        with self._db.read() as connection:
            return {row.id: row.parent_id for row in connection.execute(query)}

    def load(self, conversation_id: int, ids: Collection[int]) -> dict[int, Turn]:
        """See ``Keeper``."""
        query = sa.select(turns).where(
            turns.c.conversation_id == conversation_id, turns.c.id.in_(list(ids))
        )
        with self._db.read() as connection:
            return {row.id: to_turn(row) for row in connection.execute(query)}

    def add(
        self,
        conversation_id: int,
        question: str,
        *,
        parent_id: int | None,
        scope: Scope,
        model: str,
    ) -> int:
        """See ``Keeper``."""
        now = utcnow()
        with self._db.write() as connection:
            turn_id = new_id(
                connection,
                turns.insert().values(
                    conversation_id=conversation_id,
                    question=question,
                    state="streaming",
                    created_at=now,
                    parent_id=parent_id,
                    scope=scope.kind,
                    document_ids=json.dumps(scope.document_ids),
                    model=model,
                    assistant_id=scope.assistant_id,
                ),
            )
            connection.execute(
                conversations.update()
                .where(conversations.c.id == conversation_id)
                .values(updated_at=now, leaf_id=turn_id)
            )
        return turn_id

    def begin_again(self, conversation_id: int, turn_id: int) -> bool:
        """See ``Keeper``."""
        with self._db.write() as connection:
            begun = connection.execute(
                turns.update()
                .where(
                    turns.c.conversation_id == conversation_id,
                    turns.c.id == turn_id,
                    turns.c.state.in_(("failed", "stopped")),
                )
                .values(state="streaming", answer=None)
            )
        return bool(begun.rowcount)

    def finish(self, conversation_id: int, turn_id: int, state: str, answer: Json | None) -> None:
        """See ``Keeper``."""
        text = json.dumps(answer, ensure_ascii=False) if answer else None
        with self._db.write() as connection:
            connection.execute(
                turns.update()
                .where(turns.c.conversation_id == conversation_id, turns.c.id == turn_id)
                .values(state=state, answer=text)
            )

    def show(self, conversation_id: int, leaf_id: int) -> None:
        """See ``Keeper``."""
        with self._db.write() as connection:
            connection.execute(
                conversations.update()
                .where(conversations.c.id == conversation_id)
                .values(leaf_id=leaf_id)
            )

    def rate(self, turn_id: int, value: int) -> None:
        """Keep what the person thinks of an answer."""
        with self._db.write() as connection:
            connection.execute(turns.update().where(turns.c.id == turn_id).values(feedback=value))

    def recover(self) -> None:
        """After a restart: answers that were cut off are marked so and can be asked again."""
        with self._db.write() as connection:
            connection.execute(
                turns.update().where(turns.c.state == "streaming").values(state="failed")
            )
