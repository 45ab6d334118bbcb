"""The personnel rotation (정기인사) as one operation: written, looked at, planned for a day, applied whole.

Until its day nothing changes and the plan can be taken back. On the day everything happens in one
transaction: main posts, roles, and what is handed over; or nothing, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import Conflict, InvalidInput, MokminError, NotFound
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.people.accounts import check_departments, check_role
from mokmin.governance.people.csv_table import Problem, read
from mokmin.governance.people.handover import PEOPLE_LOCK, Handover, Library, Recorder
from mokmin.governance.people.posts import (
    MAIN,
    end_main,
    follow_main_posts,
    korean_today,
)
from mokmin.governance.people.rotation_file import COLUMNS, moves_of
from mokmin.governance.people.rotation_model import (
    APPLIED,
    CANCELLED,
    DRAFT,
    PLANNED,
    STUCK,
    Preview,
    Rotation,
)
from mokmin.governance.people.rotation_preview import (
    Step,
    describe,
    givings,
    problems_of,
    steps_of,
)
from mokmin.governance.people.store import posts, rotation_moves, rotations, users

_CHANGED = "그 사이에 인사이동이 바뀌었습니다. 아무것도 하지 않았습니다. 다시 확인해 주세요."


class RotationService:
    """Rotations. Every method but ``apply_due`` needs the permission to manage people."""

    def __init__(
        self,
        db: Database,
        recorder: Recorder,
        library: Library,
        handovers: Sequence[Handover],
        *,
        today: Callable[[], date] = korean_today,
    ) -> None:
        self._db = db
        self._recorder = recorder
        self._library = library
        self._handovers = tuple(handovers)
        self.today = today

    # --- reading --------------------------------------------------------------------------
    def all(self, principal: Principal) -> list[Rotation]:
        """All rotations but the deleted ones, the newest day first."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.read() as connection:
            return [_rotation(row) for row in connection.execute(_select())]

    def preview(self, principal: Principal, rotation_id: int) -> Preview:
        """Everything that a rotation would do. Raises NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.read() as connection:
            rotation = _one(connection, rotation_id)
            day = rotation.effective_on
            # Afterwards, what was before is what was in force on the last day.
            day = day - timedelta(days=1) if rotation.state == APPLIED else day
            steps = steps_of(connection, rotation_id, day)
            moves = describe(connection, rotation, steps, self._library, self._handovers, principal)
        return Preview(rotation, moves)

    # --- writing --------------------------------------------------------------------------
    def draft(self, principal: Principal, title: str, effective_on: date) -> int:
        """Begin a rotation; its id. Raises InvalidInput."""
        require(principal, Permission.MANAGE_PEOPLE)
        title = " ".join(title.split())
        if not title or len(title) > 100:
            raise InvalidInput("인사이동의 이름을 1~100자로 적어 주세요.")
        if effective_on < self.today():
            raise InvalidInput("시행일은 오늘이나 앞날이어야 합니다.")
        with self._db.write() as connection:
            values = {
                "title": title,
                "effective_on": effective_on,
                "state": DRAFT,
                "made_by": principal.login,
                "made_at": utcnow(),
            }
            rotation_id = new_id(connection, rotations.insert().values(**values))
            self._note(connection, principal.login, "rotation.draft", rotation_id)
        return rotation_id

    def set_move(
        self,
        principal: Principal,
        rotation_id: int,
        *,
        login: str,
        department_id: int,
        title: str = "",
        role: str = "",
        taker: str = "",
    ) -> None:
        """Add or change the move of one person. Raises InvalidInput, Conflict, NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            self._writing(connection, rotation_id)
            check_departments(connection, [department_id], self.today())
            user_id, taker_id = _person(connection, login), None
            if taker.strip():
                taker_id = _person(connection, taker)
            if taker_id == user_id:
                raise InvalidInput("자기 자신에게 인계할 수 없습니다.")
            values = {
                "department_id": department_id,
                "title": title.strip()[:80],
                "role": check_role(role) if role else "",
                "taker_id": taker_id,
            }
            same = sa.and_(
                rotation_moves.c.rotation_id == rotation_id, rotation_moves.c.user_id == user_id
            )
            done = connection.execute(rotation_moves.update().where(same).values(**values))
            if not done.rowcount:
                connection.execute(
                    rotation_moves.insert().values(
                        rotation_id=rotation_id, user_id=user_id, **values
                    )
                )

    def remove_move(self, principal: Principal, rotation_id: int, user_id: int) -> None:
        """Take one person out. Raises Conflict, NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            self._writing(connection, rotation_id)
            connection.execute(
                rotation_moves.delete().where(
                    rotation_moves.c.rotation_id == rotation_id,
                    rotation_moves.c.user_id == user_id,
                )
            )

    def load(self, principal: Principal, rotation_id: int, text: str) -> list[Problem]:
        """Replace the moves by those of a CSV file; with problems nothing is changed.
        Raises InvalidInput, Conflict, NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        lines, problems = read(text, COLUMNS, ("login", "department"))
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            self._writing(connection, rotation_id)
            rows, more = moves_of(connection, lines, self.today())
            problems = sorted([*problems, *more], key=lambda problem: problem.line)
            if problems:
                return problems
            mine = rotation_moves.c.rotation_id == rotation_id
            connection.execute(rotation_moves.delete().where(mine))
            if rows:
                connection.execute(
                    rotation_moves.insert(), [row | {"rotation_id": rotation_id} for row in rows]
                )
        return []

    def suggest(self, principal: Principal, rotation_id: int) -> int:
        """Name whoever comes to a department as the one who takes over from those who leave it, of the
        same title first, where nobody is named; the number. Raises Conflict, NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        count = 0
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            row = self._writing(connection, rotation_id)
            steps = steps_of(connection, rotation_id, row.effective_on)
            coming: dict[int, list[Step]] = {}
            for step in steps:
                coming.setdefault(step.row.department_id, []).append(step)
            for step in steps:
                if step.row.taker_id is not None or step.leaves is None or step.main is None:
                    continue
                title = step.main.title
                heirs = sorted(coming.get(step.leaves, []), key=lambda s: s.row.title != title)
                if heirs:
                    connection.execute(
                        rotation_moves.update()
                        .where(rotation_moves.c.id == step.row.id)
                        .values(taker_id=heirs[0].row.user_id)
                    )
                    count += 1
        return count

    def plan(self, principal: Principal, rotation_id: int, edition: int) -> str:
        """Fix a rotation for its day, or apply it at once when that is today; the new state. Raises
        Conflict when it is no longer what was looked at, InvalidInput when moves are forbidden."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            rotation = _one(connection, rotation_id)
            if rotation.state != DRAFT or rotation.edition != edition:
                raise Conflict(_CHANGED)
            if rotation.effective_on < self.today():
                raise InvalidInput("시행일이 지났습니다. 새 인사이동을 만들어 주세요.")
            steps = steps_of(connection, rotation_id, rotation.effective_on)
            problems = problems_of(connection, rotation, steps, principal)
            if not steps or any(problems.values()):
                raise InvalidInput(
                    "고칠 곳이 있어 예약하지 않았습니다. 표시된 사람을 확인해 주세요."
                    if steps
                    else "옮길 사람이 없습니다. 먼저 사람을 넣어 주세요."
                )
            self._note(connection, principal.login, "rotation.plan", rotation_id, moves=len(steps))
            if rotation.effective_on <= self.today():
                self._apply(connection, rotation, steps, principal.login)
                return APPLIED
            _set(connection, rotation_id, state=PLANNED, problem="")
        return PLANNED

    def reopen(self, principal: Principal, rotation_id: int) -> None:
        """Take a plan back before its day: it is a draft again. Raises Conflict, NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            rotation = _one(connection, rotation_id)
            if rotation.state not in (PLANNED, STUCK):
                raise Conflict(
                    "이미 시행된 인사이동은 되돌릴 수 없습니다. 새 인사이동으로 바로잡아 주세요."
                    if rotation.state == APPLIED
                    else "예약된 인사이동이 아닙니다."
                )
            _set(connection, rotation_id, state=DRAFT, problem="", edition=rotation.edition + 1)
            self._note(connection, principal.login, "rotation.reopen", rotation_id)

    def redate(self, principal: Principal, rotation_id: int, effective_on: date) -> None:
        """Set another day for a draft. Raises InvalidInput, Conflict, NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        if effective_on < self.today():
            raise InvalidInput("시행일은 오늘이나 앞날이어야 합니다.")
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            self._writing(connection, rotation_id)
            _set(connection, rotation_id, effective_on=effective_on)

    def drop(self, principal: Principal, rotation_id: int) -> None:
        """Put a draft away. Raises Conflict, NotFound."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            self._writing(connection, rotation_id)
            _set(connection, rotation_id, state=CANCELLED)
            self._note(connection, principal.login, "rotation.drop", rotation_id)

    # --- on the day -----------------------------------------------------------------------
    def apply_due(self, day: date) -> int:
        """Apply the rotations whose day has come, each in one transaction; the number. One that no
        longer fits is left whole, with the reason."""
        due = sa.and_(rotations.c.state == PLANNED, rotations.c.effective_on <= day)
        with self._db.read() as connection:
            query = sa.select(rotations.c.id).where(due)
            ids = list(connection.execute(query.order_by(rotations.c.effective_on)).scalars())
        return sum(self._apply_one(rotation_id) for rotation_id in ids)

    def _apply_one(self, rotation_id: int) -> bool:
        try:
            with self._db.write() as connection:
                self._db.lock(connection, PEOPLE_LOCK)
                rotation = _one(connection, rotation_id)
                if rotation.state != PLANNED:
                    return False
                steps = steps_of(connection, rotation_id, rotation.effective_on)
                problems = problems_of(connection, rotation, steps, None)
                said = [text for texts in problems.values() for text in texts]
                if said:
                    raise Conflict(f"{said[0]} (문제 {len(said)}가지)")
                self._apply(connection, rotation, steps, rotation.made_by)
        except MokminError as error:
            with self._db.write() as connection:
                self._db.lock(connection, PEOPLE_LOCK)
                if _one(connection, rotation_id).state == PLANNED:
                    _set(connection, rotation_id, state=STUCK, problem=error.message[:400])
            return False
        return True

    def _apply(
        self, connection: Connection, rotation: Rotation, steps: Sequence[Step], actor: str
    ) -> None:
        day = rotation.effective_on
        ids = [step.row.user_id for step in steps]
        end_main(connection, ids, day)
        connection.execute(
            posts.insert(),
            [
                {
                    "user_id": step.row.user_id,
                    "department_id": step.row.department_id,
                    "kind": MAIN,
                    "title": step.row.title or (step.main.title if step.main is not None else ""),
                    "from_on": day,
                }
                for step in steps
            ],
        )
        roles = {s.row.user_id: s.role for s in steps if s.role != s.row.now_role}
        for step in steps:
            if _passes_desk(step):
                roles.setdefault(step.row.taker_id, "steward")
        for user_id, role in roles.items():
            connection.execute(users.update().where(users.c.id == user_id).values(role=role))
        follow_main_posts(connection, max(day, self.today()), ids)
        giving = [g for g in givings(steps) if g.taker_id is not None]
        handed = sum(h.hand_over(connection, giving) for h in self._handovers) if giving else 0
        _set(connection, rotation.id, state=APPLIED, applied_at=utcnow(), problem="")
        for step in steps:
            detail: dict[str, str | int] = {
                "rotation": rotation.id,
                "department": step.row.department_id,
                "role": step.role,
            }
            if step.row.taker_id is not None:
                detail["taker"] = step.row.taker_id
            subject = f"user:{step.row.user_id}"
            self._recorder.append(connection, actor, "rotation.move", subject, detail)
        self._note(
            connection, actor, "rotation.apply", rotation.id, moves=len(steps), handed=handed
        )

    # --- parts ----------------------------------------------------------------------------
    def _writing(self, connection: Connection, rotation_id: int) -> Rotation:
        """The draft, with its edition counted up. Raises Conflict, NotFound."""
        rotation = _one(connection, rotation_id)
        if rotation.state != DRAFT:
            raise Conflict(
                "예약되었거나 끝난 인사이동은 고칠 수 없습니다. 먼저 예약을 취소해 주세요."
            )
        _set(connection, rotation_id, edition=rotation.edition + 1)
        return rotation

    def _note(
        self, connection: Connection, actor: str, action: str, rotation_id: int, **detail: int
    ) -> None:
        self._recorder.append(connection, actor, action, f"rotation:{rotation_id}", detail)


def _passes_desk(step: Step) -> bool:
    """Whether the department's stewardship goes to whoever takes over."""
    row = step.row
    ends = row.now_role == "steward" and step.leaves is not None and row.taker_id is not None
    return bool(ends and row.taker_role == "official")


def _select() -> sa.Select[Any]:
    moves = (
        sa.select(sa.func.count())
        .where(rotation_moves.c.rotation_id == rotations.c.id)
        .correlate(rotations)
        .scalar_subquery()
    )
    return (
        sa.select(rotations, moves.label("moves"))
        .where(rotations.c.state != CANCELLED)
        .order_by(rotations.c.effective_on.desc(), rotations.c.id.desc())
    )


def _one(connection: Connection, rotation_id: int) -> Rotation:
    row = connection.execute(_select().where(rotations.c.id == rotation_id)).first()
    if row is None:
        raise NotFound("그 인사이동을 찾을 수 없습니다. 목록에서 다시 골라 주세요.")
    return _rotation(row)


def _rotation(row: Row[Any]) -> Rotation:
    return Rotation(
        row.id, row.title, row.effective_on, row.state, row.problem, row.edition, row.made_by,
        row.applied_at, row.moves,
    )  # fmt: skip


def _set(connection: Connection, rotation_id: int, **values: Any) -> None:
    connection.execute(rotations.update().where(rotations.c.id == rotation_id).values(**values))


def _person(connection: Connection, login: str) -> int:
    found = connection.execute(
        sa.select(users.c.id).where(users.c.login == login.strip().lower())
    ).scalar()
    if found is None:
        raise InvalidInput(f"'{login.strip()}'이라는 아이디가 없습니다. 아이디를 확인해 주세요.")
    return int(found)
