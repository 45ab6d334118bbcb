"""Does anything that a person can open ever show what the person may not read? While rights change.

Usage: python benchmarks/rights/leaks.py [--people 300] [--documents 5000] [--probes 4000] [--seed 1]
       [--without rights|days] [--out FILE.json]

A city of its own is made in an empty folder. Threads probe the web application as random people (search,
questions, typing ahead, lists, counts and facets, own history, its evidence and files, shares, tools,
the interface for programs, explanations) while another thread changes grants and their days, moves and
stops people, changes groups and the tree of departments, deletes and restores documents, takes changes
back, and lets days pass that nobody tells the index. A worker follows now and then.

``--without`` takes a check out of the application first: the test must then find leaks (exit status 0
when it does). Otherwise the exit status is 1 when anything was found. The timing is of this machine.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from rights_changes import Changer
from rights_city import City, build
from rights_probes import Prober

from mokmin.app import App
from mokmin.base.korean.fakes import SimpleAnalyser
from mokmin.base.llm.fakes import HashEmbedder
from mokmin.governance.access import rules
from mokmin.governance.people.service import PeopleService
from mokmin.knowledge.ingestion.worker import Worker
from mokmin.settings import Settings
from mokmin.web import create_web

THREADS = 3
CHANGE_SECONDS = 0.05
WORKER_RESTS = 4.0
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def make_app(home: Path, **parts: Any) -> App:
    """The application as it runs, with quick models (rights do not depend on them)."""
    app = App(
        Settings(home=home, database_url=""),
        embedder=HashEmbedder(),
        analyser=SimpleAnalyser(),
        models=[],
        **parts,
    )
    app.people = PeopleService(app.db, hasher=QUICK)
    return app


def take_out(check: str) -> dict[str, Any]:
    """Take a check out of the running application; what was there, for ``put_back``."""
    if check == "days":
        kept = {"in_force": rules.in_force}
        rules.in_force = lambda _on: sa.true()  # type: ignore[assignment]
        return kept
    if check == "rights":
        real = rules.visible
        replaced = {}

        def anything(_principal: object, _id: object, _on: date | None = None) -> Any:
            return sa.true()

        for name, module in list(sys.modules.items()):
            if name.startswith("mokmin.") and getattr(module, "visible", None) is real:
                module.visible = anything  # type: ignore[attr-defined]
                replaced[name] = real
        return replaced
    raise ValueError(check)


def put_back(kept: dict[str, Any]) -> None:
    """Undo ``take_out``."""
    for name, real in kept.items():
        if name == "in_force":
            rules.in_force = real
        else:
            sys.modules[name].visible = real  # type: ignore[attr-defined]


def in_turns(
    app: App,
    city: City,
    file: Path,
    probes: int,
    seed: int,
    *,
    web: Any = None,
    until_leak: bool = False,
) -> Prober:
    """Changes and probes in turns in one thread: everything is decidable. The index follows rarely.
    ``until_leak``: no further than to the first leak."""
    journal: Counter[str] = Counter()
    changer = Changer(app, city, journal, seed)
    prober = Prober(app, web or create_web(app), city, file, journal, seed + 1)
    worker = Worker(app.queue, app.ingestion, app.index, (app.rights.follow_days,))
    for number in range(probes):
        changer.once()
        prober.once()
        if until_leak and prober.counts["leak"]:
            break
        if number % 40 == 39:
            worker.run(idle_seconds=0)
    prober.counts.update({f"change {name}": n for name, n in changer.made.items()})
    return prober


def at_once(app: App, city: City, file: Path, probes: int, seed: int) -> list[Prober]:
    """Changes, probes and the worker in threads of their own."""
    journal: Counter[str] = Counter()
    changer = Changer(app, city, journal, seed)
    web = create_web(app)
    probers = [Prober(app, web, city, file, journal, seed + 1 + n) for n in range(THREADS)]
    stop = threading.Event()

    def change() -> None:
        while not stop.wait(CHANGE_SECONDS):
            changer.once()

    def work() -> None:
        worker = Worker(app.queue, app.ingestion, app.index, (app.rights.follow_days,))
        while not stop.wait(WORKER_RESTS):
            until = time.monotonic() + WORKER_RESTS
            worker.run(idle_seconds=0, stop=lambda until=until: time.monotonic() > until)

    def probe(one: Prober) -> None:
        for _ in range(probes // THREADS):
            one.once()

    others = [threading.Thread(target=t, daemon=True) for t in (change, work)]
    crowd = [threading.Thread(target=probe, args=(one,)) for one in probers]
    for thread in (*others, *crowd):
        thread.start()
    for thread in crowd:
        thread.join()
    stop.set()
    for thread in others:
        thread.join()
    probers[0].counts.update({f"change {name}": n for name, n in changer.made.items()})
    return probers


def run(options: argparse.Namespace, home: Path) -> dict[str, Any]:
    """Build, attack, compare words and times; the report."""
    app = make_app(home)
    begin = time.perf_counter()
    city = build(app, people=options.people, size=options.documents, seed=options.seed)
    built = time.perf_counter() - begin
    file = home / "mokmin.db"
    kept = take_out(options.without) if options.without else {}
    begin = time.perf_counter()
    probers = at_once(app, city, file, options.probes, options.seed)
    spent = time.perf_counter() - begin
    one = probers[0]
    different = one.same_words(60) if not kept else 0
    timing = one.timing(options.timing) if not kept else {}
    put_back(kept)
    counts: Counter[str] = sum((p.counts for p in probers), Counter())
    return {
        "people": options.people,
        "documents": options.documents,
        "built_seconds": round(built, 1),
        "seconds": round(spent, 1),
        "leaks": counts["leak"],
        "wrong_counts": counts["count"],
        "errors": counts["error"],
        "existence_told": different,
        "timing": timing,
        "counts": dict(sorted(counts.items())),
        "bad": [item for p in probers for item in p.bad],
    }


def main() -> None:
    """Make a city, attack it, report."""
    root = argparse.ArgumentParser(description=__doc__)
    root.add_argument("--people", type=int, default=300)
    root.add_argument("--documents", type=int, default=5_000)
    root.add_argument("--probes", type=int, default=4_000)
    root.add_argument("--timing", type=int, default=1_000)
    root.add_argument("--seed", type=int, default=1)
    root.add_argument("--without", choices=("rights", "days"))
    root.add_argument("--out", type=Path)
    options = root.parse_args()
    with tempfile.TemporaryDirectory(prefix="mokmin-rights-") as folder:
        result = run(options, Path(folder))
    text = json.dumps(result, ensure_ascii=False, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    found = any(result[k] for k in ("leaks", "wrong_counts", "errors", "existence_told"))
    sys.exit(not result["leaks"] if options.without else found)


if __name__ == "__main__":
    main()
