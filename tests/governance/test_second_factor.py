"""Second factors: codes count once, recovery codes too, guessing locks, administrators reset."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pyotp
import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.errors import Conflict, InvalidInput, NotFound, NotSignedIn, RateLimited
from mokmin.governance.people.attempts import MAX_FAILURES
from mokmin.governance.people.sessions import SECOND_FACTOR, Session, SessionLimits, Sessions
from mokmin.governance.people.sign_in import Step
from mokmin.governance.people.sign_in_store import recovery_codes, second_factors


def code_of(secret: str, steps: int = 0) -> str:
    """The code of now, or of some steps later."""
    totp = pyotp.TOTP(secret)
    return totp.generate_otp(totp.timecode(datetime.now(UTC)) + steps)


def forget_step(app: App) -> None:
    """As if the last code had been used long ago."""
    with app.db.write() as connection:
        connection.execute(second_factors.update().values(last_step=0))


@pytest.fixture
def secured(app: App, people: Any) -> tuple[str, list[str]]:
    """kim's secret and recovery codes."""
    secret = app.second_factors.begin(people.kim).secret
    codes = app.second_factors.confirm(people.kim, code_of(secret))
    forget_step(app)
    return secret, codes


def step_of(app: App, people: Any) -> str:
    found = app.sign_in.with_password("kim", people.password)
    assert isinstance(found, Step), "a password alone must open nothing"
    assert app.sessions.find(found.token) is None
    return found.token


def test_a_secret_counts_only_from_its_first_code(app: App, people: Any) -> None:
    setup = app.second_factors.begin(people.kim)
    assert setup.secret in setup.uri and setup.uri.startswith("otpauth://totp/")
    assert app.second_factors.begin(people.kim).secret == setup.secret
    with pytest.raises(InvalidInput):
        app.second_factors.confirm(people.kim, code_of(setup.secret, 5))
    assert isinstance(app.sign_in.with_password("kim", people.password), Session)
    assert len(app.second_factors.confirm(people.kim, code_of(setup.secret))) == 10
    assert isinstance(app.sign_in.with_password("kim", people.password), Step)
    with pytest.raises(Conflict):
        app.second_factors.begin(people.kim)


def test_password_and_code_open_a_session_once(app: App, people: Any, secured: Any) -> None:
    token, code = step_of(app, people), code_of(secured[0])
    session = app.sign_in.with_code(token, code[:3] + " " + code[3:])
    assert session.principal == people.kim
    with pytest.raises(NotSignedIn) as caught:
        app.sign_in.with_code(token, code)
    assert caught.value.code == "sign-in-again"


def test_a_code_used_once_or_before_it_is_not_taken_again(
    app: App, people: Any, secured: Any
) -> None:
    app.sign_in.with_code(step_of(app, people), code_of(secured[0]))
    for later in (0, -1):
        with pytest.raises(NotSignedIn):
            app.sign_in.with_code(step_of(app, people), code_of(secured[0], later))


def test_the_same_code_twice_at_once_opens_one_session(app: App, people: Any, secured: Any) -> None:
    tokens, code = [step_of(app, people) for _ in range(4)], code_of(secured[0])

    def enter(token: str) -> bool:
        try:
            return isinstance(app.sign_in.with_code(token, code), Session)
        except NotSignedIn:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(enter, tokens)) == 1


def test_codes_of_other_times_are_wrong(app: App, people: Any, secured: Any) -> None:
    for steps in (-3, 3):
        with pytest.raises(NotSignedIn):
            app.sign_in.with_code(step_of(app, people), code_of(secured[0], steps))


def test_guessing_codes_locks_even_with_new_steps(app: App, people: Any, secured: Any) -> None:
    wrong = str((int(code_of(secured[0])) + 1) % 10**6).zfill(6)
    for _ in range(MAX_FAILURES):
        with pytest.raises(NotSignedIn):
            app.sign_in.with_code(step_of(app, people), wrong)
    with pytest.raises(RateLimited):
        app.sign_in.with_code(step_of(app, people), code_of(secured[0]))


def test_a_recovery_code_counts_once_and_is_kept_as_a_hash(
    app: App, people: Any, secured: Any
) -> None:
    code = secured[1][0]
    with app.db.read() as connection:
        kept = str(connection.execute(sa.select(recovery_codes)).all())
    assert code not in kept and code.replace("-", "") not in kept
    assert app.sign_in.with_code(step_of(app, people), code.upper()).principal == people.kim
    with pytest.raises(NotSignedIn):
        app.sign_in.with_code(step_of(app, people), code)
    assert app.second_factors.state(people.kim.user_id).codes_left == 9


def test_recovery_codes_of_another_person_open_nothing(app: App, people: Any, secured: Any) -> None:
    theirs = app.second_factors.begin(people.other).secret
    codes = app.second_factors.confirm(people.other, code_of(theirs))
    for wrong in (codes[0], code_of(theirs, 1)):
        with pytest.raises(NotSignedIn):
            app.sign_in.with_code(step_of(app, people), wrong)


def test_new_codes_replace_the_old_ones_and_turning_off_needs_a_code(
    app: App, people: Any, secured: Any
) -> None:
    fresh = app.second_factors.renew_codes(people.kim, code_of(secured[0]))
    assert not set(fresh) & set(secured[1])
    for wrong in (secured[1][0], "000000", ""):
        with pytest.raises(InvalidInput):
            app.second_factors.turn_off(people.kim, wrong)
    app.second_factors.turn_off(people.kim, fresh[0])
    assert isinstance(app.sign_in.with_password("kim", people.password), Session)
    assert app.second_factors.state(people.kim.user_id).codes_left == 0


def test_an_administrator_resets_it_and_sessions_end(app: App, people: Any, secured: Any) -> None:
    session = app.sign_in.with_code(step_of(app, people), code_of(secured[0]))
    app.sign_in.reset_second_factor(people.admin, people.kim.user_id)
    assert app.sessions.find(session.token) is None
    assert isinstance(app.sign_in.with_password("kim", people.password), Session)
    with pytest.raises(NotFound):
        app.sign_in.reset_second_factor(people.admin, 987654)


def test_a_role_may_be_made_to_use_one(app: App, people: Any) -> None:
    limits = SessionLimits(second_factor_roles=frozenset({"admin"}))
    strict = Sessions(app.db, app.people.principal_of_account, limits)
    tokens = {
        login: app.sign_in.with_password(login, people.password).token for login in ("admin", "kim")
    }
    found = {login: strict.find(token) for login, token in tokens.items()}
    assert found["admin"].todo == SECOND_FACTOR and found["kim"].todo == ""
    secret = app.second_factors.begin(people.admin).secret
    app.second_factors.confirm(people.admin, code_of(secret))
    assert strict.find(tokens["admin"]).todo == ""


def test_a_dump_of_the_database_holds_no_secret(app: App, people: Any) -> None:
    secret = app.second_factors.begin(people.kim).secret
    app.second_factors.confirm(people.kim, code_of(secret))
    stored = sa.select(second_factors.c.secret)
    with app.db.read() as connection:
        sealed = connection.execute(stored).scalar_one()
    assert secret not in sealed
    key = app.settings.home / "keys" / "second-factor"
    assert key.stat().st_mode & 0o777 == 0o600
    # One from before is good, and sealed when it is used.
    forget_step(app)
    with app.db.write() as connection:
        connection.execute(second_factors.update().values(secret=secret))
        assert app.second_factors.check(connection, people.kim.user_id, code_of(secret))
        again = connection.execute(stored).scalar_one()
        assert secret not in again and again != sealed
    # What was sealed for another account opens nothing, nor does another key.
    sealer = app.second_factors._sealer
    assert sealer.open(again, f"user:{people.kim.user_id}") == secret
    assert sealer.open(again, "user:999") is None
    key.write_bytes(bytes(32))
    assert sealer.open(again, f"user:{people.kim.user_id}") is None
