"""What goes on in the city while others look: grants, days, moves, deletions, the index following late."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from rights_city import City, random_grants

from mokmin.app import App
from mokmin.base.errors import MokminError
from mokmin.governance.access.grants import Grant
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.access.rules import document_groups, today
from mokmin.governance.people import posts as people_posts
from mokmin.governance.people.store import departments, group_members, groups, users
from mokmin.knowledge.documents.rights_model import RightsEdit


class Changer:
    """One random change after another. ``journal`` counts up before and after each, by what it touches:
    ``d17`` a document, ``u4`` a person, ``org`` everybody."""

    def __init__(self, app: App, city: City, journal: Counter[str], seed: int) -> None:
        self._app, self._city, self._journal = app, city, journal
        self._pick = random.Random(seed)
        self._batches: list[tuple[int, list[int]]] = []
        self.made: Counter[str] = Counter()

    def once(self) -> None:
        """One change."""
        kinds: list[tuple[int, Callable[[], None]]] = [
            (8, self.rights),
            (3, self.many),
            (3, self.undo),
            (6, self.a_day_passes),
            (4, self.delete),
            (4, self.restore),
            (4, self.move),
            (2, self.membership),
            (2, self.group_days),
            (1, self.reorganise),
            (1, self.disable),
        ]
        change = self._pick.choices([c for _, c in kinds], [w for w, _ in kinds])[0]
        try:
            change()
            self.made[change.__name__] += 1
        except MokminError:
            self.made[f"{change.__name__} (refused)"] += 1

    def _touching(self, names: list[str], change: Callable[[], None]) -> None:
        self._journal.update(names)
        try:
            change()
        finally:
            self._journal.update(names)

    def _some(self) -> int:
        """Half of the changes concern the same few documents."""
        if self._pick.random() < 0.5:
            return self._pick.choice(self._city.documents[:60])
        return self._pick.choice(self._city.documents)

    def _edit(self, ids: list[int]) -> None:
        grants = tuple(
            Grant(g, begins, ends)
            for g, (begins, ends) in random_grants(self._city, self._pick).items()
        )
        mode = self._pick.choice(("replace", "replace", "add", "remove"))

        def change() -> None:
            batch, _ = self._app.rights.change(OPERATOR, ids, RightsEdit({}, mode, grants))
            if batch is not None:
                self._batches.append((batch, ids))

        self._touching([f"d{key}" for key in ids], change)

    def rights(self) -> None:
        """The grants of one document."""
        self._edit([self._some()])

    def many(self) -> None:
        """Those of many."""
        self._edit(sorted({self._some() for _ in range(self._pick.randint(2, 15))}))

    def undo(self) -> None:
        """An earlier change taken back."""
        if self._batches:
            batch, ids = self._batches.pop(self._pick.randrange(len(self._batches)))
            names = [f"d{key}" for key in ids]
            self._touching(names, lambda: void(self._app.rights.undo(OPERATOR, batch)))

    def a_day_passes(self) -> None:
        """For one document: its grants end yesterday, or begin tomorrow, and nobody told the index."""
        document = self._some()
        values = self._pick.choice(
            ({"valid_until": today() - timedelta(1)}, {"valid_from": today() + timedelta(1)})
        )

        def change() -> None:
            with self._app.db.write() as connection:
                connection.execute(
                    document_groups.update()
                    .where(document_groups.c.document_id == document)
                    .values(**values)
                )

        self._touching([f"d{document}"], change)

    def delete(self) -> None:
        """A document is deleted."""
        key = self._some()
        self._touching([f"d{key}"], lambda: self._app.documents.delete(OPERATOR, key))

    def restore(self) -> None:
        """A document comes back."""
        key = self._some()
        self._touching([f"d{key}"], lambda: self._app.documents.restore(OPERATOR, key))

    def move(self) -> None:
        """A person changes department, from today or yesterday or tomorrow on."""
        user = self._pick.choice(list(self._city.users.values()))
        place = self._pick.choice(self._city.departments)
        begins = today() + timedelta(self._pick.choice((-1, 0, 0, 1)))

        def change() -> None:
            with self._app.db.write() as connection:
                people_posts.add_post(connection, user, place, people_posts.MAIN, "주무관", begins)
                people_posts.follow_main_posts(connection, today(), [user])

        self._touching([f"u{user}"], change)

    def membership(self) -> None:
        """A person joins or leaves a free group."""
        user = self._pick.choice(list(self._city.users.values()))
        group = self._pick.choice(self._city.free_groups)
        here = sa.and_(group_members.c.group_id == group, group_members.c.user_id == user)

        def change() -> None:
            with self._app.db.write() as connection:
                if not connection.execute(group_members.delete().where(here)).rowcount:
                    connection.execute(group_members.insert().values(group_id=group, user_id=user))

        self._touching([f"u{user}"], change)

    def group_days(self) -> None:
        """A free group ends or is open again."""
        group = self._pick.choice(self._city.free_groups)
        until = self._pick.choice((None, today() - timedelta(1), today()))

        def change() -> None:
            with self._app.db.write() as connection:
                connection.execute(
                    groups.update().where(groups.c.id == group).values(until_on=until, from_on=None)
                )

        self._touching(["org"], change)

    def reorganise(self) -> None:
        """A department goes below another one."""
        moved, above = self._pick.sample(self._city.departments[1:], 2)
        if above >= moved:  # only ever below an older one: no circles
            moved, above = above, moved

        def change() -> None:
            with self._app.db.write() as connection:
                connection.execute(
                    departments.update().where(departments.c.id == moved).values(parent_id=above)
                )

        self._touching(["org"], change)

    def disable(self) -> None:
        """An account is stopped or goes on."""
        user = self._pick.choice(list(self._city.users.values()))

        def change() -> None:
            with self._app.db.write() as connection:
                connection.execute(
                    users.update().where(users.c.id == user).values(disabled=~users.c.disabled)
                )

        self._touching([f"u{user}"], change)


def void(_result: object) -> None:
    """Nothing of a result."""
