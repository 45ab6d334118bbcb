"""Sign-in, lockout, sessions, passwords."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotFound, NotSignedIn, RateLimited
from mokmin.governance.people.service import ABSOLUTE, IDLE, LOCK, MAX_FAILURES
from mokmin.governance.people.store import failures, sessions, users

WRONG = "틀린-비밀번호-0000"


def refusal(app: App, login: str, password: str) -> str:
    """What a refused sign-in says."""
    with pytest.raises(NotSignedIn) as caught:
        app.people.sign_in(login, password)
    return caught.value.message


def age(app: App, **columns: timedelta) -> None:
    """Make all sessions older by the given spans."""
    with app.db.write() as connection:
        row = connection.execute(sa.select(sessions)).one()
        values = {name: getattr(row, name) - span for name, span in columns.items()}
        connection.execute(sessions.update().values(values))


def test_the_right_password_opens_a_session(app: App, people: Any) -> None:
    session = app.people.sign_in(" KIM ", people.password)
    assert session.principal == people.kim
    found = app.people.session(session.token)
    assert found is not None
    assert found.principal == people.kim
    assert found.csrf_token == session.csrf_token


def test_only_a_hash_of_the_token_and_the_password_is_stored(app: App, people: Any) -> None:
    token = app.people.sign_in("kim", people.password).token
    with app.db.read() as connection:
        stored = str(connection.execute(sa.select(sessions)).all())
        accounts = str(connection.execute(sa.select(users)).all())
    assert token not in stored
    assert people.password not in accounts
    assert "$argon2id$" in accounts


def test_a_wrong_password_and_an_unknown_login_say_the_same(app: App, people: Any) -> None:
    assert refusal(app, "kim", WRONG) == refusal(app, "nobody", WRONG)


def test_a_disabled_account_says_the_same(app: App, people: Any) -> None:
    with app.db.write() as connection:
        connection.execute(users.update().where(users.c.login == "kim").values(disabled=True))
    assert refusal(app, "kim", people.password) == refusal(app, "nobody", WRONG)
    with pytest.raises(NotFound):
        app.people.principal("kim")


def test_a_disabled_account_loses_its_open_sessions(app: App, people: Any) -> None:
    token = app.people.sign_in("kim", people.password).token
    with app.db.write() as connection:
        connection.execute(users.update().where(users.c.login == "kim").values(disabled=True))
    assert app.people.session(token) is None


def test_five_failures_lock_the_account_even_for_the_right_password(app: App, people: Any) -> None:
    for _ in range(MAX_FAILURES):
        refusal(app, "kim", WRONG)
    with pytest.raises(RateLimited):
        app.people.sign_in("kim", people.password)
    assert app.people.sign_in("other", people.password).principal.login == "other"


def test_the_lock_ends(app: App, people: Any) -> None:
    for _ in range(MAX_FAILURES):
        refusal(app, "kim", WRONG)
    with app.db.write() as connection:
        until = connection.execute(sa.select(failures.c.locked_until)).scalar_one()
        assert timedelta(0) < until - utcnow() <= LOCK
        connection.execute(failures.update().values(locked_until=until - LOCK))
    assert app.people.sign_in("kim", people.password).principal == people.kim


def test_a_good_sign_in_forgets_earlier_failures(app: App, people: Any) -> None:
    for _ in range(2):
        for _ in range(MAX_FAILURES - 1):
            refusal(app, "kim", WRONG)
        app.people.sign_in("kim", people.password)


def test_the_lock_does_not_tell_which_logins_exist(app: App, people: Any) -> None:
    def attempts(login: str) -> list[type]:
        said: list[type] = []
        for _ in range(MAX_FAILURES + 1):
            try:
                app.people.sign_in(login, WRONG)
            except (NotSignedIn, RateLimited) as error:
                said.append(type(error))
        return said

    assert attempts("kim") == attempts("nobody")


def test_a_session_ends_when_idle(app: App, people: Any) -> None:
    token = app.people.sign_in("kim", people.password).token
    age(app, seen_at=IDLE - timedelta(minutes=1))
    assert app.people.session(token) is not None
    age(app, seen_at=IDLE + timedelta(minutes=1))
    assert app.people.session(token) is None


def test_use_keeps_a_session_but_not_beyond_its_absolute_end(app: App, people: Any) -> None:
    token = app.people.sign_in("kim", people.password).token
    age(app, seen_at=IDLE - timedelta(minutes=1))
    assert app.people.session(token) is not None
    with app.db.read() as connection:
        seen = connection.execute(sa.select(sessions.c.seen_at)).scalar_one()
    assert utcnow() - seen < timedelta(minutes=1)
    age(app, created_at=ABSOLUTE + timedelta(minutes=1))
    assert app.people.session(token) is None


def test_sign_out_ends_this_session_alone(app: App, people: Any) -> None:
    first = app.people.sign_in("kim", people.password).token
    second = app.people.sign_in("kim", people.password).token
    app.people.sign_out(first)
    assert app.people.session(first) is None
    assert app.people.session(second) is not None


@pytest.mark.parametrize("token", ["", "x", "가" * 500])
def test_an_invented_token_is_no_session(app: App, people: Any, token: str) -> None:
    assert app.people.session(token) is None


def test_a_new_password_ends_all_sessions(app: App, people: Any) -> None:
    tokens = [app.people.sign_in("kim", people.password).token for _ in range(2)]
    others = app.people.sign_in("other", people.password).token
    app.people.change_password(people.kim, people.password, "새-비밀번호-987654")
    assert [app.people.session(t) for t in tokens] == [None, None]
    assert app.people.session(others) is not None
    refusal(app, "kim", people.password)
    app.people.sign_in("kim", "새-비밀번호-987654")


@pytest.mark.parametrize(("current", "new"), [(WRONG, "새-비밀번호-987654"), (None, "짧은것")])
def test_a_refused_change_leaves_the_old_password(
    app: App, people: Any, current: str | None, new: str
) -> None:
    with pytest.raises(InvalidInput):
        app.people.change_password(people.kim, current or people.password, new)
    app.people.sign_in("kim", people.password)


@pytest.mark.parametrize(
    ("login", "password", "role"),
    [
        ("", "긴-비밀번호-1234567", "official"),
        ("두 낱말", "긴-비밀번호-1234567", "official"),
        ("a" * 81, "긴-비밀번호-1234567", "official"),
        ("park", "short", "official"),
        ("parkparkpark", "ParkParkPark", "official"),
        ("park", "긴-비밀번호-1234567", "emperor"),
    ],
)
def test_a_bad_account_is_refused(app: App, login: str, password: str, role: str) -> None:
    with pytest.raises(InvalidInput):
        app.people.create_account(login=login, name="박", password=password, role=role)
    assert not app.people.has_accounts()


def test_a_login_is_given_once(app: App, people: Any) -> None:
    with pytest.raises(Conflict):
        app.people.create_account(login="KIM", name="김", password=people.password, role="admin")
    assert app.people.principal("kim").role == "official"


def test_groups_of_a_person_are_staff_and_the_department(app: App, people: Any) -> None:
    assert set(people.kim.groups) & set(people.other.groups) == set(people.admin.groups)
    assert len(people.kim.groups) == 2
    assert set(people.kim.groups) == set(people.lead.groups)


def test_a_department_is_made_once_with_its_group(app: App) -> None:
    with app.db.write() as connection:
        first = app.people.ensure_department(connection, "회계과", parent="행정국", phone="02-1")
        assert app.people.ensure_department(connection, "회계과") == first
        assert app.people.group_for(connection, "회계과") == app.people.group_for(
            connection, f"dept:{first}"
        )
        with pytest.raises(InvalidInput, match="없는과"):
            app.people.group_for(connection, "없는과")
    assert app.people.department_names() == ["행정국", "회계과"]
    assert app.people.department_phone("회계과") == "02-1"
    assert app.people.department_phone("없는과") == ""
