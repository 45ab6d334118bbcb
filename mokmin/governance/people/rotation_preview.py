"""What a rotation would do: read from the database at once for all moves, then put into words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.base.db import pairs
from mokmin.base.korean.josa import with_josa
from mokmin.governance.access.model import ROLE_NAMES, Principal
from mokmin.governance.people.handover import Giving, Handover, Library
from mokmin.governance.people.posts import MAIN, Post, posts_of
from mokmin.governance.people.rotation_model import BOUND_ROLES, Access, Holding, Move, Rotation
from mokmin.governance.people.store import departments, groups, rotation_moves, rotations, users


@dataclass(frozen=True, slots=True)
class Step:
    """A stored move with the account as it is now and its posts on the day."""

    row: Row[Any]
    held: tuple[Post, ...]

    @property
    def main(self) -> Post | None:
        """The main post that the move ends."""
        return next((post for post in self.held if post.kind == MAIN), None)

    @property
    def leaves(self) -> int | None:
        """The department that the person leaves; None when the move stays in it."""
        if self.main is None or self.main.department_id == self.row.department_id:
            return None
        return self.main.department_id

    @property
    def role(self) -> str:
        """The role from that day on."""
        if self.row.role:
            return str(self.row.role)
        ends = self.row.now_role in BOUND_ROLES and self.leaves is not None
        return "official" if ends else str(self.row.now_role)


def steps_of(connection: Connection, rotation_id: int, day: date) -> list[Step]:
    """The moves of a rotation in the order in which they were written."""
    taker = users.alias("taker")
    query = (
        sa.select(
            rotation_moves,
            users.c.login,
            users.c.name,
            users.c.role.label("now_role"),
            users.c.disabled,
            departments.c.name.label("to_name"),
            departments.c.until_on,
            taker.c.login.label("taker_login"),
            taker.c.name.label("taker_name"),
            taker.c.role.label("taker_role"),
            taker.c.disabled.label("taker_disabled"),
        )
        .join(users, users.c.id == rotation_moves.c.user_id)
        .join(departments, departments.c.id == rotation_moves.c.department_id)
        .outerjoin(taker, taker.c.id == rotation_moves.c.taker_id)
        .where(rotation_moves.c.rotation_id == rotation_id)
        .order_by(rotation_moves.c.id)
    )
    rows = connection.execute(query).all()
    held = posts_of(connection, [row.user_id for row in rows])
    return [
        Step(row, tuple(p for p in held.get(row.user_id, ()) if p.in_force(day))) for row in rows
    ]


def givings(steps: Sequence[Step]) -> list[Giving]:
    """Those who leave a department, with who takes over."""
    return [
        Giving(
            step.row.user_id,
            step.row.login,
            step.leaves,
            step.main.department if step.main is not None else "",
            step.row.now_role,
            step.row.taker_id,
            step.row.taker_login or "",
        )
        for step in steps
        if step.leaves is not None
    ]


def problems_of(
    connection: Connection, rotation: Rotation, steps: Sequence[Step], principal: Principal | None
) -> dict[int, list[str]]:
    """What forbids each move, by user id; empty: nothing."""
    day = rotation.effective_on
    after = {step.row.user_id: {step.row.department_id} for step in steps}
    takers = {s.row.taker_id for s in steps if s.row.taker_id is not None} - set(after)
    for user_id, held in posts_of(connection, takers).items():
        after[user_id] = {post.department_id for post in held if post.in_force(day)}
    elsewhere = _elsewhere(connection, rotation)
    found: dict[int, list[str]] = {}
    for step in steps:
        row, said = step.row, []
        if row.until_on is not None and row.until_on < day:
            said.append(f"{row.to_name}: 그날 없는 부서입니다.")
        if row.disabled:
            said.append("꺼진 계정입니다.")
        if row.user_id in elsewhere:
            said.append(f"같은 날의 다른 인사이동({elsewhere[row.user_id]})에도 있습니다.")
        own = principal is not None and row.user_id == principal.user_id
        if own and step.role != row.now_role:
            said.append("내 역할은 내가 바꿀 수 없습니다. 다른 관리자가 예약해야 합니다.")
        if row.taker_id is not None and step.leaves is not None:
            there = step.leaves in after.get(row.taker_id, set())
            if row.taker_disabled:
                said.append(f"인계받을 {row.taker_name}의 계정이 꺼진 계정입니다.")
            elif not there:
                who = with_josa(row.taker_name, "이/가")
                said.append(f"인계받을 {who} 그날 {_left(step)}에 없습니다.")
        found[row.user_id] = said
    if not _an_administrator_stays(connection, steps):
        last = [step.row.user_id for step in steps if step.row.now_role == "admin"]
        for user_id in last:
            found[user_id].append("시스템 관리자가 아무도 남지 않습니다.")
    return found


def _left(step: Step) -> str:
    return step.main.department if step.main is not None else ""


def _elsewhere(connection: Connection, rotation: Rotation) -> dict[int, str]:
    query = (
        sa.select(rotation_moves.c.user_id, rotations.c.title)
        .join(rotations, rotations.c.id == rotation_moves.c.rotation_id)
        .where(
            rotations.c.id != rotation.id,
            rotations.c.state == "planned",
            rotations.c.effective_on == rotation.effective_on,
        )
    )
    return pairs(connection, query)


def _an_administrator_stays(connection: Connection, steps: Sequence[Step]) -> bool:
    ends = {s.row.user_id for s in steps if s.row.now_role == "admin" and s.role != "admin"}
    if not ends:
        return True
    query = sa.select(users.c.id).where(users.c.role == "admin", ~users.c.disabled)
    return bool(set(connection.execute(query).scalars()) - ends)


# --- in words -------------------------------------------------------------------------------------
class Reach:
    """Groups by department: those of a department, of what it took over, and of all above it."""

    def __init__(self, connection: Connection) -> None:
        rows = connection.execute(sa.select(departments)).all()
        self._above = {row.id: row.parent_id for row in rows}
        self._before: dict[int, list[int]] = {}
        for row in rows:
            if row.successor_id is not None and row.until_on is not None:
                self._before.setdefault(row.successor_id, []).append(row.id)

    def keys(self, ids: Iterable[int]) -> frozenset[str]:
        """Keys of all groups of somebody who serves in these departments."""
        found: set[str] = set()
        for department_id in ids:
            heirs = [department_id]
            for heir in heirs:
                heirs += [b for b in self._before.get(heir, []) if b not in heirs]
            found |= {f"{kind}:{heir}" for heir in heirs for kind in ("dept", "tree")}
            above, seen = self._above.get(department_id), {department_id}
            while above is not None and above not in seen:
                seen.add(above)
                found.add(f"tree:{above}")
                above = self._above.get(above)
        return frozenset(found)


def describe(
    connection: Connection,
    rotation: Rotation,
    steps: Sequence[Step],
    library: Library,
    handovers: Sequence[Handover],
    principal: Principal | None,
) -> tuple[Move, ...]:
    """All moves with what they end, begin and hand over."""
    reach = Reach(connection)
    before = {s.row.user_id: reach.keys({p.department_id for p in s.held}) for s in steps}
    after = {s.row.user_id: reach.keys(_after(s)) for s in steps}
    keys = frozenset().union(*before.values(), *after.values()) if steps else frozenset()
    access = _access(connection, library, keys)
    giving = givings(steps)
    held = [(h.name, h.unit, h.held(connection, giving)) for h in handovers]
    problems = problems_of(connection, rotation, steps, principal)
    moves = []
    for step in steps:
        row, user_id = step.row, step.row.user_id
        holdings = tuple(
            Holding(name, unit, counts[user_id])
            for name, unit, counts in held
            if counts.get(user_id)
        )
        moves.append(
            Move(
                user_id,
                row.login,
                row.name,
                _left(step),
                step.main.title if step.main is not None else "",
                row.to_name,
                row.title,
                ROLE_NAMES.get(row.now_role, ""),
                ROLE_NAMES.get(step.role, ""),
                f"{row.taker_name} ({row.taker_login})" if row.taker_login else "",
                _listed(access, before[user_id] - after[user_id]),
                _listed(access, after[user_id] - before[user_id]),
                tuple(f"{p.kind_name} {p.department}" for p in step.held if p.kind != MAIN),
                holdings,
                tuple(_warnings(step, holdings)),
                tuple(problems[user_id]),
            )
        )
    return tuple(moves)


def _after(step: Step) -> set[int]:
    others = {post.department_id for post in step.held if post.kind != MAIN}
    return others | {step.row.department_id}


def _access(
    connection: Connection, library: Library, keys: Collection[str]
) -> Mapping[str, Access]:
    rows = connection.execute(sa.select(groups).where(groups.c.key.in_(sorted(keys)))).all()
    counts = library.counts(connection, [row.id for row in rows])
    return {row.key: Access(row.name, counts.get(row.id, 0)) for row in rows}


def _listed(access: Mapping[str, Access], keys: Iterable[str]) -> tuple[Access, ...]:
    """Departments always, subtrees when documents are open to them."""
    found = [(k, access[k]) for k in sorted(keys) if k in access]
    return tuple(a for k, a in found if k.startswith("dept:") or a.documents)


def _warnings(step: Step, holdings: Sequence[Holding]) -> list[str]:
    said = []
    row = step.row
    if holdings and row.taker_id is None:
        said.append("인계받을 사람이 없습니다. 정하지 않으면 그대로 이 사람 이름으로 남습니다.")
    if row.now_role in BOUND_ROLES and step.leaves is not None and step.role != row.now_role:
        name = ROLE_NAMES[row.now_role]
        said.append(f"{name} 역할이 끝납니다.")
        if row.now_role == "steward" and row.taker_role == "official":
            said.append(f"{with_josa(row.taker_name, '이/가')} {_left(step)}의 {name}가 됩니다.")
    elif step.leaves is not None and step.role not in ("official", *BOUND_ROLES):
        said.append(f"{ROLE_NAMES[step.role]} 역할은 그대로 따라갑니다.")
    return said
