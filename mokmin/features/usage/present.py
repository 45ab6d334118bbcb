"""Use of AI as people read it: tiles, bars and tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from mokmin.governance.usage.limits import PERIODS, UNITS, Limits, Standing
from mokmin.governance.usage.metering import NUMBERS, Counts, month_begin
from mokmin.governance.usage.reading import Forecast, Share
from mokmin.governance.usage.switches import CHANNELS

SPANS: Mapping[str, str] = {
    "week": "최근 7일",
    "month": "이번 달",
    "last": "지난달",
    "quarter": "최근 90일",
}
HEIGHT, STEP = 120, 12
NAMES = {
    "requests": "요청",
    "refused": "답하지 않음",
    "calls": "모델 호출",
    "failures": "호출 실패",
    "tokens_in": "보낸 토큰",
    "tokens_out": "받은 토큰",
    "milliwon": "비용(0.001원)",
    "milliwatt_hours": "전력(0.001Wh)",
    "ms": "걸린 시간(ms)",
    "first_ms": "첫 글까지(ms)",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of the chart: place and size in the units of its view box."""

    x: int
    y: int
    height: int
    title: str


def span_of(key: str, today: date) -> tuple[date, date]:
    """First and last day of a named span."""
    if key == "week":
        return today - timedelta(days=6), today
    if key == "quarter":
        return today - timedelta(days=89), today
    if key == "last":
        end = month_begin(today) - timedelta(days=1)
        return month_begin(end), end
    return month_begin(today), today


def total(days: Sequence[tuple[date, Counts]]) -> Counts:
    """The sum of all days."""
    found = Counts()
    for _, counts in days:
        found = found + counts
    return found


def chart(days: Sequence[tuple[date, Counts]]) -> dict[str, Any]:
    """Bars of requests by day, with the table that stands for them."""
    most = max((counts.requests for _, counts in days), default=0)
    bars = []
    for number, (day, counts) in enumerate(days):
        height = round(counts.requests / most * HEIGHT) if most else 0
        title = f"{day.month}월 {day.day}일 {counts.requests:,}건"
        bars.append(Bar(number * STEP, HEIGHT - height, height, title))
    rows = [
        {
            "day": day,
            "requests": f"{counts.requests:,}",
            "refused": f"{counts.refused:,}",
            "tokens": f"{counts.tokens:,}",
            "won": won(counts),
        }
        for day, counts in reversed(days)
    ]
    return {
        "bars": bars,
        "width": max(1, len(bars)) * STEP,
        "height": HEIGHT,
        "most": most,
        "first": days[0][0] if days else None,
        "last": days[-1][0] if days else None,
        "rows": rows,
    }


def tiles(counts: Counts, forecast: Forecast | None) -> list[dict[str, str]]:
    """What matters most, in figures."""
    share = f"{counts.refused / counts.requests:.0%}" if counts.requests else "–"
    first = f"{counts.first_ms / counts.calls / 1000:.1f}" if counts.calls else "–"
    found = [
        {"label": "요청", "value": f"{counts.requests:,}", "unit": "건"},
        {"label": "답하지 않음", "value": share, "unit": ""},
        {"label": "토큰", "value": short(counts.tokens), "unit": ""},
        {"label": "모델 비용", "value": won(counts), "unit": "원"},
        {"label": "첫 글까지", "value": first, "unit": "초"},
    ]
    if counts.milliwatt_hours:
        kilo = counts.milliwatt_hours / 1e6
        found.append({"label": "전력(어림)", "value": f"{kilo:,.2f}", "unit": "kWh"})
    if forecast is not None and forecast.at_end is not None:
        found.append({"label": "이달 말 예상 비용", "value": f"{forecast.at_end:,}", "unit": "원"})
    return found


def shares(found: Sequence[Share], names: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Lines of a table with the part of each in all."""
    whole = sum(share.counts.requests or share.counts.calls for share in found)
    return [
        {
            "name": (names or {}).get(str(share.value), share.name),
            "part": round((share.counts.requests or share.counts.calls) / whole * 100)
            if whole
            else 0,
            "requests": f"{share.counts.requests or share.counts.calls:,}",
            "tokens": f"{share.counts.tokens:,}",
            "won": won(share.counts),
            "seconds": f"{share.counts.first_ms / share.counts.calls / 1000:.1f}"
            if share.counts.calls
            else "–",
        }
        for share in found
    ]


def standings(limits: Limits, found: Sequence[Standing]) -> list[dict[str, Any]]:
    """A person's limits with how much of them is used."""
    return [
        {
            "name": f"{limits.whose(s.limit)} · {limits.what(s.limit)} · {PERIODS[s.limit.period]}",
            "used": f"{s.used:,}",
            "hard": f"{s.limit.hard:,}{UNITS[s.limit.unit]}",
            "percent": min(100, round(s.used / s.limit.hard * 100)),
            "state": s.state,
        }
        for s in found
    ]


def table(found: Sequence[tuple[date, Counts]]) -> str:
    """The days as CSV with a mark of UTF-8, for spreadsheets."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["날짜", *(NAMES[name] for name in NUMBERS)])
    for day, counts in found:
        writer.writerow([day.isoformat(), *(getattr(counts, name) for name in NUMBERS)])
    return "\ufeff" + text.getvalue()


def won(counts: Counts) -> str:
    """Money in won."""
    return f"{round(counts.milliwon / 1000):,}"


def short(number: int) -> str:
    """A large number in 만 and 억."""
    if number >= 10**8:
        return f"{number / 10**8:,.1f}억"
    return f"{number / 10**4:,.1f}만" if number >= 10**4 else f"{number:,}"


CHANNEL_NAMES = CHANNELS
