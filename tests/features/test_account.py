"""My account through the web: passwords, second factor, devices, tokens; and attacks on them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.features.account.present import browser_name, masked
from mokmin.governance.audit.service import audit_log
from mokmin.governance.people.declarations import declared
from mokmin.governance.people.sign_in_store import api_tokens, second_factors
from mokmin.governance.people.store import failures, sessions, users
from mokmin.web import create_web

PASSWORD = "시험용-비밀번호-1234"
NEW = "보리밭-자전거-일곱-번"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture(scope="module")
def shared(
    tmp_path_factory: pytest.TempPathFactory, blank_sqlite: Path, quick_app: Any
) -> Iterator[tuple[App, Any]]:
    folder = tmp_path_factory.mktemp("account")
    path = folder / "mokmin.db"
    path.write_bytes(blank_sqlite.read_bytes())
    app = quick_app(folder / "home", f"sqlite:///{path}", second_factor_roles="privacy")
    for login, role in (
        ("kim", "official"),
        ("other", "official"),
        ("admin", "admin"),
        ("pia", "privacy"),
    ):
        app.people.create_account(login=login, name=login, password=PASSWORD, role=role)
    yield app, create_web(app)
    app.db.close()


@pytest.fixture
def house(shared: Any) -> Iterator[App]:
    """The application with passwords, factors and sessions as at the beginning."""
    app, _ = shared
    with app.db.read() as connection:
        rows = connection.execute(sa.select(users.c.id, users.c.password_hash)).all()
    yield app
    with app.db.write() as connection:
        for table in (sessions, failures, second_factors, api_tokens):
            connection.execute(table.delete())
        for row in rows:
            connection.execute(
                users.update()
                .where(users.c.id == row.id)
                .values(password_hash=row.password_hash, must_change_password=False, disabled=False)
            )


@pytest.fixture
def browser(shared: Any, house: App) -> Callable[[], TestClient]:
    def make() -> TestClient:
        client = TestClient(shared[1], raise_server_exceptions=False, follow_redirects=False)
        client.headers["accept"] = "text/html"
        return client

    return make


def enter(client: TestClient, login: str, password: str = PASSWORD, next: str = "/") -> Any:
    door = TOKEN.search(client.get("/signin").text)
    assert door is not None
    fields = {"login": login, "password": password, "next": next, "csrf_token": door[1]}
    return client.post("/signin", data=fields)


def send(client: TestClient, url: str, page: str = "/account", **fields: Any) -> Any:
    """A form of a page, with its token."""
    found = TOKEN.search(client.get(page).text)
    assert found is not None, page
    return client.post(url, data={"csrf_token": found[1]} | fields)


def code_of(secret: str) -> str:
    totp = pyotp.TOTP(secret.replace(" ", ""))
    return totp.generate_otp(totp.timecode(datetime.now(UTC)))


# --- sessions ---------------------------------------------------------------------------------
def test_a_planted_session_opens_nothing_and_an_old_one_ends(house: App, browser: Any) -> None:
    """Session fixation."""
    client = browser()
    client.cookies.set("mokmin_session", "planted-by-somebody")
    first = enter(client, "kim").cookies["mokmin_session"]
    assert first != "planted-by-somebody"
    client.cookies.delete("mokmin_session")
    client.cookies.set("mokmin_session", first)
    kept = house.sessions.find(first)
    assert kept is not None
    # Somebody signs in again in the same browser: the former session must not live on.
    client.cookies.clear()
    client.get("/signin")
    door = client.cookies["mokmin_door"]
    client.cookies.set("mokmin_session", first)
    fields = {"login": "other", "password": PASSWORD, "csrf_token": door}
    second = client.post("/signin", data=fields).cookies["mokmin_session"]
    assert second != first
    assert house.sessions.find(first) is None


def test_cookies_are_bound_to_the_host_and_hsts_is_sent_behind_tls(
    tmp_path: Path, blank_sqlite: Path, quick_app: Any
) -> None:
    path = tmp_path / "mokmin.db"
    path.write_bytes(blank_sqlite.read_bytes())
    app = quick_app(tmp_path / "home", f"sqlite:///{path}", secure_cookies=True)
    app.people.create_account(login="kim", name="김", password=PASSWORD, role="official")
    client = TestClient(create_web(app), base_url="https://ai.example", follow_redirects=False)
    client.headers["accept"] = "text/html"
    answer = enter(client, "kim")
    cookies = answer.headers.get_list("set-cookie")
    kept = next(c for c in cookies if "mokmin_session" in c).lower()
    assert kept.startswith("__host-mokmin_session=")
    for flag in ("secure", "httponly", "samesite=lax", "path=/"):
        assert flag in kept
    assert "domain" not in kept
    assert "max-age=31536000" in answer.headers["strict-transport-security"]
    assert client.get("/account").status_code == 200
    app.db.close()


def test_how_long_it_lasts_is_told_and_prolonged(house: App, browser: Any) -> None:
    client = browser()
    enter(client, "kim")
    with house.db.write() as connection:
        connection.execute(sessions.update().values(seen_at=utcnow() - timedelta(minutes=119)))
    left = client.get("/account/session").json()
    assert 0 < left["idle"] <= 61 and left["absolute"] > 40_000 and left["login"] == "kim"
    assert client.get("/account/session").json()["idle"] <= 61, "asking is not use"
    kept = client.post("/account/session/keep", headers={"X-CSRF-Token": left["csrf"]}).json()
    assert kept["idle"] > 7_000
    assert 'id="session-end"' in client.get("/account").text
    with house.db.write() as connection:
        connection.execute(sessions.delete())
    gone = client.get("/account/session", headers={"accept": "application/json"})
    assert gone.status_code == 401


@pytest.mark.parametrize(
    ("asked", "led"),
    [("/library?q=%EC%A3%BC%EC%B0%A8&page=2", "/library?q=%EC%A3%BC%EC%B0%A8&page=2"),
     ("//evil.example", "/"), ("https://evil.example", "/"), ("/\\evil.example", "/"),
     ("/%5Cevil.example", "/"), ("\\\\evil.example", "/"),
     ("/%09/evil.example", "/"), ("%2F%2Fevil.example", "/"), ("javascript:alert(1)", "/"),
     ("/\u2028/evil.example", "/")],
)  # fmt: skip
def test_the_way_on_stays_on_this_site(house: App, browser: Any, asked: str, led: str) -> None:
    """Open redirect: by the address of the form, and by an address of the sign-in page."""
    client = browser()
    page = client.get("/signin?next=" + asked.replace("&", "%26"))
    hidden = re.search(r'name="next" value="([^"]*)"', page.text)[1].replace("&amp;", "&")
    answer = client.post(
        "/signin",
        data={
            "login": "kim", "password": PASSWORD, "next": hidden,
            "csrf_token": TOKEN.search(page.text)[1],
        },
    )  # fmt: skip
    target = answer.headers["location"]
    assert answer.status_code == 303 and target.split("?")[0] == led.split("?")[0]
    again = client.get("/signin?next=" + asked).headers["location"]
    assert not re.match(r"(//|\\|[a-z]+:|/[\\/])", again)


# --- devices and tokens -----------------------------------------------------------------------
def test_devices_are_shown_masked_and_signed_out(house: App, browser: Any) -> None:
    here, away, strange = browser(), browser(), browser()
    away.headers["user-agent"] = "Mozilla/5.0 (Windows NT 10.0) Chrome/142.0 Whale/4.1"
    for client in (here, away):
        enter(client, "kim")
    enter(strange, "other")
    page = here.get("/account").text
    assert "네이버 웨일 4 · 윈도우" in page and "지금 이 기기" in page
    theirs = house.sessions.find(strange.cookies["mokmin_session"]).handle
    own = house.sessions.find(away.cookies["mokmin_session"]).handle
    assert theirs not in page
    assert send(here, f"/account/devices/{theirs}/end").status_code == 404
    assert strange.get("/account").status_code == 200
    assert send(here, f"/account/devices/{own}/end").status_code == 303
    assert away.get("/account").status_code == 303


def test_a_token_is_shown_once_and_opens_programs_doors_alone(house: App, browser: Any) -> None:
    client, program = browser(), browser()
    enter(client, "kim")
    made = send(client, "/account/tokens", name="홈페이지", scopes=["ask"], days="30")
    token = re.search(r"mok_[\w-]+", made.text)[0]
    assert token not in client.get("/account").text
    program.headers.update({"authorization": f"Bearer {token}", "accept": "application/json"})
    assert program.post("/api/v1/search", json={"query": "주차"}).status_code == 200
    assert program.post("/library/upload").status_code == 403, "outside its scopes"
    assert program.get("/account").status_code == 403
    assert program.post("/account/tokens", data={"name": "b"}).status_code == 403, "none breeds"
    assert program.post("/account/password", data={}).status_code == 403
    program.cookies.set("mokmin_session", client.cookies["mokmin_session"])
    assert program.post("/library/upload").status_code == 403, "cookies do not help a token"
    program.headers["authorization"] = "Bearer mok_invented"
    answer = program.get("/jobs")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    with house.db.write() as connection:
        connection.execute(users.update().where(users.c.login == "kim").values(disabled=True))
    program.headers["authorization"] = f"Bearer {token}"
    assert program.post("/api/v1/search", json={"query": "주차"}).status_code == 401


def test_tokens_of_others_stay_and_bad_forms_keep_what_was_written(
    house: App, browser: Any
) -> None:
    mine, strange = browser(), browser()
    enter(mine, "kim")
    enter(strange, "other")
    send(mine, "/account/tokens", name="내 것", scopes=["ask"], days="30")
    with house.db.read() as connection:
        number = connection.execute(sa.select(api_tokens.c.id)).scalar_one()
    assert send(strange, f"/account/tokens/{number}/revoke").status_code == 404
    for fields in (
        {"name": "연결", "scopes": ["administer"], "days": "30"},
        {"name": "연결", "scopes": ["ask"], "days": "9999"},
        {"name": "연결", "scopes": ["ask"], "days": "x"},
        {"name": "연결", "days": "30"},
    ):
        answer = send(mine, "/account/tokens", **fields)
        assert answer.status_code == 400 and 'value="연결"' in answer.text
    assert send(mine, f"/account/tokens/{number}/revoke").status_code == 303
    assert "없앰" in mine.get("/account").text


def test_no_route_of_the_account_takes_tokens(shared: Any) -> None:
    routes = [r for r in declared(shared[1]) if r.path.startswith("/account")]
    assert len(routes) > 10
    assert [r.path for r in routes if r.bearer] == []


# --- passwords and second factors -------------------------------------------------------------
def test_whoever_must_change_the_password_does_that_first(house: App, browser: Any) -> None:
    with house.db.write() as connection:
        connection.execute(
            users.update().where(users.c.login == "kim").values(must_change_password=True)
        )
    client = browser()
    enter(client, "kim", next="/library")
    for url in ("/", "/library", "/account", "/chat"):
        assert client.get(url).headers["location"] == "/account/password", url
    csrf = house.sessions.find(client.cookies["mokmin_session"]).csrf_token
    answer = client.post(
        "/api/v1/ask", json={"question": "?"}, headers={"x-csrf-token": csrf, "accept": "*/*"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "password-change-needed")
    before = client.cookies["mokmin_session"]
    fields = {"current": PASSWORD, "password": NEW, "password_again": NEW}
    assert send(client, "/account/password", "/account/password", **fields).status_code == 303
    assert client.cookies["mokmin_session"] != before, "the session changes with the password"
    assert client.get("/library").status_code == 200
    assert enter(browser(), "kim").status_code == 401


def test_a_new_password_signs_out_elsewhere_and_says_why_not(house: App, browser: Any) -> None:
    here, away = browser(), browser()
    for client in (here, away):
        enter(client, "kim")
    fields = {"current": PASSWORD, "password": NEW, "password_again": NEW}
    page = "/account/password"
    for wrong, said in (
        ({"password_again": "다른"}, "서로 다릅니다"), ({"current": "틀린"}, "맞지 않습니다"),
        ({"password": "password2026", "password_again": "password2026"}, "널리 쓰이"),
    ):  # fmt: skip
        answer = send(here, page, page, **(fields | wrong))
        assert answer.status_code == 422 and said in answer.text
    assert send(here, page, page, **fields).headers["location"] == "/account?done=password"
    assert here.get("/account").status_code == 200
    assert away.get("/account").status_code == 303


def test_a_second_factor_from_setting_up_to_a_lost_phone(house: App, browser: Any) -> None:
    client, page = browser(), "/account/second-factor"
    enter(client, "kim")
    begun = send(client, page, page).text
    secret = re.search(r"<code[^>]*>([A-Z2-7 ]+)</code>", begun)[1]
    assert "data:image/svg+xml" in begun
    assert send(client, f"{page}/confirm", page, code="000000").status_code == 400
    codes = re.findall(
        r"<code>([0-9a-f-]{19})</code>",
        send(client, f"{page}/confirm", page, code=code_of(secret)).text,
    )
    assert len(codes) == 10
    fresh = browser()
    answer = enter(fresh, "kim", next="/library")
    assert answer.headers["location"] == "/signin/code?next=/library"
    assert "mokmin_session" not in fresh.cookies
    assert fresh.get("/library").headers["location"].startswith("/signin")
    door = "/signin/code?next=//evil.example"
    assert send(fresh, "/signin/code", door, code="000000", next="/").status_code == 401
    arrived = send(fresh, "/signin/code", door, code=codes[0], next="/library")
    assert (arrived.status_code, arrived.headers["location"]) == (303, "/library")
    assert "mokmin_step" not in fresh.cookies
    admin = browser()
    enter(admin, "admin")
    found = admin.get("/admin/sign-in?login=KIM").text
    number = house.people.principal("kim").user_id
    assert "2단계 인증: 켜짐" in found
    helped = send(admin, f"/admin/sign-in/{number}/reset-second-factor", "/admin/sign-in")
    assert helped.status_code == 303
    assert client.get("/account").status_code == 303, "sessions end"
    assert enter(browser(), "kim").headers["location"] == "/"
    with house.db.read() as connection:
        actions = set(connection.execute(sa.select(audit_log.c.action)).scalars())
        details = " ".join(connection.execute(sa.select(audit_log.c.detail)).scalars())
    assert {"second-factor.on", "second-factor.reset"} <= actions
    assert secret.replace(" ", "") not in details and codes[0] not in details


def test_a_role_that_needs_one_sets_it_up_first_and_cannot_turn_it_off(
    house: App, browser: Any
) -> None:
    client, page = browser(), "/account/second-factor"
    enter(client, "pia")
    assert client.get("/library").headers["location"] == page
    secret = re.search(r"<code[^>]*>([A-Z2-7 ]+)</code>", send(client, page, page).text)[1]
    assert send(client, f"{page}/confirm", page, code=code_of(secret)).status_code == 200
    assert client.get("/library").status_code == 200
    with house.db.write() as connection:
        connection.execute(second_factors.update().values(last_step=0))
    answer = send(client, f"{page}/off", page, code=code_of(secret))
    assert answer.status_code == 403 and "끌 수 없습니다" in answer.text


@pytest.mark.parametrize(
    ("agent", "name"),
    [("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36", "크롬 142 · 윈도우"),
     ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "사파리 · 아이폰"),
     ("curl/8", "알 수 없는 브라우저"), ("", "알 수 없는 브라우저")],
)  # fmt: skip
def test_browsers_have_names(agent: str, name: str) -> None:
    assert browser_name(agent) == name


def test_addresses_are_masked() -> None:
    assert [masked(a) for a in ("10.20.30.40", "2001:db8:1::5", "testclient")] == [
        "10.20.*.*", "2001:0db8:0001:*", "알 수 없음",
    ]  # fmt: skip
