"""Drafts of somebody who leaves a department: whoever takes over writes on, and signs in their place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import utcnow
from mokmin.features.drafting.store import draft_steps, drafts
from mokmin.governance.people.handover import Giving
from mokmin.governance.people.store import users
from mokmin.knowledge.official.serial import from_json, to_json

_OPEN = ("waiting", "open")
CHUNK = 500


class DraftsInWork:
    """``governance.people.handover.Handover`` of drafts in work of the department that is left, and of steps of
    decision lines that wait for the giver. Approved documents stay in the name of their author."""

    name, unit = "작성 중인 문서와 결재 차례", "건"

    def held(self, connection: Connection, givers: Sequence[Giving]) -> Mapping[int, int]:
        """See ``Handover``."""
        own, steps = _own(connection, givers), _steps(connection, givers)
        counts = {g.user_id: len(own[g.user_id]) + len(steps[g.user_id]) for g in givers}
        return {user_id: count for user_id, count in counts.items() if count}

    def hand_over(self, connection: Connection, givers: Sequence[Giving]) -> int:
        """See ``Handover``."""
        own, steps = _own(connection, givers), _steps(connection, givers)
        done = 0
        for giver in givers:
            if giver.taker_id is None:
                continue
            for draft_id in own[giver.user_id]:
                self._pass_draft(connection, draft_id, giver.user_id, giver.taker_id)
                done += 1
            for draft_id, number in steps[giver.user_id]:
                self._pass_step(connection, draft_id, number, giver.taker_id)
                done += 1
        return done

    @staticmethod
    def _pass_draft(connection: Connection, draft_id: int, giver: int, taker: int) -> None:
        row = connection.execute(sa.select(drafts).where(drafts.c.id == draft_id)).one()
        values: dict[str, object] = {"user_id": taker, "updated_at": utcnow()}
        if row.holder_id == giver:
            values |= {"holder_id": taker, "locked_by": None, "locked_until": None}
        connection.execute(drafts.update().where(drafts.c.id == draft_id).values(values))

    @staticmethod
    def _pass_step(connection: Connection, draft_id: int, number: int, taker: int) -> None:
        """The step, the turn and the name in the decision block."""
        steps = connection.execute(
            sa.select(draft_steps)
            .where(draft_steps.c.draft_id == draft_id)
            .order_by(draft_steps.c.number)
        ).all()
        begun = max((s.number for s in steps if s.role == "기안"), default=0)
        at = [s.number for s in steps if s.number >= begun].index(number)
        name, post = connection.execute(
            sa.select(users.c.name, users.c.post).where(users.c.id == taker)
        ).one()
        row = connection.execute(sa.select(drafts).where(drafts.c.id == draft_id)).one()
        document = from_json(json.loads(row.document))
        values: dict[str, object] = {"updated_at": utcnow(), "revision": row.revision + 1}
        if row.state == "review" and at < len(document.approvers):
            approvers = list(document.approvers)
            approvers[at] = replace(approvers[at], name=name, post=post)
            made = to_json(replace(document, approvers=tuple(approvers)))
            values["document"] = json.dumps(made, ensure_ascii=False)
        this = sa.and_(draft_steps.c.draft_id == draft_id, draft_steps.c.number == number)
        step = connection.execute(sa.select(draft_steps).where(this)).one()
        connection.execute(draft_steps.update().where(this).values(user_id=taker))
        if step.state == "open":
            values |= {"holder_id": taker, "locked_by": None, "locked_until": None}
        connection.execute(drafts.update().where(drafts.c.id == draft_id).values(values))


def _own(connection: Connection, givers: Sequence[Giving]) -> Mapping[int, list[int]]:
    """By giver, the drafts in work that were begun in the department that is left."""
    left = {giver.user_id: giver.department_id for giver in givers}
    found: dict[int, list[int]] = {user_id: [] for user_id in left}
    for chunk in _chunks(list(left)):
        query = sa.select(drafts.c.id, drafts.c.user_id, drafts.c.department_id).where(
            drafts.c.user_id.in_(chunk),
            drafts.c.state != "approved",
            drafts.c.deleted_at.is_(None),
        )
        for row in connection.execute(query.order_by(drafts.c.id)):
            if row.department_id == left[row.user_id]:
                found[row.user_id].append(row.id)
    return found


def _steps(connection: Connection, givers: Sequence[Giving]) -> Mapping[int, list[tuple[int, int]]]:
    """By giver, steps to come of others' drafts: (draft, number)."""
    found: dict[int, list[tuple[int, int]]] = {giver.user_id: [] for giver in givers}
    for chunk in _chunks(list(found)):
        query = (
            sa.select(draft_steps.c.draft_id, draft_steps.c.number, draft_steps.c.user_id)
            .join(drafts, drafts.c.id == draft_steps.c.draft_id)
            .where(
                draft_steps.c.user_id.in_(chunk),
                draft_steps.c.state.in_(_OPEN),
                drafts.c.user_id != draft_steps.c.user_id,
                drafts.c.state != "approved",
                drafts.c.deleted_at.is_(None),
            )
            .order_by(draft_steps.c.draft_id, draft_steps.c.number)
        )
        for row in connection.execute(query):
            found[row.user_id].append((row.draft_id, row.number))
    return found


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """So many at a time as a statement takes."""
    return (ids[begin : begin + CHUNK] for begin in range(0, len(ids), CHUNK))
