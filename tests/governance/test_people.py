"""Sign-in, lockout, sessions, passwords."""

from __future__ import annotations

import time
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.base.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    RateLimited,
)
from mokmin.governance.people.attempts import LOCK, MAX_FAILURES
from mokmin.governance.people.passwords import Passwords, check_password
from mokmin.governance.people.sessions import Client, SessionLimits
from mokmin.governance.people.sign_in import SignIn
from mokmin.governance.people.store import failures, sessions, users

WRONG = "틀린-비밀번호-0000"
IDLE, ABSOLUTE = SessionLimits().idle, SessionLimits().absolute


def refusal(app: App, login: str, password: str) -> str:
    """What a refused sign-in says."""
    with pytest.raises(NotSignedIn) as caught:
        app.sign_in.with_password(login, password)
    return caught.value.message


def age(app: App, **columns: timedelta) -> None:
    """Make all sessions older by the given spans."""
    with app.db.write() as connection:
        row = connection.execute(sa.select(sessions)).one()
        values = {name: getattr(row, name) - span for name, span in columns.items()}
        connection.execute(sessions.update().values(values))


def test_the_right_password_opens_a_session(app: App, people: Any) -> None:
    session = app.sign_in.with_password(" KIM ", people.password)
    assert session.principal == people.kim
    found = app.sessions.find(session.token)
    assert found is not None
    assert found.principal == people.kim
    assert found.csrf_token == session.csrf_token


def test_only_a_hash_of_the_token_and_the_password_is_stored(app: App, people: Any) -> None:
    token = app.sign_in.with_password("kim", people.password).token
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
    token = app.sign_in.with_password("kim", people.password).token
    with app.db.write() as connection:
        connection.execute(users.update().where(users.c.login == "kim").values(disabled=True))
    assert app.sessions.find(token) is None


def test_five_failures_lock_the_account_even_for_the_right_password(app: App, people: Any) -> None:
    for _ in range(MAX_FAILURES):
        refusal(app, "kim", WRONG)
    with pytest.raises(RateLimited):
        app.sign_in.with_password("kim", people.password)
    assert app.sign_in.with_password("other", people.password).principal.login == "other"


def test_the_lock_ends(app: App, people: Any) -> None:
    for _ in range(MAX_FAILURES):
        refusal(app, "kim", WRONG)
    with app.db.write() as connection:
        until = connection.execute(sa.select(failures.c.locked_until)).scalar_one()
        assert timedelta(0) < until - utcnow() <= LOCK
        connection.execute(failures.update().values(locked_until=until - LOCK))
    assert app.sign_in.with_password("kim", people.password).principal == people.kim


def test_a_good_sign_in_forgets_earlier_failures(app: App, people: Any) -> None:
    for _ in range(2):
        for _ in range(MAX_FAILURES - 1):
            refusal(app, "kim", WRONG)
        app.sign_in.with_password("kim", people.password)


def test_the_lock_does_not_tell_which_logins_exist(app: App, people: Any) -> None:
    def attempts(login: str) -> list[type]:
        said: list[type] = []
        for _ in range(MAX_FAILURES + 1):
            try:
                app.sign_in.with_password(login, WRONG)
            except (NotSignedIn, RateLimited) as error:
                said.append(type(error))
        return said

    assert attempts("kim") == attempts("nobody")


def test_a_session_ends_when_idle(app: App, people: Any) -> None:
    token = app.sign_in.with_password("kim", people.password).token
    age(app, seen_at=IDLE - timedelta(minutes=1))
    assert app.sessions.find(token) is not None
    age(app, seen_at=IDLE + timedelta(minutes=1))
    assert app.sessions.find(token) is None


def test_use_keeps_a_session_but_not_beyond_its_absolute_end(app: App, people: Any) -> None:
    token = app.sign_in.with_password("kim", people.password).token
    age(app, seen_at=IDLE - timedelta(minutes=1))
    assert app.sessions.find(token) is not None
    with app.db.read() as connection:
        seen = connection.execute(sa.select(sessions.c.seen_at)).scalar_one()
    assert utcnow() - seen < timedelta(minutes=1)
    age(app, created_at=ABSOLUTE + timedelta(minutes=1))
    assert app.sessions.find(token) is None


def test_sign_out_ends_this_session_alone(app: App, people: Any) -> None:
    first = app.sign_in.with_password("kim", people.password).token
    second = app.sign_in.with_password("kim", people.password).token
    app.sessions.end(first)
    assert app.sessions.find(first) is None
    assert app.sessions.find(second) is not None


@pytest.mark.parametrize("token", ["", "x", "가" * 500])
def test_an_invented_token_is_no_session(app: App, people: Any, token: str) -> None:
    assert app.sessions.find(token) is None


def test_a_new_password_ends_all_sessions(app: App, people: Any) -> None:
    tokens = [app.sign_in.with_password("kim", people.password).token for _ in range(2)]
    others = app.sign_in.with_password("other", people.password).token
    app.sign_in.change_password(people.kim, people.password, "새-비밀번호-987654")
    assert [app.sessions.find(t) for t in tokens] == [None, None]
    assert app.sessions.find(others) is not None
    refusal(app, "kim", people.password)
    app.sign_in.with_password("kim", "새-비밀번호-987654")


@pytest.mark.parametrize(("current", "new"), [(WRONG, "새-비밀번호-987654"), (None, "짧은것")])
def test_a_refused_change_leaves_the_old_password(
    app: App, people: Any, current: str | None, new: str
) -> None:
    with pytest.raises(InvalidInput):
        app.sign_in.change_password(people.kim, current or people.password, new)
    app.sign_in.with_password("kim", people.password)


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
    assert len(people.kim.groups) == 3, "staff, the department, and its subtree"
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


# --- passwords --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "password",
    ["short", "password2026!", "1234567890", "q1w2e3r4t5", "비밀번호123456", "아아아아아아아아아아",
     "parkjungbu99", "PARKJUNGBU!!", "대한민국!!2026"],
)  # fmt: skip
def test_passwords_that_everybody_guesses_are_refused(password: str) -> None:
    with pytest.raises(InvalidInput):
        check_password("parkjungbu", password)


@pytest.mark.parametrize("password", ["보리밭-자전거-일곱-번", "mokmin-demo-2026", "x9!kQ2#vLp7w"])
def test_ordinary_good_passwords_pass(password: str) -> None:
    check_password("park", password)


def test_the_last_three_passwords_do_not_come_back_but_the_fourth_may(
    app: App, people: Any
) -> None:
    used = [people.password, *(f"보리밭-자전거-{n}-번째" for n in range(4))]
    for old, new in pairwise(used[:3]):
        app.sign_in.change_password(people.kim, old, new)
    for former in used[:3]:
        with pytest.raises(InvalidInput, match="최근에 쓴"):
            app.sign_in.change_password(people.kim, used[2], former)
    app.sign_in.change_password(people.kim, used[2], used[3])
    app.sign_in.change_password(people.kim, used[3], used[0])


def test_guessing_the_present_password_in_a_taken_session_locks(app: App, people: Any) -> None:
    for _ in range(MAX_FAILURES):
        with pytest.raises(InvalidInput):
            app.sign_in.change_password(people.kim, WRONG, "보리밭-자전거-일곱-번")
    with pytest.raises(RateLimited):
        app.sign_in.change_password(people.kim, people.password, "보리밭-자전거-일곱-번")


def test_an_old_hash_is_made_anew_at_the_next_sign_in(app: App, people: Any) -> None:
    stronger = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    way = SignIn(app.db, app.sessions, stronger, app.second_factors)

    def kept() -> str:
        with app.db.read() as connection:
            query = sa.select(users.c.password_hash).where(users.c.login == "kim")
            return str(connection.execute(query).scalar_one())

    before = kept()
    way.with_password("kim", people.password)
    assert kept() != before and "t=2" in kept()
    app.sign_in.with_password("kim", people.password)


def test_unknown_disabled_and_passwordless_accounts_take_as_long_as_known_ones(
    app: App, people: Any
) -> None:
    slow = Passwords(PasswordHasher(time_cost=2, memory_cost=2**15, parallelism=1))
    way = SignIn(app.db, app.sessions, slow, app.second_factors)
    app.people.create_account(login="sso", name="통합", password=None, role="official")
    with app.db.write() as connection:
        connection.execute(
            users.update()
            .where(users.c.login.in_(["kim", "other"]))
            .values(password_hash=slow.hash(people.password))
        )
        connection.execute(users.update().where(users.c.login == "other").values(disabled=True))

    def shortest(login: str) -> float:
        took = []
        for _ in range(MAX_FAILURES - 1):
            begin = time.perf_counter()
            with pytest.raises(NotSignedIn):
                way.with_password(login, WRONG)
            took.append(time.perf_counter() - begin)
        return min(took)

    known = shortest("kim")
    for login in ("nobody", "other", "sso"):
        assert 0.4 < shortest(login) / known < 2.5, login


def test_an_address_that_fails_too_often_waits_whatever_the_login(app: App, people: Any) -> None:
    way = SignIn(app.db, app.sessions, app.people.passwords, app.second_factors, address_failures=8)
    here, there = Client("10.1.2.3"), Client("10.9.9.9")
    for number in range(8):
        with pytest.raises(NotSignedIn):
            way.with_password(f"nobody{number}", WRONG, here)
    with pytest.raises(RateLimited):
        way.with_password("kim", people.password, here)
    assert way.with_password("kim", people.password, there).principal == people.kim


# --- devices ----------------------------------------------------------------------------------
def test_devices_of_others_are_neither_shown_nor_ended(app: App, people: Any) -> None:
    mine = app.sign_in.with_password("kim", people.password, Client("10.0.0.1", "Firefox/140"))
    theirs = app.sign_in.with_password("other", people.password)
    assert [d.handle for d in app.sessions.devices(people.kim, mine.handle)] == [mine.handle]
    with pytest.raises(NotFound):
        app.sessions.end_device(people.kim, theirs.handle)
    assert app.sessions.end_others(people.kim, mine.handle) == 0
    assert app.sessions.find(theirs.token) is not None


def test_one_device_or_all_others_can_be_signed_out(app: App, people: Any) -> None:
    here, away, third = (app.sign_in.with_password("kim", people.password) for _ in range(3))
    app.sessions.end_device(people.kim, away.handle)
    assert app.sessions.find(away.token) is None
    assert app.sessions.end_others(people.kim, here.handle) == 1
    assert app.sessions.find(third.token) is None
    assert app.sessions.find(here.token) is not None


def test_asking_how_long_it_lasts_is_not_use(app: App, people: Any) -> None:
    token = app.sign_in.with_password("kim", people.password).token
    age(app, seen_at=IDLE - timedelta(minutes=1))
    quiet = app.sessions.find(token, touch=False)
    assert quiet is not None and quiet.idle_ends is not None
    assert quiet.idle_ends - utcnow() < timedelta(minutes=2)
    used = app.sessions.find(token)
    assert used is not None and used.idle_ends is not None
    assert used.idle_ends - utcnow() > IDLE - timedelta(minutes=1)


def test_an_administrator_ends_the_sessions_of_others_and_nobody_else_does(
    app: App, people: Any
) -> None:
    token = app.sign_in.with_password("kim", people.password).token
    for who in (people.kim, people.lead, people.other):
        with pytest.raises(NotAllowed):
            app.sign_in.sign_out_everywhere(who, people.kim.user_id)
    with pytest.raises(NotAllowed):
        app.sign_in.reset_second_factor(people.admin, people.admin.user_id)
    assert app.sessions.find(token) is not None
    assert app.sign_in.sign_out_everywhere(people.admin, people.kim.user_id) == 1
    assert app.sessions.find(token) is None
