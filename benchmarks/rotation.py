"""How long a personnel rotation of 2,000 people takes, from the file to the day on which it is applied.

Usage: python benchmarks/rotation.py [PEOPLE [DATABASE_URL]]     default: 2000 people, SQLite

A city of 60 departments in 6 bureaus; 20,000 documents in people's names, open to departments; everybody
moves to another department and hands over to somebody who comes.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.access.rules import document_groups
from mokmin.governance.people.importing import DEPARTMENTS, PEOPLE
from mokmin.governance.people.store import groups
from mokmin.knowledge.documents.store import documents
from mokmin.settings import Settings

T = TypeVar("T")
BUREAUS, DIVISIONS, EACH = 6, 60, 10


def timed(what: str, work: Callable[[], T]) -> T:
    """Run it and print how long it took."""
    begin = time.perf_counter()
    result = work()
    print(f"| {what} | {time.perf_counter() - begin:.2f} s |", flush=True)
    return result


def place(number: int) -> str:
    """The division of a person before the rotation; the one after is the next."""
    return f"제{number % DIVISIONS + 1}과"


def documents_of(app: App, people: int) -> None:
    """Ten documents in everybody's name, open to the division."""
    with app.db.write() as connection:
        keys = {row.name: row.id for row in connection.execute(sa.select(groups))}
        rows = [
            {
                "id": person * EACH + n + 1,
                "title": f"문서 {person}-{n}",
                "source": f"{person}/{n}",
                "department": place(person),
                "kind": "일반",
                "grade": "O",
                "freshness": "in_force",
                "owner": f"user{person}",
                "created_at": utcnow(),
            }
            for person in range(people)
            for n in range(EACH)
        ]
        connection.execute(documents.insert(), rows)
        opened = [{"document_id": r["id"], "group_id": keys[str(r["department"])]} for r in rows]
        connection.execute(document_groups.insert(), opened)


def main(people: int, url: str) -> None:
    """Print one table."""
    with tempfile.TemporaryDirectory() as folder:
        app = App(Settings(home=Path(folder), database_url=url))
        parents = [f"제{n + 1}국" for n in range(BUREAUS)]
        lines = [f"{name}," for name in parents]
        lines += [f"{place(n)},{parents[n % BUREAUS]}" for n in range(DIVISIONS)]
        text = "부서명,상위부서\n" + "\n".join(lines)
        imports, rotations = app.imports, app.rotations
        plan = imports.preview(OPERATOR, DEPARTMENTS, text)
        imports.apply(OPERATOR, DEPARTMENTS, text, plan.fingerprint)
        lines = [f"user{n},사람{n},{place(n)},주무관" for n in range(people)]
        text = "아이디,이름,부서,직위\n" + "\n".join(lines)
        plan = imports.preview(OPERATOR, PEOPLE, text)
        timed("accounts from CSV", lambda: imports.apply(OPERATOR, PEOPLE, text, plan.fingerprint))
        documents_of(app, people)
        day = app.people.today() + timedelta(days=1)
        made = rotations.draft(OPERATOR, "정기인사", day)
        moves = [f"user{n},{place(n + 1)},주무관" for n in range(people)]
        csv = "아이디,새부서,직위\n" + "\n".join(moves)
        timed("moves from CSV", lambda: rotations.load(OPERATOR, made, csv))
        timed("whoever comes takes over", lambda: rotations.suggest(OPERATOR, made))
        preview = timed("preview", lambda: rotations.preview(OPERATOR, made))
        timed("plan", lambda: rotations.plan(OPERATOR, made, preview.rotation.edition))
        app.people.today = lambda: day
        timed("**the day: applied with handover**", app.new_day.turn)
        state = rotations.preview(OPERATOR, made).rotation.state
        moved = app.people.principal("user0")
        if state != "applied" or moved.department != place(1):
            raise SystemExit(f"not applied: {state}, {moved.department}")
        begin = time.perf_counter()
        for n in range(200):
            app.people.principal(f"user{n % people}")
        each = (time.perf_counter() - begin) / 200 * 1000
        print(f"| groups and rights of one person | {each:.2f} ms |")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(int(arguments[0]) if arguments else 2000, arguments[1] if len(arguments) > 1 else "")
