"""The console's charts: counted with the log, read in one query, for administrators alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mokmin.base.errors import NotAllowed
from mokmin.features.console.overview import Console
from mokmin.governance.usage.metering import today
from mokmin.governance.usage.quality import Outcome


def _answer(app: Any, who: Any, **detail: Any) -> None:
    app.audit.record(who, "answer", "documents:1", **({"mode": "extractive"} | detail))


def test_answers_are_counted_with_the_log(app: Any, people: Any) -> None:
    day = today()
    _answer(app, people.kim, refused=False, ms=400, verified=3, partial=1)
    _answer(app, people.kim, refused=True, ms=100)
    _answer(
        app, people.other, refused=False, ms=90_000, verified=1, unverified=1, mode="generative"
    )
    found = app.quality.days(people.admin, day - timedelta(days=1), day)[day]
    assert (found.answers, found.refused, found.ms) == (3, 1, 90_500)
    assert (found.verified, found.partial, found.unverified) == (4, 1, 1)
    assert found.times[0] == found.times[1] == found.times[-1] == 1
    mine = app.quality.days(people.admin, day, day, department_id=people.kim.department_id)[day]
    assert mine.answers == 2 and mine.refusal == 0.5 and mine.support == 0.75
    assert sum(o.answers for o in app.quality.departments(people.admin, day, day).values()) == 3
    with pytest.raises(NotAllowed):
        app.quality.days(people.kim, day, day)


def test_a_real_answer_is_counted(app: Any, people: Any, put: Any) -> None:
    put(app, "여비.txt", "출장 여비는 출장을 마친 날부터 14일 이내에 신청하여야 한다.\n")
    answer = app.answers.answer(people.kim, "출장 여비는 며칠 이내에 신청하여야 하나요?")
    found = app.quality.days(people.admin, today(), today())[today()]
    assert found.answers == 1 and found.verified == len(answer.sentences) > 0
    assert found.seconds(0.95) is not None


def test_percentiles_stay_within_their_step() -> None:
    assert Outcome().seconds(0.5) is None
    one = Outcome(answers=10, times=(0, 0, 10, *(0,) * 8))
    assert 0.5 < (one.seconds(0.5) or 0) <= 1.0
    assert (one.seconds(0.95) or 0) > (one.seconds(0.5) or 0)
    assert (Outcome(times=(*(0,) * 10, 1)).seconds(0.95) or 0) > 60


def test_the_page_shows_charts_with_tables(app: Any, people: Any, signed_in: Any) -> None:
    _answer(app, people.kim, refused=True, ms=700)
    _answer(app, people.kim, refused=False, ms=700, verified=3, unverified=1)
    boss = signed_in("admin")
    page = boss.get("/admin").text
    assert "50.0" in page and "75.0" in page and 'class="bad"' in page and "표로 보기" in page
    other = boss.get(f"/admin?span=7&department={people.other.department_id}").text
    assert "이 기간에는 없습니다." in other
    assert boss.get("/admin?span=12345&department=x").status_code == 200
    assert signed_in("kim").get("/admin").status_code == 403
    board = Console(app.usage, app.quality).page(people.admin, today(), 90, None, {})
    assert len(board["charts"]) == 5 and all(len(c["rows"]) == 90 for c in board["charts"])
