"""The weekly report: on time, once, for those it is meant for."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest

from mokmin.base.errors import InvalidInput, MokminError, NotAllowed
from mokmin.features.usage.weekly import Schedule, WeeklyReports, tell
from mokmin.governance.audit.telling import Happened

# A Wednesday, 10:00 in Korea; the clock of the test.
START = datetime(2026, 11, 18, 1, 0)


class Clock:
    now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reports(app: Any, people: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> WeeklyReports:
    monkeypatch.setattr("mokmin.governance.usage.metering.utcnow", clock)
    return WeeklyReports(
        app.db, app.audit, app.usage, app.people.principal, app.drafting.office,
        lambda: {"assistant": "업무 대화"}, clock,
    )  # fmt: skip


def test_made_once_a_week_and_after_a_standstill(
    app: Any, people: Any, clock: Clock, reports: WeeklyReports
) -> None:
    group = app.free_groups.save(people.admin, "인공지능 운영반")
    app.free_groups.set_members(people.admin, group, add=["kim"])
    key = reports.choices(people.admin)[0][0]
    for wrong in (
        Schedule(True, 7, 7),
        Schedule(True, 0, 24),
        Schedule(True, 0, 7, 9_999),
    ):
        with pytest.raises(InvalidInput):
            reports.set(people.admin, wrong)
    with pytest.raises(NotAllowed):
        reports.set(people.kim, Schedule(True))
    app.audit.record(people.kim, "answer", "documents:1", mode="extractive", refused=False, ms=300)
    reports.set(people.admin, Schedule(True, 0, 7, key))
    reports.turn()
    assert reports.all(people.admin) == [], "the week before the schedule is no business of it"
    clock.now = START + timedelta(days=4, hours=20, minutes=59)  # Monday 06:59 in Korea
    reports.turn()
    assert reports.all(people.admin) == []
    clock.now += timedelta(minutes=2)
    workers = [threading.Thread(target=reports.turn) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    made = reports.all(people.admin)
    assert [str(r.week) for r in made] == ["2026-11-16"]
    kim = app.people.principal("kim")
    assert reports.all(kim) == made and reports.all(people.other) == []
    assert reports.file(kim, made[0].id, "hwpx")[1][:2] == b"PK"
    assert reports.file(kim, made[0].id, "pdf")[1][:5] == b"%PDF-"
    with pytest.raises(MokminError):
        reports.file(people.other, made[0].id, "pdf")
    with app.db.read() as connection:
        told = list(tell(connection, Happened("report.make", made[0].id, 0, {})))
    assert [t.user_id for t in told] == [people.kim.user_id]
    clock.now += timedelta(weeks=3)
    reports.turn()
    assert len(reports.all(people.admin)) == 1, "nothing was used in the newest week"
    assert "사용이 없어" in reports.schedule(people.admin).problem


def test_its_page(people: Any, signed_in: Any, reports: WeeklyReports) -> None:
    boss, kim = signed_in("admin"), signed_in("kim")
    assert "매주 만들기" in boss.get("/reports").text
    assert (
        boss.post("/reports/schedule", {"is_on": "1", "weekday": "4", "hour": "9"}).status_code
        == 303
    )
    assert reports.schedule(people.admin).weekday == 4
    assert boss.post("/reports/schedule", {"weekday": "9"}).status_code == 400
    page = kim.get("/reports")
    assert "아직 나온 보고서가 없습니다" in page.text and "매주 만들기" not in page.text
    assert kim.post("/reports/schedule", {"is_on": "1"}).status_code == 403
    assert kim.get("/reports/99/file").status_code == 404
