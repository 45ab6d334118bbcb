"""Retrieval on every set: Mokmin (hybrid, lexical, dense) and the baselines, asked the same questions
in the same run, with paired bootstrap intervals.

Usage: python benchmarks/retrieval/run.py DATA_DIR [--sets easylaw,welfare,dev] [--limit 1000]
           [--out FILE.json] [--results benchmarks/RESULTS.md] [--home DIR]

DATA_DIR holds easylaw/, welfare/, parakqc/ and statutes/ with corpus.jsonl (and queries.jsonl). The
development questions are questions/*.jsonl beside this file ("dev" means all of them). Of each set the
first LIMIT questions are asked (default 1,000; 0: all). Analysed words and vectors are kept by content
in MOKMIN_CACHE, or in the home's cache: the first run takes minutes, the next ones seconds and the
questions' own time.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from report import markdown, put_section
from sets import QuestionSet, corpus_of, load_sets
from systems import SYSTEMS, Systems, evaluate

from mokmin.commands.measuring import throwaway
from mokmin.commands.output import Output
from mokmin.settings import load_settings

RESULTS = Path(__file__).resolve().parents[1] / "RESULTS.md"


def main() -> None:
    """Run the sets and write what was seen."""
    options = _options()
    limit = options.limit or None
    names = [name for name in options.sets.split(",") if name]
    sets = load_sets(options.data, names, limit)
    if not sets:
        sys.exit(f"no set of {options.sets or 'any kind'} in {options.data}")
    by_corpus: dict[str, list[QuestionSet]] = {}
    for one in sets:
        by_corpus.setdefault(one.corpus, []).append(one)
    settings = load_settings(options.home)
    reports = []
    for name, asked in by_corpus.items():
        corpus = corpus_of(name, options.data)
        with throwaway(settings) as app:
            begin = time.perf_counter()
            systems = Systems(app, corpus, Output(json=True).progress)
            seconds = time.perf_counter() - begin
            print(f"{name}: {systems.passages} passages, {seconds:.1f} s", file=sys.stderr)
            for one in asked:
                begin = time.perf_counter()
                report = evaluate(systems, one, len(corpus))
                taken = time.perf_counter() - begin
                main_score = report["systems"]["hybrid"]["ndcg@10"]["mean"]
                print(f"  {one.name}: hybrid {main_score:.4f} ({taken:.0f} s)", file=sys.stderr)
                reports.append(report)
    if options.out is not None:
        text = json.dumps({"systems": list(SYSTEMS), "sets": reports}, ensure_ascii=False, indent=1)
        options.out.write_text(text + "\n", encoding="utf-8")
    section = markdown(reports)
    print(section)
    if options.results is not None:
        put_section(options.results, section)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", type=Path, metavar="DATA_DIR")
    parser.add_argument("--sets", default="", help="comma-separated; default all")
    parser.add_argument("--limit", type=int, default=1_000, help="questions a set; 0: all")
    parser.add_argument("--out", type=Path, help="JSON with every question's figures")
    parser.add_argument("--results", type=Path, nargs="?", const=RESULTS, help="Markdown to update")
    parser.add_argument("--home", type=Path, help="data folder for the model's graph and the cache")
    return parser.parse_args()


if __name__ == "__main__":
    main()
