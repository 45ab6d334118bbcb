"""What goes on in a library while others search it: rights, deletions, restorations, new versions, new
documents, memberships, the index following late, and rebuilds. Run by leaks.py as two processes."""

from __future__ import annotations

import io
import random
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from asking import settings_of

from mokmin.app import App
from mokmin.base.errors import Conflict, MokminError
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.access.rules import document_groups
from mokmin.governance.people.store import group_members, groups, users
from mokmin.knowledge.documents.model import DocumentMeta
from mokmin.knowledge.documents.service import mark_changed
from mokmin.knowledge.documents.store import documents
from mokmin.knowledge.ingestion.worker import Worker

MARK = "비표"
PAUSE_SECONDS = 0.12
# The worker rests this long after each stretch of work: the index is stale meanwhile.
WORKS_SECONDS, RESTS_SECONDS = 4.0, 4.0
REBUILD_SECONDS = 60.0


class Changer:
    """One random change after another, most of them to the same few documents."""

    def __init__(self, app: App, hot: int, seed: int) -> None:
        self._app, self._hot = app, hot
        self._random = random.Random(seed)
        self._given = 0
        with app.db.read() as connection:
            self._groups = list(connection.execute(sa.select(groups.c.id)).scalars())
            self._users = list(connection.execute(sa.select(users.c.id)).scalars())
        self.made: Counter[str] = Counter()

    def run(self, stop: Path) -> None:
        """Until the file ``stop`` exists."""
        kinds: list[tuple[str, int, Callable[[], None]]] = [
            ("grant", 5, self._grant),
            ("revoke", 6, self._revoke),
            ("revoke all", 2, self._revoke_all),
            ("delete", 4, lambda: self._app.documents.delete(OPERATOR, self._document())),
            ("restore", 4, self._restore),
            ("membership", 5, self._membership),
            ("new document", 2, self._ingest),
            ("new version", 2, self._new_version),
        ]
        weights = [weight for _, weight, _ in kinds]
        while not stop.exists():
            name, _, change = self._random.choices(kinds, weights)[0]
            try:
                change()
            except MokminError:
                name = f"{name} (refused)"
            self.made[name] += 1
            time.sleep(self._random.random() * 2 * PAUSE_SECONDS)

    def _document(self) -> int:
        return self._random.randint(1, self._hot)

    def _grant(self) -> None:
        key = self._document()
        with self._app.db.write() as connection:
            held = connection.execute(
                sa.select(document_groups.c.group_id).where(document_groups.c.document_id == key)
            ).scalars()
            fresh = set(self._random.sample(self._groups, 20)) - set(held)
            rows = [{"document_id": key, "group_id": g} for g in sorted(fresh)]
            if rows:
                connection.execute(document_groups.insert(), rows)
            mark_changed(connection, key)

    def _revoke(self) -> None:
        key = self._document()
        with self._app.db.write() as connection:
            held = list(
                connection.execute(
                    sa.select(document_groups.c.group_id).where(
                        document_groups.c.document_id == key
                    )
                ).scalars()
            )
            gone = self._random.sample(held, (len(held) + 1) // 2)
            self._withdraw(connection, key, gone)

    def _revoke_all(self) -> None:
        key = self._document()
        with self._app.db.write() as connection:
            self._withdraw(connection, key, self._groups)

    @staticmethod
    def _withdraw(connection: sa.Connection, key: int, gone: list[int]) -> None:
        connection.execute(
            document_groups.delete().where(
                document_groups.c.document_id == key, document_groups.c.group_id.in_(gone)
            )
        )
        mark_changed(connection, key)

    def _restore(self) -> None:
        with self._app.db.read() as connection:
            deleted = list(
                connection.execute(
                    sa.select(documents.c.id).where(documents.c.deleted_at.is_not(None))
                ).scalars()
            )
        if deleted:
            self._app.documents.restore(OPERATOR, self._random.choice(deleted))

    def _membership(self) -> None:
        """Somebody joins some groups or leaves some. ``users.post`` counts it, for the checker."""
        user = self._random.choice(self._users)
        with self._app.db.write() as connection:
            mine = sa.select(group_members.c.group_id).where(group_members.c.user_id == user)
            held = list(connection.execute(mine).scalars())
            if held and self._random.random() < 0.5:
                gone = self._random.sample(held, (len(held) + 1) // 2)
                connection.execute(
                    group_members.delete().where(
                        group_members.c.user_id == user, group_members.c.group_id.in_(gone)
                    )
                )
            else:
                fresh = set(self._random.sample(self._groups, 40)) - set(held)
                rows = [{"group_id": g, "user_id": user} for g in sorted(fresh)]
                if rows:
                    connection.execute(group_members.insert(), rows)
            connection.execute(
                users.update().where(users.c.id == user).values(post=str(time.monotonic_ns()))
            )

    def _ingest(self) -> None:
        self._given += 1
        self._take(self._given)

    def _new_version(self) -> None:
        if self._given:
            self._take(self._random.randint(1, self._given))

    def _take(self, number: int) -> None:
        mark = f"{MARK}{10_000_000 + number}"
        seed = self._random.random()
        text = f"{mark} 보조금 정산 지침\n\n보조금은 {mark} 교부일부터 {seed * 100:.0f}일 안에 정산한다. {seed}"
        audience = tuple(f"custom:{g}" for g in self._random.sample(self._groups, 30))
        source = f"new/{10_000_000 + number}"
        existing = self._app.documents.by_source(OPERATOR, source)
        if existing is not None:
            with self._app.db.read() as connection:
                held = connection.execute(
                    sa.select(groups.c.key)
                    .join(document_groups, document_groups.c.group_id == groups.c.id)
                    .where(document_groups.c.document_id == existing.id)
                ).scalars()
                audience = tuple(held) or audience
        meta = DocumentMeta(title=f"{mark} 지침", kind="지침", department="", audience=audience)
        self._app.documents.take(
            OPERATOR, f"{number}.txt", io.BytesIO(text.encode()), meta, source=source
        )


def change(home: Path, hot: int, stop: Path, seed: int) -> dict[str, int]:
    """Change things until told to stop; how often what was done."""
    changer = Changer(App(settings_of(home, threads=1)), hot, seed)
    changer.run(stop)
    return dict(changer.made)


def work(home: Path, stop: Path) -> dict[str, int]:
    """Follow the changes in stretches, with a rebuild now and then; jobs and rebuilds done."""
    app = App(settings_of(home, threads=1))
    worker = Worker(app.queue, app.ingestion, app.index)
    jobs = rebuilds = 0
    rebuilt = time.monotonic()
    while not stop.exists():
        end = time.monotonic() + WORKS_SECONDS
        enough = partial(_enough, end, stop)
        jobs += worker.run(idle_seconds=0, stop=enough)
        if time.monotonic() - rebuilt > REBUILD_SECONDS:
            try:
                app.ingestion.rebuild()
                rebuilds += 1
            except Conflict:
                pass
            rebuilt = time.monotonic()
        time.sleep(RESTS_SECONDS)
    return {"jobs": jobs, "rebuilds": rebuilds}


def _enough(end: float, stop: Path) -> bool:
    return time.monotonic() > end or stop.exists()
