"""Before and after: two evaluations of the same questions, question by question.

Figures are those of ``answers`` and ``retrieval``; a question counts for a figure when both files
hold a value for it. The interval is the paired bootstrap of ``intervals``. Of the kept comparison a
page shows the figures, never the questions: those may come from documents that not everybody sees.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mokmin.base.db import utcnow
from mokmin.base.errors import InvalidInput
from mokmin.knowledge.evaluation.intervals import Resamples

FOLDER = "evaluations"
PREFIX = "compare-"
MOST = 10
LESS_IS_BETTER = frozenset({"abstained_wrong", "unsupported_sentences", "seconds", "milliseconds"})
# Not quality: left out where the questions that changed most are chosen.
TIMES = frozenset({"seconds", "milliseconds"})
_RETRIEVAL = ("ndcg", "recall", "mrr", "complete", "milliseconds")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of an evaluation without its questions."""

    figures: dict[str, float]


@dataclass(frozen=True, slots=True)
class Change:
    """One figure: means before and after over ``questions``; the interval is that of the difference.
    ``better`` and ``worse`` count the questions that changed. Without an interval (summaries alone)
    ``low`` and ``high`` are None."""

    name: str
    questions: int
    before: float
    after: float
    low: float | None = None
    high: float | None = None
    better: int = 0
    worse: int = 0

    @property
    def verdict(self) -> str:
        """``better``, ``worse``, or ``same`` when the difference may be chance."""
        if self.low is None or self.high is None or self.low <= 0 <= self.high:
            return "same"
        return "better" if (self.low > 0) is not (self.name in LESS_IS_BETTER) else "worse"


@dataclass(frozen=True, slots=True)
class Moved:
    """A question whose figures changed; ``by`` sums them, more is better."""

    id: str
    question: str
    by: float
    changed: dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two evaluations. ``only_before`` and ``only_after`` count questions that one of them lacks."""

    before: str
    after: str
    changes: tuple[Change, ...]
    moved: tuple[Moved, ...]
    only_before: int = 0
    only_after: int = 0
    at: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For a file or a program."""
        body = asdict(self)
        for item, change in zip(body["changes"], self.changes, strict=True):
            item["verdict"] = change.verdict
        return body


def compare(before: Path, after: Path) -> Comparison:
    """Two files of ``--details`` (JSONL), or two summaries (one JSON object each). Raises
    InvalidInput."""
    old, new = load(before), load(after)
    at = utcnow().isoformat(timespec="seconds")
    if isinstance(old, Summary) and isinstance(new, Summary):
        changes = tuple(
            Change(key, 0, old.figures[key], new.figures[key])
            for key in old.figures
            if key in new.figures
        )
        return Comparison(before.name, after.name, changes, (), at=at)
    if isinstance(old, Summary) or isinstance(new, Summary):
        raise InvalidInput(
            "한쪽은 질문별 결과이고 한쪽은 요약입니다. 두 쪽 모두 --details로 적은 파일을 주세요."
        )
    both = [key for key in old if key in new]
    if not both:
        raise InvalidInput("두 파일에 같은 질문이 없습니다. 같은 질문으로 잰 결과를 주세요.")
    figures = {key: (_figures(old[key]), _figures(new[key])) for key in both}
    names = dict.fromkeys(name for pair in figures.values() for name in pair[0])
    found = [
        _change(name, [(a[name], b[name]) for a, b in figures.values() if name in a and name in b])
        for name in names
        if any(name in a and name in b for a, b in figures.values())
    ]
    return Comparison(
        before.name,
        after.name,
        tuple(found),
        _moved(figures, new),
        len(old) - len(both),
        len(new) - len(both),
        at,
    )


def load(path: Path) -> Summary | dict[str, Row]:
    """A summary, or question lines by id. Raises InvalidInput."""
    try:
        lines = [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
        items = [json.loads(line) for line in lines]
    except OSError as error:
        raise InvalidInput(
            f"'{path}' 파일을 읽을 수 없습니다({error.strerror}). 경로를 확인해 주세요."
        ) from error
    except ValueError as error:
        raise InvalidInput(
            f"'{path}'는 평가 결과가 아닙니다. 'mokmin eval … --json' 또는 --details의 결과를 주세요."
        ) from error
    if not items or not all(isinstance(item, dict) for item in items):
        raise InvalidInput(f"'{path}'에 평가 결과가 없습니다. 파일을 확인해 주세요.")
    if len(items) == 1 and "id" not in items[0]:
        return Summary({k: float(v) for k, v in items[0].items() if _number(v)})
    if not all("id" in item for item in items):
        raise InvalidInput(f"'{path}'에 id가 없는 행이 있습니다. --details의 결과를 주세요.")
    return {str(item["id"]): item for item in items}


def keep(comparison: Comparison, home: Path) -> Path:
    """Write it below the home, for the review page. Raises InvalidInput."""
    folder = home / FOLDER
    path = folder / f"{PREFIX}{comparison.at.replace(':', '')}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(comparison.as_dict(), ensure_ascii=False), encoding="utf-8")
    except OSError as error:
        raise InvalidInput(
            f"'{path}'에 쓸 수 없습니다({error.strerror}). 폴더의 권한을 확인해 주세요."
        ) from error
    return path


def latest(home: Path) -> tuple[datetime, tuple[Change, ...]] | None:
    """When the newest kept comparison was made (UTC), and its figures; None without a readable one."""
    for path in sorted((home / FOLDER).glob(f"{PREFIX}*.json"), reverse=True):
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
            changes = [{k: v for k, v in c.items() if k != "verdict"} for c in body["changes"]]
            return datetime.fromisoformat(body["at"]), tuple(Change(**c) for c in changes)
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _change(name: str, pairs: Sequence[tuple[float, float]]) -> Change:
    old, new = [a for a, _ in pairs], [b for _, b in pairs]
    found = Resamples(len(pairs)).difference(new, old)
    sign = -1 if name in LESS_IS_BETTER else 1
    return Change(
        name,
        len(pairs),
        round(sum(old) / len(old), 4),
        round(sum(new) / len(new), 4),
        round(found.low, 4),
        round(found.high, 4),
        sum(sign * (b - a) > 0 for a, b in pairs),
        sum(sign * (b - a) < 0 for a, b in pairs),
    )


def _moved(
    figures: Mapping[str, tuple[dict[str, float], dict[str, float]]], rows: Mapping[str, Row]
) -> tuple[Moved, ...]:
    found: list[Moved] = []
    for key, (old, new) in figures.items():
        changed = {
            name: (old[name], new[name])
            for name in old
            if name in new and name not in TIMES and old[name] != new[name]
        }
        if changed:
            by = sum((b - a) * (-1 if n in LESS_IS_BETTER else 1) for n, (a, b) in changed.items())
            text = str(rows[key].get("question") or rows[key].get("text") or "")
            found.append(Moved(key, text, round(by, 4), changed))
    return tuple(sorted(found, key=lambda m: (-abs(m.by), m.id))[:MOST])


def _figures(row: Row) -> dict[str, float]:
    """The figures of one question, by the definitions of ``answers`` and ``retrieval``."""
    if "refused" not in row:
        return {name: float(row[name]) for name in _RETRIEVAL if _number(row.get(name))}
    cited, relevant = set(row.get("cited") or ()), set(row.get("relevant") or ())
    found: dict[str, float] = {}
    if row.get("answerable"):
        found["answer_contained"] = float(bool(row.get("contained")))
        found["abstained_wrong"] = float(bool(row["refused"]))
        if relevant:
            found["source_recall"] = len(cited & relevant) / len(relevant)
            if not row["refused"]:
                found["source_precision"] = len(cited & relevant) / len(cited) if cited else 0.0
    else:
        found["abstained_right"] = float(bool(row["refused"]))
    if row.get("quoted") is not None:
        found["evidence_quoted"] = float(bool(row["quoted"]))
    if row.get("sentences"):
        found["unsupported_sentences"] = float(row.get("unsupported") or 0) / float(
            row["sentences"]
        )
    if _number(row.get("seconds")):
        found["seconds"] = float(row["seconds"])
    return found


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
