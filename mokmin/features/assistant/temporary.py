"""Temporary conversations: kept in the memory of this process, never in a table or a file.

They are gone when their person leaves them, a day after they were last used, and with the process.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mokmin.base.db import utcnow
from mokmin.base.errors import NotFound
from mokmin.features.assistant.branches import Links
from mokmin.features.assistant.model import Conversation, Scope, Turn
from mokmin.governance.access.model import Principal

LONGEST_SECONDS = 24 * 3600.0
MOST_OF_ONE = 5
TITLE = "임시 대화"
GONE = "임시 대화가 끝났습니다. 떠나거나 하루가 지나면 남기지 않고 지웁니다. 새로 시작해 주세요."


@dataclass(slots=True)
class _Held:
    owner_id: int | None
    conversation: Conversation
    used: float
    turns: dict[int, Turn] = field(default_factory=dict)


class TemporaryConversations:
    """Implements ``Keeper`` in memory. Ids are negative, and hard to guess."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: dict[int, _Held] = {}
        self._lock = threading.RLock()
        self._turns = -secrets.randbelow(2**28) - 1

    def begin(self, principal: Principal) -> int:
        """A new conversation's id. Beyond ``MOST_OF_ONE`` a person's oldest one ends."""
        with self._lock:
            self.sweep()
            mine = [k for k, held in self._held.items() if held.owner_id == principal.user_id]
            for key in mine[: len(mine) - MOST_OF_ONE + 1]:
                del self._held[key]
            number = -secrets.randbelow(2**30) - 1
            while number in self._held:
                number = -secrets.randbelow(2**30) - 1
            talk = Conversation(number, TITLE, utcnow())
            self._held[number] = _Held(principal.user_id, talk, self._clock())
            return number

    def get(self, principal: Principal, conversation_id: int) -> Conversation:
        """See ``Keeper``."""
        with self._lock:
            self.sweep()
            held = self._held.get(conversation_id)
            if held is None or principal.user_id is None or held.owner_id != principal.user_id:
                raise NotFound(GONE)
            held.used = self._clock()
            return held.conversation

    def end(self, principal: Principal, conversation_id: int) -> tuple[int, ...]:
        """Forget a conversation; the ids of its turns. Raises NotFound."""
        with self._lock:
            self.get(principal, conversation_id)
            return tuple(self._held.pop(conversation_id).turns)

    def sweep(self) -> None:
        """Forget what nobody used for a day."""
        with self._lock:
            oldest = self._clock() - LONGEST_SECONDS
            for key in [k for k, held in self._held.items() if held.used < oldest]:
                del self._held[key]

    def links(self, conversation_id: int) -> Links:
        """See ``Keeper``."""
        with self._lock:
            held = self._held.get(conversation_id)
            return {key: turn.parent_id for key, turn in held.turns.items()} if held else {}

    def load(self, conversation_id: int, ids: Collection[int]) -> dict[int, Turn]:
        """See ``Keeper``."""
        with self._lock:
            held = self._held.get(conversation_id)
            return {key: held.turns[key] for key in ids if key in held.turns} if held else {}

    def add(
        self,
        conversation_id: int,
        question: str,
        *,
        parent_id: int | None,
        scope: Scope,
        model: str,
    ) -> int:
        """See ``Keeper``. Raises NotFound when it has ended meanwhile."""
        with self._lock:
            held = self._held.get(conversation_id)
            if held is None:
                raise NotFound(GONE)
            self._turns -= 1
            held.turns[self._turns] = Turn(
                id=self._turns,
                conversation_id=conversation_id,
                question=question,
                state="streaming",
                answer=None,
                feedback=0,
                created_at=utcnow(),
                parent_id=parent_id,
                scope=scope,
                model=model,
            )
            held.conversation = replace(held.conversation, leaf_id=self._turns)
            return self._turns

    def begin_again(self, conversation_id: int, turn_id: int) -> bool:
        """See ``Keeper``."""
        with self._lock:
            turn = self.load(conversation_id, [turn_id]).get(turn_id)
            if turn is None or turn.state not in ("failed", "stopped"):
                return False
            self._change(turn, state="streaming", answer=None)
            return True

    def finish(
        self, conversation_id: int, turn_id: int, state: str, answer: Mapping[str, Any] | None
    ) -> None:
        """See ``Keeper``. One that has ended meanwhile stays gone."""
        with self._lock:
            turn = self.load(conversation_id, [turn_id]).get(turn_id)
            if turn is not None:
                self._change(turn, state=state, answer=dict(answer) if answer else None)

    def _change(self, turn: Turn, **values: Any) -> None:
        self._held[turn.conversation_id].turns[turn.id] = replace(turn, **values)

    def show(self, conversation_id: int, leaf_id: int) -> None:
        """See ``Keeper``."""
        with self._lock:
            held = self._held.get(conversation_id)
            if held is not None:
                held.conversation = replace(held.conversation, leaf_id=leaf_id)
