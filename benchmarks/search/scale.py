"""How fast searching is on a large library, and whether it goes on while the index is rebuilt.

Usage: python benchmarks/search/scale.py build HOME --size 200000
       python benchmarks/search/scale.py speed HOME [--queries 600] [--out FILE.json]
       python benchmarks/search/scale.py rebuild HOME [--out FILE.json]
       python benchmarks/search/scale.py report FILE.json… [--out FILE.md] [--plot FILE.svg]

``build`` fills an empty data folder (see synthetic.py; minutes). ``speed`` asks different questions one
after another, as accounts that may read 50, 5, .5 and .05 % in turn, through the search service and
everything below it, the question's embedding included; then the same in two processes at once.
``rebuild`` runs ``mokmin reindex`` while this process goes on asking. Nothing else should be running.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asking import accounted, principals, quantiles, questions, settings_of, watched
from plot import growth
from synthetic import build, load, save

from mokmin.app import App
from mokmin.base.errors import MokminError
from mokmin.governance.access.model import Principal

WARM = 40
STREAM_SECONDS = 30.0


def main() -> None:
    """Run one part."""
    options = _options()
    if options.part == "build":
        _build(options.home, options.size)
        return
    if options.part == "stream":
        print(json.dumps(_stream(options.home, options.seed)))
        return
    if options.part == "report":
        runs = [json.loads(path.read_text(encoding="utf-8")) for path in options.files]
        text = markdown(runs)
        print(text)
        if options.out:
            options.out.write_text(text, encoding="utf-8")
        if options.plot:
            options.plot.write_text(growth(runs), encoding="utf-8")
        return
    result = (
        _speed(options.home, options.queries) if options.part == "speed" else _rebuild(options.home)
    )
    text = json.dumps(result, ensure_ascii=False, indent=1)
    print(text)
    if options.out:
        earlier = json.loads(options.out.read_text("utf-8")) if options.out.exists() else {}
        merged = json.dumps(earlier | result, ensure_ascii=False, indent=1)
        options.out.write_text(merged, encoding="utf-8")


def _build(home: Path, size: int) -> None:
    app = App(settings_of(home))
    begin = time.perf_counter()
    library = build(app, size)
    stored = time.perf_counter() - begin
    print(f"stored {library.passages:,} passages in {stored:.0f} s", file=sys.stderr)
    made = app.ingestion.rebuild()
    save(home, library, store_seconds=round(stored, 1), rebuild_seconds=made.seconds)
    print(json.dumps(load(home) | {"accounts": None}))


def _speed(home: Path, count: int) -> dict[str, Any]:
    made = load(home)
    app, seconds = watched(settings_of(home))
    app.warm_up()
    who = principals(app, made["accounts"])
    asked = questions(app, count + WARM, seed=1)
    everything: list[float] = []
    by_share: dict[str, list[float]] = {share: [] for share in made["accounts"]}
    stages: dict[str, list[float]] = {}
    empty, cpu = 0, 0.0
    for number, text in enumerate(asked):
        if number == WARM:
            cpu = time.process_time()
        share, principal = who[number % len(who)]
        seconds.clear()
        begin = time.perf_counter()
        result = app.search.search(principal, text)
        spent = time.perf_counter() - begin
        if number < WARM:
            continue
        everything.append(spent)
        by_share[share].append(spent)
        empty += not result.hits
        for stage, value in seconds.items():
            stages.setdefault(stage, []).append(value)
        stages.setdefault("the rest", []).append(spent - accounted(seconds))
    cpu = time.process_time() - cpu
    health = app.index.health()
    return {
        "passages": made["passages"],
        "documents": made["documents"],
        "index_bytes": health.bytes,
        "unindexed": health.unindexed,
        "build_rebuild_seconds": made["rebuild_seconds"],
        "hybrid": quantiles(everything),
        "cpu_ms_each": round(1000 * cpu / max(1, len(everything)), 1),
        "by_share": {share: quantiles(values) for share, values in by_share.items()},
        "stages": {stage: quantiles(values) for stage, values in stages.items()},
        "without_hits": empty,
        "two_processes": _two(home),
    }


def _two(home: Path) -> dict[str, Any]:
    """Two processes that begin together, when both are warm."""
    command = [sys.executable, __file__, "stream", str(home)]
    children = [
        subprocess.Popen(
            [*command, "--seed", str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in (11, 12)
    ]
    for child in children:
        assert child.stdout is not None
        child.stdout.readline()
    for child in children:
        assert child.stdin is not None
        child.stdin.write("begin\n")
        child.stdin.flush()
    results = [json.loads(child.communicate()[0]) for child in children]
    merged = [value for result in results for value in result["seconds"]]
    spent = max(result["spent"] for result in results)
    return quantiles(merged) | {"queries_per_second": round(len(merged) / spent, 1)}


def _stream(home: Path, seed: int) -> dict[str, Any]:
    """One of several processes: say when it is warm, and ask for a fixed time once told to begin."""
    app = App(settings_of(home, threads=1))
    app.warm_up()
    asked = questions(app, 4_000, seed)
    who = [principal for _, principal in principals(app, load(home)["accounts"])]
    for text, principal in zip(asked[-WARM:], who * WARM, strict=False):
        app.search.search(principal, text)
    print("ready", flush=True)
    sys.stdin.readline()
    seconds: list[float] = []
    begin = time.perf_counter()
    for number, text in enumerate(asked):
        started = time.perf_counter()
        app.search.search(who[number % len(who)], text)
        seconds.append(time.perf_counter() - started)
        if time.perf_counter() - begin > STREAM_SECONDS:
            break
    return {"seconds": seconds, "spent": time.perf_counter() - begin}


def _endless(
    app: App, who: list[tuple[str, Principal]], asked: list[str], errors: list[str]
) -> Iterator[tuple[float, int]]:
    """Seconds and number of hits of one search after another; errors are noted."""
    number = 0
    while True:
        principal, text = who[number % len(who)][1], asked[number % len(asked)]
        number += 1
        begin = time.perf_counter()
        try:
            hits = len(app.search.search(principal, text).hits)
        except (MokminError, OSError, RuntimeError, ValueError) as error:
            errors.append(f"{type(error).__name__}: {error}"[:200])
            hits = -1
        yield time.perf_counter() - begin, hits


def _rebuild(home: Path) -> dict[str, Any]:
    """Reindex in a process of its own while this one asks; what the same questions found before."""
    made = load(home)
    app = App(settings_of(home))
    app.warm_up()
    who = principals(app, made["accounts"])
    asked = questions(app, 241, seed=2)
    errors: list[str] = []
    stream = _endless(app, who, asked, errors)
    for _ in range(WARM):
        next(stream)
    before = [next(stream)[0] for _ in range(200)]
    generation = app.index.health().generation
    found_before = _found(app, who, asked)
    command = [sys.executable, "-m", "mokmin", "--home", str(home), "reindex", "--json"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    during: list[float] = []
    while child.poll() is None:
        during.append(next(stream)[0])
    output = child.communicate()[0].strip().splitlines()
    after = [next(stream)[0] for _ in range(200)]
    found_after = _found(app, who, asked)
    same = sum(a == b for a, b in zip(found_before, found_after, strict=True))
    return {
        "rebuild": {
            "passages": made["passages"],
            "result": json.loads(output[-1]) if output else None,
            "status": child.returncode,
            "errors": errors,
            "switched": app.index.health().generation != generation,
            "before": quantiles(before),
            "during": quantiles(during),
            "after": quantiles(after),
            "same_first_hit": round(same / len(found_before), 4),
        }
    }


def _found(app: App, who: list[tuple[str, Principal]], asked: list[str]) -> list[int | None]:
    found: list[int | None] = []
    for number, text in enumerate(asked[:120]):
        hits = app.search.search(who[number % len(who)][1], text, top=1).hits
        found.append(hits[0].passage_id if hits else None)
    return found


def markdown(runs: list[dict[str, Any]]) -> str:
    """What was measured as tables."""
    lines = [
        "| passages | p50 / p95 / p99 ms | CPU ms | 50 % | 5 % | .5 % | .05 % (p50 / p95) "
        "| two processes: queries/s, p95 ms | index MB | rebuild alone s |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for run in sorted(runs, key=lambda r: r["passages"]):
        hybrid, two = run["hybrid"], run["two_processes"]
        shares = " | ".join(f"{s['p50_ms']} / {s['p95_ms']}" for s in run["by_share"].values())
        lines.append(
            f"| {run['passages']:,} | {hybrid['p50_ms']} / {hybrid['p95_ms']} / {hybrid['p99_ms']} "
            f"| {run['cpu_ms_each']} | {shares} | {two['queries_per_second']}, {two['p95_ms']} "
            f"| {run['index_bytes'] / 2**20:,.0f} | {run['build_rebuild_seconds']:,.0f} |"
        )
    for run in sorted(runs, key=lambda r: r["passages"]):
        lines += [
            "",
            f"Stages at {run['passages']:,} passages (ms): "
            + "; ".join(
                f"{stage} {s['p50_ms']} / {s['p95_ms']}" for stage, s in run["stages"].items()
            ),
        ]
        if "rebuild" in run:
            r = run["rebuild"]
            lines += [
                "",
                (
                    f"Rebuilt while searched: {r['result']['seconds']:,.0f} s; p50 / p95 / max "
                    f"{r['during']['p50_ms']} / {r['during']['p95_ms']} / {r['during']['max_ms']} ms in "
                    f"{r['during']['queries']:,} searches meanwhile (before: {r['before']['p50_ms']} / "
                    f"{r['before']['p95_ms']}); {len(r['errors'])} errors; the first hit stayed the same "
                    f"in {r['same_first_hit']:.1%}."
                ),
            ]
    return "\n".join(lines) + "\n"


def _options() -> argparse.Namespace:
    root = argparse.ArgumentParser(description=__doc__)
    parts = root.add_subparsers(dest="part", required=True)
    for name in ("build", "speed", "rebuild", "stream"):
        part = parts.add_parser(name)
        part.add_argument("home", type=Path)
        part.add_argument("--size", type=int, default=200_000)
        part.add_argument("--queries", type=int, default=600)
        part.add_argument("--seed", type=int, default=1)
        part.add_argument("--out", type=Path)
    part = parts.add_parser("report")
    part.add_argument("files", type=Path, nargs="+")
    part.add_argument("--out", type=Path)
    part.add_argument("--plot", type=Path)
    return root.parse_args()


if __name__ == "__main__":
    main()
