"""Months of the log that are gone, whose removal was itself told in a month that is gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mokmin.governance.audit.segments import Segment
from mokmin.governance.audit.verification import _untold


def _month(name: str, first: int, removed: str | None) -> Segment:
    return Segment(
        first,
        first + 9,
        name,
        f"{name}-01T00:00:00",
        f"{name}-28T00:00:00",
        "",
        "",
        "",
        1,
        datetime.fromisoformat(removed) if removed else None,
    )


def test_a_removal_told_in_a_month_that_was_removed_later_is_believed() -> None:
    # 2022-01 was removed in 2024-01, and 2024-01 (which says so) in 2026-02, as the live log tells.
    months = [_month("2022-01", 1, "2024-01-15"), _month("2024-01", 11, "2026-02-10")]
    assert _untold(months, {"segment:2024-01"}) is None
    assert _untold(months, set()) == 1
    assert _untold(months, {"segment:2022-01"}) == 11


def test_a_month_that_nobody_removed_is_missed() -> None:
    live = _month("2024-01", 11, None)
    assert _untold([_month("2022-01", 1, "2024-01-15"), live], set()) == 1
    # On a day that the removed month does not cover, or of a month that had not ended then.
    told = {"segment:2024-01"}
    gone = _month("2024-01", 11, "2026-02-10")
    assert _untold([_month("2022-01", 1, "2024-03-15"), gone], told) == 1
    early = replace(_month("2024-01", 1, "2024-01-15"), name="other")
    assert _untold([early, gone], told) == 1
