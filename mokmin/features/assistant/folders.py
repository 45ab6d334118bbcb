"""Folders and pins: each person's own order among the own conversations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from mokmin.base.db import Database, new_id
from mokmin.base.errors import Conflict, InvalidInput, NotFound
from mokmin.features.assistant.model import Conversation
from mokmin.features.assistant.organising_store import folders, places
from mokmin.features.assistant.store import conversations, shown_turns, turns
from mokmin.governance.access.model import Principal

MOST_FOLDERS = 50
LONGEST_NAME = 60
AROUND = 30


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of one person; ``count`` conversations lie in it."""

    id: int
    name: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a conversation stands in the list; ``snippet`` is the question that a search matched."""

    conversation: Conversation
    folder_id: int | None
    pinned: bool
    snippet: str = ""


class FolderService:
    """Make, rename and remove folders; move and pin conversations."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self, principal: Principal) -> list[Folder]:
        """The person's folders by name."""
        counted = (
            sa.select(sa.func.count())
            .select_from(places.join(conversations, conversations.c.id == places.c.conversation_id))
            .where(places.c.folder_id == folders.c.id, conversations.c.deleted_at.is_(None))
            .scalar_subquery()
        )
        query = (
            sa.select(folders.c.id, folders.c.name, counted.label("inside"))
            .where(folders.c.user_id == principal.user_id)
            .order_by(folders.c.name)
        )
        with self._db.read() as connection:
            return [Folder(row.id, row.name, row.inside) for row in connection.execute(query)]

    def make(self, principal: Principal, name: str) -> int:
        """A new folder; its id. Raises InvalidInput, Conflict for a name that is taken."""
        name = _clean(name)
        if len(self.all(principal)) >= MOST_FOLDERS:
            raise InvalidInput(
                f"폴더는 {MOST_FOLDERS}개까지 만들 수 있습니다. 쓰지 않는 폴더를 지운 뒤 다시 해 주세요."
            )
        try:
            with self._db.write() as connection:
                return new_id(
                    connection, folders.insert().values(user_id=principal.user_id, name=name)
                )
        except IntegrityError as error:
            raise Conflict(_taken(name)) from error

    def rename(self, principal: Principal, folder_id: int, name: str) -> None:
        """Another name. Raises InvalidInput, Conflict, NotFound."""
        name = _clean(name)
        self._own(principal, folder_id)
        try:
            with self._db.write() as connection:
                connection.execute(
                    folders.update().where(folders.c.id == folder_id).values(name=name)
                )
        except IntegrityError as error:
            raise Conflict(_taken(name)) from error

    def delete(self, principal: Principal, folder_id: int) -> None:
        """Remove a folder; its conversations stay, in no folder. Raises NotFound."""
        self._own(principal, folder_id)
        with self._db.write() as connection:
            connection.execute(
                places.update().where(places.c.folder_id == folder_id).values(folder_id=None)
            )
            connection.execute(folders.delete().where(folders.c.id == folder_id))

    def move(self, principal: Principal, conversation_id: int, folder_id: int | None) -> None:
        """Put a conversation into a folder, or with None into no folder. Raises NotFound."""
        if folder_id is not None:
            self._own(principal, folder_id)
        self._place(principal, conversation_id, folder_id=folder_id)

    def pin(self, principal: Principal, conversation_id: int, *, pinned: bool) -> None:
        """Keep a conversation at the top, or no longer. Raises NotFound."""
        self._place(principal, conversation_id, pinned=pinned)

    def arrange(
        self, found: Sequence[Conversation], *, folder_id: int | None = None, text: str = ""
    ) -> list[Place]:
        """Conversations that their owner listed, pinned ones first, otherwise in the order given;
        with a folder only those in it, with a search text the question that matched."""
        ids = [c.id for c in found]
        with self._db.read() as connection:
            rows = connection.execute(sa.select(places).where(places.c.conversation_id.in_(ids)))
            held = {row.conversation_id: (row.folder_id, row.pinned) for row in rows}
        snippets = self._snippets(ids, text.split()[:5])
        made = [
            Place(c, *held.get(c.id, (None, False)), snippet=snippets.get(c.id, "")) for c in found
        ]
        kept = [p for p in made if folder_id is None or p.folder_id == folder_id]
        return sorted(kept, key=lambda p: not p.pinned)

    def _snippets(self, ids: Sequence[int], words: Sequence[str]) -> dict[int, str]:
        """The part of the newest question around a word that was searched, of those on the branch that
        is shown; never of an answer."""
        if not words or not ids:
            return {}
        shown = shown_turns(conversations.c.id.in_(ids))
        query = (
            sa.select(turns.c.conversation_id, turns.c.question)
            .join(shown, shown.c.id == turns.c.id)
            .where(
                sa.or_(*(turns.c.question.icontains(w, autoescape=True) for w in words)),
            )
            .order_by(turns.c.id)
        )
        with self._db.read() as connection:
            return {
                row.conversation_id: _around(row.question, words)
                for row in connection.execute(query)
            }

    def _own(self, principal: Principal, folder_id: int) -> None:
        query = sa.select(folders.c.id).where(
            folders.c.id == folder_id, folders.c.user_id == principal.user_id
        )
        with self._db.read() as connection:
            if connection.execute(query).first() is None:
                raise NotFound("폴더를 찾을 수 없습니다. 대화는 그대로 있습니다.")

    def _place(self, principal: Principal, conversation_id: int, **values: object) -> None:
        own = sa.select(conversations.c.id).where(
            conversations.c.id == conversation_id,
            conversations.c.user_id == principal.user_id,
            conversations.c.deleted_at.is_(None),
        )
        with self._db.write() as connection:
            if connection.execute(own.with_for_update()).first() is None:
                raise NotFound("대화를 찾을 수 없습니다.")
            here = places.c.conversation_id == conversation_id
            if not connection.execute(places.update().where(here).values(**values)).rowcount:
                connection.execute(
                    places.insert().values(conversation_id=conversation_id, **values)
                )


def _clean(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise InvalidInput(f"폴더 이름은 1~{LONGEST_NAME}자로 적어 주세요.")
    return name


def _taken(name: str) -> str:
    return f"'{name}' 폴더가 이미 있습니다. 다른 이름을 적어 주세요."


def _around(question: str, words: Sequence[str]) -> str:
    text = " ".join(question.split())
    low = text.lower()
    at = min((i for w in words if (i := low.find(w.lower())) >= 0), default=0)
    begin, end = max(0, at - AROUND), min(len(text), at + 2 * AROUND)
    return ("…" if begin else "") + text[begin:end] + ("…" if end < len(text) else "")
