"""A small city under random rights: departments in a tree, people with posts, groups, documents, grants.

Every document carries a mark that anybody may type (``비표17``) and a secret that nobody ever types: in
its title, its text, its file name and, now and then, in its kind. A secret in an answer of the
application to somebody who may not read the document is a leak.
"""

from __future__ import annotations

import io
import random
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from mokmin.app import App
from mokmin.base.db import new_id, utcnow
from mokmin.base.formats.model import Block, ParsedDocument
from mokmin.governance.access.rules import document_groups, today
from mokmin.governance.people import posts as people_posts
from mokmin.governance.people.store import group_members, groups
from mokmin.knowledge.documents.store import (
    documents,
    locator_json,
    pack_blocks,
    pack_vector,
    passages,
    unit_id,
    versions,
)

SECRET = re.compile(r"zq[0-9a-f]{8}zq")
PASSWORD = "시험용-비밀번호-1234"
WORDS = (
    "보조금",
    "정산",
    "교부",
    "위탁",
    "계약",
    "사용료",
    "감면",
    "점검",
    "민원",
    "예산",
    "출장",
    "여비",
)
ROLES = ("official",) * 7 + ("lead", "steward", "privacy")
DAYS = (-400, -1, 0, 0, 1, 30)


@dataclass(slots=True)
class City:
    """Ids and names of what was made. ``secrets``: document by secret."""

    departments: list[int] = field(default_factory=list)
    users: dict[str, int] = field(default_factory=dict)
    groups: list[int] = field(default_factory=list)
    free_groups: list[int] = field(default_factory=list)
    documents: list[int] = field(default_factory=list)
    secrets: dict[str, int] = field(default_factory=dict)


def build(app: App, *, people: int, size: int, seed: int) -> City:
    """Make the city in an empty home, and its index."""
    pick = random.Random(seed)
    city = City()
    _departments(app, city, max(4, people // 6))
    _people(app, city, pick, people)
    _groups(app, city, pick)
    _documents(app, city, pick, size)
    app.ingestion.rebuild()
    return city


def _departments(app: App, city: City, count: int) -> None:
    with app.db.write() as connection:
        for number in range(count):
            parent = f"부서{(number - 1) // 4}" if number else None
            name = f"부서{number}"
            city.departments.append(app.people.ensure_department(connection, name, parent=parent))


def _people(app: App, city: City, pick: random.Random, count: int) -> None:
    for number in range(count):
        login = f"user{number}"
        city.users[login] = app.people.create_account(
            login=login,
            name=f"직원{number}",
            password=PASSWORD,
            role=pick.choice(ROLES),
            department=f"부서{pick.randrange(len(city.departments))}",
        )
    with app.db.write() as connection:
        for user in city.users.values():
            if pick.random() < 0.15:
                begins, ends = _span(pick)
                people_posts.add_post(
                    connection, user, pick.choice(city.departments), "additional", "", begins, ends
                )


def _groups(app: App, city: City, pick: random.Random) -> None:
    ids = list(city.users.values())
    with app.db.write() as connection:
        for number in range(max(3, len(ids) // 10)):
            key = app.people.ensure_group(connection, f"custom:모임{number}", f"모임{number}")
            begins, ends = _span(pick) if pick.random() < 0.4 else (None, None)
            connection.execute(
                groups.update().where(groups.c.id == key).values(from_on=begins, until_on=ends)
            )
            members = pick.sample(ids, min(len(ids), pick.randint(1, 12)))
            connection.execute(
                group_members.insert(), [{"group_id": key, "user_id": m} for m in members]
            )
            city.free_groups.append(key)
        for user in ids:
            app.people.ensure_group(connection, f"user:{user}", f"직원{user}")
        rows = connection.execute(groups.select().with_only_columns(groups.c.id, groups.c.key))
        city.groups = [row.id for row in rows]


def _span(pick: random.Random) -> tuple[Any, Any]:
    """Some first and last day around today, often open."""
    begins = today() + timedelta(pick.choice(DAYS)) if pick.random() < 0.5 else None
    ends = today() + timedelta(pick.choice(DAYS)) if pick.random() < 0.6 else None
    if begins and ends and ends < begins:
        begins, ends = ends, begins
    return begins, ends


def random_grants(city: City, pick: random.Random) -> dict[int, tuple[Any, Any]]:
    """A few groups with days."""
    chosen = pick.sample(city.groups, pick.choice((1, 1, 2, 3)))
    return {g: _span(pick) if pick.random() < 0.5 else (None, None) for g in chosen}


def _documents(app: App, city: City, pick: random.Random, size: int) -> None:
    analyser, embedder = app.analyser(), app.embedder()
    owners = list(city.users)
    for begin in range(0, size, 500):
        with app.db.write() as connection:
            for number in range(begin, min(size, begin + 500)):
                secret = f"zq{pick.getrandbits(32):08x}zq"
                kind = f"갈래 {secret}" if pick.random() < 0.1 else pick.choice(("지침", "공문"))
                words = " ".join(pick.choices(WORDS, k=6))
                text = (
                    f"비표{number} {words} 업무는 {secret} 교부일부터 {number}일 안에 마쳐야 한다."
                )
                title = f"비표{number} {words.split()[0]} 지침 {secret}"
                key, count = app.blobs.put(io.BytesIO(text.encode()), max_bytes=10_000)
                now = utcnow() - timedelta(minutes=size - number)
                document = new_id(
                    connection,
                    documents.insert().values(
                        title=title,
                        source=f"city/{number}",
                        department=f"부서{pick.randrange(len(city.departments))}",
                        kind=kind,
                        grade=pick.choice("OOSC"),
                        freshness="in_force",
                        owner=pick.choice(owners),
                        created_at=now,
                        changed_at=now,
                        deleted_at=now if pick.random() < 0.04 else None,
                    ),
                )
                version = new_id(
                    connection,
                    versions.insert().values(
                        document_id=document,
                        number=1,
                        sha256=key,
                        bytes=count,
                        filename=f"{secret}.txt",
                        format="txt",
                        state="ready",
                        progress=100,
                        passages=1,
                        blocks=pack_blocks(
                            ParsedDocument("txt", title, (Block("paragraph", text),))
                        ),
                        created_at=now,
                    ),
                )
                block = Block("paragraph", text)
                indexed = f"{title}\n{text}"
                connection.execute(
                    passages.insert().values(
                        document_id=document,
                        version_id=version,
                        seq=0,
                        unit_id=unit_id(version, 0),
                        header=title,
                        text=text,
                        start=0,
                        end=len(text),
                        first_block=0,
                        last_block=1,
                        locator=locator_json(block.locator),
                        tokens=" ".join(analyser.morphemes([indexed])[0]),
                        vector=pack_vector(embedder.embed_passages([indexed])[0]),
                    )
                )
                connection.execute(
                    documents.update()
                    .where(documents.c.id == document)
                    .values(newest_version_id=version, current_version_id=version)
                )
                for group, (begins, ends) in random_grants(city, pick).items():
                    connection.execute(
                        document_groups.insert().values(
                            document_id=document,
                            group_id=group,
                            valid_from=begins,
                            valid_until=ends,
                        )
                    )
                city.documents.append(document)
                city.secrets[secret] = document
