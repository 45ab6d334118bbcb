"""Reports as Markdown, put between two marks of a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

BEGIN = "<!-- retrieval: written by benchmarks/retrieval/run.py -->"
END = "<!-- retrieval: end -->"
LABELS = {"hybrid": "**Mokmin hybrid**", "lexical": "Mokmin lexical", "dense": "Mokmin dense"}
METRICS = ("ndcg@10", "recall@10", "mrr@10", "all_gold@10")


def markdown(reports: Sequence[dict[str, Any]]) -> str:
    """One table a set, then the development sets by type of question."""
    parts = [
        "## Retrieval against baselines",
        "",
        "Mean with its 95% interval (2,000 bootstrap resamples of the questions, the same for all "
        "systems). BM25 is bm25s with k1 1.2 and b .75 over whole documents; *dense alone* ranks a "
        "document by its best passage, exactly. All gold: share of questions with every relevant "
        "document among the first ten. Times are of one process on a shared machine, the question's "
        "analysis and embedding included.",
    ]
    for report in reports:
        parts += ["", *_one(report)]
    parts += [line for report in reports if report["types"] for line in ["", *_by_type(report)]]
    return "\n".join(parts) + "\n"


def put_section(path: Path, section: str) -> None:
    """Replace what stands between the marks, or append it with them."""
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if begin and not end:
        raise ValueError(f"{path} has the first mark but not the second")
    if not begin:
        before, after = text.rstrip("\n") + "\n\n", "\n"
    path.write_text(f"{before}{BEGIN}\n{section}{END}{after}", encoding="utf-8")


def _one(report: dict[str, Any]) -> list[str]:
    asked = f"{report['questions']:,}"
    if report["questions"] < report["available"]:
        asked = f"the first {asked} of {report['available']:,}"
    lines = [
        f"### {report['set']}: {asked} questions, {report['documents']:,} documents"
        f" ({report['corpus']})",
        "",
        "| system | nDCG@10 | recall@10 | MRR@10 | all gold | p50 / p95 ms |",
        "|---|---|---|---|---|---|",
    ]
    for name, figures in report["systems"].items():
        cells = " | ".join(_cell(figures[metric]) for metric in METRICS)
        times = f"{figures['p50_ms']:.1f} / {figures['p95_ms']:.1f}"
        lines.append(f"| {LABELS.get(name, name)} | {cells} | {times} |")
    gaps = " | ".join(_signed(report["difference"][metric]) for metric in METRICS)
    lines.append(f"| hybrid − {report['best_baseline']} | {gaps} | |")
    return lines


def _by_type(report: dict[str, Any]) -> list[str]:
    lines = [
        f"### {report['set']}: hybrid by type of question",
        "",
        f"| type | questions | nDCG@10 | MRR@10 | all gold | nDCG@10 of {report['best_baseline']} |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['type']} | {row['questions']} | {_cell(row['ndcg@10'])} | {_cell(row['mrr@10'])} | "
        f"{_cell(row['all_gold@10'])} | {_share(row['best_baseline_ndcg@10'])} |"
        for row in report["types"]
    ]
    return lines


def _cell(estimate: dict[str, float]) -> str:
    low, high = _share(estimate["low"]), _share(estimate["high"])
    return f"{_share(estimate['mean'])} ({low}–{high})"


def _signed(estimate: dict[str, float]) -> str:
    mean, low, high = (f"{estimate[key]:+.3f}" for key in ("mean", "low", "high"))
    return f"{mean} ({low} to {high})"


def _share(value: float) -> str:
    return f"{value:.3f}".removeprefix("0") if value < 1 else f"{value:.3f}"
