"""Using assistants: find them, ask within their knowledge under the own rights, rate their answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import InvalidInput, NotFound, Unavailable
from mokmin.features.work_assistants.model import TONES, Assistant, Content, Ratings, Source
from mokmin.features.work_assistants.room import MISSING
from mokmin.features.work_assistants.store import (
    assistants,
    led,
    mine,
    open_to,
    ratings,
    select_assistants,
    to_assistant,
)
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.people.store import departments
from mokmin.governance.usage.metering import usage_totals
from mokmin.knowledge.answering.assisting import AssistantBrief, AssistantCard, Manner
from mokmin.knowledge.documents.collections import Collections
from mokmin.knowledge.documents.service import DocumentService

RECENT, BEFORE, USED = timedelta(days=30), timedelta(days=120), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Offered:
    """An assistant on the discovery page. ``uses``: questions of the last 30 days."""

    assistant: Assistant
    uses: int
    ratings: Ratings


class AssistantUse:
    """Implements ``knowledge.answering.assisting.WorkAssistants``."""

    def __init__(self, db: Database, documents: DocumentService, collections: Collections) -> None:
        self._db = db
        self._documents = documents
        self._collections = collections

    # --- finding --------------------------------------------------------------------------
    def offered(self, principal: Principal, text: str = "", category: str = "") -> list[Offered]:
        """Those published for this person whose words hold all of the text, the most used first."""
        require(principal, Permission.ASK)
        query = select_assistants(assistants.c.live).where(open_to(principal), ~assistants.c.paused)
        with self._db.read() as connection:
            found = [to_assistant(row) for row in connection.execute(query)]
            words = text.casefold().split()[:8]
            shown = [
                one
                for one in found
                if (not category or one.content.category == category)
                and all(word in _words(one) for word in words)
            ]
            uses, rated = self._uses(connection), self._ratings(connection, [s.id for s in shown])
        made = [Offered(s, uses.get(s.id, 0), rated.get(s.id, Ratings())) for s in shown]
        return sorted(made, key=lambda o: (-o.uses, o.assistant.content.name))

    def usable(self, principal: Principal) -> Sequence[AssistantCard]:
        """See ``WorkAssistants``."""
        return [
            AssistantCard(
                o.assistant.id,
                o.assistant.content.name,
                o.assistant.department,
                o.assistant.content.purpose,
            )
            for o in self.offered(principal)
        ]

    def open(self, principal: Principal, assistant_id: int) -> tuple[Assistant, bool]:
        """An assistant as this person may ask it, and whether that is a draft: the published version, for
        its makers without one the newest, for the lead the one that waits. Raises NotFound."""
        require(principal, Permission.ASK)
        which = sa.func.coalesce(
            assistants.c.live,
            sa.case((mine(principal), assistants.c.newest), else_=assistants.c.asked),
        )
        with self._db.read() as connection:
            decides = sa.and_(
                assistants.c.live.is_(None),
                assistants.c.asked.is_not(None),
                assistants.c.department_id.in_(led(connection, principal)),
            )
            query = select_assistants(which).where(
                assistants.c.id == assistant_id,
                assistants.c.deleted_at.is_(None),
                sa.or_(open_to(principal), mine(principal), decides),
            )
            row = connection.execute(query).first()
        if row is None:
            raise NotFound(MISSING)
        return to_assistant(row), row.live is None

    def brief(self, principal: Principal, assistant_id: int) -> AssistantBrief:
        """See ``WorkAssistants``."""
        one, draft = self.open(principal, assistant_id)
        if one.paused:
            raise Unavailable(
                f"‘{one.content.name}’ 업무봇은 지금 쉬고 있습니다. 잠시 뒤 다시 열거나 업무 대화에서 "
                "물어 주세요. 질문은 보내지 않았습니다.",
                code="assistant-paused",
            )
        return self.brief_of(principal, one, draft=draft)

    def brief_of(
        self, principal: Principal, one: Assistant, *, draft: bool, trial: bool = False
    ) -> AssistantBrief:
        """What this person gets of an assistant in a certain version."""
        content = one.content
        ids, closed = self.knowledge(principal, content)
        tone = TONES[content.tone].partition(": ")[0]
        return AssistantBrief(
            id=one.id,
            name=content.name,
            department=one.department,
            purpose=content.purpose,
            document_ids=ids,
            starters=content.starters,
            closed=closed,
            draft=draft,
            manner=Manner(
                assistant=one.id,
                instructions=f"말투: {tone}\n{content.instructions}".strip(),
                general=content.policy == "general",
                models=content.models,
                trial=trial,
            ),
        )

    def knowledge(self, principal: Principal, content: Content) -> tuple[tuple[int, ...], bool]:
        """The documents of an assistant that this person may see, and whether one that was chosen by
        itself is not among them."""
        seen = {d.id for d in self._documents.seen(principal, content.documents)}
        closed = len(seen) < len(content.documents)
        for source in content.sources:
            seen.update(self.of_source(principal, source))
        return tuple(sorted(seen)), closed

    def of_source(self, principal: Principal, source: Source) -> tuple[int, ...]:
        """The documents of a department and kind, or of a collection, that this person may see."""
        if source.collection_id:
            return self._collections.ids_of(principal, source.collection_id)
        name = self._place(source.department_id)
        if source.department_id and not name:
            return ()
        return self._documents.ids(principal, kind=source.kind, department=name)

    def _place(self, department_id: int) -> str:
        """The name of a department, or of the one that took its business over."""
        c, passed, name = departments.c, set[int](), ""
        with self._db.read() as connection:
            while department_id and department_id not in passed:
                passed.add(department_id)
                query = sa.select(c.name, c.successor_id).where(c.id == department_id)
                row = connection.execute(query).first()
                name = row.name if row is not None else ""
                department_id = row.successor_id or 0 if row is not None else 0
        return name

    # --- rating ---------------------------------------------------------------------------
    def rated(self, assistant_id: int, turn_id: int, value: int, reason: str) -> None:
        """See ``WorkAssistants``; one rating of each answer. The caller has seen to it that the answer is
        this person's."""
        if value not in (-1, 0, 1) or turn_id < 0:
            raise InvalidInput("도움이 되었는지만 고를 수 있습니다.")
        c = ratings.c
        same = sa.and_(c.assistant_id == assistant_id, c.turn_id == turn_id)
        with self._db.write() as connection:
            there = sa.select(assistants.c.id).where(assistants.c.id == assistant_id)
            if connection.execute(there).first() is None:
                return
            connection.execute(ratings.delete().where(same))
            if value:
                connection.execute(
                    ratings.insert().values(
                        assistant_id=assistant_id,
                        turn_id=turn_id,
                        value=value,
                        reason=reason[:20] if value < 0 else "",
                        rated_at=utcnow(),
                    )
                )

    def figures(self, assistant_id: int) -> tuple[int, Ratings]:
        """Questions of the last 30 days, and what people thought."""
        with self._db.read() as connection:
            rated = self._ratings(connection, [assistant_id])
            uses = self._uses(connection).get(assistant_id, 0)
        return uses, rated.get(assistant_id, Ratings())

    @staticmethod
    def _uses(connection: Connection) -> dict[int, int]:
        c, since = usage_totals.c, date.today() - USED
        query = (
            sa.select(c.assistant_id, sa.func.sum(c.requests))
            .where(c.assistant_id != 0, c.day >= since)
            .group_by(c.assistant_id)
        )
        return {int(key): int(number) for key, number in connection.execute(query)}

    @staticmethod
    def _ratings(connection: Connection, ids: Sequence[int]) -> dict[int, Ratings]:
        c, now = ratings.c, utcnow()
        query = sa.select(c.assistant_id, c.value, c.reason, c.rated_at)
        rows: dict[int, list[tuple[int, str, timedelta]]] = {}
        for row in connection.execute(query.where(c.assistant_id.in_(list(ids)))):
            rows.setdefault(row.assistant_id, []).append(
                (row.value, row.reason, now - row.rated_at)
            )
        return {key: _summed(found) for key, found in rows.items()}


def _summed(found: Sequence[tuple[int, str, timedelta]]) -> Ratings:
    recent = [value for value, _, age in found if age <= RECENT]
    before = [value for value, _, age in found if RECENT < age <= BEFORE]
    reasons: dict[str, int] = {}
    for value, reason, _ in found:
        if value < 0:
            reasons[reason or "other"] = reasons.get(reason or "other", 0) + 1
    every = [value for value, _, _ in found]
    return Ratings(len(every), _share(every), _pair(recent), _pair(before), reasons)


def _pair(values: Sequence[int]) -> tuple[int, int]:
    return _share(values) or 0, len(values)


def _share(values: Sequence[int]) -> int | None:
    return round(100 * sum(v > 0 for v in values) / len(values)) if values else None


def _words(one: Assistant) -> str:
    content = one.content
    return f"{content.name} {content.purpose} {content.category} {one.department}".casefold()
