"""Charts of the console: use, refusals, support, time and cost, by day and department."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from mokmin.governance.access.model import Principal
from mokmin.governance.usage.metering import Counts
from mokmin.governance.usage.quality import Outcome, QualityReader
from mokmin.governance.usage.reading import UsageReader

SPANS = {7: "최근 7일", 30: "최근 30일", 90: "최근 90일"}
HEIGHT, STEP = 120, 12
MOST_DEPARTMENTS = 12
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Console:
    """Reads the sums. ``names``: departments by number."""

    usage: UsageReader
    quality: QualityReader

    def page(
        self,
        principal: Principal,
        today: date,
        span: int,
        department_id: int | None,
        names: Mapping[int, str],
    ) -> Json:
        """What the overview shows of a span that ends today, beside the span before."""
        since = today - timedelta(days=span - 1)
        before = since - timedelta(days=span)
        days = [since + timedelta(days=n) for n in range(span)]
        used = dict(self.usage.days(principal, since, today, department_id=department_id))
        came = self.quality.days(principal, since, today, department_id=department_id)
        former = self.quality.days(
            principal, before, since - timedelta(days=1), department_id=department_id
        )
        used_before = self.usage.days(
            principal, before, since - timedelta(days=1), department_id=department_id
        )
        now, then = _sum(came.values()), _sum(former.values())
        counts = sum(used.values(), Counts())
        counts_before = sum((c for _, c in used_before), Counts())
        return {
            "tiles": _tiles(now, then, counts, counts_before),
            "charts": [
                _bars("요청", "건", days, [used.get(d, Counts()).requests for d in days]),
                _bars(
                    "근거 없음으로 답한 몫",
                    "%",
                    days,
                    [_percent(came.get(d, Outcome()).refusal) for d in days],
                ),
                _stack(days, [came.get(d, Outcome()) for d in days]),
                _bars(
                    "답을 마칠 때까지 (95%)",
                    "초",
                    days,
                    [round(came.get(d, Outcome()).seconds(0.95) or 0, 1) for d in days],
                ),
                _bars(
                    "비용",
                    "원",
                    days,
                    [round(used.get(d, Counts()).milliwon / 1000) for d in days],
                ),
            ],
            "departments": _departments(self.quality.departments(principal, since, today), names)
            if department_id is None
            else [],
        }


def _sum(outcomes: Any) -> Outcome:
    total = Outcome()
    for one in outcomes:
        total = total + one
    return total


def _percent(share: float | None) -> float:
    return round(100 * share, 1) if share is not None else 0.0


def _said(value: float | None, unit: str, digits: int = 0) -> str:
    return "–" if value is None else f"{value:,.{digits}f}{unit}"


def _tiles(now: Outcome, then: Outcome, used: Counts, before: Counts) -> list[Json]:
    """Name, value and the value of the span before."""

    def percent(share: float | None) -> float | None:
        return None if share is None else 100 * share

    rows = (
        ("답", now.answers, then.answers, "건", 0),
        ("근거 없음", percent(now.refusal), percent(then.refusal), "%", 1),
        ("원문과 맞는 문장", percent(now.support), percent(then.support), "%", 1),
        ("답까지 (절반)", now.seconds(0.5), then.seconds(0.5), "초", 1),
        ("답까지 (95%)", now.seconds(0.95), then.seconds(0.95), "초", 1),
        ("비용", used.milliwon / 1000, before.milliwon / 1000, "원", 0),
    )
    return [
        {
            "label": name,
            "value": _said(value, "", digits),
            "unit": unit if value is not None else "",
            "before": _said(former, unit, digits),
        }
        for name, value, former, unit, digits in rows
    ]


def _bars(name: str, unit: str, days: Sequence[date], values: Sequence[float]) -> Json:
    most = max(values, default=0)
    bars = []
    for n, (day, value) in enumerate(zip(days, values, strict=True)):
        height = round(HEIGHT * value / most) if most else 0
        bars.append(
            [{"x": n * STEP, "y": HEIGHT - height, "height": height, "kind": "",
              "title": f"{day.month}. {day.day}. {value:,g}{unit}"}]
        )  # fmt: skip
    rows = [{"day": day, "cells": [f"{value:,g}"]} for day, value in zip(days, values, strict=True)]
    return _chart(name, days, bars, f"{most:,g}{unit}" if most else "", [f"{name}({unit})"], rows)


def _stack(days: Sequence[date], outcomes: Sequence[Outcome]) -> Json:
    """Sentences by support, each day as shares of all its sentences."""
    kinds = (("verified", "ok"), ("partial", "warn"), ("unverified", "bad"))
    bars, rows = [], []
    for n, (day, one) in enumerate(zip(days, outcomes, strict=True)):
        numbers = [getattr(one, name) for name, _ in kinds]
        total, y, parts = sum(numbers), HEIGHT, []
        for (_, kind), number in zip(kinds, numbers, strict=True):
            height = round(HEIGHT * number / total) if total else 0
            y -= height
            parts.append(
                {"x": n * STEP, "y": max(y, 0), "height": height, "kind": kind,
                 "title": f"{day.month}. {day.day}. 확인됨 {numbers[0]:,}, 일부 {numbers[1]:,}, 미확인 {numbers[2]:,}"}
            )  # fmt: skip
        bars.append(parts)
        rows.append({"day": day, "cells": [f"{number:,}" for number in numbers]})
    heads = ["확인됨(문장)", "일부 확인", "미확인"]
    some = any(one.verified + one.partial + one.unverified for one in outcomes)
    return _chart("문장을 원문과 맞춰 본 결과", days, bars, "100%" if some else "", heads, rows)


def _chart(
    name: str,
    days: Sequence[date],
    bars: Sequence[Sequence[Json]],
    most: str,
    heads: Sequence[str],
    rows: Sequence[Json],
) -> Json:
    return {
        "name": name,
        "bars": [bar for parts in bars for bar in parts],
        "width": len(days) * STEP,
        "height": HEIGHT,
        "most": most,
        "first": days[0],
        "last": days[-1],
        "heads": heads,
        "rows": list(reversed(rows)),
    }


def _departments(found: Mapping[int, Outcome], names: Mapping[int, str]) -> list[Json]:
    ordered = sorted(found.items(), key=lambda one: -one[1].answers)[:MOST_DEPARTMENTS]
    return [
        {
            "id": key,
            "name": names.get(key, "부서 없음"),
            "answers": f"{one.answers:,}",
            "refusal": _said(None if one.refusal is None else 100 * one.refusal, "%", 1),
            "support": _said(None if one.support is None else 100 * one.support, "%", 1),
            "p95": _said(one.seconds(0.95), "초", 1),
        }
        for key, one in ordered
    ]
