"""The decision line (결재선): who drafts, reviews, agrees and decides, one after another.

Source: 행정업무의 운영 및 혁신에 관한 규정 제8조–제10조 (기안, 검토·협조, 결재). Nothing is approved but by the person
whose turn it is; each step keeps the version that was signed, so that what changed in it can be seen.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast, get_args

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotFound
from mokmin.base.korean.amounts import official_date
from mokmin.features.drafting.beginning import GONE
from mokmin.features.drafting.lines import steps_of, unsigned
from mokmin.features.drafting.model import Colleague, Draft, Step
from mokmin.features.drafting.service import DraftingService
from mokmin.features.drafting.store import draft_steps, drafts, one
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.store import departments, users
from mokmin.knowledge.official.model import Approver, Role
from mokmin.knowledge.official.serial import to_json

MOST_STEPS = 15
MOST_REMARK = 2_000
HOW = ("", "전결", "대결")
_OTHERS_TURN = "지금은 다른 사람의 차례입니다."


class FlowService:
    """Compose the line, submit, sign or send back, recall."""

    def __init__(self, db: Database, audit: AuditLog, service: DraftingService) -> None:
        self._db, self._audit, self._drafts = db, audit, service

    # --- the line -------------------------------------------------------------------------
    def steps(self, principal: Principal, draft_id: int) -> list[Step]:
        """The line in its order."""
        self._drafts.get(principal, draft_id)
        with self._db.read() as connection:
            return steps_of(connection, draft_id)

    def colleagues(self, principal: Principal, text: str, limit: int = 12) -> list[Colleague]:
        """People by name or department, the person's own department first."""
        wanted = text.strip()
        if not wanted or principal.user_id is None:
            return []
        like = f"%{wanted.replace('%', '').replace('_', '')[:40]}%"
        query = (
            sa.select(
                users.c.id, users.c.name, users.c.post, departments.c.name.label("department")
            )
            .outerjoin(departments, departments.c.id == users.c.department_id)
            .where(
                users.c.disabled.is_(False),
                users.c.role != "citizen",
                users.c.id != principal.user_id,
                sa.or_(
                    users.c.name.like(like), departments.c.name.like(like), users.c.post.like(like)
                ),
            )
            .order_by(users.c.department_id != principal.department_id, users.c.name, users.c.id)
            .limit(limit)
        )
        with self._db.read() as connection:
            rows = connection.execute(query).all()
        return [Colleague(r.id, r.name, r.post, r.department or "") for r in rows]

    def add(self, principal: Principal, draft_id: int, role: str, user_id: int) -> None:
        """Put a person at the end of the line."""
        if role not in get_args(Role) or role == "기안":
            raise InvalidInput("검토, 협조, 결재 가운데 하나를 골라 주십시오.")
        with self._db.write() as connection:
            self._planning(connection, principal, draft_id)
            known = connection.execute(
                sa.select(users.c.id).where(
                    users.c.id == user_id, users.c.disabled.is_(False), users.c.role != "citizen"
                )
            ).scalar()
            if known is None or user_id == principal.user_id:
                raise InvalidInput("결재선에 넣을 수 없는 사람입니다.")
            steps = steps_of(connection, draft_id)
            if sum(s.state == "waiting" for s in steps) >= MOST_STEPS:
                raise InvalidInput(f"결재선에는 {MOST_STEPS}명까지 넣을 수 있습니다.")
            if any(s.user_id == user_id for s in steps if s.state == "waiting"):
                raise Conflict("이미 결재선에 있는 사람입니다.")
            self._plan(connection, draft_id, [(cast(Role, role), user_id)])

    def drop(self, principal: Principal, draft_id: int, number: int) -> None:
        """Take a person out of the line."""
        with self._db.write() as connection:
            self._planning(connection, principal, draft_id)
            connection.execute(
                draft_steps.delete().where(
                    draft_steps.c.draft_id == draft_id,
                    draft_steps.c.number == number,
                    draft_steps.c.state == "waiting",
                )
            )

    # --- verbs ----------------------------------------------------------------------------
    def submit(self, principal: Principal, draft_id: int) -> None:
        """Send the draft along its line. Raises InvalidInput while facts are missing or nobody decides."""
        with self._db.write() as connection:
            draft = self._planning(connection, principal, draft_id)
            steps = [s for s in steps_of(connection, draft_id) if s.state == "waiting"]
            if not steps or steps[-1].role != "결재" or any(s.role == "결재" for s in steps[:-1]):
                raise InvalidInput("결재선의 마지막 한 사람이 결재권자여야 합니다.")
            if draft.document.blanks:
                missing = ", ".join(draft.document.blanks[:5])
                raise InvalidInput(
                    f"빠진 사실이 있어 올릴 수 없습니다: {missing}. 채운 뒤 다시 올려 주십시오."
                )
            me = self._person(connection, principal)
            document = replace(draft.document, approvers=self._planned(steps, me))
            text = json.dumps(to_json(document), ensure_ascii=False)
            version = self._drafts.keep_text(connection, draft_id, text, "기안해 올림", principal)
            self._begin_round(connection, draft_id, steps, principal, version)
            self._update(
                connection, draft, document=text, state="review", holder_id=steps[0].user_id
            )
            self._audit.append(
                connection,
                principal.login,
                "draft.submit",
                f"draft:{draft_id}",
                {"steps": len(steps)},
            )

    def sign(self, principal: Principal, draft_id: int, *, remark: str = "", how: str = "") -> None:
        """Sign the step that is the person's turn; the last signature approves the document."""
        if how not in HOW:
            raise InvalidInput("전결과 대결 가운데 하나를 골라 주십시오.")
        with self._db.write() as connection:
            draft, step = self._turn(connection, principal, draft_id)
            waiting = [s for s in steps_of(connection, draft_id) if s.state == "waiting"]
            # The decision block stands in the order of the steps of this round.
            place = [s.number for s in self._round(connection, draft_id)].index(step.number)
            approvers = tuple(
                replace(one, signed_on=official_date(self._drafts.today()), how=how)
                if at == place
                else one
                for at, one in enumerate(draft.document.approvers)
            )
            text = json.dumps(
                to_json(replace(draft.document, approvers=approvers)), ensure_ascii=False
            )
            self._close(connection, principal, draft, step, text, "done", remark)
            action = "draft.approve" if step.role == "결재" else "draft.review"
            if waiting:
                self._open(connection, draft_id, waiting[0])
                self._update(connection, draft, document=text, holder_id=waiting[0].user_id)
            else:
                self._update(connection, draft, document=text, state="approved")
            self._audit.append(
                connection, principal.login, action, f"draft:{draft_id}", {"role": step.role}
            )

    def send_back(self, principal: Principal, draft_id: int, remark: str) -> None:
        """Return the draft to its author with the reason. Signatures that were given fall."""
        if not remark.strip():
            raise InvalidInput("되돌려 보내는 까닭을 적어 주십시오.")
        with self._db.write() as connection:
            draft, step = self._turn(connection, principal, draft_id)
            text = unsigned(draft)
            self._close(connection, principal, draft, step, text, "returned", remark)
            self._update(
                connection, draft, document=text, state="returned", holder_id=draft.user_id
            )
            self._audit.append(
                connection,
                principal.login,
                "draft.return",
                f"draft:{draft_id}",
                {"role": step.role},
            )

    def recall(self, principal: Principal, draft_id: int) -> None:
        """The author takes the draft back before the first person of the line has signed, or when the person
        whose turn it is has left."""
        with self._db.write() as connection:
            draft = one(connection, principal, draft_id, lock=True)
            if draft is None or draft.user_id != principal.user_id:
                raise NotFound(GONE)
            steps = self._round(connection, draft_id)
            gone = connection.execute(
                sa.select(users.c.disabled).where(users.c.id == draft.holder_id)
            ).scalar()
            signed = any(s.state == "done" for s in steps[1:])
            if draft.state != "review" or (signed and not gone):
                raise Conflict(
                    "이미 검토가 시작되어 거두어들일 수 없습니다. 되돌려 달라고 요청하십시오."
                )
            place = draft_steps.c.draft_id == draft_id
            connection.execute(
                draft_steps.update()
                .where(place, draft_steps.c.state == "open")
                .values(state="waiting")
            )
            connection.execute(
                draft_steps.delete().where(place, draft_steps.c.number == steps[0].number)
            )
            self._update(
                connection,
                draft,
                document=unsigned(draft),
                state="writing",
                holder_id=draft.user_id,
            )
            self._audit.append(connection, principal.login, "draft.recall", f"draft:{draft_id}", {})

    # --- inside ---------------------------------------------------------------------------
    def _planning(self, connection: Connection, principal: Principal, draft_id: int) -> Draft:
        draft = one(connection, principal, draft_id, lock=True)
        if draft is None or draft.user_id != principal.user_id:
            raise NotFound(GONE)
        if draft.state not in ("writing", "returned"):
            raise Conflict("결재가 진행 중이라 결재선을 바꿀 수 없습니다.")
        return draft

    def _turn(
        self, connection: Connection, principal: Principal, draft_id: int
    ) -> tuple[Draft, Step]:
        """The draft and the open step, when it is the person's turn."""
        draft = one(connection, principal, draft_id, lock=True)
        if draft is None:
            raise NotFound(GONE)
        step = next((s for s in steps_of(connection, draft_id) if s.state == "open"), None)
        if draft.state != "review" or step is None:
            raise Conflict("결재가 진행 중인 문서가 아닙니다. 새로 고쳐 확인해 주십시오.")
        if step.user_id != principal.user_id or draft.holder_id != principal.user_id:
            raise Conflict(_OTHERS_TURN)
        return draft, step

    def _person(self, connection: Connection, principal: Principal) -> tuple[str, str]:
        row = connection.execute(
            sa.select(users.c.name, users.c.post).where(users.c.id == principal.user_id)
        ).one()
        return str(row.post), str(row.name)

    def _planned(self, steps: list[Step], me: tuple[str, str]) -> tuple[Approver, ...]:
        """The decision block of a line: the author has signed, nobody else."""
        today = official_date(self._drafts.today())
        first = Approver("기안", me[0], me[1], signed_on=today)
        return (first, *(Approver(s.role, s.post, s.name) for s in steps))

    def _open(self, connection: Connection, draft_id: int, step: Step) -> None:
        connection.execute(
            draft_steps.update()
            .where(draft_steps.c.draft_id == draft_id, draft_steps.c.number == step.number)
            .values(state="open")
        )

    def _close(
        self,
        connection: Connection,
        principal: Principal,
        draft: Draft,
        step: Step,
        text: str,
        state: str,
        remark: str,
    ) -> None:
        note = f"{step.name} {step.role}" if state == "done" else f"{step.name} 되돌려 보냄"
        version = self._drafts.keep_text(connection, draft.id, text, note, principal)
        connection.execute(
            draft_steps.update()
            .where(draft_steps.c.draft_id == draft.id, draft_steps.c.number == step.number)
            .values(
                state=state, remark=remark.strip()[:MOST_REMARK], version=version, done_at=utcnow()
            )
        )
        if state == "returned":
            # The same people again, each with a new turn.
            line = self._round(connection, draft.id)[1:]
            connection.execute(
                draft_steps.delete().where(
                    draft_steps.c.draft_id == draft.id, draft_steps.c.state == "waiting"
                )
            )
            self._plan(connection, draft.id, [(s.role, s.user_id) for s in line])

    def _round(self, connection: Connection, draft_id: int) -> list[Step]:
        """The steps since the draft was submitted last, the author's first."""
        steps = steps_of(connection, draft_id)
        begun = max((s.number for s in steps if s.role == "기안"), default=0)
        return [s for s in steps if s.number >= begun]

    def _plan(self, connection: Connection, draft_id: int, people: list[tuple[Role, int]]) -> None:
        """Put people behind all steps that there are."""
        newest = connection.execute(
            sa.select(sa.func.max(draft_steps.c.number)).where(draft_steps.c.draft_id == draft_id)
        ).scalar()
        begin = 0 if newest is None else newest + 1
        for number, (role, user_id) in enumerate(people, begin):
            connection.execute(
                draft_steps.insert().values(
                    draft_id=draft_id, number=number, role=role, user_id=user_id, state="waiting"
                )
            )

    def _begin_round(
        self,
        connection: Connection,
        draft_id: int,
        steps: list[Step],
        principal: Principal,
        version: int,
    ) -> None:
        """The author's step, then the planned ones, the first of them open."""
        place = draft_steps.c.draft_id == draft_id
        connection.execute(draft_steps.delete().where(place, draft_steps.c.state == "waiting"))
        assert principal.user_id is not None
        line = [("기안", principal.user_id), *((s.role, s.user_id) for s in steps)]
        self._plan(connection, draft_id, line)
        made = steps_of(connection, draft_id)[-len(line) :]
        connection.execute(
            draft_steps.update()
            .where(place, draft_steps.c.number == made[0].number)
            .values(state="done", version=version, done_at=utcnow())
        )
        self._open(connection, draft_id, made[1])

    def _update(self, connection: Connection, draft: Draft, **values: Any) -> None:
        connection.execute(
            drafts.update()
            .where(drafts.c.id == draft.id)
            .values(
                revision=draft.revision + 1,
                updated_at=utcnow(),
                locked_by=None,
                locked_until=None,
                **values,
            )
        )
