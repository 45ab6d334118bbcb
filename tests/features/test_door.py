"""Sign-in, sign-out, the first administrator, forged forms."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from mokmin.app import App
from mokmin.web import create_web


def test_the_form_signs_in_and_leads_on(browser: Any, people: Any) -> None:
    someone = browser()
    answer = someone.sign_in("kim", people.password, "/library")
    assert (answer.status_code, answer.headers["location"]) == (303, "/library")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "김주무" in someone.get("/").text


def test_a_wrong_password_and_an_unknown_login_look_the_same(browser: Any, people: Any) -> None:
    pages = [browser().sign_in(login, "틀린-비밀번호") for login in ("kim", "nobody")]
    assert [p.status_code for p in pages] == [401, 401]
    sentence = "아이디 또는 비밀번호가 맞지 않습니다"
    assert all(sentence in p.text for p in pages)


def test_a_page_sends_to_the_door_and_back(browser: Any) -> None:
    answer = browser().get("/library", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin?next=/library")


def test_a_program_without_a_session_gets_a_problem(browser: Any) -> None:
    answer = browser().client.post("/api/v1/search", json={"query": "주차"})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not-signed-in"


@pytest.mark.parametrize(
    "next",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)",
     "/\tevil", "/\n//evil.example", "evil.example", ""],
)  # fmt: skip
def test_the_way_on_never_leads_elsewhere(browser: Any, people: Any, next: str) -> None:
    answer = browser().sign_in("kim", people.password, next)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_sign_in_form_of_another_site_is_refused(browser: Any, people: Any) -> None:
    someone = browser()
    fields = {"login": "kim", "password": people.password, "csrf_token": "invented"}
    assert someone.post("/signin", fields).status_code == 403
    someone.door()
    assert someone.post("/signin", fields).status_code == 403


def test_signing_out_ends_the_session(kim: Any) -> None:
    answer = kim.post("/signout")
    assert answer.status_code == 303
    assert kim.get("/", follow_redirects=False).headers["location"].startswith("/signin")


@pytest.mark.parametrize(
    "url", ["/chat", "/signout", "/library/upload", "/account/password", "/api/v1/ask"]
)
def test_a_forged_form_is_refused(kim: Any, url: str) -> None:
    for token in ("", "invented"):
        answer = kim.client.post(
            url, data={"csrf_token": token, "question": "주차"}, follow_redirects=False
        )
        assert answer.status_code == 403, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "stale-form"
        assert answer.json()["detail"]


def test_a_token_in_hangul_is_a_wrong_token(kim: Any, browser: Any) -> None:
    someone = browser()
    someone.door()
    fields = {"login": "kim", "password": "x", "csrf_token": "가나다"}
    statuses = [
        kim.post("/chat", {"csrf_token": "가나다", "question": "주차"}).status_code,
        someone.post("/signin", fields).status_code,
    ]
    assert statuses == [403, 403]


def first(app: App) -> Any:
    """A browser before the first account exists."""
    return TestClient(create_web(app), raise_server_exceptions=False, follow_redirects=False)


def test_the_first_administrator_needs_the_code(app: App) -> None:
    (app.settings.home / "setup-code").write_text("code-123", encoding="utf-8")
    client = first(app)
    assert client.get("/signin").headers["location"] == "/setup"
    client.get("/setup")
    fields = {
        "login": "admin", "name": "관리자", "password": "첫-비밀번호-1234",
        "password_again": "첫-비밀번호-1234", "csrf_token": client.cookies["mokmin_door"],
    }  # fmt: skip
    assert client.post("/setup", data=fields | {"code": "wrong"}).status_code == 422
    assert not app.people.has_accounts()
    assert client.post("/setup", data=fields | {"code": "code-123"}).status_code == 303
    assert app.people.principal("admin").role == "admin"
    assert not (app.settings.home / "setup-code").exists()
    assert client.post("/setup", data=fields | {"code": "code-123"}).status_code == 404


def test_without_a_code_nobody_becomes_administrator(app: App) -> None:
    client = first(app)
    client.get("/setup")
    fields = {
        "login": "admin", "password": "첫-비밀번호-1234", "password_again": "첫-비밀번호-1234",
        "code": "", "csrf_token": client.cookies["mokmin_door"],
    }  # fmt: skip
    assert client.post("/setup", data=fields).status_code == 422
    assert not app.people.has_accounts()
