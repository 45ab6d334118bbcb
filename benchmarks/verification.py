"""How well sentences are verified: statutes perturbed by rule, KLUE inference pairs, written claims.

Usage: python benchmarks/verification.py run [MODEL_DIR [ARTICLES]]     report on the held-out laws
       python benchmarks/verification.py fit [MODEL_DIR [ARTICLES]]     fit the weights of verification.py
       python benchmarks/verification.py wrong [MODEL_DIR [ARTICLES]]   print misjudged claims of the fitting laws
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from statute_claims import Claim, claims, load

from mokmin.adapters.llm.e5 import E5Embedder
from mokmin.base.korean.kiwi import KiwiAnalyser
from mokmin.knowledge.answering.verification import Source, Verdict, Verifier

DATA = Path(__file__).parents[2] / "shared" / "data"
STATUTES, KLUE = DATA / "statutes" / "corpus.jsonl", DATA / "klue" / "nli_pairs.jsonl"
WRITTEN = Path(__file__).parent / "answers" / "written_claims.jsonl"
ARTICLES = int(sys.argv[3]) if len(sys.argv) > 3 else 300


def judge(verifier: Verifier, claim: Claim) -> Verdict:
    """The verdict on a generated claim."""
    sources = [Source(text, title) for title, text in claim.sources]
    return verifier.check(claim.text, sources, beside=claim.beside)


def statutes(verifier: Verifier, *, fit: bool) -> Iterator[tuple[Claim, Verdict]]:
    """Claims over one half of the laws with their verdicts."""
    for claim in claims(load(STATUTES, fit=fit), ARTICLES):
        yield claim, judge(verifier, claim)


def klue(*, fit: bool) -> list[dict[str, str]]:
    """Every second group of three pairs."""
    rows = [json.loads(line) for line in KLUE.read_text(encoding="utf-8").splitlines()]
    return [row for i, row in enumerate(rows) if (i // 30 % 2 == 0) is fit]


def report(verifier: Verifier) -> None:
    """Print the tables of the held-out half."""
    seen: dict[tuple[bool, str], list[str]] = defaultdict(list)
    begin = time.perf_counter()
    for claim, verdict in statutes(verifier, fit=False):
        seen[claim.true, claim.kind].append(verdict.support)
    total = sum(len(v) for v in seen.values())
    each = (time.perf_counter() - begin) / total * 1000
    _table("statutes (held-out laws)", seen)
    print(f"\n{total} claims, {each:.1f} ms each with embedding\n")
    seen.clear()
    for row in klue(fit=False):
        verdict = verifier.check(row["hypothesis"], [Source(row["premise"])])
        seen[row["label"] == "entailment", row["label"]].append(verdict.support)
    _table("KLUE inference (held-out half)", seen)
    if WRITTEN.exists():
        seen.clear()
        for row in _written():
            verdict = verifier.check(row["claim"], row["sources"], beside=row["beside"])
            seen[row["true"], row["kind"]].append(verdict.support)
        _table("\nwritten claims", seen)
    print("\nwithout embedding:", f"{_speed():.1f} ms a sentence")


def _written() -> Iterator[dict[str, object]]:
    articles = {}
    for line in STATUTES.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        articles[item["id"]] = Source(item["text"], item["title"])
    for line in WRITTEN.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        row["sources"] = [articles[i] for i in row["articles"]]
        row.setdefault("beside", [])
        yield row


def _speed() -> float:
    plain = Verifier(KiwiAnalyser())
    sample = list(claims(load(STATUTES, fit=False), 50))
    begin = time.perf_counter()
    for claim in sample:
        judge(plain, claim)
    return (time.perf_counter() - begin) / len(sample) * 1000


def _table(name: str, seen: dict[tuple[bool, str], list[str]]) -> None:
    print(
        f"### {name}\n\n| kind | claims | verified | partial | unverified |\n|---|---|---|---|---|"
    )
    for true in (True, False):
        rows = {k: v for (t, k), v in seen.items() if t is true}
        rows["**all that hold**" if true else "**all that do not**"] = [
            s for supports in rows.values() for s in supports
        ]
        for kind, supports in rows.items():
            if supports:
                cells = [
                    f"{supports.count(s) / len(supports):.1%}"
                    for s in ("verified", "partial", "unverified")
                ]
                print(f"| {kind} | {len(supports)} | {' | '.join(cells)} |")


def wrong(verifier: Verifier) -> None:
    """Print misjudged claims of the fitting laws."""
    for claim, verdict in statutes(verifier, fit=True):
        if claim.true is not (verdict.support == "verified"):
            span = " / ".join(s.text for s in verdict.span)
            print(
                f"[{claim.kind}] {verdict.support}: {verdict.reason}\n   {claim.text}\n   < {span[:300]}"
            )


def fit(verifier: Verifier) -> None:
    """Print what each choice of thresholds would verify of the KLUE half for fitting."""
    rows = []
    for row in klue(fit=True):
        found, findings = verifier.examine(row["hypothesis"], [Source(row["premise"])])
        rows.append((row["label"], found, bool(findings)))
    print(
        "| missing | share | dense | entailment | contradiction | neutral |\n|---|---|---|---|---|---|"
    )
    for missing, share, dense in itertools.product((0, 1, 2), (0.0, 0.75, 0.9), (0.9, 0.93)):
        cells = []
        for label in ("entailment", "contradiction", "neutral"):
            same = [(f, bad) for name, f, bad in rows if name == label]
            good = sum(
                not bad
                and (f.missing == 0 or (f.missing <= missing and f.share >= share
                     and f.dense >= dense and not f.head_missing))
                for f, bad in same
            )  # fmt: skip
            cells.append(f"{good / len(same):.1%}")
        print(f"| {missing} | {share} | {dense} | {' | '.join(cells)} |")


def main() -> None:
    """See the usage above."""
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path.home() / ".cache" / "mokmin-models"
    verifier = Verifier(KiwiAnalyser(), E5Embedder(folder, 2))
    {"run": report, "fit": fit, "wrong": wrong}[sys.argv[1]](verifier)


if __name__ == "__main__":
    main()
