"""The development questions are what they claim to be, and the report is put where it belongs."""

from __future__ import annotations

import json
import lzma
from functools import cache
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "retrieval"
FILES = sorted((FOLDER / "questions").glob("*.jsonl"))


def questions(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


@cache
def articles() -> dict[str, str]:
    """Text of every article that ships with the demo city."""
    data = resources.files("mokmin.demo").joinpath("statutes.jsonl.xz").read_bytes()
    lines = map(json.loads, lzma.decompress(data).decode().splitlines())
    return {f"{line['law'].replace(' ', '')}#{line['article']}": line["text"] for line in lines}


def test_there_are_enough_questions_and_every_id_is_its_own() -> None:
    everything = [question for path in FILES for question in questions(path)]
    assert len(everything) >= 120
    assert len({question["id"] for question in everything}) == len(everything)
    assert any(question["answer"] is None for question in everything)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_gold_is_verbatim(path: Path) -> None:
    files = {file.name for file in resources.files("mokmin.demo").joinpath("files").iterdir()}
    for question in questions(path):
        assert set(question) == {"id", "type", "text", "relevant", "gold", "answer"}, question
        assert bool(question["relevant"]) == (question["answer"] is not None), question["id"]
        assert {gold["id"] for gold in question["gold"]} <= set(question["relevant"])
        for key in question["relevant"]:
            name = key.removeprefix("demo:")
            assert name in files if name != key else key in articles(), (question["id"], key)
        for gold in question["gold"]:
            if gold["id"] in articles():
                assert gold["quote"] in articles()[gold["id"]], question["id"]


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """benchmarks/retrieval/report.py, which is no part of the package."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import report

    return report


def test_the_section_is_replaced_and_nothing_else(report: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.md"
    path.write_text("# Results\n\nother\n", encoding="utf-8")
    report.put_section(path, "first\n")
    report.put_section(path, "second\n")
    path.write_text(path.read_text(encoding="utf-8") + "\n## After\n", encoding="utf-8")
    report.put_section(path, "third\n")
    text = path.read_text(encoding="utf-8")
    assert text == f"# Results\n\nother\n\n{report.BEGIN}\nthird\n{report.END}\n\n## After\n"


def test_a_table_tells_the_interval_and_the_best_baseline(report: ModuleType) -> None:
    estimate = {"mean": 0.5, "low": 0.25, "high": 1.0}
    figures = dict.fromkeys(report.METRICS, estimate)
    section = report.markdown(
        [
            {
                "set": "a", "corpus": "laws", "documents": 3, "questions": 2, "available": 5,
                "systems": {"hybrid": figures | {"p50_ms": 1.0, "p95_ms": 2.0}},
                "best_baseline": "BM25 morphemes", "difference": figures,
                "types": [{"type": "amount", "questions": 2, "best_baseline_ndcg@10": 0.4, **figures}],
            }
        ]
    )  # fmt: skip
    assert "### a: the first 2 of 5 questions, 3 documents (laws)" in section
    assert "| **Mokmin hybrid** | .500 (.250–1.000) |" in section
    assert "| hybrid − BM25 morphemes | +0.500 (+0.250 to +1.000) |" in section
    assert "| amount | 2 | .500 (.250–1.000) |" in section
