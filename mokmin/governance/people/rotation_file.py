"""A personnel rotation as people write it in a table: one line a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.korean.josa import josa, with_josa
from mokmin.governance.access.model import ROLE_NAMES
from mokmin.governance.people.csv_table import Line, Problem
from mokmin.governance.people.store import departments, users

COLUMNS: dict[str, tuple[str, ...]] = {
    "login": ("아이디", "로그인", "login", "user name", "id"),
    "name": ("이름", "성명", "name"),
    "department": ("새부서", "부서", "부서명", "발령부서", "부서코드", "department"),
    "title": ("직위", "직급", "보직", "새직위", "post", "title"),
    "role": ("역할", "권한", "role"),
    "taker": ("인계자", "인계받는사람", "후임", "taker", "successor"),
}
_ROLES = {name: key for key, name in ROLE_NAMES.items()} | {key: key for key in ROLE_NAMES}


def moves_of(
    connection: Connection, lines: Sequence[Line], day: date
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The moves that the lines of a file mean, and what is wrong with them."""
    people = {
        row.login: row
        for row in connection.execute(sa.select(users.c.id, users.c.login, users.c.name))
    }
    living = sa.or_(departments.c.until_on.is_(None), departments.c.until_on >= day)
    places = connection.execute(sa.select(departments).where(living)).all()
    known = {row.code: row.id for row in places if row.code} | {row.name: row.id for row in places}
    first: dict[str, int] = {}
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []

    def bad(line: Line, text: str) -> None:
        problems.append(Problem(line.number, text))

    for line in lines:
        login, taker = line["login"].lower(), line["taker"].lower()
        person = people.get(login)
        if not login or not line["department"]:
            continue
        if person is None:
            bad(line, f"'{line['login']}'이라는 아이디가 없습니다.")
        elif line["name"] and line["name"] != person.name:
            bad(line, f"{login}의 이름은 {person.name}입니다. 파일에는 {line['name']}입니다.")
        elif login in first:
            bad(line, f"{with_josa(login, '이/가')} {first[login]}번째 줄에도 있습니다.")
        elif line["department"] not in known:
            bad(line, f"'{line['department']}'이라는 부서가 없습니다.")
        elif line["role"] and _ROLES.get(line["role"], "citizen") == "citizen":
            bad(line, f"'{line['role']}'이라는 역할은 없습니다.")
        elif taker and (taker not in people or taker == login):
            bad(
                line,
                f"인계자 '{line['taker']}'{josa(line['taker'], '을/를')} 찾을 수 없거나 자기 자신입니다.",
            )
        else:
            first[login] = line.number
            rows.append(
                {
                    "user_id": person.id,
                    "department_id": known[line["department"]],
                    "title": line["title"][:80],
                    "role": _ROLES.get(line["role"], ""),
                    "taker_id": people[taker].id if taker else None,
                }
            )
    return rows, problems
