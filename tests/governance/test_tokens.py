"""API tokens: shown once, at most the person's rights, dead with the account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.base.errors import InvalidInput, NotFound
from mokmin.governance.access.model import Permission
from mokmin.governance.people.sign_in_store import api_tokens
from mokmin.governance.people.store import users


def test_a_token_acts_with_its_scopes_alone_and_is_kept_as_a_hash(app: App, people: Any) -> None:
    made = app.api_tokens.issue(people.kim, "홈페이지", ["ask"], 30)
    assert made.token.startswith("mok_") and len(made.token) > 40
    found = app.api_tokens.find(made.token)
    assert found is not None and found.bearer and found.csrf_token == ""
    assert found.principal.permissions == {Permission.ASK}
    assert found.principal.groups == people.kim.groups
    with app.db.read() as connection:
        kept = str(connection.execute(sa.select(api_tokens)).all())
    assert made.token not in kept and made.token.removeprefix("mok_") not in kept
    assert app.api_tokens.mine(people.kim)[0].used_at is not None


def test_nothing_beyond_the_persons_own_is_given(app: App, people: Any) -> None:
    for name, scopes, days in (
        ("", ["ask"], 30), ("이름", [], 30), ("이름", ["administer"], 30), ("이름", ["없는 것"], 30),
        ("이름", ["ask"], 0), ("이름", ["ask"], 366), ("이름", ["ask", "administer"], 30),
        ("가" * 81, ["ask"], 30),
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            app.api_tokens.issue(people.kim, name, scopes, days)
    assert app.api_tokens.mine(people.kim) == []


def test_a_right_that_is_taken_away_leaves_the_token_at_once(app: App, people: Any) -> None:
    made = app.api_tokens.issue(people.admin, "동기화", ["ask", "manage-people"], 30)
    with app.db.write() as connection:
        connection.execute(users.update().where(users.c.login == "admin").values(role="official"))
    found = app.api_tokens.find(made.token)
    assert found is not None and found.principal.permissions == {Permission.ASK}


def test_expired_revoked_and_disabled_are_dead(app: App, people: Any) -> None:
    old, gone, last = (app.api_tokens.issue(people.kim, "하나", ["ask"], 1) for _ in range(3))
    with app.db.write() as connection:
        connection.execute(
            api_tokens.update().where(api_tokens.c.id == old.id).values(expires_at=utcnow())
        )
    app.api_tokens.revoke(people.kim, gone.id)
    assert app.api_tokens.find(old.token) is None
    assert app.api_tokens.find(gone.token) is None
    assert app.api_tokens.find(last.token) is not None
    states = {t.id: t.state for t in app.api_tokens.mine(people.kim)}
    assert states == {old.id: "expired", gone.id: "revoked", last.id: "live"}
    with app.db.write() as connection:
        connection.execute(users.update().where(users.c.login == "kim").values(disabled=True))
    assert app.api_tokens.find(last.token) is None


def test_tokens_of_others_are_neither_shown_nor_revoked(app: App, people: Any) -> None:
    made = app.api_tokens.issue(people.kim, "내 것", ["ask"], 30)
    assert app.api_tokens.mine(people.other) == []
    for who in (people.other, people.admin):
        with pytest.raises(NotFound):
            app.api_tokens.revoke(who, made.id)
    assert app.api_tokens.find(made.token) is not None


def test_there_is_an_end_to_their_number(app: App, people: Any) -> None:
    for number in range(20):
        app.api_tokens.issue(people.kim, f"토큰 {number}", ["ask"], 30)
    with pytest.raises(InvalidInput, match="20개"):
        app.api_tokens.issue(people.kim, "하나 더", ["ask"], 30)


def test_invented_tokens_are_nothing(app: App, people: Any) -> None:
    session = app.sign_in.with_password("kim", people.password)
    # A session's token is no API token either.
    for token in ("", "mok_", "mok_invented", "가" * 100, "a" * 5000, session.token):
        assert app.api_tokens.find(token) is None


def test_use_is_remembered_to_the_minute(app: App, people: Any) -> None:
    made = app.api_tokens.issue(people.kim, "하나", ["ask"], 30)
    app.api_tokens.find(made.token)
    long_ago = utcnow() - timedelta(days=3)
    with app.db.write() as connection:
        connection.execute(api_tokens.update().values(used_at=long_ago))
    app.api_tokens.find(made.token)
    used = app.api_tokens.mine(people.kim)[0].used_at
    assert used is not None and used > long_ago + timedelta(days=2)
