"""Before and after: paired differences of two evaluations."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mokmin.base.errors import InvalidInput
from mokmin.knowledge.evaluation.comparing import compare, keep, latest


def row(number: int, *, contained: bool = True, refused: bool = False) -> dict[str, Any]:
    return {
        "id": f"q{number}", "question": f"질문 {number}", "answerable": True, "refused": refused,
        "contained": contained, "relevant": ["a"], "cited": [] if refused else ["a"],
        "sentences": 0 if refused else 1, "unsupported": 0, "seconds": 0.1, "quoted": None,
    }  # fmt: skip


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def save(name: str, *items: object) -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(i, ensure_ascii=False) + "\n" for i in items), "utf-8")
        return path

    return save


def test_paired_differences_and_what_changed_most(write: Any) -> None:
    before = write("a.jsonl", *(row(n, contained=n >= 20) for n in range(60)), row(99))
    after = write("b.jsonl", *(row(n, refused=n == 59, contained=n < 59) for n in range(60)))
    found = compare(before, after)
    changes = {change.name: change for change in found.changes}
    contained = changes["answer_contained"]
    assert (contained.questions, contained.better, contained.worse) == (60, 20, 1)
    assert (round(contained.before, 3), round(contained.after, 3)) == (0.667, 0.983)
    assert contained.low is not None and contained.low > 0.15
    assert contained.verdict == "better"
    assert changes["abstained_wrong"].verdict == "same", "one of sixty may be chance"
    assert changes["source_precision"].questions == 59, "only where both answered"
    assert (found.only_before, found.only_after) == (1, 0)
    assert found.moved[0].id == "q59"
    assert found.moved[0].by == -3.0
    assert found.moved[0].changed["abstained_wrong"] == (0.0, 1.0)


def test_more_of_what_should_be_less_is_worse(write: Any) -> None:
    before = write("a.jsonl", *(row(n) for n in range(40)))
    after = write("b.jsonl", *(row(n, refused=n < 20, contained=n >= 20) for n in range(40)))
    verdicts = {change.name: change.verdict for change in compare(before, after).changes}
    assert verdicts["abstained_wrong"] == "worse"
    assert verdicts["answer_contained"] == "worse"
    assert verdicts["seconds"] == "same"


def test_rows_of_retrieval(write: Any) -> None:
    rows = [{"id": str(n), "question": "가", "ndcg": 0.5, "milliseconds": 9.0} for n in range(30)]
    better = [item | {"ndcg": 0.75} for item in rows]
    found = compare(write("a.jsonl", *rows), write("b.jsonl", *better))
    assert [(c.name, c.before, c.after, c.verdict) for c in found.changes] == [
        ("ndcg", 0.5, 0.75, "better"), ("milliseconds", 9.0, 9.0, "same"),
    ]  # fmt: skip


def test_summaries_are_compared_without_an_interval(write: Any) -> None:
    before = write("a.json", {"queries": 10, "ndcg@10": 0.5, "mode": "hybrid", "x": None})
    after = write("b.json", {"queries": 10, "ndcg@10": 0.6, "mode": "hybrid", "x": 1})
    found = compare(before, after)
    assert [(c.name, c.after, c.low) for c in found.changes] == [
        ("queries", 10.0, None), ("ndcg@10", 0.6, None),
    ]  # fmt: skip
    assert found.moved == ()


def test_files_that_cannot_be_compared(write: Any, tmp_path: Path) -> None:
    good, summary = write("a.jsonl", row(1), row(2)), write("s.json", {"ndcg@10": 0.5})
    broken = tmp_path / "broken.json"
    broken.write_text("{", "utf-8")
    for other in (
        summary, broken, tmp_path / "none.json", write("empty.jsonl"), write("list.json", [1]),
        write("noid.jsonl", {"a": 1}, {"a": 2}), write("others.jsonl", row(7), row(8)),
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            compare(good, other)


def test_the_newest_that_can_be_read_is_kept_for_the_page(write: Any, tmp_path: Path) -> None:
    assert latest(tmp_path) is None
    found = compare(write("a.jsonl", row(1)), write("b.jsonl", row(1, contained=False)))
    keep(replace(found, at="2026-11-01T00:00:00"), tmp_path)
    path = keep(replace(found, at="2026-11-02T00:00:00", changes=found.changes[:1]), tmp_path)
    kept = latest(tmp_path)
    assert kept is not None and kept[0].day == 2
    assert kept[1] == found.changes[:1]
    path.write_text("{broken", "utf-8")
    kept = latest(tmp_path)
    assert kept is not None and kept[0].day == 1
