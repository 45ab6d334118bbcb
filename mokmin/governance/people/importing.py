"""Departments and people from CSV: first what would happen, line by line; then, confirmed, all of it.

The preview is a plan with a fingerprint. It is applied in one transaction, and only when the plan made
anew at that moment has the same fingerprint: what was confirmed is what happens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.base.db import Database
from mokmin.base.errors import Conflict, InvalidInput
from mokmin.base.korean.josa import with_josa
from mokmin.governance.access.model import ROLE_NAMES, Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.people.accounts import (
    AccountService,
    clean_login,
    clean_person,
    insert_account,
)
from mokmin.governance.people.csv_table import Line, Problem, day_of, read
from mokmin.governance.people.handover import PEOPLE_LOCK, Recorder
from mokmin.governance.people.organisation import OrganisationService
from mokmin.governance.people.organisation_changes import clean_name
from mokmin.governance.people.posts import MAIN, add_post, follow_main_posts
from mokmin.governance.people.store import departments, users

DEPARTMENTS, PEOPLE = "departments", "people"
COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    DEPARTMENTS: {
        "name": ("부서명", "부서", "이름", "name", "department", "displayName"),
        "code": ("부서코드", "코드", "기관코드", "code", "department code"),
        "parent": ("상위부서", "상위", "상위부서명", "parent", "parent department"),
        "phone": ("전화", "전화번호", "phone", "telephone"),
        "from": ("시작일", "신설일", "from", "start date"),
    },
    PEOPLE: {
        "login": ("아이디", "로그인", "login", "user name", "id"),
        "name": ("이름", "성명", "name", "full name"),
        "department": ("부서", "부서명", "소속", "부서코드", "department"),
        "title": ("직위", "직급", "보직", "보직명", "post", "title"),
        "role": ("역할", "권한", "role"),
        "from": ("시작일", "발령일", "from", "start date"),
    },
}
REQUIRED = {DEPARTMENTS: ("name",), PEOPLE: ("login", "name")}
_ROLES = {name: key for key, name in ROLE_NAMES.items()} | {key: key for key in ROLE_NAMES}


@dataclass(frozen=True, slots=True)
class Step:
    """What one line does: ``action`` is "new", "change" or "same"; ``note`` what to look at twice."""

    line: int
    action: str
    subject: str
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would do. With problems it can only be looked at."""

    kind: str
    steps: list[Step]
    problems: list[Problem]
    fingerprint: str

    def count(self, action: str) -> int:
        """Number of lines that do this."""
        return sum(step.action == action for step in self.steps)


@dataclass(slots=True)
class _Place:
    """A department while a file is planned: ``id`` None for one that the file makes."""

    id: int | None
    name: str
    code: str
    parent: str
    line: int = 0


class ImportService:
    """CSV in. Every method needs the permission to manage people."""

    def __init__(
        self,
        db: Database,
        recorder: Recorder,
        organisation: OrganisationService,
        accounts: AccountService,
    ) -> None:
        self._db = db
        self._recorder = recorder
        self._organisation = organisation
        self._accounts = accounts

    def preview(self, principal: Principal, kind: str, text: str) -> Plan:
        """What the file would do. Raises InvalidInput when it cannot be read at all."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.read() as connection:
            return self._plan(connection, principal, kind, text)[0]

    def apply(self, principal: Principal, kind: str, text: str, fingerprint: str) -> Plan:
        """Do it all or nothing. Raises Conflict when the plan is not the one that was confirmed."""
        require(principal, Permission.MANAGE_PEOPLE)
        with self._db.write() as connection:
            self._db.lock(connection, PEOPLE_LOCK)
            plan, lines, places = self._plan(connection, principal, kind, text)
            if plan.problems:
                raise InvalidInput(
                    "잘못된 줄이 있어 아무것도 넣지 않았습니다. 고쳐서 다시 올려 주세요."
                )
            if plan.fingerprint != fingerprint:
                raise Conflict(
                    "미리 본 뒤에 조직이나 파일이 바뀌었습니다. 아무것도 넣지 않았습니다. 다시 미리 "
                    "보고 확인해 주세요."
                )
            if kind == DEPARTMENTS:
                self._apply_departments(connection, principal, places)
            else:
                self._apply_people(connection, principal, lines, plan)
            detail = {action: plan.count(action) for action in ("new", "change", "same")}
            self._recorder.append(
                connection, principal.login, "people.import", f"csv:{kind}", detail
            )
        return plan

    def _plan(
        self, connection: Connection, principal: Principal, kind: str, text: str
    ) -> tuple[Plan, list[Line], dict[str, _Place]]:
        if kind not in COLUMNS:
            raise InvalidInput("부서와 사람 가운데 무엇을 넣을지 골라 주세요.")
        lines, problems = read(text, COLUMNS[kind], REQUIRED[kind])
        bad = {problem.line for problem in problems}
        good = [line for line in lines if line.number not in bad]
        places: dict[str, _Place] = {}
        if kind == DEPARTMENTS:
            steps, more, places = _plan_departments(connection, good, self._organisation.today())
        else:
            steps, more = _plan_people(connection, principal, good, self._accounts.today())
        problems = sorted([*problems, *more], key=lambda problem: problem.line)
        mark = hashlib.sha256(repr((kind, text, steps, problems)).encode()).hexdigest()
        return Plan(kind, steps, problems, mark), good, places

    def _apply_departments(
        self, connection: Connection, principal: Principal, places: dict[str, _Place]
    ) -> None:
        """Parents first; what is renamed first makes room for what takes its name."""
        for place in [p for p in places.values() if p.line and p.id is not None]:
            now = _row(connection, place.id)
            if now.name != place.name:
                self._organisation.change_in(
                    connection, principal.login, now.id, "rename", name=place.name
                )
            if place.code and now.code != place.code:
                connection.execute(
                    departments.update().where(departments.c.id == now.id).values(code=place.code)
                )
        ids = {place.name: place.id for place in places.values()}
        waiting = [place for place in places.values() if place.line and place.id is None]
        while waiting:
            ready = [p for p in waiting if not p.parent or ids.get(p.parent) is not None]
            for place in ready:
                ids[place.name] = self._organisation.insert(
                    connection, principal.login, place.name,
                    parent_id=ids[place.parent] if place.parent else None, code=place.code,
                )  # fmt: skip
            waiting = [place for place in waiting if place not in ready]
        for place in [p for p in places.values() if p.line and p.id is not None]:
            now = _row(connection, place.id)
            parent = ids[place.parent] if place.parent else None
            if now.parent_id != parent:
                self._organisation.change_in(
                    connection, principal.login, now.id, "move", parent_id=parent
                )

    def _apply_people(
        self, connection: Connection, principal: Principal, lines: Sequence[Line], plan: Plan
    ) -> None:
        day = self._accounts.today()
        known = _departments(connection, day)
        present = {row.login: row for row in connection.execute(sa.select(users))}
        action = {step.line: step.action for step in plan.steps}
        moved: list[int] = []
        for line in lines:
            if action.get(line.number) == "same":
                continue
            login, role = clean_login(line["login"]), _ROLES.get(line["role"], "official")
            row = present.get(login)
            if row is None:
                user_id = insert_account(connection, login, line["name"], role)
                if role != "official":
                    subject = f"user:{user_id}"
                    self._recorder.append(
                        connection, principal.login, "account.create", subject, {"role": role}
                    )
            else:
                user_id = row.id
                wanted = role if line["role"] else row.role
                self._accounts.change_in(connection, principal, row, name=line["name"], role=wanted)
            place = known.get(line["department"])
            if place is None:
                continue
            title = line["title"] or (row.post if row is not None else "")
            if row is None or row.department_id != place.id or row.post != title:
                begin = day_of(line["from"]) or day
                add_post(connection, user_id, place.id, MAIN, title, begin)
                moved.append(user_id)
        follow_main_posts(connection, day, moved)


def _row(connection: Connection, department_id: int | None) -> Row[Any]:
    return connection.execute(sa.select(departments).where(departments.c.id == department_id)).one()


def _departments(connection: Connection, day: date) -> dict[str, Row[Any]]:
    """Living departments by name and by number."""
    living = sa.or_(departments.c.until_on.is_(None), departments.c.until_on >= day)
    rows = connection.execute(sa.select(departments).where(living)).all()
    by_code = {row.code: row for row in rows if row.code}
    return by_code | {row.name: row for row in rows}


# --- planning -------------------------------------------------------------------------------------
def _plan_departments(
    connection: Connection, lines: Sequence[Line], day: date
) -> tuple[list[Step], list[Problem], dict[str, _Place]]:
    rows = {row.id: row for row in _departments(connection, day).values()}
    places = {
        row.name: _Place(
            row.id,
            row.name,
            row.code or "",
            rows[row.parent_id].name if row.parent_id in rows else "",
        )
        for row in rows.values()
    }
    by_code = {place.code: place for place in places.values() if place.code}
    problems: list[Problem] = []
    touched: list[tuple[Line, _Place, str]] = []
    for line in lines:
        try:
            name = clean_name(line["name"])
            place, before = _place(line, name, places, by_code)
            touched.append((line, place, before))
        except (InvalidInput, Conflict) as error:
            problems.append(Problem(line.number, error.message))
    steps = []
    for line, place, before in touched:
        parent = line["parent"]
        if parent and parent not in places and parent not in by_code:
            problems.append(Problem(line.number, f"'{parent}'이라는 상위 부서가 없습니다."))
            continue
        old = place.parent
        if parent or place.id is None:
            place.parent = by_code[parent].name if parent in by_code else parent
        steps.append(_department_step(line, place, before, old))
    # A parent that the file renames is meant by its new name.
    problems += [
        Problem(place.line, f"{place.name}: 상위 부서를 따라가면 자기 자신으로 돌아옵니다.")
        for place in places.values()
        if place.line and _in_circle(place, places)
    ]
    return steps, problems, places


def _place(
    line: Line, name: str, places: dict[str, _Place], by_code: dict[str, _Place]
) -> tuple[_Place, str]:
    """The department that a line means, with its former name. Raises InvalidInput, Conflict."""
    code = line["code"]
    place = by_code.get(code) if code else None
    same = places.get(name)
    if place is None:
        place = same
    elif same is not None and same is not place:
        raise Conflict(f"'{name}'이라는 부서가 이미 있습니다 (코드 {same.code or '없음'}).")
    if place is not None and place.line:
        raise InvalidInput(f"{place.line}번째 줄과 같은 부서입니다.")
    before = place.name if place is not None else ""
    if place is None:
        place = _Place(None, name, code, "")
    else:
        if code and place.code and place.code != code:
            raise Conflict(f"'{name}'의 부서 코드가 이미 {place.code}입니다.")
        del places[place.name]
        for other in places.values():
            other.parent = name if other.parent == place.name else other.parent
        place.name = name
    place.line = line.number
    places[name] = place
    if code:
        place.code = code
        by_code[code] = place
    return place, before


def _department_step(line: Line, place: _Place, before: str, old_parent: str) -> Step:
    above = place.parent or "최상위"
    if place.id is None:
        return Step(line.number, "new", place.name, f"{above} 아래에 만듭니다.")
    parts = []
    if before != place.name:
        parts.append(f"이름을 {before}에서 바꿉니다.")
    if old_parent != place.parent:
        parts.append(f"{old_parent or '최상위'} 아래에서 {above} 아래로 옮깁니다.")
    return Step(line.number, "change" if parts else "same", place.name, " ".join(parts))


def _in_circle(place: _Place, places: dict[str, _Place]) -> bool:
    seen, at = {place.name}, place.parent
    while at:
        if at == place.name:
            return True
        if at in seen or at not in places:
            return False
        seen.add(at)
        at = places[at].parent
    return False


def _plan_people(
    connection: Connection, principal: Principal, lines: Sequence[Line], day: date
) -> tuple[list[Step], list[Problem]]:
    known = _departments(connection, day)
    names = {row.id: row.name for row in known.values()}
    present = {row.login: row for row in connection.execute(sa.select(users))}
    first: dict[str, int] = {}
    steps: list[Step] = []
    problems: list[Problem] = []
    for line in lines:
        try:
            login, name = clean_login(line["login"]), clean_person(line["name"])
            if login in first:
                raise InvalidInput(
                    f"아이디 {with_josa(login, '이/가')} {first[login]}번째 줄에도 있습니다."
                )
            first[login] = line.number
            if line["department"] and line["department"] not in known:
                raise InvalidInput(f"'{line['department']}'이라는 부서가 없습니다.")
            if line["role"] and _ROLES.get(line["role"], "citizen") == "citizen":
                raise InvalidInput(f"'{line['role']}'이라는 역할은 없습니다.")
            day_of(line["from"])
            row = present.get(login)
            steps.append(_person_step(line, login, name, row, known, names))
            own = row is not None and row.id == principal.user_id and bool(line["role"])
            if own and row is not None and _ROLES[line["role"]] != row.role:
                raise InvalidInput("내 역할은 내가 바꿀 수 없습니다.")
        except InvalidInput as error:
            problems.append(Problem(line.number, error.message.split(" 아무것도")[0]))
    return steps, problems


def _person_step(
    line: Line,
    login: str,
    name: str,
    row: Row[Any] | None,
    known: dict[str, Row[Any]],
    names: dict[int, str],
) -> Step:
    place = known.get(line["department"])
    role = _ROLES.get(line["role"], "official")
    subject = f"{name} ({login})"
    special = f"{ROLE_NAMES[role]} 역할을 줍니다." if role != "official" else ""
    where = f"{place.name} {line['title']}".strip() if place is not None else "부서 없이"
    if row is None:
        return Step(line.number, "new", subject, f"{where} 계정을 만듭니다.", special)
    parts = []
    if row.name != name:
        parts.append(f"이름을 {row.name}에서 바꿉니다.")
    if place is not None and (
        row.department_id != place.id or (line["title"] and line["title"] != row.post)
    ):
        old = f"{names.get(row.department_id, '부서 없음')} {row.post}".strip()
        parts.append(f"주 보직을 {old}에서 {with_josa(where, '으로/로')} 바꿉니다.")
    changes = bool(line["role"]) and role != row.role
    if changes:
        parts.append(
            f"역할을 {ROLE_NAMES.get(row.role, '')}에서 {with_josa(ROLE_NAMES[role], '으로/로')} 바꿉니다."
        )
    if row.disabled:
        parts.append("꺼진 계정입니다. 켜지는 않습니다.")
    action = "change" if parts else "same"
    return Step(line.number, action, subject, " ".join(parts), special if changes else "")
