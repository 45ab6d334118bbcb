"""Recall and precision of detection on the labelled halves, names on KLUE, throughput.

Usage: python benchmarks/privacy/detection.py [--half NAME|all] [--misses]
       [--klue NER.jsonl] [--speed CORPUS.jsonl]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from generated import decomposed, values, wrong
from labelled import Sentence, sentences

from mokmin.governance.privacy.detection import detect
from mokmin.governance.privacy.lexicon import SURNAMES
from mokmin.governance.privacy.model import TYPES, Span

HALVES = (
    "development",
    "blind",
    "held_out",
    "genres_development",
    "genres_held_out",
    "genres_last",
    "generated",
    "decomposed",
)


def letters(text: str) -> int:
    """Letters and digits, which is what has to be covered."""
    return sum(c.isalnum() for c in text)


def fits(text: str, gold: tuple[int, int, str], span: Span) -> bool:
    """Same type, nine tenths of the gold covered, at most half as much again taken."""
    start, end = max(gold[0], span.start), min(gold[1], span.end)
    size = letters(text[gold[0] : gold[1]])
    covered = letters(text[start:end]) if start < end else 0
    return span.type == gold[2] and covered >= 0.9 * size and letters(span.text) <= 1.5 * size


def score(items: list[Sentence], misses: bool) -> dict[str, list[int]]:
    """By type: gold, found, taken, right."""
    table = {kind: [0, 0, 0, 0] for kind in TYPES}
    for item in items:
        spans = detect(item.text)
        for gold in item.spans:
            hit = any(fits(item.text, gold, span) for span in spans)
            table[gold[2]][0] += 1
            table[gold[2]][1] += hit
            if misses and not hit:
                print("MISSED", gold[2], repr(item.text[gold[0] : gold[1]]), "in", repr(item.text))
        for span in spans:
            right = any(fits(item.text, gold, span) for gold in item.spans)
            table[span.type][2] += 1
            table[span.type][3] += right
            if misses and not right:
                print("WRONG ", span.type, repr(span.text), "in", repr(item.text))
    return table


def show(name: str, items: list[Sentence], table: dict[str, list[int]]) -> None:
    """A Markdown table."""
    negatives = [item for item in items if not item.spans]
    clean = sum(not detect(item.text) for item in negatives)
    print(
        f"\n### {name}: {sum(r[0] for r in table.values())} spans, {len(negatives)} hard negatives, {clean} of them clean\n"
    )
    print("| type | spans | recall | precision |\n|---|---|---|---|")
    groups = {
        "**numbered types**": [k for k in TYPES if k not in ("name", "address")],
        "**names and addresses**": ["name", "address"],
        "**all**": list(TYPES),
    }
    for label, kinds in {**{k: [k] for k in TYPES}, **groups}.items():
        gold, found, taken, right = (sum(table[k][i] for k in kinds) for i in range(4))
        print(f"| {label} | {gold} | {found / max(1, gold):.3f} | {right / max(1, taken):.3f} |")


def klue(path: Path) -> None:
    """Names on KLUE: even lines were read while the recognisers changed, odd ones were not."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for half, part in (("even lines", lines[::2]), ("odd lines", lines[1::2])):
        records = [json.loads(line) for line in part]
        _klue(f"KLUE NER, {half}", records)
        _klue("  of these, news", [r for r in records if "wikitree" in r["id"]])


def _klue(title: str, records: list[dict[str, Any]]) -> None:
    """Persons of three syllables that begin with a surname, all of two or more, and precision."""
    full = found = every = every_found = 0
    verdict: Counter[str] = Counter()
    for record in records:
        spans = [s for s in detect(record["text"]) if s.type == "name"]
        for entity in record["entities"]:
            text = entity["text"]
            if entity["type"] != "PS" or len(text) < 2:
                continue
            hit = any(s.start <= entity["start"] < s.end for s in spans)
            every, every_found = every + 1, every_found + hit
            if len(text) == 3 and text[0] in SURNAMES:
                full, found = full + 1, found + hit
        for span in spans:
            kinds = [
                e["type"]
                for e in record["entities"]
                if e["start"] < span.end and span.start < e["end"]
            ]
            verdict["PS" if "PS" in kinds else (kinds or ["none"])[0]] += 1
    taken = sum(verdict.values())
    print(
        f"\n{title}: {found} of {full} three-syllable persons with a surname ({found / full:.3f}); "
        f"{every_found} of {every} persons of two or more letters ({every_found / every:.3f}); "
        f"{verdict['PS']} of {taken} names taken are persons ({verdict['PS'] / taken:.3f}), {dict(verdict)}"
    )


def speed(path: Path) -> None:
    """Throughput in CPU time of one core."""
    texts = [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]
    size = sum(len(t.encode()) for t in texts) / 1e6
    begin = time.process_time()
    found = sum(len(detect(t)) for t in texts)
    seconds = time.process_time() - begin
    print(
        f"\n{path.parent.name}: {len(texts):,} passages, {size:.1f} MB in {seconds:.2f} s:", end=" "
    )
    print(
        f"{size / seconds:.2f} MB/s, {1000 * seconds / len(texts):.3f} ms a passage, {found} spans"
    )


def main() -> None:
    """Run what was asked for."""
    options = argparse.ArgumentParser()
    options.add_argument("--half", choices=(*HALVES, "all"), default="all")
    options.add_argument("--misses", action="store_true")
    options.add_argument("--klue", type=Path)
    options.add_argument("--speed", type=Path, action="append", default=[])
    chosen = options.parse_args()
    for half in HALVES if chosen.half == "all" else (chosen.half,):
        if half in ("generated", "decomposed"):
            items = values(20) + wrong(1000)
            items = decomposed(items) if half == "decomposed" else items
        else:
            items = sentences(half)
        show(half, items, score(items, chosen.misses))
    if chosen.klue:
        klue(chosen.klue)
    for path in chosen.speed:
        speed(path)


if __name__ == "__main__":
    main()
