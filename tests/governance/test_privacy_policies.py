"""What is decided on personal information: by purpose, grade and family; exclusions; on the record."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.errors import InvalidInput, NotAllowed
from mokmin.governance.audit.service import audit_log
from mokmin.governance.privacy.exclusions import Exclusions, checked_pattern, hashed
from mokmin.governance.privacy.policies import default_action, family_of
from mokmin.governance.privacy.redaction import Action, Purpose, screened

TEXT = "신청인 김민수 님의 주민등록번호 900101-1234568, 휴대전화 010-1234-5678"


@pytest.fixture
def officer(app: App) -> Any:
    app.people.create_account(
        login="officer",
        name="개인정보",
        password="시험용-비밀번호-1234",
        role="privacy",
        department=None,
    )
    return app.people.principal("officer")


def test_policies_decide_and_are_recorded(app: App, people: Any, officer: Any) -> None:
    redactor = app.redactor
    shown = redactor.apply(TEXT, Purpose.DISPLAY, "O").text
    assert "900101-1******" in shown and "010-1234-5678" in shown and "김민수" in shown
    assert "010-1234-5678" not in redactor.apply(TEXT, Purpose.EXPORT, "O").text
    assert "김민수" not in redactor.apply(TEXT, Purpose.MODEL).text
    assert screened(redactor, TEXT) == TEXT

    with pytest.raises(NotAllowed):
        app.policies.change(people.admin, Purpose.DISPLAY, {("identity", "O"): Action.ALLOW})
    changed = app.policies.change(
        officer,
        Purpose.QUESTION,
        {("identity", g): Action.BLOCK for g in "OSC"} | {("name", "O"): Action.ALLOW},
    )
    assert changed == 3
    with pytest.raises(InvalidInput) as stopped:
        screened(redactor, TEXT)
    assert stopped.value.code == "personal-data" and "900101" not in stopped.value.message
    # One grade alone is loosened: text of an unknown grade stays under the strictest.
    app.policies.change(officer, Purpose.DISPLAY, {("identity", "O"): Action.ALLOW})
    assert "1234568" in redactor.apply(TEXT, Purpose.DISPLAY, "O").text
    assert "1234568" not in redactor.apply(TEXT, Purpose.DISPLAY, "C").text
    assert "1234568" not in redactor.apply(TEXT, Purpose.DISPLAY).text
    with pytest.raises(InvalidInput):
        app.policies.change(officer, Purpose.LOG, {("name", "O"): Action.ALLOW})
    assert "김민수" not in redactor.apply(TEXT, Purpose.LOG).text
    with app.db.read() as connection:
        rows = connection.execute(
            sa.select(audit_log).where(audit_log.c.action == "policy.change")
        ).all()
    assert len(rows) == 4 and '"after"' in rows[0].detail and rows[0].actor == "officer"


def test_exclusions_are_hashes_and_patterns_are_narrow(app: App, officer: Any) -> None:
    made = app.privacy.exclude_pattern(officer, "mobile", "010-1234-*", "")
    assert "010-1234-5678" in app.redactor.apply(TEXT, Purpose.MODEL).text
    app.privacy.undo_exclusion(officer, made)
    assert "010-1234-5678" not in app.redactor.apply(TEXT, Purpose.MODEL).text
    for wide in ("*", "0*", "****", "(a+)+$", "010\n*", "1" * 80):
        with pytest.raises(InvalidInput):
            checked_pattern(wide)
    key = hashed("salt", "mobile", "010-1234-5678")
    listed = Exclusions("salt", frozenset({(key, "편람")}))
    assert "5678" not in key and listed.match("mobile", "０１０ 1234 5678", "편람")
    assert not listed.match("mobile", "010-1234-5678", "")
    assert not listed.match("phone", "010-1234-5678", "편람")


def test_official_numbers(app: App, officer: Any) -> None:
    text = "민원인 자택 전화 053-803-1234"
    before = app.redactor.spans(text)
    assert [s.type for s in before] == ["phone"]
    with pytest.raises(InvalidInput):
        app.policies.set_phones(officer, "053-803\n전화")
    assert app.policies.set_phones(officer, "053-803-\n053-803-\n") == 1
    assert not app.redactor.spans(text)


def test_every_type_has_a_family_and_a_default() -> None:
    assert family_of("rrn") == "identity" and family_of("something new") == "other"
    for purpose in (Purpose.MODEL, Purpose.CITIZEN, Purpose.LOG):
        for grade in "OSC":
            assert default_action(purpose, grade, "name") is not Action.ALLOW
    assert default_action(Purpose.CITIZEN, "O", "identity") is Action.BLOCK
