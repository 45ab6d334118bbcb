"""Signing in at an identity provider: real providers on this machine, honest and dishonest."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import sqlalchemy as sa
from joserfc import jwk
from starlette.testclient import TestClient

from mokmin.app import App
from mokmin.governance.audit.service import audit_log
from mokmin.governance.people.sign_in_store import sign_in_steps, user_identities
from mokmin.governance.people.store import sessions, users
from mokmin.web import create_web

from .provider import Provider

PASSWORD = "시험용-비밀번호-1234"
BASE = "http://127.0.0.1:8123"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(scope="module")
def shared(
    tmp_path_factory: pytest.TempPathFactory, blank_sqlite: Path, quick_app: Any, provider: Provider
) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("oidc")
    path = folder / "mokmin.db"
    path.write_bytes(blank_sqlite.read_bytes())
    app = quick_app(folder / "home", f"sqlite:///{path}", **_settings(provider.issuer))
    for login, role in (("kim", "official"), ("boss", "admin")):
        app.people.create_account(login=login, name=login, password=PASSWORD, role=role)
    yield app
    app.db.close()


@pytest.fixture
def house(shared: App, provider: Provider) -> Iterator[App]:
    """The application and the provider as they were."""
    before = dict(provider.__dict__)
    shared.oidc._provider._keys = None
    shared.oidc._provider._document = {}
    shared.oidc._provider._refresh_seconds = 0
    yield shared
    provider.__dict__.update(before)
    with shared.db.write() as connection:
        for table in (user_identities, sessions, sign_in_steps):
            connection.execute(table.delete())
        connection.execute(users.update().values(disabled=False))


def _settings(issuer: str, **more: Any) -> dict[str, Any]:
    return {
        "oidc_issuer": issuer, "oidc_client_id": "mokmin", "oidc_client_secret": "s3cret",
        "public_url": BASE, **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def web(shared: App) -> Any:
    return create_web(shared)


@pytest.fixture
def browser(house: App, web: Any) -> TestClient:
    client = TestClient(web, base_url=BASE, follow_redirects=False)
    client.headers["accept"] = "text/html"
    return client


def go(browser: TestClient, provider: Provider, next: str = "/library") -> str:
    """As far as the provider's answer: the query with which the browser comes back."""
    begun = browser.get(f"/signin/oidc?next={next}")
    assert begun.status_code == 303, begun.text
    assert begun.headers["location"].startswith(provider.issuer + "/authorize?")
    return provider.authorize(begun.headers["location"])


def enter(browser: TestClient, provider: Provider) -> Any:
    return browser.get("/signin/oidc/back?" + go(browser, provider))


def signed_in(browser: TestClient) -> bool:
    return bool(browser.get("/account").status_code == 200)


def test_a_person_comes_in_and_out_again(house: App, browser: Any, provider: Provider) -> None:
    assert "통합 로그인" in browser.get("/signin").text
    answer = enter(browser, provider)
    assert (answer.status_code, answer.headers["location"]) == (303, "/library")
    page = browser.get("/account").text
    assert "통합 로그인" in page and "kim" in page
    with house.db.read() as connection:
        actions = list(connection.execute(sa.select(audit_log.c.action)).scalars())
    assert {"account.link", "sign-in"} <= set(actions)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    left = browser.post("/signout", data={"csrf_token": token})
    onward = re.search(r'href="([^"]+/logout[^"]+)"', left.text)[1].replace("&amp;", "&")
    asked = parse_qs(urlsplit(onward).query)
    assert onward.startswith(provider.issuer) and asked["id_token_hint"][0].count(".") == 2
    assert asked["post_logout_redirect_uri"] == [f"{BASE}/signin"]
    assert not signed_in(browser)


def test_afterwards_the_number_counts_not_the_name(
    house: App, browser: Any, provider: Provider
) -> None:
    enter(browser, provider)
    provider.person = {"sub": "s-1", "preferred_username": "boss"}
    browser.cookies.clear()
    enter(browser, provider)
    assert house.sessions.find(browser.cookies["mokmin_session"]).principal.login == "kim"
    provider.person = {"sub": "s-2", "preferred_username": "kim"}
    browser.cookies.clear()
    assert enter(browser, provider).status_code == 401
    assert not signed_in(browser), "a name that was given to somebody else opens nothing"


def _wrong_key(p: Provider) -> None:
    stranger = p._key()
    p.sign_with = jwk.RSAKey.import_key({**stranger.as_dict(private=True), "kid": p.keys[0].kid})


def _symmetric(p: Provider) -> None:
    p.algorithm, p.sign_with = "HS256", jwk.OctKey.import_key("s3cret" * 8, {"kid": p.keys[0].kid})


def _claims(**changes: Any) -> Any:
    def tell(p: Provider) -> None:
        p.cheat = lambda claims: {k: v for k, v in (claims | changes).items() if v is not ...}

    return tell


LIES = {
    "signature": _wrong_key,
    "symmetric": _symmetric,
    "audience": _claims(aud="another"),
    "no-audience": _claims(aud=...),
    "two-audiences": _claims(aud=["mokmin", "another"]),
    "party": _claims(azp="another"),
    "issuer": _claims(iss="http://127.0.0.1:1"),
    "nonce": _claims(nonce="another"),
    "no-nonce": _claims(nonce=...),
    "expired": _claims(exp=1_700_000_000),
    "no-expiry": _claims(exp=...),
    "future": _claims(iat=4_000_000_000),
    "not-yet": _claims(nbf=4_000_000_000),
    "no-subject": _claims(sub=...),
    "number-subject": _claims(sub=7),
}


@pytest.mark.parametrize("lie", LIES)
def test_lies_of_a_token_are_refused(
    house: App, browser: Any, provider: Provider, lie: str
) -> None:
    LIES[lie](provider)
    answer = enter(browser, provider)
    assert answer.status_code == 401, answer.headers
    assert "처음부터 다시 로그인" in answer.text
    assert not signed_in(browser)


@pytest.mark.parametrize("late", [-30, 30])
def test_clocks_may_differ_by_half_a_minute(
    house: App, browser: Any, provider: Provider, late: int
) -> None:
    now = int(time.time())
    _claims(iat=now + late, exp=now - 30 if late < 0 else now + 300)(provider)
    assert enter(browser, provider).status_code == 303


def test_new_keys_of_the_provider_are_fetched(house: App, browser: Any, provider: Provider) -> None:
    assert enter(browser, provider).status_code == 303
    provider.rotate()
    browser.cookies.clear()
    assert enter(browser, provider).status_code == 303
    assert provider.asked.count("/jwks") >= 2


def test_state_belongs_to_this_browser_and_counts_once(
    house: App, web: Any, browser: Any, provider: Provider
) -> None:
    for query in ("code=x&state=invented", "", "error=access_denied&state=x"):
        go(browser, provider)
        assert browser.get(f"/signin/oidc/back?{query}").status_code == 401
    good = go(browser, provider)
    victim = TestClient(web, base_url=BASE, follow_redirects=False)
    assert victim.get(f"/signin/oidc/back?{good}").status_code == 401, "sign-in of another browser"
    step = browser.cookies["mokmin_step"]
    assert browser.get(f"/signin/oidc/back?{good}").status_code == 303
    browser.cookies.clear()
    browser.cookies.set("mokmin_step", step)
    assert browser.get(f"/signin/oidc/back?{good}").status_code == 401, "replayed"
    other = go(browser, provider)
    mixed = browser.get(f"/signin/oidc/back?{other}&iss=https%3A%2F%2Fevil.example")
    assert mixed.status_code == 401, "mix-up (RFC 9207)"
    assert not signed_in(browser)


def test_who_has_no_account_or_a_disabled_one_stays_outside(
    house: App, browser: Any, provider: Provider
) -> None:
    provider.person = {"sub": "s-9", "preferred_username": "stranger"}
    assert "이어진 계정이 없습니다" in enter(browser, provider).text
    with house.db.write() as connection:
        connection.execute(users.update().where(users.c.login == "kim").values(disabled=True))
    provider.person = {"sub": "s-1", "preferred_username": "kim"}
    assert enter(browser, provider).status_code == 401
    assert not signed_in(browser)
    with house.db.read() as connection:
        assert connection.execute(sa.select(user_identities)).all() == []


@pytest.mark.parametrize(
    "document",
    [{"issuer": "https://evil.example"}, {"token_endpoint": "https://evil.example/token"},
     {"jwks_uri": "file:///etc/passwd"}, {"end_session_endpoint": "https://evil.example/out"}],
)  # fmt: skip
def test_a_description_that_leads_elsewhere_is_not_followed(
    house: App, browser: Any, provider: Provider, document: dict[str, str]
) -> None:
    provider.document = document
    answer = browser.get("/signin/oidc")
    assert answer.status_code == 503 and "아이디와 비밀번호로" in answer.text


def test_when_it_is_down_passwords_still_work(house: App, browser: Any, provider: Provider) -> None:
    provider.down = True
    assert browser.get("/signin/oidc").status_code == 503
    assert house.sign_in.with_password("kim", PASSWORD).principal.login == "kim"


def test_accounts_are_made_and_roles_followed_only_when_configured(
    tmp_path: Path, blank_sqlite: Path, quick_app: Any, provider: Provider
) -> None:
    path = tmp_path / "mokmin.db"
    path.write_bytes(blank_sqlite.read_bytes())
    more = {
        "oidc_provision": True, "oidc_link_claim": "email", "oidc_role_claim": "groups",
        "oidc_roles": "ai-audit=auditor,ai-steward=steward",
    }  # fmt: skip
    app = quick_app(tmp_path / "home", f"sqlite:///{path}", **_settings(provider.issuer, **more))
    person = {"sub": "s-5", "email": "New@city.example", "email_verified": False, "name": "새내기"}
    before = dict(provider.__dict__)
    try:
        with TestClient(create_web(app), base_url=BASE, follow_redirects=False) as browser:
            provider.person = person
            assert enter(browser, provider).status_code == 401, "an address nobody verified"
            provider.person = person | {"email_verified": True, "groups": ["x", "ai-steward"]}
            assert enter(browser, provider).status_code == 303
            made = app.people.principal("new@city.example")
            assert (made.role, made.name) == ("steward", "새내기")
            browser.cookies.clear()
            provider.person = person | {"groups": ["x"]}
            assert enter(browser, provider).status_code == 303
            assert app.people.principal("new@city.example").role == "official"
    finally:
        provider.__dict__.update(before)
        app.db.close()


def test_with_a_provider_of_others(tmp_path: Path, blank_sqlite: Path, quick_app: Any) -> None:
    """oidc-provider-mock, an independent implementation, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "oidc_provider_mock",
        "--port",
        str(port),
        "--host",
        "127.0.0.1",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    issuer = f"http://127.0.0.1:{port}"
    path = tmp_path / "mokmin.db"
    path.write_bytes(blank_sqlite.read_bytes())
    try:
        with httpx2.Client(trust_env=False) as outside:
            _wait(outside, issuer)
            app = quick_app(
                tmp_path / "home", f"sqlite:///{path}", **_settings(issuer, oidc_link_claim="sub")
            )
            app.people.create_account(login="kim", name="김", password=PASSWORD, role="official")
            with TestClient(create_web(app), base_url=BASE, follow_redirects=False) as browser:
                begun = browser.get("/signin/oidc?next=/jobs")
                back = outside.post(begun.headers["location"], data={"sub": "kim"})
                assert back.status_code == 302, back.text
                arrived = browser.get(back.headers["location"])
                assert (arrived.status_code, arrived.headers["location"]) == (303, "/jobs")
                assert signed_in(browser)
            app.db.close()
    finally:
        process.terminate()
        process.wait(10)


def _wait(outside: httpx2.Client, issuer: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            outside.get(issuer + "/.well-known/openid-configuration").raise_for_status()
        except httpx2.HTTPError:
            assert time.monotonic() < deadline, "the provider did not start"
            time.sleep(0.05)
        else:
            return
