"""Groups of a synthetic library, and accounts that may read a given share of its passages."""

from __future__ import annotations

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.governance.access.rules import document_groups
from mokmin.governance.people.store import group_members, groups, users

GROUPS = 3_000
BIG_GROUP_SHARE = 0.45
SHARES = (0.5, 0.05, 0.005, 0.0005)
ACCOUNTS_EACH = 6


def make_groups(app: App) -> None:
    """All groups, without members."""
    rows = [{"id": n, "key": f"custom:{n}", "name": f"그룹{n}"} for n in range(1, GROUPS + 1)]
    with app.db.write() as connection:
        connection.execute(groups.insert(), rows)


def make_accounts(
    app: App, readers: list[set[int]], sizes: NDArray[np.int64], rng: np.random.Generator
) -> dict[str, list[str]]:
    """Accounts by share. Half of those who see 50 % do so by the one big group, half by many."""
    found: dict[str, list[str]] = {}
    with app.db.write() as connection:
        for share in SHARES:
            for number in range(ACCOUNTS_EACH):
                first = [1] if share >= BIG_GROUP_SHARE and number % 2 == 0 else []
                chosen = _groups_for(share * sizes.sum(), first, readers, sizes, rng)
                login = f"sees-{share:g}-{number}"
                key = connection.execute(
                    users.insert().values(
                        login=login,
                        name=login,
                        role="official",
                        password_hash="!",
                        created_at=utcnow(),
                    )
                ).inserted_primary_key
                assert key is not None
                members = [{"group_id": g, "user_id": key[0]} for g in chosen]
                connection.execute(group_members.insert(), members)
                found.setdefault(f"{share:g}", []).append(login)
    return found


def _groups_for(
    target: float,
    first: list[int],
    readers: list[set[int]],
    sizes: NDArray[np.int64],
    rng: np.random.Generator,
) -> list[int]:
    """Groups whose documents hold together about ``target`` passages (never more than 5 % above)."""
    chosen: list[int] = []
    seen: set[int] = set()
    total = 0
    for group in [*first, *(int(g) for g in rng.permutation(np.arange(2, GROUPS + 1)))]:
        fresh = readers[group] - seen
        more = int(sizes[list(fresh)].sum()) if fresh else 0
        if not more or (chosen and total + more > 1.05 * target):
            continue
        if not chosen and more > 1.05 * target and target >= 3:
            continue
        chosen.append(group)
        seen |= fresh
        total += more
        if total >= 0.97 * target:
            break
    return chosen


def seen_by(app: App, user_groups: tuple[int, ...]) -> set[int]:
    """Document ids that groups open, straight from the table."""
    query = sa.select(document_groups.c.document_id).where(
        document_groups.c.group_id.in_(user_groups)
    )
    with app.db.read() as connection:
        return set(connection.execute(query).scalars())
