"""Does a search ever show what the searcher may not see? Adversarial questions while rights change.

Usage: python benchmarks/search/leaks.py HOME [--queries 5000] [--size 5000] [--seed 1] [--out FILE.json]

HOME is an empty folder, or one that an earlier run made. While two threads search, one process grants,
revokes, deletes, restores, changes memberships and takes in documents and versions, and another one
lets the index follow in stretches (so that it is stale half of the time) and rebuilds it.

Every search is enclosed by two views of the database, opened before the searcher is even resolved and
after the answer. A hit is a leak when both views forbid it and the document and the membership were
not changed in between (then the hit counts as undecidable). The words of every hit are looked
through for the marks of other documents. Exit status 1 when anything was wrong.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from asking import quantiles, settings_of, written_questions
from changes import MARK, change, work
from synthetic import build, load, save
from views import View

from mokmin.app import App
from mokmin.base.errors import InvalidInput
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.store import users
from mokmin.knowledge.documents.store import passages
from mokmin.knowledge.search.model import SearchFilters

Mode = Literal["hybrid", "lexical", "dense"]
THREADS = 2
HOT = 150
HOSTILE = (
    "' OR 1=1 --",
    "') OR true OR ('' = '",
    "x' OR array_has_any(groups, [1]) OR department='",
    "*",
    "%",
    "\\",
    '"',
    "\x00",
    "부서1') OR ('1'='1",
    "NULL",
    "O' UNION SELECT * FROM passages --",
    "가" * 3_000,
)
MODES: tuple[Mode, ...] = ("hybrid", "hybrid", "hybrid", "lexical", "dense")
_MARK = re.compile(MARK + r"(\d+)")


class Adversary:
    """One thread of questions."""

    def __init__(self, app: App, file: Path, seed: int, logins: list[str], last: int) -> None:
        self._app, self._file, self._logins, self._last = app, file, logins, last
        self._random = random.Random(seed)
        self._written = written_questions()
        self.counts: Counter[str] = Counter()
        self.seconds: list[float] = []
        self.bad: list[dict[str, Any]] = []

    def ask(self) -> None:
        """One search, checked."""
        pick = self._random
        before = View.open(self._file)
        try:
            principal = self._principal()
            query, within, filters = self._query(), self._within(before, principal), self._filters()
            mode = pick.choice(MODES)
            begin = time.perf_counter()
            try:
                result = self._app.search.search(
                    principal,
                    query,
                    top=pick.choice((1, 10, 10, 50, 1_000)),
                    within=within,
                    filters=filters,
                    mode=mode,
                )
            except InvalidInput:
                self.counts["refused as invalid"] += 1
                return
            except Exception as error:  # noqa: BLE001
                self.counts[
                    "error: " + re.sub(r"\d+", "0", f"{type(error).__name__} {error}"[-90:])
                ] += 1
                self._note("error", type(error).__name__, str(error)[-240:], query, filters)
                return
            self.seconds.append(time.perf_counter() - begin)
            self.counts["searches"] += 1
            self.counts["hits"] += len(result.hits)
            self.counts["stale candidates rejected"] += getattr(result.trace, "rejected", 0)
            after = View.open(self._file)
            try:
                self._check(before, after, principal, result.hits)
            finally:
                after.close()
            self._narrowed(result.hits, within, filters)
        finally:
            before.close()

    def _principal(self) -> Principal:
        pick = self._random
        if pick.random() < 0.6:
            return self._app.people.principal(pick.choice(self._logins))
        count = pick.choice((0, 1, 1, 2, 5, 20, 300))
        chosen = tuple(pick.randint(-5, 3_100) for _ in range(count))
        return Principal(
            None, "nobody", "", None, "", "official", chosen, frozenset({Permission.ASK})
        )

    def _query(self) -> str:
        pick = self._random
        kind = pick.random()
        if kind < 0.15:
            return pick.choice(self._written)
        if kind < 0.25:
            return pick.choice(HOSTILE) + pick.choice(("", " 정산"))
        if kind < 0.3:
            return f"{MARK}{10_000_000 + pick.randint(1, 60)} 지침"
        number = pick.randint(1, HOT) if pick.random() < 0.7 else pick.randint(1, self._last)
        if kind < 0.45:
            return f"{MARK}{number}"
        with self._app.db.read() as connection:
            texts = list(
                connection.execute(
                    sa.select(passages.c.text).where(passages.c.document_id == number)
                ).scalars()
            )
        text = pick.choice(texts) if texts else "정산"
        return text[: pick.choice((40, 120, 600))] or "정산"

    def _within(self, view: View, principal: Principal) -> list[int] | None:
        pick = self._random
        kind = pick.random()
        if kind < 0.6:
            return None
        some = [pick.randint(-3, self._last + 50) for _ in range(pick.choice((1, 10, 200)))]
        some += [pick.randint(1, HOT) for _ in range(20)]
        if kind < 0.9:
            seen = view.documents(view.groups(principal)[0], some)
            return [key for key in some if key not in seen]
        return some if kind < 0.97 else []

    def _filters(self) -> SearchFilters:
        pick = self._random
        kind = pick.random()
        if kind < 0.5:
            return SearchFilters()
        hostile = kind < 0.75
        departments = [f"부서{pick.randint(0, 60)}" for _ in range(2)]
        kinds = HOSTILE if hostile else ("법령", "지침", "공문")
        return SearchFilters(
            departments=tuple(pick.choices(HOSTILE if hostile else departments, k=2))
            if pick.random() < 0.5
            else (),
            kinds=(pick.choice(kinds),) if pick.random() < 0.4 else (),
            grades=(pick.choice(("O", "S", "C", "o", "'")),) if pick.random() < 0.4 else (),
            dated_from=pick.choice((date.min, date(2020, 1, 1))) if pick.random() < 0.2 else None,
            dated_to=date.max if pick.random() < 0.2 else None,
            in_force_on=date.today() if pick.random() < 0.2 else None,
        )

    def _check(self, before: View, after: View, principal: Principal, hits: Any) -> None:
        groups_before, mark_before = before.groups(principal)
        groups_after, mark_after = after.groups(principal)
        words = {
            hit.passage_id: {
                int(number)
                for text in (hit.title, hit.header, hit.text)
                for number in _MARK.findall(text)
            }
            for hit in hits
        }
        by_mark = after.sources({number for found in words.values() for number in found})
        keys = {hit.document_id for hit in hits} | set(by_mark.values())
        seen = [
            before.documents(groups_before, keys),
            after.documents(groups_after, keys),
        ]
        for hit in hits:
            right = any(s.get(hit.document_id) == hit.version_id for s in seen)
            marked = [by_mark[n] for n in words[hit.passage_id] if n in by_mark]
            strange = [key for key in marked if not any(key in s for s in seen)]
            self.counts["marks looked at"] += len(marked)
            for key in ([] if right else [hit.document_id]) + strange:
                same = before.changed(key) == after.changed(key) and mark_before == mark_after
                if not same:
                    self.counts["undecidable"] += 1
                    continue
                self._note("leak", principal.login, key, hit.document_id, hit.passage_id)

    def _narrowed(self, hits: Any, within: list[int] | None, filters: SearchFilters) -> None:
        for hit in hits:
            outside = within is not None and hit.document_id not in within
            other = any(
                values and value not in values
                for values, value in (
                    (filters.departments, hit.department),
                    (filters.kinds, hit.kind),
                    (filters.grades, hit.grade),
                )
            )
            if outside or other:
                self._note("outside the chosen", hit.document_id, within and len(within), filters)

    def _note(self, kind: str, *details: object) -> None:
        self.counts[kind] += 1
        if self.counts[kind] <= 12:
            self.bad.append({"kind": kind, "details": [str(d)[:240] for d in details]})


def prepare(home: Path, size: int) -> list[str]:
    """The library to search, when it is not there yet; the accounts' logins."""
    app = App(settings_of(home))
    if not (home / "synthetic.json").exists():
        library = build(app, size, mark=MARK)
        app.ingestion.rebuild()
        save(home, library)
    app.queue.recover()
    with app.db.read() as connection:
        return list(connection.execute(sa.select(users.c.login)).scalars())


def attack(home: Path, logins: list[str], queries: int, seed: int) -> dict[str, Any]:
    """All questions, in threads, with everything else going on."""
    stop = home / "stop"
    stop.unlink(missing_ok=True)
    others = [
        subprocess.Popen(
            [sys.executable, __file__, str(home), "--part", part, "--seed", str(seed)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for part in ("change", "work")
    ]
    app = App(settings_of(home, threads=1))
    app.warm_up()
    last = int(load(home)["documents"])
    crowd = [
        Adversary(app, home / "mokmin.db", seed * 100 + n, logins, last) for n in range(THREADS)
    ]

    def run(one: Adversary) -> None:
        for _ in range(queries // THREADS):
            one.ask()

    begin = time.perf_counter()
    threads = [threading.Thread(target=run, args=(one,)) for one in crowd]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.perf_counter() - begin
    stop.touch()
    did = [json.loads(other.communicate()[0] or "{}") for other in others]
    counts = sum((one.counts for one in crowd), Counter())
    return {
        "queries": queries // THREADS * THREADS,
        "seconds": round(spent, 1),
        "leaks": counts["leak"],
        "errors": counts["error"],
        "counts": dict(sorted(counts.items())),
        "latency": quantiles([s for one in crowd for s in one.seconds]),
        "changes": did[0],
        "worker": did[1],
        "ended": [other.returncode for other in others],
        "bad": [item for one in crowd for item in one.bad],
    }


def main() -> None:
    """Prepare, attack, report."""
    root = argparse.ArgumentParser(description=__doc__)
    root.add_argument("home", type=Path)
    root.add_argument("--queries", type=int, default=5_000)
    root.add_argument("--size", type=int, default=5_000)
    root.add_argument("--seed", type=int, default=1)
    root.add_argument("--out", type=Path)
    root.add_argument("--part", choices=("change", "work"), help=argparse.SUPPRESS)
    options = root.parse_args()
    stop = options.home / "stop"
    if options.part == "change":
        print(json.dumps(change(options.home, HOT, stop, options.seed)))
        return
    if options.part == "work":
        print(json.dumps(work(options.home, stop)))
        return
    logins = prepare(options.home, options.size)
    result = attack(options.home, logins, options.queries, options.seed)
    text = json.dumps(result, ensure_ascii=False, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    strange = result["counts"].get("outside the chosen", 0)
    sys.exit(bool(result["leaks"] or result["errors"] or strange or any(result["ended"])))


if __name__ == "__main__":
    main()
