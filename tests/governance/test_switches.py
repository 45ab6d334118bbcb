"""Switches of AI features: effective in every process, for administrators alone, on the record."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.db import Database, utcnow
from mokmin.base.errors import InvalidInput, NotAllowed, Unavailable
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.audit.service import AuditLog, audit_log
from mokmin.governance.usage.switches import FRESH_SECONDS, Feature, Switches, feature_switches

FEATURES = (Feature("assistant", "업무 대화"), Feature("search", "찾기"))


@pytest.fixture
def switches(db: Database) -> Switches:
    return Switches(db, AuditLog(db), FEATURES, lambda: ["빠른 모델"])


def test_everything_is_on_until_somebody_switches_it_off(switches: Switches) -> None:
    switches.check("assistant")
    assert switches.is_on("search") and switches.model_is_on("빠른 모델")
    assert [s.key for s in switches.all()] == ["ai", "assistant", "search", "model:빠른 모델"]
    assert switches.announcements() == []


def test_off_refuses_with_the_notice_and_leaves_the_others_on(switches: Switches) -> None:
    switches.turn_off(OPERATOR, "assistant", "  급하면 회계과로\n물어 주세요. ")
    with pytest.raises(Unavailable) as refused:
        switches.check("assistant")
    assert (refused.value.status, refused.value.code) == (503, "switched-off")
    assert "업무 대화" in refused.value.message
    assert "급하면 회계과로 물어 주세요." in refused.value.message
    switches.check("search")
    switches.check("model:빠른 모델")
    assert [a.kind for a in switches.announcements()] == ["warn"]
    switches.turn_on(OPERATOR, "assistant")
    switches.check("assistant")
    assert switches.announcements() == []


def test_a_model_is_switched_by_itself(switches: Switches) -> None:
    switches.turn_off(OPERATOR, "model:빠른 모델")
    assert not switches.model_is_on("빠른 모델")
    assert switches.model_is_on("다른 모델")
    assert switches.is_on("assistant")
    assert switches.announcements() == [], "a model without notice falls back; nobody need know"


def test_a_key_that_nobody_declared_lets_nothing_through(switches: Switches) -> None:
    for key in ("asistant", "", "model:", "model:" + "가" * 200):
        with pytest.raises(ValueError, match="no feature declares"):
            switches.check(key)
        with pytest.raises(InvalidInput):
            switches.turn_off(OPERATOR, key)


def test_maintenance_is_announced_and_then_takes_effect_and_ends(
    switches: Switches, db: Database
) -> None:
    now = utcnow()
    switches.plan(
        OPERATOR, "assistant", now + timedelta(hours=1), now + timedelta(hours=2), "판갈이"
    )
    switches.check("assistant")
    said = switches.announcements()
    assert [a.kind for a in said] == ["info"]
    assert "점검합니다" in said[0].text and "판갈이" in said[0].text
    for begin, end, on in ((-1, 1, False), (-2, -1, True)):
        with db.write() as connection:
            connection.execute(
                feature_switches.update().values(
                    down_from=now + timedelta(hours=begin), down_until=now + timedelta(hours=end)
                )
            )
        fresh = Switches(db, AuditLog(db), FEATURES)
        assert fresh.is_on("assistant") is on
        assert bool(fresh.announcements()) is not on


def test_a_window_far_ahead_is_not_announced_yet(switches: Switches) -> None:
    begin = utcnow() + timedelta(days=20)
    switches.plan(OPERATOR, "search", begin, begin + timedelta(hours=1))
    assert switches.announcements() == []
    assert switches.state("search").condition(utcnow()) == "planned"


@pytest.mark.parametrize(("begin", "end"), [(2, 1), (1, 1), (-3, -2), (0, 24 * 40)])
def test_windows_that_make_no_sense_are_refused(switches: Switches, begin: int, end: int) -> None:
    now = utcnow()
    with pytest.raises(InvalidInput):
        switches.plan(OPERATOR, "search", now + timedelta(hours=begin), now + timedelta(hours=end))
    assert switches.all()[1].changed_by == ""


def test_only_administrators_switch_and_it_is_recorded_without_the_notice(
    app: App, people: Any
) -> None:
    for who in (people.kim, people.lead, people.other):
        with pytest.raises(NotAllowed):
            app.switches.turn_off(who, "assistant")
    app.switches.check("assistant")
    app.switches.turn_off(people.admin, "assistant", "홍길동 주무관에게 전화")
    with app.db.read() as connection:
        rows = connection.execute(sa.select(audit_log)).all()
    assert [(r.actor, r.action, r.subject) for r in rows][-1] == (
        "admin", "switch.off", "switch:assistant",
    )  # fmt: skip
    assert "홍길동" not in rows[-1].detail


def test_another_process_obeys_within_two_seconds(app: App, people: Any, database_url: str) -> None:
    """A process that has the state in memory, while another one switches."""
    app.switches.check("assistant")
    command = [sys.executable, "-m", "mokmin", "--home", str(app.settings.home), "switch"]
    environment = {"MOKMIN_DATABASE_URL": database_url, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [*command, "off", "assistant", "--notice", "점검"], capture_output=True, text=True,
        env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "꺼짐" in done.stdout
    time.sleep(FRESH_SECONDS + 0.1)
    assert not app.switches.is_on("assistant")
    assert FRESH_SECONDS < 2
    assert app.audit.verify().ok
